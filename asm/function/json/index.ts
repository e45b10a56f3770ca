// Kernels of JSON in texts.
import { dataOf, NO_MEMORY, operand } from "../../expr/register";
import { refAddress, refLength, setRef } from "../../expr/text";
import { begin, beginBits, beginList, cell, fail, finish, isThere, next, result, yes } from "../cursor";
import { keepText, openText, put, putByte, room } from "../writer";
import { EMPTY, enter, follow, FOUND, valueAt, WRONG } from "./path";
import { skipKey, skipSpace, skipValue, valueEnd } from "../../text/json_scan";
import { hasEscape, putCompact, putQuoted, putUnescaped } from "./string";

@inline function isComposed(byte: u32): bool {
  return byte == 0x7b || byte == 0x5b;
}

/** Gives the scalar at `valueAt` as a text: what a string says, else as it is written. */
export function giveScalar(): void {
  if (load<u8>(valueAt) != 0x22) return setRef(result(), valueAt, valueEnd - valueAt);
  const at = valueAt + 1, n = valueEnd - valueAt - 2;
  if (!hasEscape(at, n)) return setRef(result(), at, n);
  openText();
  if (putUnescaped(at, at + n)) keepText(result());
  else fail();
}

/** Follows the path b in the text a of the row. */
@inline function followRow(a: usize, path: usize, pathEnd: usize): i32 {
  const at = refAddress(cell(a));
  return follow(at, at + refLength(cell(a)), path, pathEnd);
}

/** What a path that was found leads to, for json_value: null is nothing, and so is what is composed, unless strict. */
function scalarState(path: usize): i32 {
  const byte = <u32>load<u8>(valueAt);
  if (byte == 0x6e) return EMPTY;
  return isComposed(byte) ? (load<u32>(path) ? WRONG : EMPTY) : FOUND;
}

/** How json_query wraps what it finds. */
const CONDITIONAL: u32 = 1;
const UNCONDITIONAL: u32 = 2;

/** The same for json_query: scalars are nothing without a wrapper. */
function composedState(path: usize, wrapper: u32): i32 {
  const byte = <u32>load<u8>(valueAt);
  if (byte == 0x6e) return EMPTY;
  return wrapper || isComposed(byte) ? FOUND : load<u32>(path) ? WRONG : EMPTY;
}

/** The scalar that the path b leads to in a, as a text; NULL if there is none. */
export function fn_json_value(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  const path = refAddress(dataOf(b)), pathEnd = path + refLength(dataOf(b));
  while (next()) {
    if (followRow(a, path, pathEnd) == FOUND && scalarState(path) == FOUND) giveScalar();
    else fail();
  }
  return finish();
}

/**
 * The value that the path b leads to in a, compact. Code: wrapper in an array: 0 none, and no scalars; 1 unless it is an array; 2
 * always.
 */
export function fn_json_query(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  const path = refAddress(dataOf(b)), pathEnd = path + refLength(dataOf(b));
  while (next()) {
    if (followRow(a, path, pathEnd) != FOUND || composedState(path, code) != FOUND) {
      fail();
      continue;
    }
    const wrap = code == UNCONDITIONAL || (code == CONDITIONAL && load<u8>(valueAt) != 0x5b);
    openText();
    if (!room(valueEnd - valueAt + 2)) {
      fail();
      continue;
    }
    if (wrap) putByte(0x5b);
    putCompact(valueAt, valueEnd);
    if (wrap) putByte(0x5d);
    keepText(result());
  }
  return finish();
}

/** 0 found, 1 nothing, 2 wrong: int64. Codes: 0 of json_value; 1 to 3 of json_query, its code + 1; 4 of json_exists. */
export function fn_json_state(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  const path = refAddress(dataOf(b)), pathEnd = path + refLength(dataOf(b));
  while (next()) {
    let state = followRow(a, path, pathEnd);
    if (state == FOUND && code < 4) state = code ? composedState(path, code - 1) : scalarState(path);
    store<i64>(result(), <i64>state);
  }
  return finish();
}

/** Whether a is JSON: bool. Codes: 0 any value, 1 a scalar, 2 an array, 3 an object. */
export function fn_is_json(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!beginBits(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a));
    if (!enter(at, at + refLength(cell(a)))) continue;
    const byte = <u32>load<u8>(valueAt);
    if (code == 0 || (code == 1 ? !isComposed(byte) : byte == (code == 2 ? 0x5b : 0x7b))) yes();
  }
  return finish();
}

/** How many items or members the value at `valueAt` has; 1 of a scalar. */
export function countItems(): i64 {
  const end = valueEnd, object = load<u8>(valueAt) == 0x7b;
  if (!isComposed(load<u8>(valueAt))) return 1;
  let at = skipSpace(valueAt + 1, end), count: i64 = 0;
  while (<u32>load<u8>(at) != (object ? 0x7d : 0x5d)) {
    if (count++) at = skipSpace(at + 1, end); // over the comma
    if (object) at = skipKey(at, end);
    at = skipSpace(skipValue(at, end), end);
  }
  return count;
}

/** How many items or members what the path b leads to in a has, 1 of a scalar: int64. Code 1: NULL of a scalar. */
export function fn_json_length(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  const path = refAddress(dataOf(b)), pathEnd = path + refLength(dataOf(b));
  while (next()) {
    if (followRow(a, path, pathEnd) == FOUND && (!code || isComposed(load<u8>(valueAt)))) store<i64>(result(), countItems());
    else fail();
  }
  return finish();
}

/** Codes: 0 a as a string of JSON; 1 what the string of JSON a says, and a itself if it is none. */
export function fn_json_quote(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a)), end = at + refLength(cell(a));
    if (code) {
      if (enter(at, end) && load<u8>(valueAt) == 0x22) giveScalar();
      else setRef(result(), at, end - at);
      continue;
    }
    openText();
    if (putQuoted(at, end)) keepText(result());
    else fail();
  }
  return finish();
}

const NULL_TEXT: usize = memory.data<u8>([110, 117, 108, 108]);
/** Codes of fn_json_build. */
const OBJECT: u32 = 1;
const ABSENT: u32 = 2;
const TEXT_KEYS: u32 = 4;

/** Appends a key with its colon. */
function putKey(key: usize, text: bool): bool {
  const at = refAddress(cell(key)), n = refLength(cell(key));
  if (!text) return put(at, n);
  if (!isThere(key) || !putQuoted(at, at + n) || !room(1)) return false;
  putByte(0x3a);
  return true;
}

/**
 * A list of values that are JSON as one array, or (code bit 0) an object, where each has its key with quotes and colon in
 * front, or (code bit 2) a text: a key that is NULL makes all NULL. Values that are NULL are null, or (code bit 1) left out.
 */
export function fn_json_build(code: u32, rows: u32, out: usize, list: usize, count: usize, c: usize): i32 {
  if (!beginList(rows, out, list, 0)) return NO_MEMORY;
  const object = (code & OBJECT) != 0, step: u32 = object ? 2 : 1;
  while (next()) {
    openText();
    let fits = room(2), first = true;
    if (fits) putByte(object ? 0x7b : 0x5b);
    for (let i: u32 = 0; fits && i < <u32>count; i += step) {
      const value = operand(list, object ? i + 1 : i), there = isThere(value);
      if (!there && code & ABSENT) continue;
      fits = room(1);
      if (fits && !first) putByte(0x2c);
      first = false;
      if (fits && object) fits = putKey(operand(list, i), (code & TEXT_KEYS) != 0);
      fits = fits && (there ? put(refAddress(cell(value)), refLength(cell(value))) : put(NULL_TEXT, 4));
    }
    if (fits && room(1)) {
      putByte(object ? 0x7d : 0x5d);
      keepText(result());
    } else {
      fail();
    }
  }
  return finish();
}
