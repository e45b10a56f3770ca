// Characters and parts of texts in the place of others.
import { NO_MEMORY, operand } from "../../expr/register";
import { search } from "../../expr/search";
import { isLead, refAddress, refLength, sameBytes, setRef } from "../../expr/text";
import { begin, beginList, cell, fail, finish, isThere, next, result } from "../cursor";
import { keepText, openText, put } from "../writer";

/** Bytes of the code point at `at`. */
@inline export function lengthAt(at: usize, end: usize): usize {
  const from = at++;
  while (at < end && !isLead(load<u8>(at))) at++;
  return at - from;
}

/** The text with `part` replaced wherever it is; the empty part is before, between and behind all code points. */
function replaceAll(at: usize, end: usize, part: usize, length: usize, by: usize, byLength: usize): bool {
  if (!length) {
    while (at < end) {
      const step = lengthAt(at, end);
      if (!put(by, byLength) || !put(at, step)) return false;
      at += step;
    }
    return put(by, byLength);
  }
  while (true) {
    const found = search(at, end, part, length);
    if (!found) return put(at, end - at);
    if (!put(at, found - at) || !put(by, byLength)) return false;
    at = found + length;
  }
}

/** a with c in the place of each b, one behind the other. */
export function fn_replace(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, c)) return NO_MEMORY;
  while (next()) {
    const text = cell(a), part = cell(b), by = cell(c), at = refAddress(text), end = at + refLength(text);
    if (refLength(part) && !search(at, end, refAddress(part), refLength(part))) {
      setRef(result(), at, end - at);
      continue;
    }
    openText();
    if (replaceAll(at, end, refAddress(part), refLength(part), refAddress(by), refLength(by))) keepText(result());
    else fail();
  }
  return finish();
}

/** How many code points of [at, end) are before the one of `length` bytes at `one`; -1 if it is not among them. */
function placeOf(one: usize, length: usize, at: usize, end: usize): i32 {
  for (let place = 0; at < end; place++) {
    const step = lengthAt(at, end);
    if (step == length && sameBytes(at, one, length)) return place;
    at += step;
  }
  return -1;
}

/** Where the code point at `place` is; `end` if there are fewer. */
function atPlace(at: usize, end: usize, place: i32): usize {
  for (; place > 0 && at < end; place--) at += lengthAt(at, end);
  return at;
}

/** a with each code point that is in b replaced by the one at its place in c; what has no place there is left out. */
export function fn_translate(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, c)) return NO_MEMORY;
  while (next()) {
    const text = cell(a), from = refAddress(cell(b)), fromEnd = from + refLength(cell(b));
    const by = refAddress(cell(c)), byEnd = by + refLength(cell(c));
    let fits = true;
    openText();
    for (let at = refAddress(text), end = at + refLength(text); fits && at < end;) {
      const step = lengthAt(at, end), place = placeOf(at, step, from, fromEnd);
      const other = place < 0 ? at : atPlace(by, byEnd, place);
      if (place < 0) fits = put(at, step);
      else if (other < byEnd) fits = put(other, lengthAt(other, byEnd));
      at += step;
    }
    if (fits) keepText(result());
    else fail();
  }
  return finish();
}

/** Takes the code points that are in b off a, sharing its bytes. Codes: bit 0 at the start, bit 1 at the end. */
export function fn_trim(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    const set = refAddress(cell(b)), setEnd = set + refLength(cell(b));
    let at = refAddress(cell(a)), end = at + refLength(cell(a));
    if (code & 1) {
      while (at < end) {
        const step = lengthAt(at, end);
        if (placeOf(at, step, set, setEnd) < 0) break;
        at += step;
      }
    }
    if (code & 2) {
      while (end > at) {
        let last = end - 1;
        while (last > at && !isLead(load<u8>(last))) last--;
        if (placeOf(last, end - last, set, setEnd) < 0) break;
        end = last;
      }
    }
    setRef(result(), at, end - at);
  }
  return finish();
}

/** A list: a separator, and texts that it is put between; those that are NULL are left out. */
export function fn_concat_ws(code: u32, rows: u32, out: usize, list: usize, count: usize, c: usize): i32 {
  if (!beginList(rows, out, list, 1)) return NO_MEMORY;
  const separator = operand(list, 0);
  while (next()) {
    let fits = true, first = true;
    openText();
    for (let i: u32 = 1; fits && i < <u32>count; i++) {
      const text = operand(list, i);
      if (!isThere(text)) continue;
      if (!first) fits = put(refAddress(cell(separator)), refLength(cell(separator)));
      first = false;
      fits = fits && put(refAddress(cell(text)), refLength(cell(text)));
    }
    if (fits) keepText(result());
    else fail();
  }
  return finish();
}
