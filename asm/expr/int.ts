// Arithmetic of i64 cells. What does not fit becomes NULL.
import {
  cellStep, dataOf, joinValidity, newCells, newValidity, NO_MEMORY, powerOfTen, settle, wordsOf,
} from "./register";
import { pack16 } from "./pack";

export const ADD: u32 = 0;
export const SUB: u32 = 1;
export const MUL: u32 = 2;
export const DIV: u32 = 3;
export const MOD: u32 = 4;
const NEG: u32 = 0;

@inline function magnitude(x: i64): u64 {
  return x < 0 ? 0 - <u64>x : <u64>x;
}

/** Whether x * y, which wrapped to `product`, does not fit. */
@inline function mulOverflows(x: i64, y: i64, product: i64): bool {
  if ((magnitude(x) | magnitude(y)) >> 31 == 0) return false;
  if (x == 0) return false;
  if (x == -1) return y == i64.MIN_VALUE;
  return product / x != y;
}

/** Writes x <op> y to `out`; whether it cannot be computed. */
@inline function one(op: u32, x: i64, y: i64, out: usize): bool {
  if (op == ADD) {
    const sum = x + y;
    store<i64>(out, sum);
    return ((x ^ sum) & (y ^ sum)) < 0;
  }
  if (op == SUB) {
    const difference = x - y;
    store<i64>(out, difference);
    return ((x ^ y) & (x ^ difference)) < 0;
  }
  if (op == MUL) {
    const product = x * y;
    store<i64>(out, product);
    return mulOverflows(x, y, product);
  }
  const failed = y == 0 || (op == DIV && y == -1 && x == i64.MIN_VALUE), divisor = failed ? 1 : y;
  store<i64>(out, op == DIV ? x / divisor : x % divisor);
  return failed;
}

@inline function wordScalar(op: u32, a: usize, b: usize, out: usize): u64 {
  let failed: u64 = 0;
  for (let row: u64 = 0; row < 64; row++, a += 8, b += 8, out += 8) {
    failed |= <u64>one(op, load<i64>(a), load<i64>(b), out) << row;
  }
  return failed;
}

/** Two sums or differences at `out`; lanes that overflow are negative. */
@inline function twoSimd(op: u32, a: usize, b: usize, out: usize): v128 {
  const x = v128.load(a), y = v128.load(b);
  const result = op == ADD ? i64x2.add(x, y) : i64x2.sub(x, y);
  v128.store(out, result);
  const signs = op == ADD
    ? v128.and(v128.xor(x, result), v128.xor(y, result))
    : v128.and(v128.xor(x, y), v128.xor(x, result));
  return i64x2.shr_s(signs, 63);
}

@inline function wordSimd(op: u32, a: usize, b: usize, out: usize): u64 {
  let failed: u64 = 0;
  for (let shift: u64 = 0; shift < 64; shift += 16, a += 128, b += 128, out += 128) {
    failed |= pack16(
      twoSimd(op, a, b, out), twoSimd(op, a + 16, b + 16, out + 16),
      twoSimd(op, a + 32, b + 32, out + 32), twoSimd(op, a + 48, b + 48, out + 48),
      twoSimd(op, a + 64, b + 64, out + 64), twoSimd(op, a + 80, b + 80, out + 80),
      twoSimd(op, a + 96, b + 96, out + 96), twoSimd(op, a + 112, b + 112, out + 112),
    ) << shift;
  }
  return failed;
}

/** Magnitudes below 2^30: products fit i64, and quotients can be computed in 32 bits, several times as fast. */
const NARROW_BITS: u64 = 30;

@inline function narrowScalar(a: usize, b: usize): bool {
  let bits: i64 = 0;
  for (let at: usize = 0; at < 512; at += 8) {
    const x = load<i64>(a + at), y = load<i64>(b + at);
    bits |= (x ^ (x >> 63)) | (y ^ (y >> 63));
  }
  return bits >> NARROW_BITS == 0;
}

@inline function narrowSimd(a: usize, b: usize): bool {
  let bits = i64x2.splat(0);
  for (let at: usize = 0; at < 512; at += 16) {
    const x = v128.load(a + at), y = v128.load(b + at);
    bits = v128.or(bits, v128.or(v128.xor(x, i64x2.shr_s(x, 63)), v128.xor(y, i64x2.shr_s(y, 63))));
  }
  return !v128.any_true(i64x2.shr_u(bits, <i32>NARROW_BITS));
}

/** x * y, x / y or the remainder for 64 rows of narrow cells; bits of the rows that divide by 0. */
@inline function wordNarrow(op: u32, a: usize, b: usize, out: usize): u64 {
  let failed: u64 = 0;
  for (let row: u64 = 0; row < 64; row++, a += 8, b += 8, out += 8) {
    const x = <i32>load<i64>(a), y = <i32>load<i64>(b);
    if (op == MUL) {
      store<i64>(out, <i64>x * <i64>y);
    } else {
      const zero = y == 0, divisor = y | <i32>zero;
      store<i64>(out, <i64>(op == DIV ? x / divisor : x % divisor));
      failed |= <u64>zero << row;
    }
  }
  return failed;
}

/** As wordScalar, the fast way where all cells of the word are narrow. */
@inline function wordWide(op: u32, a: usize, b: usize, out: usize): u64 {
  const narrow = ASC_FEATURE_SIMD ? narrowSimd(a, b) : narrowScalar(a, b);
  return narrow ? wordNarrow(op, a, b, out) : wordScalar(op, a, b, out);
}

@inline function binaryAll(op: u32, rows: u32, out: usize, a: usize, b: usize, failures: usize): void {
  let left = dataOf(a), right = dataOf(b), to = dataOf(out);
  const leftStep = cellStep(a), rightStep = cellStep(b);
  for (let w = wordsOf(rows); w > 0; w--, failures += 8, to += 512, left += leftStep, right += rightStep) {
    if (op >= MUL) store<u64>(failures, wordWide(op, left, right, to));
    else if (ASC_FEATURE_SIMD) store<u64>(failures, wordSimd(op, left, right, to));
    else store<u64>(failures, wordScalar(op, left, right, to));
  }
}

/** Adds to `failures` the cells of `out` that do not have at most `precision` digits. */
export function bound(rows: u32, out: usize, failures: usize, precision: u32): void {
  const limit = <i64>powerOfTen(precision);
  let cell = dataOf(out);
  for (let w = wordsOf(rows); w > 0; w--, failures += 8) {
    let failed = load<u64>(failures);
    for (let row: u64 = 0; row < 64; row++, cell += 8) {
      const value = load<i64>(cell);
      failed |= <u64>(value >= limit || value <= -limit) << row;
    }
    store<u64>(failures, failed);
  }
}

/**
 * a <op> b. Codes: op (0 +, 1 -, 2 *, 3 / that truncates, 4 remainder with the sign of a) | precision << 8, where a
 * precision other than 0 bounds the digits of a decimal result. Overflow and division by 0 are NULL.
 */
export function expr_int(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  const op = code & 255, precision = code >>> 8;
  if (op == ADD) binaryAll(ADD, rows, out, a, b, failures);
  else if (op == SUB) binaryAll(SUB, rows, out, a, b, failures);
  else if (op == MUL) binaryAll(MUL, rows, out, a, b, failures);
  else if (op == DIV) binaryAll(DIV, rows, out, a, b, failures);
  else binaryAll(MOD, rows, out, a, b, failures);
  if (precision) bound(rows, out, failures, precision);
  return settle(rows, out, failures);
}

@inline function signAll(op: u32, rows: u32, out: usize, a: usize, failures: usize): void {
  let from = dataOf(a), to = dataOf(out);
  const step = cellStep(a);
  for (let w = wordsOf(rows); w > 0; w--, failures += 8, from += step, to += 512) {
    let failed: u64 = 0;
    for (let row: usize = 0; row < 64; row++) {
      const x = load<i64>(from + (row << 3));
      store<i64>(to + (row << 3), op == NEG || x < 0 ? 0 - x : x);
      failed |= <u64>(x == i64.MIN_VALUE) << <u64>row;
    }
    store<u64>(failures, failed);
  }
}

/** Codes: 0 -a, 1 absolute value. The smallest int64 has neither: NULL. */
export function expr_int_sign(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  if (code == NEG) signAll(NEG, rows, out, a, failures);
  else signAll(1, rows, out, a, failures);
  return settle(rows, out, failures);
}
