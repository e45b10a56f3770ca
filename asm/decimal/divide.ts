// Division of 256 bits by 256 bits: by 64 bits limb after limb, else Knuth, TAOCP 2, 4.3.1, algorithm D with digits of
// 32 bits.
import { divideStep, rest128 } from "../expr/int128";

export let quotient0: u64 = 0;
export let quotient1: u64 = 0;
export let quotient2: u64 = 0;
export let quotient3: u64 = 0;
export let rest0: u64 = 0;
export let rest1: u64 = 0;
export let rest2: u64 = 0;
export let rest3: u64 = 0;

// Digits, the lowest first: dividend and in the end the rest, divisor, quotient
const U: usize = memory.data(48, 16);
const V: usize = memory.data(32, 16);
const Q: usize = memory.data(48, 16);

@inline function digit(number: usize, i: i32): u64 {
  return load<u32>(number + (<usize>i << 2));
}

@inline function setDigit(number: usize, i: i32, value: u64): void {
  store<u32>(number + (<usize>i << 2), <u32>value);
}

function digitsOf(number: usize): i32 {
  let count = 8;
  while (count > 0 && !digit(number, count - 1)) count--;
  return count;
}

function divideByLimb(u3: u64, u2: u64, u1: u64, u0: u64, d: u64): void {
  quotient3 = u3 / d;
  quotient2 = divideStep(u3 % d, u2, d);
  quotient1 = divideStep(rest128, u1, d);
  quotient0 = divideStep(rest128, u0, d);
  rest0 = rest128;
  rest1 = rest2 = rest3 = 0;
}

/** Shifts `count` digits to the left by less than 32 bits; what goes out at the top. */
function shiftLeft(number: usize, count: i32, bits: u32): u64 {
  let carry: u64 = 0;
  for (let i = 0; i < count; i++) {
    const wide = (digit(number, i) << bits) | carry;
    setDigit(number, i, wide);
    carry = wide >> 32;
  }
  return carry;
}

/** One digit of the quotient: U from digit j on is divided by the n digits of V. */
@inline function step(j: i32, n: i32): void {
  const first = digit(V, n - 1), second = digit(V, n - 2), top = (digit(U, j + n) << 32) | digit(U, j + n - 1);
  let guess = top / first, left = top % first;
  while (guess >> 32 || guess * second > ((left << 32) | digit(U, j + n - 2))) {
    guess--;
    left += first;
    if (left >> 32) break;
  }
  let borrow: i64 = 0, carry: u64 = 0;
  for (let i = 0; i < n; i++) {
    const product = guess * digit(V, i) + carry;
    carry = product >> 32;
    const difference = <i64>digit(U, i + j) - borrow - <i64>(product & 0xffffffff);
    setDigit(U, i + j, <u64>difference);
    borrow = i64(difference < 0);
  }
  const difference = <i64>digit(U, j + n) - borrow - <i64>carry;
  setDigit(U, j + n, <u64>difference);
  if (difference < 0) {
    guess--;
    carry = 0;
    for (let i = 0; i < n; i++) {
      carry += digit(U, i + j) + digit(V, i);
      setDigit(U, i + j, carry);
      carry >>= 32;
    }
    setDigit(U, j + n, digit(U, j + n) + carry);
  }
  setDigit(Q, j, guess);
}

/** (u3 … u0) / (v3 … v0), truncated: the quotient and the rest. The divisor is not 0. */
export function divideLong(
  u3: u64, u2: u64, u1: u64, u0: u64, v3: u64, v2: u64, v1: u64, v0: u64,
): void {
  if (!(v3 | v2 | v1)) {
    divideByLimb(u3, u2, u1, u0, v0);
    return;
  }
  store<u64>(U, u0);
  store<u64>(U, u1, 8);
  store<u64>(U, u2, 16);
  store<u64>(U, u3, 24);
  store<u64>(V, v0);
  store<u64>(V, v1, 8);
  store<u64>(V, v2, 16);
  store<u64>(V, v3, 24);
  memory.fill(Q, 0, 32);
  const n = digitsOf(V), m = digitsOf(U), shift = <u32>clz<u32>(<u32>digit(V, n - 1));
  shiftLeft(V, n, shift);
  setDigit(U, 8, shiftLeft(U, 8, shift));
  for (let j = m - n; j >= 0; j--) step(j, n);
  quotient0 = load<u64>(Q);
  quotient1 = load<u64>(Q, 8);
  quotient2 = load<u64>(Q, 16);
  quotient3 = load<u64>(Q, 24);
  const up = <u64>shift;
  rest0 = load<u64>(U);
  rest1 = load<u64>(U, 8);
  rest2 = load<u64>(U, 16);
  rest3 = load<u64>(U, 24);
  if (!up) return;
  rest0 = (rest0 >> up) | (rest1 << (64 - up));
  rest1 = (rest1 >> up) | (rest2 << (64 - up));
  rest2 = (rest2 >> up) | (rest3 << (64 - up));
  rest3 = (rest3 >> up) | (digit(U, 8) << (64 - up));
}
