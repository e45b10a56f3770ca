// Where and how often texts are in others.
import {
  cellStep, dataOf, joinValidity, newCells, newValidity, NO_MEMORY, OK, rowBits, settle, validWord, wordsOf,
} from "../../expr/register";
import { search } from "../../expr/search";
import { codePoints, refAddress, refLength, setRef, skipCodePoints } from "../../expr/text";
import { begin, cell, finish, next, result } from "../cursor";
import { countByte, nthByte } from "./scan";

/**
 * The number, from 1, of the code point of a where b begins, looked for from number c on (no operand: from the first);
 * 0 if it is not there: int64. The empty text is at 1.
 */
export function fn_position(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, c)) return NO_MEMORY;
  while (next()) {
    const text = cell(a), part = cell(b), from = c ? max<i64>(load<i64>(cell(c)), 1) : 1;
    const at = refAddress(text), end = at + refLength(text);
    const start = from > <i64>(end - at) ? end : skipCodePoints(at, end, from - 1);
    const found = refLength(part) ? search(start, end, refAddress(part), refLength(part)) : at;
    store<i64>(result(), found ? codePoints(at, found) + 1 : 0);
  }
  return finish();
}

function countText(at: usize, end: usize, part: usize, length: usize): i64 {
  if (length == 1) return countByte(at, end, load<u8>(part));
  let count: i64 = 0;
  if (!length) return 0;
  while (true) {
    const found = search(at, end, part, length);
    if (!found) return count;
    count++;
    at = found + length;
  }
}

/** How often b is in a, one behind the other: int64. */
export function fn_count_text(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, 0) || !newCells(rows, out)) return NO_MEMORY;
  let text = dataOf(a), part = dataOf(b), to = dataOf(out);
  const textStep = cellStep(a), partStep = cellStep(b), words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++, text += textStep, part += partStep, to += 512) {
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, at = refAddress(text + row);
      store<i64>(to + row, countText(at, at + refLength(text + row), refAddress(part + row), refLength(part + row)));
    }
  }
  return OK;
}

@inline function isSpace(byte: u32): bool {
  return byte == 0x20 || byte - 9 < 5;
}

/** Piece n of what white space separates; the empty separator stands for it. */
function pieceOfWords(at: usize, end: usize, n: i64, to: usize): bool {
  let start = at;
  for (; at < end; at++) {
    if (!isSpace(load<u8>(at))) continue;
    if (n-- == 0) break;
    start = at + 1;
  }
  setRef(to, start, at - start);
  return n <= 0;
}

/** Writes piece n of [at, end) between separators, sharing its bytes; false if there is none. */
function piece(at: usize, end: usize, separator: usize, length: usize, n: i64, to: usize): bool {
  if (n < 0 || at == end) return false;
  if (length == 1) {
    const byte = load<u8>(separator), before = n ? nthByte(at, end, byte, n - 1) : at - 1;
    if (!before) return false;
    const behind = nthByte(before + 1, end, byte, 0);
    setRef(to, before + 1, (behind ? behind : end) - before - 1);
    return true;
  }
  if (!length) return pieceOfWords(at, end, n, to);
  while (true) {
    const found = search(at, end, separator, length);
    if (n-- == 0) {
      setRef(to, at, (found ? found : end) - at);
      return true;
    }
    if (!found) return false;
    at = found + length;
  }
}

/** Piece c (from 0) of a between separators b, sharing its bytes; NULL if there is none, or if a is empty. */
export function fn_split_index(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, b, c) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  let text = dataOf(a), part = dataOf(b), number = dataOf(c), to = dataOf(out);
  const textStep = cellStep(a), partStep = cellStep(b), numberStep = cellStep(c), words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++, text += textStep, part += partStep, number += numberStep, to += 512) {
    let failed: u64 = 0;
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, at = refAddress(text + row), end = at + refLength(text + row);
      const found = piece(at, end, refAddress(part + row), refLength(part + row), load<i64>(number + row), to + row);
      failed |= <u64>!found << ctz(open);
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}
