// Parts, repetitions and rearrangements of texts.
import { NO_MEMORY, operand } from "../../expr/register";
import { codePoints, isLead, refAddress, refLength, setRef, skipCodePoints } from "../../expr/text";
import { begin, beginList, cell, fail, finish, next, result } from "../cursor";
import { keepText, openText, put, putByte, room, to, wrote } from "../writer";

/** Counts that no text reaches. */
const COUNT_MAX: i64 = 1 << 31;

/** The address of the last code point before `at`. */
@inline function back(start: usize, at: usize): usize {
  at--;
  while (at > start && !isLead(load<u8>(at))) at--;
  return at;
}

/** The first (code 0) or last (code 1) b code points of a, sharing its bytes; none where b is negative. */
export function fn_side(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    const text = cell(a), at = refAddress(text), end = at + refLength(text);
    let count = load<i64>(cell(b));
    if (code) {
      let start = end;
      for (; count > 0 && start > at; count--) start = back(at, start);
      setRef(result(), start, end - start);
    } else {
      setRef(result(), at, skipCodePoints(at, end, count) - at);
    }
  }
  return finish();
}

/** b times the text a, none where b is not positive. */
export function fn_repeat(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    const text = cell(a), length = refLength(text), count = length ? load<i64>(cell(b)) : 0;
    if (count > COUNT_MAX || !room(count > 0 ? <usize>min<u64>(<u64>count * <u64>length, <u64>COUNT_MAX) : 0)) {
      fail();
      continue;
    }
    for (let i: i64 = 0; i < count; i++) put(refAddress(text), length);
    keepText(result());
  }
  return finish();
}

/** Appends `count` code points of the text in [at, end), again and again. */
function putPadding(at: usize, end: usize, count: i64): bool {
  const characters = codePoints(at, end);
  for (; count >= characters; count -= characters) if (!put(at, end - at)) return false;
  return put(at, skipCodePoints(at, end, count) - at);
}

/**
 * The text a with b code points: cut at its end, or filled up at its start (code 0) or end (code 1) with the text c
 * again and again. NULL where b is negative or c is empty.
 */
export function fn_pad(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, c)) return NO_MEMORY;
  while (next()) {
    const text = cell(a), at = refAddress(text), end = at + refLength(text), count = load<i64>(cell(b));
    const padding = cell(c), from = refAddress(padding), length = refLength(padding);
    if (count < 0 || !length || count > COUNT_MAX) {
      fail();
      continue;
    }
    const missing = count - codePoints(at, end);
    if (missing <= 0) {
      setRef(result(), at, skipCodePoints(at, end, count) - at);
      continue;
    }
    openText();
    // A code point has a byte at least
    const fits = room(<usize>missing) && (code
      ? put(at, end - at) && putPadding(from, from + length, missing)
      : putPadding(from, from + length, missing) && put(at, end - at));
    if (fits) keepText(result());
    else fail();
  }
  return finish();
}

/** The code points of a, the last first. */
export function fn_reverse(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const text = cell(a), start = refAddress(text), length = refLength(text);
    if (!room(length)) {
      fail();
      continue;
    }
    let out = to;
    for (let at = start + length; at > start;) {
      const end = at;
      at = back(start, at);
      for (let from = at; from < end; from++) store<u8>(out++, load<u8>(from));
    }
    wrote(out);
    keepText(result());
  }
  return finish();
}

/** a with the first letter of each word a capital and the others small; words are of ASCII letters and digits. */
export function fn_initcap(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const text = cell(a), length = refLength(text);
    if (!room(length)) {
      fail();
      continue;
    }
    let inside = false;
    for (let at = refAddress(text), end = at + length; at < end; at++) {
      let byte = <u32>load<u8>(at);
      const letter = (byte | 32) - 97 < 26;
      if (letter) byte = inside ? byte | 32 : byte & ~32;
      inside = letter || byte - 48 < 10;
      putByte(byte);
    }
    keepText(result());
  }
  return finish();
}

/**
 * A list: a text, a replacement, the number of the first code point that it takes the place of, and how many it
 * replaces (without it: as many as it has). A place outside leaves the text as it is.
 */
export function fn_overlay(code: u32, rows: u32, out: usize, list: usize, count: usize, c: usize): i32 {
  if (!beginList(rows, out, list, <u32>count)) return NO_MEMORY;
  const text = operand(list, 0), part = operand(list, 1), first = operand(list, 2);
  while (next()) {
    const ref = cell(text), at = refAddress(ref), end = at + refLength(ref);
    const replacement = cell(part), length = refLength(replacement), place = load<i64>(cell(first));
    if (place < 1 || place > codePoints(at, end)) {
      setRef(result(), at, end - at);
      continue;
    }
    const cut = skipCodePoints(at, end, place - 1);
    const from = refAddress(replacement);
    const taken = count > 3 ? load<i64>(cell(operand(list, 3))) : codePoints(from, from + length);
    const rest = skipCodePoints(cut, end, taken);
    openText();
    if (put(at, cut - at) && put(from, length) && put(rest, end - rest)) keepText(result());
    else fail();
  }
  return finish();
}
