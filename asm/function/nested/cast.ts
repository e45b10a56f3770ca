// Nested values as ones of another type: parts are brought to the types that are wanted, members of rows into their order.
//
//   type    l int64 · d double · n<scale>:<precision>: decimal · w decimal of more than 18 digits · b bool · t timestamp · y bytes · s string
//           j any JSON · a<type> array · m<type> map · r<fields>:(<name there was><name><type>)* row
//   name    <bytes>:<text of JSON>
//
// A part that cannot be cast is null, as CAST makes it NULL.
import { TEXT_BYTES_MAX, write_decimal, write_double, write_timestamp } from "../../expr/format";
import { parse_bool } from "../../expr/parse_bool";
import { parse_rounded } from "../../expr/parse_rounded";
import { NO_MEMORY } from "../../expr/register";
import { refAddress, refLength, sameBytes } from "../../expr/text";
import { parse_decimal_within } from "../../text/decimal";
import { parse_double } from "../../text/double";
import { parse_int64 } from "../../text/int64";
import { skipString, skipValue } from "../../text/json_scan";
import { TEXT_INEXACT, TEXT_OK } from "../../text/status";
import { parse_timestamp_iso } from "../../text/timestamp";
import { parse_timestamp_loose } from "../../text/timestamp_loose";
import { begin, cell, fail, finish, next, result } from "../cursor";
import { keepText, openText, put, putByte, room, to, wrote } from "../writer";

const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;
const NULL: usize = memory.data<u8>([110, 117, 108, 108]);
const TRUE: usize = memory.data<u8>([116, 114, 117, 101]);
const FALSE: usize = memory.data<u8>([102, 97, 108, 115, 101]);
const CELL: usize = memory.data(8, 8);

// Where the type that is wanted goes on
let wanted: usize = 0;

/** A number of the type, with the colon behind it. */
function typeNumber(): u32 {
  let n: u32 = 0;
  for (; load<u8>(wanted) != 0x3a; wanted++) n = n * 10 + load<u8>(wanted) - 0x30;
  wanted++;
  return n;
}

function skipName(): void {
  const bytes = typeNumber();
  wanted += bytes;
}

/** Goes over a type. */
function skipType(): void {
  const kind = <u32>load<u8>(wanted++);
  if (kind == 0x6e) {
    typeNumber();
    typeNumber();
  } else if (kind == 0x61 || kind == 0x6d) {
    skipType();
  } else if (kind == 0x72) {
    for (let left = typeNumber(); left; left--) {
      skipName();
      skipName();
      skipType();
    }
  }
}

@inline function putNull(): bool {
  return put(NULL, 4);
}

/** Text in quotes, with escapes for those that it has, or for backslashes; all others have theirs already. */
function putQuoted(at: usize, end: usize): bool {
  if (!room(((end - at) << 1) + 2)) return false;
  putByte(QUOTE);
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE || byte == 0x5c) putByte(0x5c);
    putByte(byte);
  }
  putByte(QUOTE);
  return true;
}

function putInt(at: usize, end: usize, isNumber: bool): bool {
  let whole = at;
  while (whole < end && load<u8>(whole) != 0x2e && (load<u8>(whole) | 0x20) != 0x65) whole++;
  let fits = parse_int64(at, isNumber && (whole == end || load<u8>(whole) == 0x2e) ? whole : end, CELL) == TEXT_OK;
  if (!fits && isNumber && parse_double(at, end, CELL) == TEXT_OK && abs(load<f64>(CELL)) < 9.2e18) {
    store<i64>(CELL, <i64>load<f64>(CELL));
    fits = true;
  }
  if (!fits) return putNull();
  if (!room(TEXT_BYTES_MAX)) return false;
  wrote(write_decimal(to, load<i64>(CELL), 0));
  return true;
}

function putDecimal(at: usize, end: usize, scale: u32, precision: u32): bool {
  const status = parse_decimal_within(at, end, CELL, scale, precision);
  const fits = status == TEXT_INEXACT ? parse_rounded(at, end, CELL, scale, precision) : status == TEXT_OK;
  if (!fits) return putNull();
  if (!room(TEXT_BYTES_MAX)) return false;
  wrote(write_decimal(to, load<i64>(CELL), scale));
  return true;
}

/** A double as JSON, which has no NaN and no infinities. */
function putDouble(at: usize, end: usize): bool {
  const fits = parse_double(at, end, CELL) == TEXT_OK, x = load<f64>(CELL);
  if (!fits || x - x != 0) return putNull();
  if (!room(TEXT_BYTES_MAX)) return false;
  wrote(write_double(to, x));
  return true;
}

function putBool(at: usize, end: usize, isNumber: bool): bool {
  const known = parse_bool(at, end), is = isNumber ? i32(parse_double(at, end, CELL) == TEXT_OK && load<f64>(CELL) != 0) : known;
  return is < 0 ? putNull() : is ? put(TRUE, 4) : put(FALSE, 5);
}

function putTime(at: usize, end: usize, isNumber: bool): bool {
  const fits = isNumber
    ? parse_int64(at, end, CELL) == TEXT_OK
    : parse_timestamp_iso(at, end, CELL) == TEXT_OK || parse_timestamp_loose(at, end, CELL) == TEXT_OK;
  if (!room(TEXT_BYTES_MAX + 2)) return false;
  const behind = fits ? write_timestamp(to + 1, load<i64>(CELL)) : 0;
  if (!behind) return putNull();
  store<u8>(to, QUOTE);
  store<u8>(behind, QUOTE);
  wrote(behind + 1);
  return true;
}

/** A number of any length stays as it is written. */
function putWide(at: usize, end: usize): bool {
  const first = at < end ? <u32>load<u8>(at) : 0, isNumber = (first == 0x2d || first - 0x30 < 10) && skipValue(at, end) == end;
  return isNumber ? put(at, end - at) : putNull();
}

/** The scalar in [at, end), without the quotes of a text, as the type whose first letter is `kind`. */
function putScalar(kind: u32, at: usize, end: usize, isText: bool): bool {
  const scale: u32 = kind == 0x6e ? typeNumber() : 0, precision: u32 = kind == 0x6e ? typeNumber() : 0;
  const byte = <u32>load<u8>(at);
  if (kind == 0x73) return isText ? put(at - 1, end - at + 2) : putQuoted(at, end);
  if (kind == 0x79) return isText ? put(at - 1, end - at + 2) : putNull();
  let isNumber = !isText;
  if (isNumber && (byte == 0x74 || byte == 0x66)) {
    // true and false are 1 and 0 among numbers
    if (kind == 0x62) return put(at, end - at);
    if (kind == 0x74) return putNull();
    return putScalarDigit(kind, byte == 0x74, scale, precision);
  }
  while (isText && at < end && load<u8>(at) <= 0x20) at++;
  while (isText && at < end && load<u8>(end - 1) <= 0x20) end--;
  if (kind == 0x6c) return putInt(at, end, isNumber);
  if (kind == 0x64) return isNumber ? put(at, end - at) : putDouble(at, end);
  if (kind == 0x6e) return putDecimal(at, end, scale, precision);
  if (kind == 0x77) return putWide(at, end);
  return kind == 0x62 ? putBool(at, end, isNumber) : putTime(at, end, isNumber);
}

/** 1 or 0 as a number of a type. */
function putScalarDigit(kind: u32, one: bool, scale: u32, precision: u32): bool {
  store<u8>(CELL + 7, one ? 0x31 : 0x30);
  return kind == 0x6e ? putDecimalDigit(one, scale, precision) : put(CELL + 7, 1);
}

function putDecimalDigit(one: bool, scale: u32, precision: u32): bool {
  const digit: usize = one ? ONE : ONE + 1;
  return putDecimal(digit, digit + 1, scale, precision);
}

const ONE: usize = memory.data<u8>([0x31, 0x30]);

/** The items of the array in [at, end), or the members of the object, each as the type at hand. */
function putParts(at: usize, end: usize, members: bool): bool {
  const item = wanted, opens = at;
  if (!put(at, 1)) return false;
  for (at++; at < end - 1; at += usize(load<u8>(at) == COMMA)) {
    if (at > opens + 1 && !put(COMMA_TEXT, 1)) return false;
    if (members) {
      const colon = skipString(at, end);
      if (!colon || !put(at, colon + 1 - at)) return false;
      at = colon + 1;
    }
    const behind = skipValue(at, end);
    wanted = item;
    if (!behind || !putPart(at, behind)) return false;
    at = behind;
  }
  wanted = item;
  skipType();
  return put(end - 1, 1);
}

const COMMA_TEXT: usize = memory.data<u8>([0x2c]);

// The member that was found last
let found: usize = 0;
let foundEnd: usize = 0;

/** Finds the last member of the object whose key is written like [name, name + bytes); false when there is none. */
function findMember(at: usize, end: usize, name: usize, bytes: u32): bool {
  found = 0;
  for (at++; at < end - 1; at += usize(load<u8>(at) == COMMA)) {
    const colon = skipString(at, end), behind = colon ? skipValue(colon + 1, end) : 0;
    if (!behind) return false;
    if (<u32>(colon - at) == bytes && sameBytes(at, name, bytes)) {
      found = colon + 1;
      foundEnd = behind;
    }
    at = behind;
  }
  return found != 0;
}

/** The object in [at, end) as a row: its fields in their order, null where it has none. */
function putRow(at: usize, end: usize): bool {
  const opens = at;
  if (!put(at, 1)) return false;
  const fields = typeNumber();
  for (let i: u32 = 0; i < fields; i++) {
    const oldBytes = typeNumber(), old = wanted;
    wanted += oldBytes;
    const bytes = typeNumber(), name = wanted;
    wanted += bytes;
    if (i && !put(COMMA_TEXT, 1)) return false;
    if (!put(name, bytes) || !put(COLON_TEXT, 1)) return false;
    const fits = findMember(opens, end, old, oldBytes) ? putPart(found, foundEnd) : putMissing();
    if (!fits) return false;
  }
  return put(end - 1, 1);
}

const COLON_TEXT: usize = memory.data<u8>([0x3a]);

function putMissing(): bool {
  skipType();
  return putNull();
}

/** The value in [at, end) as the type at hand, behind which `wanted` stands then; false when it does not fit into a text. */
function putPart(at: usize, end: usize): bool {
  const kind = <u32>load<u8>(wanted), byte = <u32>load<u8>(at);
  if (kind == 0x6a) {
    wanted++;
    return put(at, end - at);
  }
  if (byte == 0x6e) return putMissing();
  const composed = byte == 0x5b || byte == 0x7b, wants: u32 = kind == 0x61 ? 0x5b : kind == 0x6d || kind == 0x72 ? 0x7b : 0;
  if (wants ? byte != wants : composed && kind != 0x73) return putMissing();
  wanted++;
  if (kind == 0x72) return putRow(at, end);
  if (wants) return putParts(at, end, kind == 0x6d);
  if (composed) return putQuoted(at, end);
  const isText = byte == QUOTE;
  return putScalar(kind, at + usize(isText), end - usize(isText), isText);
}

/** The nested value a as one of the type that the text b describes. */
export function fn_nested_cast(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a));
    wanted = refAddress(cell(b));
    openText();
    if (putPart(at, at + refLength(cell(a)))) keepText(result());
    else fail();
  }
  return finish();
}
