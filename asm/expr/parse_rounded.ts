import { powerOfTen } from "./register";

/** Where written exponents stop to grow. */
const EXPONENT_MAX: i64 = 1 << 40;

/** The exponent that [at, end) ends with (`e-5`), or 0. */
function exponentOf(at: usize, end: usize): i64 {
  while (at < end && (load<u8>(at) | 32) != 0x65) at++;
  if (at >= end) return 0;
  at++;
  const negative = load<u8>(at) == 0x2d;
  let value: i64 = 0;
  for (; at < end; at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit < 10 && value < EXPONENT_MAX) value = value * 10 + <i64>digit;
  }
  return negative ? -value : value;
}

/**
 * Reads the well-formed number in [at, end) times 10^scale into an i64 at `out`, halves away from zero. False when it
 * has more than `precision` digits.
 */
export function parse_rounded(at: usize, end: usize, out: usize, scale: i32, precision: i32): bool {
  const negative = load<u8>(at) == 0x2d;
  let point = at;
  while (point < end && load<u8>(point) != 0x2e && (load<u8>(point) | 32) != 0x65) point++;
  // The power of ten of the digit before the point is `shift`
  const shift = exponentOf(at, end) + <i64>scale, limit = powerOfTen(precision);
  let magnitude: u64 = 0, power = <i64>(point - at) - 1 + shift;
  for (; at < end && power >= -1; at++) {
    const digit = <u64>load<u8>(at) - 48;
    if (at == point) {
      if (load<u8>(at) == 0x2e) continue;
      break;
    }
    if (digit < 10) {
      if (power >= 0) {
        magnitude = magnitude * 10 + digit;
        if (magnitude >= limit) return false;
      } else {
        magnitude += <u64>(digit >= 5);
      }
    } else if ((digit + 48 | 32) == 0x65) {
      break;
    }
    power--;
  }
  // Digits ran out before the last place
  for (; power >= 0 && magnitude; power--) {
    magnitude *= 10;
    if (magnitude >= limit) return false;
  }
  if (magnitude >= limit) return false;
  store<i64>(out, <i64>(negative ? 0 - magnitude : magnitude));
  return true;
}
