// Casts to and from strings and bytes.
import { BOOL, DOUBLE, INT64, TIMESTAMP } from "../layout";
import { arena_alloc } from "../memory";
import { parse_base64 } from "../text/base64";
import { parse_decimal_within } from "../text/decimal";
import { parse_double } from "../text/double";
import { parse_int64 } from "../text/int64";
import { TEXT_INEXACT, TEXT_OK } from "../text/status";
import { parse_timestamp_iso } from "../text/timestamp";
import { parse_timestamp_loose } from "../text/timestamp_loose";
import { TEXT_BYTES_MAX, write_decimal, write_double, write_timestamp } from "./format";
import { parse_bool } from "./parse_bool";
import { parse_rounded } from "./parse_rounded";
import {
  cellStep, dataOf, joinValidity, newBits, newCells, newValidity, NO_MEMORY, OK, rowBits, settle, validWord, wordsOf,
} from "./register";
import { CHARS_MAX, refAddress, refLength, setRef } from "./text";
import { isUtf8 } from "./utf8";
import { write_base64 } from "./write_base64";

const TRUE: usize = memory.data<u8>([116, 114, 117, 101]);
const FALSE: usize = memory.data<u8>([102, 97, 108, 115, 101]);

/** bool to `true` or `false`. */
export function expr_bool_to_string(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  const step = cellStep(a) >>> 6;
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++) {
    const word = load<u64>(dataOf(a) + <usize>w * step), to = dataOf(out) + (<usize>w << 9);
    for (let row: u64 = 0; row < 64; row++) {
      const yes = <bool>((word >> row) & 1);
      setRef(to + (<usize>row << 3), yes ? TRUE : FALSE, yes ? 4 : 5);
    }
  }
  return OK;
}

/**
 * int64, decimal, double or timestamp to text. Code: type | scale << 8. Timestamps that ISO 8601 cannot express are
 * NULL.
 */
export function expr_to_string(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  let chars = arena_alloc(<usize>rows * TEXT_BYTES_MAX);
  if (!failures || !chars) return NO_MEMORY;
  const type = <i32>(code & 255), scale = <i32>(code >>> 8), words = wordsOf(rows), step = cellStep(a);
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    let failed: u64 = 0;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3;
      let end: usize;
      if (type == DOUBLE) end = write_double(chars, load<f64>(from + row));
      else if (type == TIMESTAMP) end = write_timestamp(chars, load<i64>(from + row));
      else end = write_decimal(chars, load<i64>(from + row), scale);
      if (!end) {
        failed |= <u64>1 << ctz(open);
        end = chars;
      }
      setRef(to + row, chars, end - chars);
      chars = end;
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}

/** Reads text as the code's type (type | scale << 8 | precision << 16) to `out`; whether it is none. */
function parse(code: u32, at: usize, end: usize, out: usize): bool {
  const type = <i32>(code & 255);
  if (type == INT64) return parse_int64(at, end, out) != TEXT_OK;
  if (type == DOUBLE) return parse_double(at, end, out) != TEXT_OK;
  if (type == TIMESTAMP) {
    return parse_timestamp_iso(at, end, out) != TEXT_OK && parse_timestamp_loose(at, end, out) != TEXT_OK;
  }
  const scale = <i32>((code >>> 8) & 255), precision = <i32>(code >>> 16);
  const status = parse_decimal_within(at, end, out, scale, precision);
  if (status == TEXT_INEXACT) return !parse_rounded(at, end, out, scale, precision);
  return status != TEXT_OK;
}

/**
 * Strings to int64, double, decimal (halves away from zero), or ISO 8601 timestamps, whose parts may have one digit for
 * two. Spaces around do not count; what is no such value is NULL. Code: type | scale << 8 | precision << 16.
 */
export function expr_parse(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  const bools = <i32>(code & 255) == BOOL;
  if (!joinValidity(rows, out, a, 0, 0) || !(bools ? newBits(rows, out) : newCells(rows, out))) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  const words = wordsOf(rows), step = cellStep(a);
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    let failed: u64 = 0, trues: u64 = 0;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = ctz(open), ref = from + (<usize>row << 3);
      let at = refAddress(ref), end = at + refLength(ref);
      while (at < end && load<u8>(at) <= 0x20) at++;
      while (at < end && load<u8>(end - 1) <= 0x20) end--;
      if (bools) {
        const found = parse_bool(at, end);
        failed |= <u64>(found < 0) << row;
        trues |= <u64>(found > 0) << row;
      } else {
        failed |= <u64>parse(code, at, end, to + (<usize>row << 3)) << row;
      }
    }
    if (bools) store<u64>(dataOf(out) + (<usize>w << 3), trues);
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}

/** bytes to the string that they are in UTF-8, sharing them; NULL where they are not UTF-8. */
export function expr_bytes_to_string(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  const words = wordsOf(rows), step = cellStep(a);
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    let failed: u64 = 0;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, at = refAddress(from + row), length = refLength(from + row);
      setRef(to + row, at, length);
      failed |= <u64>!isUtf8(at, at + length) << ctz(open);
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}

/** Codes: 0 bytes to base64 (RFC 4648, padded), 1 base64 to bytes, NULL where it is none. */
export function expr_base64(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows), words = wordsOf(rows), step = cellStep(a);
  let total: u64 = 0;
  for (let w: u32 = 0; w < words; w++) {
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      total += <u64>refLength(dataOf(a) + <usize>w * step + <usize>(ctz(open) << 3)) * 2 + 4;
    }
  }
  let chars: usize = total > CHARS_MAX ? 0 : arena_alloc(<usize>total);
  if (!failures || !chars) return NO_MEMORY;
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    let failed: u64 = 0;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, at = refAddress(from + row), end = at + refLength(from + row);
      const length = code ? parse_base64(at, end, chars) : write_base64(at, end, chars);
      failed |= <u64>(length < 0) << ctz(open);
      setRef(to + row, chars, <usize>max(length, 0));
      chars += <usize>max(length, 0);
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}
