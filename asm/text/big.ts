// Exact comparison of a long decimal with the middle between two doubles, by big integers: the last resort of
// parse_double. Numbers are little-endian u32 limbs. A number keeps 800 digits (2,658 bits) at most; with the powers
// of five and two that are multiplied in, both sides stay below 2^6000.

const LIMBS_MAX: i32 = 256;
const DIGITS_MAX: i32 = 800;
const LEFT: usize = memory.data(256 * 4, 16);
const RIGHT: usize = memory.data(256 * 4, 16);
let leftLimbs: i32 = 0;
let rightLimbs: i32 = 0;

/** number = number * factor + addend, of `limbs` limbs; returns the new number of limbs. */
function multiplyAdd(number: usize, limbs: i32, factor: u32, addend: u32): i32 {
  let carry = <u64>addend;
  for (let i = 0; i < limbs; i++) {
    carry += <u64>load<u32>(number + (<usize>i << 2)) * <u64>factor;
    store<u32>(number + (<usize>i << 2), <u32>carry);
    carry >>= 32;
  }
  if (carry && limbs < LIMBS_MAX) {
    store<u32>(number + (<usize>limbs << 2), <u32>carry);
    limbs++;
  }
  return limbs;
}

function multiplyPowerOfFive(number: usize, limbs: i32, power: i32): i32 {
  for (; power >= 13; power -= 13) limbs = multiplyAdd(number, limbs, 1220703125, 0);
  for (; power > 0; power--) limbs = multiplyAdd(number, limbs, 5, 0);
  return limbs;
}

function shiftLeft(number: usize, limbs: i32, bits: i32): i32 {
  limbs = multiplyAdd(number, limbs, <u32>1 << (bits & 31), 0);
  const whole = bits >> 5;
  if (!whole || limbs + whole > LIMBS_MAX) return limbs;
  memory.copy(number + (<usize>whole << 2), number, <usize>limbs << 2);
  memory.fill(number, 0, <usize>whole << 2);
  return limbs + whole;
}

function compareLimbs(): i32 {
  if (leftLimbs != rightLimbs) return leftLimbs < rightLimbs ? -1 : 1;
  for (let i = leftLimbs - 1; i >= 0; i--) {
    const left = load<u32>(LEFT + (<usize>i << 2)), right = load<u32>(RIGHT + (<usize>i << 2));
    if (left != right) return left < right ? -1 : 1;
  }
  return 0;
}

/**
 * Compares (digits from `first`, a point among them skipped) with mantissa * 2^exponent2, where the first digit
 * stands for 10^`high`: -1, 0 or 1. The first digit is not 0.
 */
export function compare_digits(first: usize, end: usize, high: i32, mantissa: u64, exponent2: i32): i32 {
  leftLimbs = 0;
  let taken = 0, rest = false;
  for (let at = first; at < end; at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit > 9) continue;
    if (taken < DIGITS_MAX) {
      leftLimbs = multiplyAdd(LEFT, leftLimbs, 10, digit);
      taken++;
    } else if (digit) {
      rest = true;
      break;
    }
  }
  if (rest) {
    // A middle between doubles has at most 767 digits: any digit behind those kept only says "a little more"
    leftLimbs = multiplyAdd(LEFT, leftLimbs, 10, 1);
    taken++;
  }
  store<u64>(RIGHT, mantissa);
  rightLimbs = mantissa >> 32 ? 2 : 1;
  const exponent10 = high - taken + 1;
  if (exponent10 >= 0) leftLimbs = multiplyPowerOfFive(LEFT, leftLimbs, exponent10);
  else rightLimbs = multiplyPowerOfFive(RIGHT, rightLimbs, -exponent10);
  const shift = exponent10 - exponent2;
  if (shift >= 0) leftLimbs = shiftLeft(LEFT, leftLimbs, shift);
  else rightLimbs = shiftLeft(RIGHT, rightLimbs, -shift);
  return compareLimbs();
}
