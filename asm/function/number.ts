// Signs, bits and buckets of numbers.
import {
  cellStep, dataOf, joinValidity, NAN_BITS, newCells, NO_MEMORY, OK, operand, wordsOf,
} from "../expr/register";
import { sortable } from "../aggregate/order";
import { begin, beginList, cell, fail, finish, next, result } from "./cursor";
import { keepText, room, to, wrote } from "./writer";

/** Codes: 0 of int64 and decimals, 1 of doubles, where NaN stays NaN and 0 keeps its sign. */
export function fn_sign(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  let from = dataOf(a), to = dataOf(out);
  const step = cellStep(a);
  for (let w = wordsOf(rows); w > 0; w--, from += step, to += 512) {
    for (let row: usize = 0; row < 512; row += 8) {
      if (code) {
        const x = load<f64>(from + row), s = x > 0 ? 1 : x < 0 ? -1 : x;
        store<u64>(to + row, s == s ? reinterpret<u64>(s) : NAN_BITS);
      } else {
        const x = load<i64>(from + row);
        store<i64>(to + row, (x >> 63) | <i64>(x > 0));
      }
    }
  }
  return OK;
}

@inline function bitsOf(code: u32, x: i64, y: i64): i64 {
  switch (code) {
    case 0: return x & y;
    case 1: return x | y;
    case 2: return x ^ y;
    case 3: return x << y;
    case 4: return x >> y;
    case 5: return x >>> y;
    case 6: return ~x;
    default: return popcnt(x);
  }
}

/** Codes: 0 and, 1 or, 2 exclusive or, 3 up, 4 down with the sign, 5 down with zeros, 6 not a, 7 how many a has. */
export function fn_bits(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0) || !newCells(rows, out)) return NO_MEMORY;
  let left = dataOf(a), right = b ? dataOf(b) : left, to = dataOf(out);
  const leftStep = cellStep(a), rightStep = b ? cellStep(b) : leftStep;
  for (let w = wordsOf(rows); w > 0; w--, left += leftStep, right += rightStep, to += 512) {
    for (let row: usize = 0; row < 512; row += 8) {
      store<i64>(to + row, bitsOf(code, load<i64>(left + row), load<i64>(right + row)));
    }
  }
  return OK;
}

/** An int64 in two's complement as digits of `code` bits: 1 binary, 4 hexadecimal in capitals. */
export function fn_digits(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  const mask = (<u64>1 << code) - 1;
  while (next()) {
    let x = load<u64>(cell(a));
    const count = x ? (63 - <u32>clz(x)) / code + 1 : 1;
    if (!room(count)) {
      fail();
      continue;
    }
    const end = to + count;
    for (let at = end; at > to; x >>= code) {
      const digit = <u32>(x & mask);
      store<u8>(--at, digit < 10 ? digit + 48 : digit + 55);
    }
    wrote(end);
    keepText(result());
  }
  return finish();
}

/** 16 capital hexadecimal digits that sort as numbers do. Codes: 0 of int64, decimals and timestamps, 1 of doubles. */
export function fn_order_key(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    let x = load<i64>(cell(a));
    if (!room(16)) {
      fail();
      continue;
    }
    let bits = <u64>(code ? sortable(x) : x) ^ 0x8000000000000000;
    const end = to + 16;
    for (let at = end; at > to; bits >>= 4) {
      const digit = <u32>(bits & 15);
      store<u8>(--at, digit < 10 ? digit + 48 : digit + 55);
    }
    wrote(end);
    keepText(result());
  }
  return finish();
}

/** The bucket of x among `count` equal ones from `low` to `high`; whether there are none. */
function bucket(x: f64, low: f64, high: f64, count: i64, at: usize): bool {
  if (x != x || !(abs(low) < Infinity) || !(abs(high) < Infinity) || low == high || count < 1) return false;
  if (high < low) {
    x = -x;
    low = -low;
    high = -high;
  }
  if (x < low) {
    store<i64>(at, 0);
    return true;
  }
  if (x >= high) {
    store<i64>(at, count + 1);
    return count < i64.MAX_VALUE;
  }
  // Halved, so that the width is finite
  const part = <i64>((x * 0.5 - low * 0.5) / (high * 0.5 - low * 0.5) * <f64>count);
  store<i64>(at, min(part, count - 1) + 1);
  return true;
}

/** A list: a double, the bounds, and how many buckets there are. */
export function fn_width_bucket(code: u32, rows: u32, out: usize, list: usize, count: usize, c: usize): i32 {
  if (!beginList(rows, out, list, <u32>count)) return NO_MEMORY;
  const x = operand(list, 0), low = operand(list, 1), high = operand(list, 2), buckets = operand(list, 3);
  while (next()) {
    const found = bucket(
      load<f64>(cell(x)), load<f64>(cell(low)), load<f64>(cell(high)), load<i64>(cell(buckets)), result(),
    );
    if (!found) fail();
  }
  return finish();
}
