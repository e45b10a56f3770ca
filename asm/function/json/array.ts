// Arrays that are JSON in texts.
import { NO_MEMORY } from "../../expr/register";
import { search } from "../../expr/search";
import { refAddress, refLength, sameBytes } from "../../expr/text";
import { parse_double } from "../../text/double";
import { parse_int64 } from "../../text/int64";
import { TEXT_OK } from "../../text/status";
import { parse_timestamp_iso } from "../../text/timestamp";
import { begin, cell, fail, finish, isThere, isTrue, next, result } from "../cursor";
import { orderValues } from "../nested/order";
import { lengthAt } from "../text/replace";
import { keepText, openText, put, putByte, room, to, written } from "../writer";
import { giveScalar } from "./index";
import { enter, toItem, valueAt } from "./path";
import { skipSpace, skipValue, valueEnd } from "../../text/json_scan";
import { hasEscape, putCompact, putQuoted, putUnescaped } from "./string";

/** Goes to the array that the text a of the row is; false if it is none. */
function enterArray(a: usize): bool {
  const at = refAddress(cell(a));
  return enter(at, at + refLength(cell(a))) && load<u8>(valueAt) == 0x5b;
}

/** Item b, from 1, of the array a: a scalar as a text, what is composed as compact JSON; NULL if it is not there, or null. */
export function fn_json_element(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    const index = load<i64>(cell(b));
    if (index < 1 || !enterArray(a) || !toItem(<u64>index - 1) || load<u8>(valueAt) == 0x6e) {
      fail();
    } else if (load<u8>(valueAt) == 0x7b || load<u8>(valueAt) == 0x5b) {
      openText();
      if (putCompact(valueAt, valueEnd)) keepText(result());
      else fail();
    } else {
      giveScalar();
    }
  }
  return finish();
}

const STRING: u32 = 0;
const INT: u32 = 1;
const DOUBLE: u32 = 2;
/** Where an item is parsed to. */
const NUMBER: usize = memory.data(8, 8);

/** Whether the string at `at` says what the text of the row does. */
function isText(at: usize, end: usize, text: usize): bool {
  const from = at + 1, length = end - at - 2, n = refLength(text);
  if (!hasEscape(from, length)) return length == n && sameBytes(from, refAddress(text), n);
  openText();
  const same = putUnescaped(from, end - 1) && written() == n && sameBytes(to - n, refAddress(text), n);
  openText();
  return same;
}

const TIME: u32 = 4;
const JSON: u32 = 5;

/** Whether the item in [at, end) equals b of the row, whose kind is `kind`: 0 text, 1 int64, 2 double, 3 bool, 4 timestamp, 5 JSON. */
function equals(kind: u32, at: usize, end: usize, b: usize): bool {
  const byte = <u32>load<u8>(at), number = byte == 0x2d || byte - 48 < 10;
  if (kind == STRING) return byte == 0x22 && isText(at, end, cell(b));
  if (kind == INT) return number && parse_int64(at, end, NUMBER) == TEXT_OK && load<i64>(NUMBER) == load<i64>(cell(b));
  if (kind == DOUBLE) return number && parse_double(at, end, NUMBER) == TEXT_OK && load<f64>(NUMBER) == load<f64>(cell(b));
  if (kind == TIME) return byte == 0x22 && parse_timestamp_iso(at + 1, end - 1, NUMBER) == TEXT_OK && load<i64>(NUMBER) == load<i64>(cell(b));
  if (kind == JSON) return !orderValues(at, end, refAddress(cell(b)), refAddress(cell(b)) + refLength(cell(b)));
  return byte == (isTrue(b) ? 0x74 : 0x66);
}

/** The number, from 1, of the first item of the array a that equals b; 0 if none does: int64. NULL if a is no array. */
export function fn_json_position(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    if (!enterArray(a)) {
      fail();
      continue;
    }
    const end = valueEnd;
    let at = skipSpace(valueAt + 1, end), place: i64 = 0, found: i64 = 0;
    while (!found && load<u8>(at) != 0x5d) {
      if (place++) at = skipSpace(at + 1, end);
      const behind = skipValue(at, end);
      if (equals(code, at, behind, b)) found = place;
      at = skipSpace(behind, end);
    }
    store<i64>(result(), found);
  }
  return finish();
}

/** Appends a piece of a text as the next string of an array; `first`: none is before it. */
function putPiece(at: usize, end: usize, first: bool): bool {
  if (!room(1)) return false;
  if (!first) putByte(0x2c);
  return putQuoted(at, end);
}

/** Appends the pieces of a text between separators, of the empty separator each code point, as strings of an array. */
function putPieces(at: usize, end: usize, separator: usize, length: usize): bool {
  let first = true;
  if (!length) {
    while (at < end) {
      const step = lengthAt(at, end);
      if (!putPiece(at, at + step, first)) return false;
      first = false;
      at += step;
    }
    return true;
  }
  while (true) {
    const found = search(at, end, separator, length);
    if (!putPiece(at, found ? found : end, first)) return false;
    if (!found) return true;
    first = false;
    at = found + length;
  }
}

/** The pieces of a between separators b, as an array of strings. */
export function fn_split(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a)), end = at + refLength(cell(a));
    openText();
    let fits = room(1);
    if (fits) putByte(0x5b);
    fits = fits && putPieces(at, end, refAddress(cell(b)), refLength(cell(b))) && room(1);
    if (fits) {
      putByte(0x5d);
      keepText(result());
    } else {
      fail();
    }
  }
  return finish();
}

/** The items of the array a with b between them, as texts; null is c, or left out. NULL if a is no array. */
export function fn_json_join(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    let fits = enterArray(a), first = true;
    const end = valueEnd;
    openText();
    let at = fits ? skipSpace(valueAt + 1, end) : 0, separated = false;
    while (fits && load<u8>(at) != 0x5d) {
      if (separated) at = skipSpace(at + 1, end);
      separated = true;
      const behind = skipValue(at, end), byte = <u32>load<u8>(at);
      const absent = byte == 0x6e, instead = absent && c != 0 && isThere(c);
      if (!absent || instead) {
        if (!first) fits = put(refAddress(cell(b)), refLength(cell(b)));
        first = false;
        if (instead) fits = fits && put(refAddress(cell(c)), refLength(cell(c)));
        else fits = fits && (byte == 0x22 ? putUnescaped(at + 1, behind - 1) : putCompact(at, behind));
      }
      at = skipSpace(behind, end);
    }
    if (fits) keepText(result());
    else fail();
  }
  return finish();
}
