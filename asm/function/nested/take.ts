// Parts of nested values, and whole ones in another form.
import { NO_MEMORY } from "../../expr/register";
import { refAddress, refLength, sameBytes, setRef } from "../../expr/text";
import { openText as openJson, skipString, skipValue, valueEnd } from "../../text/json_scan";
import { is_surely_short, shorten_json } from "../../text/json_short";
import { begin, cell, fail, finish, next, result } from "../cursor";
import { hasEscape, putUnescaped } from "../json/string";
import { keepText, openText, room, to, wrote, written } from "../writer";

// What a part is given as; null is NULL in all forms.
const AS_TEXT: u32 = 0; // scalars as texts, what is composed as JSON
const AS_ARRAY: u32 = 1; // arrays alone
const AS_OBJECT: u32 = 2; // objects alone
// else: as JSON

/** Gives the valid value in [at, end) in a form; what it has not is NULL. */
export function give(form: u32, at: usize, end: usize): void {
  const byte = <u32>load<u8>(at);
  if (byte == 0x6e || (form == AS_ARRAY && byte != 0x5b) || (form == AS_OBJECT && byte != 0x7b)) return fail();
  if (form != AS_TEXT || byte != 0x22) return setRef(result(), at, end - at);
  const length = end - at - 2;
  if (!hasEscape(at + 1, length)) return setRef(result(), at + 1, length);
  openText();
  if (putUnescaped(at + 1, end - 1)) keepText(result());
  else fail();
}

/** The nested value a in a form. */
export function fn_nested_text(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a)), length = refLength(cell(a));
    if (length) give(code, at, at + length);
    else fail();
  }
  return finish();
}

/** The nested value that the text a is, in a form of JSON; NULL if it is none. */
export function fn_nested_parse(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const from = refAddress(cell(a)), at = openJson(from, from + refLength(cell(a)));
    if (!at) {
      fail();
      continue;
    }
    if (is_surely_short(at, valueEnd)) {
      give(code, at, valueEnd);
      continue;
    }
    openText();
    if (!room(valueEnd - at)) {
      fail();
      continue;
    }
    const short = to;
    wrote(shorten_json(at, valueEnd, to));
    const end = to;
    keepText(result());
    give(code, short, end);
  }
  return finish();
}

/** Item b, from 1, of the array a, in a form; NULL if it is not there. */
export function fn_nested_item(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    let at = refAddress(cell(a)), left = load<i64>(cell(b));
    const end = at + refLength(cell(a));
    if (left < 1 || end - at < 3 || load<u8>(at) != 0x5b) {
      fail();
      continue;
    }
    let behind = skipValue(++at, end);
    while (--left > 0 && behind && load<u8>(behind) == 0x2c) {
      at = behind + 1;
      behind = skipValue(at, end);
    }
    if (left == 0 && behind) give(code, at, behind);
    else fail();
  }
  return finish();
}

/** The only item of the array a, in a form; NULL if it has none or several. */
export function fn_nested_only(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a)), end = at + refLength(cell(a));
    const behind = end - at > 2 && load<u8>(at) == 0x5b ? skipValue(at + 1, end) : 0;
    if (behind && behind + 1 == end) give(code, at + 1, behind);
    else fail();
  }
  return finish();
}

/** Whether the key whose quote is at `at`, and which ends before `end`, says what n bytes do. */
function says(at: usize, end: usize, key: usize, n: usize): bool {
  const length = end - at - 2;
  if (!hasEscape(at + 1, length)) return length == n && sameBytes(at + 1, key, n);
  openText();
  const same = putUnescaped(at + 1, end - 1) && written() == n && sameBytes(to - n, key, n);
  openText();
  return same;
}

/** The member of the object a whose key is b, in a form; of equal keys the last. NULL if it is not there. */
export function fn_nested_member(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    let at = refAddress(cell(a));
    const end = at + refLength(cell(a)), key = refAddress(cell(b)), n = refLength(cell(b));
    let found: usize = 0, foundEnd: usize = 0;
    if (end - at > 2 && load<u8>(at) == 0x7b) {
      for (let behind: usize = 0; behind != end; ) {
        const keyAt = at + 1, colon = skipString(keyAt, end);
        behind = colon ? skipValue(colon + 1, end) : 0;
        if (!behind) break;
        if (says(keyAt, colon, key, n)) {
          found = colon + 1;
          foundEnd = behind;
        }
        if (load<u8>(behind) != 0x2c) break;
        at = behind;
      }
    }
    if (found) give(code, found, foundEnd);
    else fail();
  }
  return finish();
}
