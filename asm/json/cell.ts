import { BOOL, BYTES, DECIMAL, DECIMAL128, DOUBLE, INT64, STRING, TIMESTAMP } from "../layout";
import { WIDE_BYTES } from "../decimal/cell";
import { parse_wide } from "../decimal/text";
import { parse_base64 } from "../text/base64";
import { parse_decimal_within } from "../text/decimal";
import { parse_double } from "../text/double";
import { parse_int64 } from "../text/int64";
import { is_surely_short, shorten_json } from "../text/json_short";
import { TEXT_INEXACT, TEXT_OK, TEXT_RANGE } from "../text/status";
import { parse_timestamp_iso } from "../text/timestamp";
import {
  COLUMN_STATE_DATA, COLUMN_STATE_PRECISION, COLUMN_STATE_SCALE, COLUMN_STATE_TYPE, NESTED_ANY, NESTED_ARRAY, REASON_INEXACT,
  REASON_KIND, REASON_MALFORMED, REASON_RANGE,
} from "./layout";
import { cell, coerce, row } from "./state";
import { unescape } from "./string";
import { keep_unescaped, unescaped_at } from "./unescaped";
import { wide_place } from "./validity";

// Values go into the row at hand of a column. All answer 0, or the reason why the value does not fit.

@inline function reasonOf(status: i32): i32 {
  if (status == TEXT_OK) return 0;
  return status == TEXT_RANGE ? REASON_RANGE : status == TEXT_INEXACT ? REASON_INEXACT : REASON_MALFORMED;
}

@inline export function store_ref(column: usize, at: usize, end: usize): void {
  store<u64>(cell(load<u32>(column, COLUMN_STATE_DATA)), <u64>at | (<u64>(end - at) << 32));
}

/** Sets the bit of the row at hand in a bitmap. */
@inline export function store_bit(bitmap: usize, bit: u32): void {
  const at = bitmap + (row >>> 3), shift = <u32>row & 7;
  store<u8>(at, (<u32>load<u8>(at) & ~(<u32>1 << shift)) | (bit << shift));
}

/** Stores what the text of a number in [at, end) is for a column of decimals. */
function store_decimal(column: usize, type: i32, at: usize, end: usize, out: usize): i32 {
  const scale = load<i32>(column, COLUMN_STATE_SCALE), precision = load<i32>(column, COLUMN_STATE_PRECISION);
  if (type == DECIMAL) return reasonOf(parse_decimal_within(at, end, out, scale, precision));
  const place = wide_place(load<u32>(column, COLUMN_STATE_DATA));
  store_ref(column, place, place + WIDE_BYTES);
  return reasonOf(parse_wide(at, end, place, scale, precision, false));
}

/** Stores what a number in [at, end), known to be well-formed, is for the column. */
export function store_number(column: usize, at: usize, end: usize): i32 {
  const type = load<i32>(column, COLUMN_STATE_TYPE), out = cell(load<u32>(column, COLUMN_STATE_DATA));
  if (type == DOUBLE) return reasonOf(parse_double(at, end, out));
  if (type == INT64 || type == TIMESTAMP) return reasonOf(parse_int64(at, end, out));
  if (type == DECIMAL || type == DECIMAL128) return store_decimal(column, type, at, end, out);
  return store_text_of(column, at, end);
}

/** Stores the valid JSON text [at, end) of a nested value, as short as it can be written. */
function storeNested(column: usize, type: i32, at: usize, end: usize): i32 {
  const first = <u32>load<u8>(at);
  if (type != NESTED_ANY && first != (type == NESTED_ARRAY ? 0x5b : 0x7b)) return REASON_KIND;
  if (!is_surely_short(at, end)) {
    const text = unescaped_at();
    if (!text) return REASON_MALFORMED;
    const behind = shorten_json(at, end, text);
    // Blanks inside of strings stay: then the text is mostly the same.
    if (behind - text != end - at || memory.compare(text, at, end - at) != 0) {
      keep_unescaped(behind);
      store_ref(column, text, behind);
      return 0;
    }
  }
  store_ref(column, at, end);
  return 0;
}

/** Stores JSON text that stands in [at, end): of nested columns, and where string columns take any value. */
export function store_text_of(column: usize, at: usize, end: usize): i32 {
  const type = load<i32>(column, COLUMN_STATE_TYPE);
  if (type >= NESTED_ARRAY) return storeNested(column, type, at, end);
  if (!coerce || type != STRING) return REASON_KIND;
  store_ref(column, at, end);
  return 0;
}

/** Stores `true` or `false` in [at, end). */
export function store_bool(column: usize, at: usize, end: usize): i32 {
  if (load<i32>(column, COLUMN_STATE_TYPE) != BOOL) return store_text_of(column, at, end);
  store_bit(load<u32>(column, COLUMN_STATE_DATA), <u32>(load<u8>(at) == 0x74));
  return 0;
}

/** Stores what a string with the text [at, end), which may have escapes if `escaped`, is for the column. */
export function store_string(column: usize, at: usize, end: usize, escaped: bool): i32 {
  const type = load<i32>(column, COLUMN_STATE_TYPE);
  if (type >= NESTED_ARRAY) return storeNested(column, type, at - 1, end + 1); // with its quotes
  if (escaped) {
    const text = unescaped_at();
    if (!text) return REASON_MALFORMED;
    end = unescape(at, end, text);
    at = text;
  }
  if (type == STRING) {
    if (escaped) keep_unescaped(end);
    store_ref(column, at, end);
    return 0;
  }
  if (type == BYTES) {
    const bytes = unescaped_at();
    if (!bytes) return REASON_MALFORMED;
    const length = parse_base64(at, end, bytes);
    if (length < 0) return REASON_MALFORMED;
    keep_unescaped(bytes + length);
    store_ref(column, bytes, bytes + length);
    return 0;
  }
  const out = cell(load<u32>(column, COLUMN_STATE_DATA));
  if (type == INT64) return reasonOf(parse_int64(at, end, out));
  if (type == TIMESTAMP) return reasonOf(parse_timestamp_iso(at, end, out));
  if (type == DECIMAL || type == DECIMAL128) return store_decimal(column, type, at, end, out);
  return REASON_KIND;
}
