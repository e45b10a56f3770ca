// One field → one cell of its column.
import { NESTED_ANY, NESTED_ARRAY } from "../json/layout";
import { sequence_length } from "../json/utf8";
import { WIDE_BYTES } from "../decimal/cell";
import { parse_wide } from "../decimal/text";
import { BOOL, BYTES, DECIMAL, DECIMAL128, DOUBLE, INT64, STRING, TIMESTAMP } from "../layout";
import { parse_base64 } from "../text/base64";
import { parse_double } from "../text/double";
import { parse_int64 } from "../text/int64";
import { openText, valueEnd } from "../text/json_scan";
import { is_surely_short, shorten_json } from "../text/json_short";
import { TEXT_INEXACT, TEXT_OK, TEXT_RANGE } from "../text/status";
import { parse_timestamp } from "../text/timestamp";
import { parse_decimal_field } from "./decimal";
import { anyHigh } from "./high";
import {
  FIELD_DATA, FIELD_NULLABLE, FIELD_NULLS, FIELD_PRECISION, FIELD_SCALE, FIELD_TYPE, FIELD_VALIDITY, NO_MEMORY,
  REASON_INEXACT, REASON_MALFORMED, REASON_NULL, REASON_RANGE, REASON_UTF8,
} from "./layout";
import { text_alloc } from "./text";

/** How a field is written. */
export const PLAIN: u32 = 0;
export const QUOTED: u32 = 1;
/** Quoted, with doubled quotes inside. */
export const DOUBLED: u32 = 2;

const TRUE: u32 = 0x65757274; // "true"
const FALS: u32 = 0x736c6166; // "fals"

function isUtf8(at: usize, end: usize): bool {
  while (at < end) {
    if (end - at >= 8 && !(load<u64>(at) & 0x8080808080808080)) {
      at += 8;
      continue;
    }
    const length = sequence_length(at);
    if (!length || at + length > end) return false;
    at += length;
  }
  return true;
}

/** Copies [at, end) to `out` with one quote for each two, and returns the end of the copy. */
function unescape(at: usize, end: usize, out: usize): usize {
  while (at < end) {
    const c = load<u8>(at++);
    if (c == 0x22) at++;
    store<u8>(out++, c);
  }
  return out;
}

@inline function storeRef(cell: usize, at: usize, length: usize): void {
  store<u32>(cell, <u32>at);
  store<u32>(cell, <u32>length, 4);
}

function storeText(cell: usize, at: usize, end: usize, style: u32): i32 {
  if (anyHigh && !isUtf8(at, end)) return REASON_UTF8;
  if (style != DOUBLED) {
    storeRef(cell, at, end - at);
    return 0;
  }
  const text = text_alloc(end - at);
  if (!text) return NO_MEMORY;
  storeRef(cell, text, unescape(at, end, text) - text);
  return 0;
}

/** Bytes behind a text that reading it may touch. */
const SLACK: usize = 16;

/** Stores the JSON text of a nested value, as short as it can be written. */
function storeNested(field: usize, row: u32, type: i32, at: usize, end: usize, style: u32): i32 {
  if (anyHigh && !isUtf8(at, end)) return REASON_UTF8;
  if (style == DOUBLED) {
    const text = text_alloc(end - at + SLACK);
    if (!text) return NO_MEMORY;
    end = unescape(at, end, text);
    at = text;
  }
  at = openText(at, end);
  if (!at) return REASON_MALFORMED;
  const first = <u32>load<u8>(at);
  if (first == 0x6e) return storeNull(field, row);
  if (type != NESTED_ANY && first != (type == NESTED_ARRAY ? 0x5b : 0x7b)) return REASON_MALFORMED;
  end = valueEnd;
  if (!is_surely_short(at, end)) {
    const text = text_alloc(end - at + SLACK);
    if (!text) return NO_MEMORY;
    end = shorten_json(at, end, text);
    at = text;
  }
  storeRef(<usize>load<u32>(field, FIELD_DATA) + (row << 3), at, end - at);
  return 0;
}

function storeBytes(cell: usize, at: usize, end: usize): i32 {
  const bytes = text_alloc(end - at + 4);
  if (!bytes) return NO_MEMORY;
  const length = parse_base64(at, end, bytes);
  if (length < 0) return REASON_MALFORMED;
  storeRef(cell, bytes, length);
  return 0;
}

function storeWide(field: usize, cell: usize, at: usize, end: usize): i32 {
  const place = text_alloc(WIDE_BYTES);
  if (!place) return NO_MEMORY;
  storeRef(cell, place, WIDE_BYTES);
  const status = parse_wide(at, end, place, load<i32>(field, FIELD_SCALE), load<i32>(field, FIELD_PRECISION), false);
  return status == TEXT_OK ? 0 : reasonOf(status);
}

/** The value of true, 1, false, 0; or -1. */
@inline function boolOf(at: usize, end: usize): i32 {
  const length = end - at, first = load<u32>(at);
  if (length == 1) {
    const digit = (first & 0xff) - 0x30;
    return digit <= 1 ? <i32>digit : -1;
  }
  if (length == 4 && first == TRUE) return 1;
  return length == 5 && first == FALS && load<u8>(at, 4) == 0x65 ? 0 : -1;
}

function storeBool(field: usize, row: u32, at: usize, end: usize): i32 {
  const value = boolOf(at, end);
  if (value < 0) return REASON_MALFORMED;
  const byte = <usize>load<u32>(field, FIELD_DATA) + (row >> 3);
  store<u8>(byte, load<u8>(byte) | (value << (row & 7)));
  return 0;
}

function storeNull(field: usize, row: u32): i32 {
  if (!load<u32>(field, FIELD_NULLABLE)) return REASON_NULL;
  const byte = <usize>load<u32>(field, FIELD_VALIDITY) + (row >> 3);
  store<u8>(byte, load<u8>(byte) & ~(<u8>1 << <u8>(row & 7)));
  store<u32>(field, load<u32>(field, FIELD_NULLS) + 1, FIELD_NULLS);
  return 0;
}

function reasonOf(status: i32): i32 {
  return status == TEXT_RANGE ? REASON_RANGE : status == TEXT_INEXACT ? REASON_INEXACT : REASON_MALFORMED;
}

function storeTyped(field: usize, row: u32, at: usize, end: usize, style: u32): i32 {
  const type = load<i32>(field, FIELD_TYPE);
  const isText = type == STRING || type == BYTES;
  if (at == end && (style == PLAIN || !isText)) return storeNull(field, row);
  const cell = <usize>load<u32>(field, FIELD_DATA) + (row << 3);
  let status: i32 = TEXT_OK;
  if (type == STRING) return storeText(cell, at, end, style);
  if (type >= NESTED_ARRAY) return storeNested(field, row, type, at, end, style);
  if (type == INT64) status = parse_int64(at, end, cell);
  else if (type == DOUBLE) status = parse_double(at, end, cell);
  else if (type == TIMESTAMP) status = parse_timestamp(at, end, cell);
  else if (type == DECIMAL) {
    status = parse_decimal_field(at, end, cell, load<i32>(field, FIELD_SCALE), load<i32>(field, FIELD_PRECISION));
  } else if (type == BOOL) return storeBool(field, row, at, end);
  else if (type == DECIMAL128) return storeWide(field, cell, at, end);
  else return storeBytes(cell, at, end);
  return status == TEXT_OK ? 0 : reasonOf(status);
}

/**
 * Writes the field whose content is [at, end) into row `row` of its column. Nothing between delimiters is NULL; nothing
 * between quotes is an empty string, and NULL for other types. Returns 0, a reason, or NO_MEMORY.
 */
@inline export function store_cell(field: usize, row: u32, at: usize, end: usize, style: u32): i32 {
  return load<i32>(field, FIELD_TYPE) ? storeTyped(field, row, at, end, style) : 0;
}
