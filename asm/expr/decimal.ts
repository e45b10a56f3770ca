// Arithmetic of decimals, exact through 128 bits. Cells are whole numbers of 10^-scale; what has more digits than the
// result's precision is NULL.
import {
  cellStep, dataOf, joinValidity, newBits, newCells, newValidity, NO_MEMORY, OK, powerOfTen, settle, wordsOf,
} from "./register";
import { divide128, high, low, multiply128, rest128, scale128, set128 } from "./int128";

const MUL: u32 = 0;
const DIV: u32 = 1;
const MOD: u32 = 2;

const HALF_UP: u32 = 0;
const FLOOR: u32 = 2;
const CEIL: u32 = 3;

@inline function magnitude(x: i64): u64 {
  return x < 0 ? 0 - <u64>x : <u64>x;
}

/** Writes (high, low) with a sign; whether it is not below `limit` (0: does not fit i64). */
@inline function give(out: usize, negative: bool, limit: u64): bool {
  store<i64>(out, <i64>(negative ? 0 - low : low));
  if (high) return true;
  return limit ? low >= limit : low > <u64>i64.MAX_VALUE + <u64>negative;
}

@inline function limitOf(precision: u32): u64 {
  return precision ? powerOfTen(precision) : 0;
}

/** Divides (high, low) by 10^digits, halves away from zero. */
export function shrinkHalfUp(digits: u32): void {
  for (; digits > 18; digits -= 17) divide128(powerOfTen(17)); // floors nest
  if (!digits) return;
  divide128(powerOfTen(digits - 1));
  divide128(10);
  if (rest128 >= 5 && ++low == 0) high++;
}

@inline function multiplyOne(code: u32, x: i64, y: i64, out: usize): bool {
  const left = magnitude(x), right = magnitude(y);
  if ((left | right) >> 32 == 0) set128(0, left * right);
  else multiply128(left, right);
  shrinkHalfUp(code & 255);
  return give(out, (x ^ y) < 0, limitOf(code >>> 8));
}

@inline function divideOne(code: u32, x: i64, y: i64, out: usize): bool {
  if (y == 0) return true;
  let up = code & 255;
  const divisor = magnitude(y), limit = limitOf(code >>> 8);
  set128(0, magnitude(x));
  let fits = true;
  for (; up > 18; up -= 18) fits = scale128(powerOfTen(18)) && fits;
  fits = scale128(powerOfTen(up)) && fits;
  if (!fits) return true; // then the quotient has more than 18 digits too
  divide128(divisor);
  if (rest128 >= divisor - rest128 && ++low == 0) high++;
  return give(out, (x ^ y) < 0, limit);
}

@inline function remainderOne(code: u32, x: i64, y: i64, out: usize): bool {
  if (y == 0) return true;
  multiply128(magnitude(y), powerOfTen((code >>> 8) & 255));
  if (high) {
    store<i64>(out, x); // the divisor is beyond any cell
    return false;
  }
  const divisor = low;
  multiply128(magnitude(x), powerOfTen(code & 255));
  divide128(divisor);
  set128(0, rest128);
  return give(out, x < 0, limitOf(code >>> 16));
}

@inline function cells(op: u32, code: u32, rows: u32, out: usize, a: usize, b: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  let left = dataOf(a), right = dataOf(b), to = dataOf(out);
  const leftStep = cellStep(a), rightStep = cellStep(b), words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++, left += leftStep, right += rightStep, to += 512) {
    let failed: u64 = 0;
    for (let row: usize = 0; row < 64; row++) {
      const at = row << 3, x = load<i64>(left + at), y = load<i64>(right + at);
      let bad: bool;
      if (op == MUL) bad = multiplyOne(code, x, y, to + at);
      else if (op == DIV) bad = divideOne(code, x, y, to + at);
      else bad = remainderOne(code, x, y, to + at);
      failed |= <u64>bad << <u64>row;
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}

/** a * b. Code: digits to drop (halves away from zero) | precision << 8. */
export function expr_decimal_mul(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return cells(MUL, code, rows, out, a, b);
}

/** a * 10^digits / b, halves away from zero. Code: digits | precision << 8. Division by 0 is NULL. */
export function expr_decimal_div(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return cells(DIV, code, rows, out, a, b);
}

/**
 * Remainder of a * 10^x by b * 10^y, with the sign of a. Code: x | y << 8 | precision << 16; x or y is 0. Division by
 * 0 is NULL.
 */
export function expr_decimal_mod(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return cells(MOD, code, rows, out, a, b);
}

@inline function rescaleOne(up: u32, down: u32, mode: u32, limit: u64, x: i64, out: usize): bool {
  const negative = x < 0;
  multiply128(magnitude(x), powerOfTen(up));
  if (down && mode == HALF_UP) {
    shrinkHalfUp(down);
  } else if (down) {
    divide128(powerOfTen(down));
    if (rest128 && ((mode == FLOOR && negative) || (mode == CEIL && !negative))) low++;
  }
  return give(out, negative, limit);
}

/**
 * a * 10^up / 10^down. Code: up | down << 5 | mode << 10 | precision << 12; up and down are 0 to 18. Modes: 0 halves
 * away from zero, 1 truncate, 2 floor, 3 ceiling. Precision 0: whatever fits i64. Also for int64 as a decimal of
 * scale 0.
 */
export function expr_decimal_rescale(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  const up = code & 31, down = (code >>> 5) & 31, mode = (code >>> 10) & 3, limit = limitOf(code >>> 12);
  let from = dataOf(a), to = dataOf(out);
  const step = cellStep(a), words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++, from += step, to += 512) {
    let failed: u64 = 0;
    for (let row: usize = 0; row < 64; row++) {
      failed |= <u64>rescaleOne(up, down, mode, limit, load<i64>(from + (row << 3)), to + (row << 3)) << <u64>row;
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}

/** The order of x * 10^up and y * 10^down: negative, 0 or positive. */
function order(x: i64, up: u32, y: i64, down: u32): i32 {
  if ((x < 0) != (y < 0)) return x < 0 ? -1 : 1;
  multiply128(magnitude(x), powerOfTen(up));
  const xHigh = high, xLow = low;
  multiply128(magnitude(y), powerOfTen(down));
  const above = xHigh == high ? (xLow == low ? 0 : xLow < low ? -1 : 1) : xHigh < high ? -1 : 1;
  return x < 0 ? -above : above;
}

/**
 * a <op> b for decimals of different scales and int64: bool. Code: op as expr_compare_int | x << 8 | y << 16:
 * compares a * 10^x with b * 10^y.
 */
export function expr_compare_decimal(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0)) return NO_MEMORY;
  const bits = newBits(rows, out);
  if (!bits) return NO_MEMORY;
  const op = code & 255, up = (code >>> 8) & 255, down = code >>> 16;
  // Bits of the orders for which the operator holds: 1 below, 2 equal, 4 above
  const holds: u32 = op == 0 ? 2 : op == 1 ? 5 : op == 2 ? 1 : op == 3 ? 3 : op == 4 ? 4 : 6;
  let left = dataOf(a), right = dataOf(b);
  const leftStep = cellStep(a), rightStep = cellStep(b), words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++, left += leftStep, right += rightStep) {
    let word: u64 = 0;
    for (let row: usize = 0; row < 64; row++) {
      const found = order(load<i64>(left + (row << 3)), up, load<i64>(right + (row << 3)), down);
      word |= <u64>((holds >>> (found + 1)) & 1) << <u64>row;
    }
    store<u64>(bits + (<usize>w << 3), word);
  }
  return OK;
}
