// Comparison of i64 and f64 cells. Codes: 0 =, 1 ≠, 2 <, 3 ≤, 4 >, 5 ≥; 6 for doubles: ≤ where NaN is above all.
// Doubles compare as IEEE 754 says: NaN is unequal to everything, -0 equals 0.
import { ALL, bitStep, cellStep, dataOf, joinValidity, newBits, NO_MEMORY, OK, wordsOf } from "./register";
import { pack16 } from "./pack";

export const EQ: u32 = 0;
export const NE: u32 = 1;
export const LT: u32 = 2;
export const LE: u32 = 3;
export const GT: u32 = 4;
export const GE: u32 = 5;
export const LE_TOTAL: u32 = 6;

@inline function lanes<T>(op: u32, a: usize, b: usize): v128 {
  const x = v128.load(a), y = v128.load(b);
  if (op == EQ) return v128.eq<T>(x, y);
  if (op == LT) return v128.lt<T>(x, y);
  if (op == LE) return v128.le<T>(x, y);
  return v128.or(v128.le<T>(x, y), v128.ne<T>(y, y));
}

@inline function holds<T>(op: u32, x: T, y: T): bool {
  if (op == EQ) return x == y;
  if (op == LT) return x < y;
  if (op == LE) return x <= y;
  return x <= y || y != y;
}

@inline function wordSimd<T>(op: u32, a: usize, b: usize): u64 {
  let word: u64 = 0;
  for (let shift: u64 = 0; shift < 64; shift += 16, a += 128, b += 128) {
    word |= pack16(
      lanes<T>(op, a, b), lanes<T>(op, a + 16, b + 16), lanes<T>(op, a + 32, b + 32), lanes<T>(op, a + 48, b + 48),
      lanes<T>(op, a + 64, b + 64), lanes<T>(op, a + 80, b + 80),
      lanes<T>(op, a + 96, b + 96), lanes<T>(op, a + 112, b + 112),
    ) << shift;
  }
  return word;
}

@inline function wordScalar<T>(op: u32, a: usize, b: usize): u64 {
  let word: u64 = 0;
  for (let row: u64 = 0; row < 64; row++, a += 8, b += 8) word |= <u64>holds<T>(op, load<T>(a), load<T>(b)) << row;
  return word;
}

@inline function compareAll<T>(op: u32, invert: u64, rows: u32, out: usize, a: usize, b: usize): i32 {
  let bits = newBits(rows, out);
  if (!bits) return NO_MEMORY;
  let left = dataOf(a), right = dataOf(b);
  const leftStep = cellStep(a), rightStep = cellStep(b);
  for (let w = wordsOf(rows); w > 0; w--, bits += 8, left += leftStep, right += rightStep) {
    if (ASC_FEATURE_SIMD) store<u64>(bits, wordSimd<T>(op, left, right) ^ invert);
    else store<u64>(bits, wordScalar<T>(op, left, right) ^ invert);
  }
  return OK;
}

/** a <code> b for int64, timestamps and decimals of one scale: bool. */
export function expr_compare_int(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0)) return NO_MEMORY;
  if (code == EQ) return compareAll<i64>(EQ, 0, rows, out, a, b);
  if (code == NE) return compareAll<i64>(EQ, ALL, rows, out, a, b);
  // a > b is b < a, and a ≤ b is not b < a
  const swap = code == GT || code == LE, invert: u64 = code == LE || code == GE ? ALL : 0;
  return compareAll<i64>(LT, invert, rows, out, swap ? b : a, swap ? a : b);
}

/** a <code> b for doubles: bool. */
export function expr_compare_double(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0)) return NO_MEMORY;
  if (code == EQ || code == NE) return compareAll<f64>(EQ, code == NE ? ALL : 0, rows, out, a, b);
  const swap = code == GT || code == GE, left = swap ? b : a, right = swap ? a : b;
  if (code == LT || code == GT) return compareAll<f64>(LT, 0, rows, out, left, right);
  if (code == LE_TOTAL) return compareAll<f64>(LE_TOTAL, 0, rows, out, left, right);
  return compareAll<f64>(LE, 0, rows, out, left, right);
}

/** a <code> b for bools, false before true: bool. */
export function expr_compare_bool(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0)) return NO_MEMORY;
  const bits = newBits(rows, out);
  if (!bits) return NO_MEMORY;
  const swap = code == GT || code == LE, left = swap ? b : a, right = swap ? a : b;
  const invert: u64 = code == NE || code == LE || code == GE ? ALL : 0;
  const words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++) {
    const x = load<u64>(dataOf(left) + <usize>w * bitStep(left));
    const y = load<u64>(dataOf(right) + <usize>w * bitStep(right));
    store<u64>(bits + (<usize>w << 3), (code <= NE ? ~(x ^ y) : ~x & y) ^ invert);
  }
  return OK;
}
