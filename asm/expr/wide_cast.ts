// Casts between wide decimals and doubles and texts.
import { arena_alloc } from "../memory";
import { parse_wide, WIDE_TEXT_BYTES, write_wide } from "../decimal/text";
import { wideOfDouble, wideToDouble } from "../decimal/double";
import { TEXT_OK } from "../text/status";
import {
  cellStep, dataOf, joinValidity, newCells, newValidity, NO_MEMORY, OK, rowBits, settle, validWord, wordsOf,
} from "./register";
import { refAddress, refLength, setRef } from "./text";
import { newWideCells } from "./wide";

/** A wide decimal whose scale is the code to the nearest double. */
export function expr_wide_to_double(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const words = wordsOf(rows), step = cellStep(a);
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3;
      store<f64>(to + row, wideToDouble(refAddress(from + row), code));
    }
  }
  return OK;
}

/** A wide decimal whose scale is the code to text with all its places. */
export function expr_wide_to_string(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const words = wordsOf(rows), step = cellStep(a);
  let chars = arena_alloc(<usize>rows * WIDE_TEXT_BYTES);
  if (!chars) return NO_MEMORY;
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, end = write_wide(chars, refAddress(from + row), code);
      setRef(to + row, chars, end - chars);
      chars = end;
    }
  }
  return OK;
}

/** Makes wide decimals of doubles or texts; NULL where there is none. Code: scale | precision << 8. */
@inline function makeAll(text: bool, code: u32, rows: u32, out: usize, a: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newWideCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows), words = wordsOf(rows), step = cellStep(a);
  if (!failures) return NO_MEMORY;
  const scale = code & 255, precision = code >>> 8;
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    let failed: u64 = 0;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, cell = from + row, target = refAddress(to + row);
      let bad: bool;
      if (text) {
        let at = refAddress(cell), end = at + refLength(cell);
        while (at < end && load<u8>(at) <= 0x20) at++;
        while (at < end && load<u8>(end - 1) <= 0x20) end--;
        bad = parse_wide(at, end, target, <i32>scale, <i32>precision, true) != TEXT_OK;
      } else {
        bad = wideOfDouble(load<f64>(cell), target, scale, precision);
      }
      failed |= <u64>bad << ctz(open);
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}

/** Text to wide decimals, halves away from zero. Spaces around do not count. Code: scale | precision << 8. */
export function expr_wide_parse(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return makeAll(true, code, rows, out, a);
}

/** Doubles to wide decimals by their shortest text, halves away from zero. Code: scale | precision << 8. */
export function expr_double_to_wide(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  return makeAll(false, code, rows, out, a);
}
