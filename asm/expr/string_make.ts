// Strings from strings.
import { arena_alloc } from "../memory";
import {
  cellStep, dataOf, joinAll, joinValidity, newCells, newValidity, NO_MEMORY, OK, operand, rowBits, settle, validWord,
  wordsOf,
} from "./register";
import { beyondAscii, copyMapped } from "./case";
import { CHARS_MAX, codePoints, refAddress, refLength, setRef, skipCodePoints } from "./text";

/** Bytes of all strings of a that are there. */
function totalBytes(rows: u32, out: usize, a: usize): u64 {
  const words = wordsOf(rows), data = dataOf(a), step = cellStep(a);
  let total: u64 = 0;
  for (let w: u32 = 0; w < words; w++) {
    const cells = data + <usize>w * step;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      total += <u64>refLength(cells + <usize>(ctz(open) << 3));
    }
  }
  return total;
}

/** Copies n bytes, flipping the case bit of ASCII letters from `first` to `first` + 25. */
@inline function copyCase(from: usize, to: usize, n: usize, first: u32): void {
  let i: usize = 0;
  if (ASC_FEATURE_SIMD) {
    // Shifted so that the letters are the 26 smallest signed bytes
    const shift = i8x16.splat(<i8>(128 - first)), end = i8x16.splat(-128 + 26), flip = i8x16.splat(0x20);
    for (; i + 16 <= n; i += 16) {
      const x = v128.load(from + i);
      v128.store(to + i, v128.xor(x, v128.and(i8x16.lt_s(i8x16.add(x, shift), end), flip)));
    }
  }
  for (; i < n; i++) {
    const x = <u32>load<u8>(from + i);
    store<u8>(to + i, <u8>(x ^ (<u32>(x - first < 26) << 5)));
  }
}

/** What mapped letters may take more than they did. */
function mappedGrowth(rows: u32, out: usize, a: usize): u64 {
  const words = wordsOf(rows), data = dataOf(a), step = cellStep(a);
  let more: u64 = 0;
  for (let w: u32 = 0; w < words; w++) {
    const cells = data + <usize>w * step;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const cell = cells + <usize>(ctz(open) << 3), length = refLength(cell);
      if (beyondAscii(refAddress(cell), length)) more += <u64>length >> 1;
    }
  }
  return more;
}

/** Codes: 0 lower case, 1 upper case. */
export function expr_string_case(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const more = mappedGrowth(rows, out, a), total = totalBytes(rows, out, a) + more;
  let chars: usize = total > CHARS_MAX ? 0 : arena_alloc(<usize>total);
  if (!chars) return NO_MEMORY;
  const words = wordsOf(rows), step = cellStep(a), first: u32 = code ? 0x61 : 0x41;
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, text = refAddress(from + row), length = refLength(from + row);
      let end = chars + length;
      if (more && beyondAscii(text, length)) end = copyMapped(text, chars, length, code != 0);
      else copyCase(text, chars, length, first);
      setRef(to + row, chars, end - chars);
      chars = end;
    }
  }
  return OK;
}

/** A list of texts, one behind the other. */
export function expr_concat(code: u32, rows: u32, out: usize, list: usize, count: usize, c: usize): i32 {
  if (!joinAll(rows, out, list, <u32>count) || !newCells(rows, out)) return NO_MEMORY;
  let total: u64 = 0;
  for (let i: u32 = 0; i < <u32>count; i++) total += totalBytes(rows, out, operand(list, i));
  let chars: usize = total > CHARS_MAX ? 0 : arena_alloc(<usize>total);
  if (!chars) return NO_MEMORY;
  const words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++) {
    const to = dataOf(out) + (<usize>w << 9);
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, start = chars;
      for (let i: u32 = 0; i < <u32>count; i++) {
        const text = operand(list, i), ref = dataOf(text) + <usize>w * cellStep(text) + row, length = refLength(ref);
        memory.copy(chars, refAddress(ref), length);
        chars += length;
      }
      setRef(to + row, start, chars - start);
    }
  }
  return OK;
}

/**
 * Writes the part of the string at `from` that starts at code point `start` and has `length` of them; whether
 * `length` is negative.
 */
function part(from: usize, start: i64, length: i64, to: usize): bool {
  const at = refAddress(from), bytes = refLength(from), end = at + bytes;
  if (length < 0) return true;
  let skip = start > 0 ? start - 1 : start;
  if (skip < 0) {
    skip += codePoints(at, end);
    if (skip < 0) {
      setRef(to, at, 0);
      return false;
    }
  }
  // A code point has a byte at least, so that counts beyond the bytes need no walk
  const first = skip >= <i64>bytes ? end : skipCodePoints(at, end, skip);
  const last = length >= <i64>(end - first) ? end : skipCodePoints(first, end, length);
  setRef(to, first, last - first);
  return false;
}

/**
 * The code points of a from number b (1 is the first, 0 too, -1 the last), c of them (no operand: all). Shares the
 * bytes of a. A start outside gives an empty string, a negative length NULL, as in Flink SQL.
 */
export function expr_substring(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, c) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  const words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * cellStep(a), starts = dataOf(b) + <usize>w * cellStep(b);
    const lengths = c ? dataOf(c) + <usize>w * cellStep(c) : 0, to = dataOf(out) + (<usize>w << 9);
    let failed: u64 = 0;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, length = c ? load<i64>(lengths + row) : i64.MAX_VALUE;
      failed |= <u64>part(from + row, load<i64>(starts + row), length, to + row) << ctz(open);
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}

/** Takes spaces off. Codes: bit 0 at the start, bit 1 at the end. Shares the bytes of a. */
export function expr_trim(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const words = wordsOf(rows), step = cellStep(a);
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3;
      let at = refAddress(from + row), end = at + refLength(from + row);
      if (code & 1) while (at < end && load<u8>(at) == 0x20) at++;
      if (code & 2) while (end > at && load<u8>(end - 1) == 0x20) end--;
      setRef(to + row, at, end - at);
    }
  }
  return OK;
}

/** Codes: 0 code points, 1 bytes of a string or bytes: int64. */
export function expr_length(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const words = wordsOf(rows), step = cellStep(a);
  for (let w: u32 = 0; w < words; w++) {
    const from = dataOf(a) + <usize>w * step, to = dataOf(out) + (<usize>w << 9);
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, at = refAddress(from + row), bytes = refLength(from + row);
      store<i64>(to + row, code ? <i64>bytes : codePoints(at, at + bytes));
    }
  }
  return OK;
}
