// Casts between numbers.
import { double_bits } from "../text/double";
import { shrinkHalfUp } from "./decimal";
import { divide128, high, low, multiply128, set128 } from "./int128";
import {
  bitStep, cellStep, dataOf, joinValidity, NAN_BITS, newCells, newValidity, NO_MEMORY, OK, powerOfTen, settle,
  wordsOf,
} from "./register";
import { digits, exponent, shortest } from "./shortest";

const MAGNITUDE: u64 = 0x7fffffffffffffff;
const INFINITE: u64 = 0x7ff0000000000000;
const TWO_63: f64 = 9223372036854775808.0;

@inline function decimalToDouble(x: i64, scale: u32): f64 {
  const magnitude = x < 0 ? 0 - <u64>x : <u64>x;
  return reinterpret<f64>(double_bits(magnitude, -<i32>scale) | (<u64>x & ~MAGNITUDE));
}

/** int64, or a decimal whose scale is the code, to the nearest double. */
export function expr_to_double(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  let from = dataOf(a), to = dataOf(out);
  const step = cellStep(a);
  for (let w = wordsOf(rows); w > 0; w--, from += step, to += 512) {
    if (!code) {
      for (let row: usize = 0; row < 512; row += 8) store<f64>(to + row, <f64>load<i64>(from + row));
    } else {
      for (let row: usize = 0; row < 512; row += 8) store<f64>(to + row, decimalToDouble(load<i64>(from + row), code));
    }
  }
  return OK;
}

/** bool to int64: 1 or 0. */
export function expr_bool_to_int(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  let from = dataOf(a), to = dataOf(out);
  const step = bitStep(a);
  for (let w = wordsOf(rows); w > 0; w--, from += step, to += 512) {
    const word = load<u64>(from);
    for (let row: u64 = 0; row < 64; row++) store<u64>(to + (<usize>row << 3), (word >> row) & 1);
  }
  return OK;
}

@inline function toInt(x: f64, out: usize): bool {
  const fits = x >= -TWO_63 && x < TWO_63;
  store<i64>(out, <i64>select<f64>(x, 0, fits));
  return !fits;
}

/** digits * 10^(exponent + scale), halves away from zero; whether it has more than `precision` digits. */
function toDecimal(x: f64, code: u32, out: usize): bool {
  const bits = reinterpret<u64>(x) & MAGNITUDE;
  store<u64>(out, 0);
  if (bits == 0) return false;
  if (bits >= INFINITE) return true;
  shortest(bits);
  const shift = exponent + <i32>(code & 255);
  if (shift > 18) return true;
  if (shift >= 0) {
    multiply128(digits, powerOfTen(shift));
  } else {
    set128(0, digits);
    shrinkHalfUp(-shift);
  }
  store<i64>(out, <i64>(x < 0 ? 0 - low : low));
  return high != 0 || low >= powerOfTen(code >>> 8);
}

/** x to so many places of its shortest decimal, halves away from zero or cut off. */
function roundTo(x: f64, places: i32, cut: bool, out: usize): bool {
  const bits = reinterpret<u64>(x) & MAGNITUDE, sign = reinterpret<u64>(x) & ~MAGNITUDE;
  store<u64>(out, bits > INFINITE ? NAN_BITS : bits | sign);
  if (bits == 0 || bits >= INFINITE) return false;
  shortest(bits);
  const drop = -exponent - places;
  if (drop <= 0) return false;
  set128(0, digits);
  if (!cut) shrinkHalfUp(drop);
  else if (drop > 19) set128(0, 0);
  else divide128(powerOfTen(drop));
  store<u64>(out, double_bits(low, -places) | sign);
  return false;
}

@inline function fromDouble(op: u32, code: u32, rows: u32, out: usize, a: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  let from = dataOf(a), to = dataOf(out);
  const step = cellStep(a), words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++, from += step, to += 512) {
    let failed: u64 = 0;
    for (let row: usize = 0; row < 64; row++) {
      const x = load<f64>(from + (row << 3)), cell = to + (row << 3);
      const bad = op == 0
        ? toInt(x, cell)
        : op == 1 ? toDecimal(x, code, cell) : roundTo(x, <i32>(code & 255) - 64, code >>> 8 != 0, cell);
      failed |= <u64>bad << <u64>row;
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}

/** double to int64, truncated; NaN and what lies beyond int64 are NULL. */
export function expr_double_to_int(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return fromDouble(0, code, rows, out, a);
}

/**
 * double to decimal by its shortest text, halves away from zero. Code: scale | precision << 8. NaN, infinities and
 * overflow are NULL.
 */
export function expr_double_to_decimal(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return fromDouble(1, code, rows, out, a);
}

/**
 * double to decimal places by its shortest text. Code: places + 64 | mode << 8; modes: 0 halves away from zero, 1 what is
 * behind is cut off.
 */
export function expr_double_round(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return fromDouble(2, code, rows, out, a);
}
