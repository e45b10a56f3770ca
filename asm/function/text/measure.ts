// Numbers of texts, texts of numbers, and what kind of characters a text has.
import { arena_alloc } from "../../memory";
import { NO_MEMORY } from "../../expr/register";
import { refAddress, refLength } from "../../expr/text";
import { begin, beginBits, cell, fail, finish, next, result, yes } from "../cursor";
import { keepText, openText, putByte, room } from "../writer";
import { lengthAt } from "./replace";

/** The code point of `length` bytes at `at`. */
export function codePointAt(at: usize, length: usize): u32 {
  let value: u32 = load<u8>(at);
  if (length == 1) return value;
  value &= 0x7f >> <u32>length;
  for (let i: usize = 1; i < length; i++) value = (value << 6) | (load<u8>(at + i) & 0x3f);
  return value;
}

/** Appends a code point in UTF-8, for which there is room of 4 bytes. */
export function putCodePoint(value: u32): void {
  if (value < 0x80) {
    putByte(value);
  } else if (value < 0x800) {
    putByte(0xc0 | (value >> 6));
    putByte(0x80 | (value & 0x3f));
  } else {
    if (value < 0x10000) {
      putByte(0xe0 | (value >> 12));
    } else {
      putByte(0xf0 | (value >> 18));
      putByte(0x80 | ((value >> 12) & 0x3f));
    }
    putByte(0x80 | ((value >> 6) & 0x3f));
    putByte(0x80 | (value & 0x3f));
  }
}

/** The first code point as a number, 0 of the empty text: int64. */
export function fn_ascii(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a)), length = refLength(cell(a));
    store<i64>(result(), length ? <i64>codePointAt(at, lengthAt(at, at + length)) : 0);
  }
  return finish();
}

/** The character of a modulo 256; none of negative numbers. */
export function fn_chr(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const number = load<i64>(cell(a));
    openText();
    if (!room(4)) {
      fail();
      continue;
    }
    if (number >= 0) putCodePoint(<u32>number & 255);
    keepText(result());
  }
  return finish();
}

/** Whether a is not empty and has ASCII letters (code 0) or digits (code 1) only: bool. */
export function fn_only(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!beginBits(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    let at = refAddress(cell(a));
    const end = at + refLength(cell(a));
    let all = at < end;
    for (; all && at < end; at++) {
      const byte = <u32>load<u8>(at);
      all = code ? byte - 48 < 10 : (byte | 32) - 97 < 26;
    }
    if (all) yes();
  }
  return finish();
}

/** Writes the code points of [at, end) to `to`; how many, or more than `most`. */
function decode(at: usize, end: usize, to: usize, most: u32): u32 {
  let count: u32 = 0;
  while (at < end && count <= most) {
    const length = lengthAt(at, end);
    if (count < most) store<u32>(to + (<usize>count << 2), codePointAt(at, length));
    count++;
    at += length;
  }
  return count;
}

/** The fewest insertions, deletions and replacements from x to y, by rows of the matrix (Wagner and Fischer, 1974). */
function distance(x: usize, xCount: u32, y: usize, yCount: u32, row: usize): u32 {
  for (let j: u32 = 0; j <= yCount; j++) store<u32>(row + (<usize>j << 2), j);
  for (let i: u32 = 0; i < xCount; i++) {
    const one = load<u32>(x + (<usize>i << 2));
    let diagonal = i;
    store<u32>(row, i + 1);
    for (let j: u32 = 0; j < yCount; j++) {
      const at = row + (<usize>j << 2), above = load<u32>(at, 4);
      const replaced = diagonal + <u32>(one != load<u32>(y + (<usize>j << 2)));
      store<u32>(at, min(replaced, min(above, load<u32>(at)) + 1), 4);
      diagonal = above;
    }
  }
  return load<u32>(row + (<usize>yCount << 2));
}

/** The Levenshtein distance of a and b: int64. NULL where one has more than `code` code points. */
export function fn_levenshtein(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  const x = arena_alloc(<usize>(code * 3 + 1) << 2), y = x + (<usize>code << 2), row = y + (<usize>code << 2);
  if (!x) return NO_MEMORY;
  while (next()) {
    const left = refAddress(cell(a)), right = refAddress(cell(b));
    const xCount = decode(left, left + refLength(cell(a)), x, code);
    const yCount = decode(right, right + refLength(cell(b)), y, code);
    if (xCount > code || yCount > code) fail();
    else store<i64>(result(), <i64>distance(x, xCount, y, yCount, row));
  }
  return finish();
}

/** Groups of letters that sound alike, from A on; 0 a vowel, 7 H and W. */
const SOUNDS: usize = memory.data<u8>([
  0, 1, 2, 3, 0, 1, 2, 7, 0, 2, 2, 4, 5, 5, 0, 1, 2, 6, 2, 3, 0, 1, 7, 2, 0, 2,
]);

/** The American Soundex code of a's ASCII letters; empty without one. */
export function fn_soundex(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    openText();
    if (!room(4)) {
      fail();
      continue;
    }
    let count = 0;
    let last: u32 = 0;
    for (let at = refAddress(cell(a)), end = at + refLength(cell(a)); at < end && count < 4; at++) {
      const letter = ((<u32>load<u8>(at)) | 32) - 97;
      if (letter >= 26) continue;
      const sound = <u32>load<u8>(SOUNDS + <usize>letter);
      if (!count) {
        putByte(letter + 65);
        count = 1;
        last = sound;
      } else if (sound != 7) {
        // Letters of one sound are one, unless a vowel is between them
        if (sound && sound != last) {
          putByte(sound + 48);
          count++;
        }
        last = sound;
      }
    }
    for (; count && count < 4; count++) putByte(48);
    keepText(result());
  }
  return finish();
}
