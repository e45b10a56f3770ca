// Tests of strings and bytes: bool of each row. References of cells that are NULL are not followed.
import {
  ALL, cellStep, countOf, dataOf, joinValidity, newBits, NO_MEMORY, OK, rowBits, validWord, wordsOf,
} from "./register";
import { EQ, GE, GT, LE, LT, NE } from "./compare";
import { like } from "./like";
import { search } from "./search";
import { orderBytes, refAddress, refLength, sameBytes } from "./text";

const PREFIX: u32 = 8;
const SUFFIX: u32 = 9;
const CONTAINS: u32 = 10;
const LIKE: u32 = 11;

/** Whether n bytes are equal; reads eight bytes, also where there are fewer: memory is readable behind them. */
@inline function sameText(a: usize, b: usize, n: usize): bool {
  if (n > 8) return load<u64>(a) == load<u64>(b) && sameBytes(a + 8, b + 8, n - 8);
  return n == 0 || (load<u64>(a) ^ load<u64>(b)) << <u64>(64 - (n << 3)) == 0;
}

@inline function test(op: u32, code: u32, x: usize, y: usize): bool {
  const a = refAddress(x), aLength = refLength(x), b = refAddress(y), bLength = refLength(y);
  if (op == EQ) return aLength == bLength && sameText(a, b, aLength);
  if (op == LT) return orderBytes(a, aLength, b, bLength) < 0;
  if (op == PREFIX) return aLength >= bLength && sameBytes(a, b, bLength);
  if (op == SUFFIX) return aLength >= bLength && sameBytes(a + aLength - bLength, b, bLength);
  if (op == CONTAINS) return search(a, a + aLength, b, bLength) != 0;
  return like(a, a + aLength, b, b + bLength, code >>> 8);
}

@inline function testAll(op: u32, invert: u64, code: u32, rows: u32, out: usize, a: usize, b: usize): i32 {
  const bits = newBits(rows, out);
  if (!bits) return NO_MEMORY;
  let left = dataOf(a), right = dataOf(b);
  const leftStep = cellStep(a), rightStep = cellStep(b), words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++, left += leftStep, right += rightStep) {
    let word: u64 = 0;
    for (let open = validWord(a, w) & validWord(b, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = ctz(open);
      word |= <u64>test(op, code, left + (<usize>row << 3), right + (<usize>row << 3)) << row;
    }
    store<u64>(bits + (<usize>w << 3), word ^ invert);
  }
  return OK;
}

/**
 * a <op> b for strings and bytes: bool. Codes: 0 to 5 as expr_compare_int, by bytes; 8 starts with, 9 ends with, 10
 * contains, 11 LIKE, with its escape byte (256: none) << 8.
 */
export function expr_string_test(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0)) return NO_MEMORY;
  const op = code & 255;
  if (op == EQ || op == NE) return testAll(EQ, op == NE ? ALL : 0, code, rows, out, a, b);
  if (op == PREFIX) return testAll(PREFIX, 0, code, rows, out, a, b);
  if (op == SUFFIX) return testAll(SUFFIX, 0, code, rows, out, a, b);
  if (op == CONTAINS) return testAll(CONTAINS, 0, code, rows, out, a, b);
  if (op == LIKE) return testAll(LIKE, 0, code, rows, out, a, b);
  const swap = op == GT || op == LE, invert: u64 = op == LE || op == GE ? ALL : 0;
  return testAll(LT, invert, code, rows, out, swap ? b : a, swap ? a : b);
}

/** The order of two strings by length, then by bytes. */
@inline function orderByLength(a: usize, b: usize): i32 {
  const aLength = refLength(a), bLength = refLength(b);
  if (aLength != bLength) return aLength < bLength ? -1 : 1;
  return orderBytes(refAddress(a), aLength, refAddress(b), bLength);
}

function inList(cell: usize, list: usize, count: u32): bool {
  let from: u32 = 0;
  while (from < count) {
    const middle = (from + count) >>> 1, found = orderByLength(list + (<usize>middle << 3), cell);
    if (found == 0) return true;
    if (found < 0) from = middle + 1;
    else count = middle;
  }
  return false;
}

/** Whether a is in the list b, which is sorted by length and then by bytes: bool. */
export function expr_in_string(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0)) return NO_MEMORY;
  const bits = newBits(rows, out);
  if (!bits) return NO_MEMORY;
  const list = dataOf(b), count = countOf(b), words = wordsOf(rows), step = cellStep(a);
  for (let w: u32 = 0; w < words; w++) {
    const cells = dataOf(a) + <usize>w * step;
    let word: u64 = 0;
    for (let open = validWord(a, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = ctz(open);
      word |= <u64>inList(cells + (<usize>row << 3), list, count) << row;
    }
    store<u64>(bits + (<usize>w << 3), word);
  }
  return OK;
}
