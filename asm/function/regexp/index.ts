// Kernels of regular expressions. The pattern is a constant: its program is compiled when the plan is.
import { dataOf, NO_MEMORY } from "../../expr/register";
import { codePoints, refAddress, refLength, setRef } from "../../expr/text";
import { begin, beginBits, cell, fail, finish, next, result, yes } from "../cursor";
import { lengthAt } from "../text/replace";
import { keepText, openText, put } from "../writer";
import { beginRegexp, find, slots, test } from "./find";

@inline function begins(slot: u32): usize {
  return load<u32>(slots + (<usize>slot << 3));
}

@inline function ends(slot: u32): usize {
  return load<u32>(slots + (<usize>slot << 3), 4);
}

/** Whether a has a match of the program b: bool. */
export function fn_regexp(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!beginBits(rows, out, a, 0, 0) || !beginRegexp(refAddress(dataOf(b)))) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a)), found = test(at, at + refLength(cell(a)));
    if (found < 0) return NO_MEMORY;
    if (found) yes();
  }
  return finish();
}

/** Group `code` of the first match of the program b in a, sharing its bytes; NULL without a match or a part in it. */
export function fn_regexp_extract(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0) || !beginRegexp(refAddress(dataOf(b)))) return NO_MEMORY;
  while (next()) {
    const start = refAddress(cell(a)), found = find(start, start, start + refLength(cell(a)));
    if (found < 0) return NO_MEMORY;
    if (found && ends(code)) setRef(result(), begins(code), ends(code) - begins(code));
    else fail();
  }
  return finish();
}

/** Codes: 0 how many matches the program b has in a; 1 the number, from 1, of the code point where the first begins, 0
 * without one: int64. */
export function fn_regexp_count(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0) || !beginRegexp(refAddress(dataOf(b)))) return NO_MEMORY;
  while (next()) {
    const start = refAddress(cell(a)), end = start + refLength(cell(a));
    let count: i64 = 0, from = start;
    while (from <= end) {
      const found = find(from, start, end);
      if (found < 0) return NO_MEMORY;
      if (!found) break;
      if (code) {
        count = codePoints(start, begins(0)) + 1;
        break;
      }
      count++;
      // Behind an empty match the search goes on a character further
      from = ends(0) > begins(0) ? ends(0) : ends(0) < end ? ends(0) + lengthAt(ends(0), end) : end + 1;
    }
    store<i64>(result(), count);
  }
  return finish();
}

/** a with the text c in the place of each match of the program b. */
export function fn_regexp_replace(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, c, 0) || !beginRegexp(refAddress(dataOf(b)))) return NO_MEMORY;
  while (next()) {
    const start = refAddress(cell(a)), end = start + refLength(cell(a)), by = cell(c);
    let kept = start, from = start, fits = true;
    openText();
    while (fits && from <= end) {
      const found = find(from, start, end);
      if (found < 0) return NO_MEMORY;
      if (!found) break;
      fits = put(kept, begins(0) - kept) && put(refAddress(by), refLength(by));
      kept = ends(0);
      from = kept > begins(0) ? kept : kept < end ? kept + lengthAt(kept, end) : end + 1;
    }
    if (fits && kept == start && from == start) setRef(result(), start, end - start);
    else if (fits && put(kept, end - kept)) keepText(result());
    else fail();
  }
  return finish();
}
