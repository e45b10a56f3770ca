// Leaves of a row that has the shape of a template.
import { DECIMAL, DOUBLE, TIMESTAMP } from "../layout";
import { store_bool, store_number, store_string, store_text_of } from "./cell";
import { digits_before, non_digits } from "./digits";
import { COLUMN_STATE_TYPE } from "./layout";
import { begin_recording } from "./leaf";
import { number_end, word_end } from "./number";
import { store_short_decimal } from "./short_decimal";
import { store_short_timestamp } from "./short_timestamp";
import {
  LEAF_NONE, LEAF_NUMBER, LEAF_SKIPPED_NUMBER, LEAF_SKIPPED_WORD, LEAF_TEXT, LEAF_VALUE,
} from "./template_layout";
import { read_value } from "./value";

/** Set by match_integer: what it stored was no whole number of 1 to 16 digits. */
export let misread: u32 = 0;

export function clearMisread(): void {
  misread = 0;
}

/** Stores the whole number [at, end) of at most 16 digits in a cell; anything else sets `misread`. */
@inline export function match_integer(cell: usize, at: usize, end: usize): void {
  const c = <u32>load<u8>(at), negative = <u32>(c == 0x2d), count = <u32>(end - at) - negative;
  const value = digits_before(end, count & 31);
  misread |= <u32>(count - 1 > 15) | (<u32>(c == 0x30) & <u32>(count > 1)) | non_digits();
  if (negative) misread |= <u32>(load<u8>(at, 1) == 0x30);
  store<u64>(cell, (value ^ (0 - <u64>negative)) + <u64>negative);
}

/** A number leaf [at, end) for a column. */
function matchNumber(column: usize, at: usize, end: usize): usize {
  const type = load<i32>(column, COLUMN_STATE_TYPE);
  if ((type == DOUBLE || type == DECIMAL) && store_short_decimal(column, type, at, end)) return end;
  return number_end(at) == end && !store_number(column, at, end) ? end : 0;
}

/** A string leaf with the text [at, end) for a column that is no string column. */
function matchText(column: usize, at: usize, end: usize): usize {
  if (load<i32>(column, COLUMN_STATE_TYPE) == TIMESTAMP && store_short_timestamp(column, at, end)) return end;
  return end > at && !store_string(column, at, end, false) ? end : 0;
}

/** Any other leaf at `at`, which ends at `end` if it does not find its end itself. Returns its end; 0 = no match. */
export function match_other(kind: i32, column: usize, at: usize, end: usize): usize {
  if (kind == LEAF_NUMBER) return matchNumber(column, at, end);
  if (kind == LEAF_TEXT) return matchText(column, at, end);
  if (kind == LEAF_SKIPPED_NUMBER) return number_end(at) == end ? end : 0;
  if (kind == LEAF_NONE) return at;
  if (kind == LEAF_VALUE) {
    begin_recording(false);
    const c = load<u8>(at);
    if (c != 0x5b && (c != 0x7b || !column)) return 0;
    const behind = read_value(at, -1);
    return behind && column && store_text_of(column, at, behind) ? 0 : behind;
  }
  if (word_end(at) != end) return 0;
  if (kind == LEAF_SKIPPED_WORD) return end;
  return load<u8>(at) != 0x6e && !store_bool(column, at, end) ? end : 0;
}
