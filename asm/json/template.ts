import { DECIMAL, DOUBLE, TIMESTAMP } from "../layout";
import { bitmap_bits, special_far_from, special_from } from "./bitmap";
import { store_bool, store_number, store_ref, store_string } from "./cell";
import { digits_before, non_digits } from "./digits";
import { COLUMN_STATE_DATA, COLUMN_STATE_TYPE } from "./layout";
import {
  begin_recording, LEAF_BOOL, LEAF_INTEGER, LEAF_NONE, LEAF_NUMBER, LEAF_SKIPPED_NUMBER, LEAF_SKIPPED_STRING,
  LEAF_SKIPPED_WORD, LEAF_STRING, LEAF_TEXT, LEAF_VALUE,
} from "./leaf";
import { literal_matches } from "./literal";
import { store_short_decimal } from "./short_decimal";
import { number_end, word_end } from "./number";
import { row } from "./state";
import { string_end } from "./string";
import { store_short_timestamp } from "./short_timestamp";
import { set_null } from "./validity";
import { read_value, setUnknown } from "./value";

// TEMPLATE: the shape of a row as it was learned, literal, leaf, literal, leaf, …, literal. A row of the same shape
// needs its literals compared and its leaves checked, and is then as strictly validated as the row that was learned.
//
//  0         4         8       12           16              20
//  +---------+---------+-------+------------+---------------+-----------+
//  | entries | unknown | score | null count | nulls address | successor |  … 64, then the entries
//  +---------+---------+-------+------------+---------------+-----------+
//  entries: those with leaves; one more holds the last literal. NOTHING: no shape is learned here. nulls: COLUMN_STATEs
//  (u32) that are NULL in this shape. successor: the template that came behind it last.
export const TEMPLATE_SIZE: i32 = 64;
export const TEMPLATE_ENTRIES: i32 = 0;
export const TEMPLATE_UNKNOWN: i32 = 4;
export const TEMPLATE_SCORE: i32 = 8;
export const TEMPLATE_NULL_COUNT: i32 = 12;
export const TEMPLATE_NULLS: i32 = 16;
export const TEMPLATE_SUCCESSOR: i32 = 20;
export const NOTHING: u32 = 0xffffffff;

// ENTRY, 64 bytes: a literal of up to 32 bytes and the leaf behind it. What a match needs is packed, since each
// access of memory is checked against its bounds.
//
//  0            32       36       37      38     39        40      44       48        52
//  +------------+--------+--------+-------+------+---------+-------+--------+---------+
//  | literal    | mask   | length | first | kind | unused  | data  | column | advance |
//  |            | u32    | u8     | u8    | u8   |         | u32   | u32    | u32     |
//  +------------+--------+--------+-------+------+---------+-------+--------+---------+
//  mask: a bit for each byte of the literal. first: where the next entry's literal has its first marked byte. data: the
//  column's cells, of this batch. column: a COLUMN_STATE or 0. advance: of the last literal, what of it is the row's.
export const ENTRY_SIZE: i32 = 64;
export const ENTRY_LITERAL_MAX: i32 = 32;
export const ENTRY_MASK: i32 = 32;
export const ENTRY_LENGTH: i32 = 36;
export const ENTRY_FIRST: i32 = 37;
export const ENTRY_KIND: i32 = 38;
export const ENTRY_DATA: i32 = 40;
export const ENTRY_COLUMN: i32 = 44;
export const ENTRY_ADVANCE: i32 = 48;

/** Gives the entries of a template the addresses of this batch's cells. */
export function bind_template(template: usize): void {
  const count = load<u32>(template, TEMPLATE_ENTRIES);
  if (count == NOTHING) return;
  for (let i: u32 = 0; i < count; i++) {
    const entry = template + TEMPLATE_SIZE + <usize>i * ENTRY_SIZE, column = <usize>load<u32>(entry, ENTRY_COLUMN);
    if (column) store<u32>(entry, load<u32>(column, COLUMN_STATE_DATA), ENTRY_DATA);
  }
}

/**
 * Where the literal at `entry` stands after all: a string leaf from `start` on, of the entry before, may go on behind
 * the backslash at `at`. It is then stored if a column takes it. 0 = no match.
 */
function behindEscapes(at: usize, start: usize, entry: usize): usize {
  const before = entry - ENTRY_SIZE, kind = <i32>load<u8>(before, ENTRY_KIND);
  if (load<u8>(at) != 0x5c || (kind != LEAF_STRING && kind != LEAF_SKIPPED_STRING)) return 0;
  const end = string_end(at);
  if (!end || (kind == LEAF_STRING && store_string(load<u32>(before, ENTRY_COLUMN), start, end, true))) return 0;
  return literal_matches(end, entry, load<u32>(entry, ENTRY_MASK)) ? end : 0;
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
function matchOther(kind: i32, column: usize, at: usize, end: usize): usize {
  if (kind == LEAF_NUMBER) return matchNumber(column, at, end);
  if (kind == LEAF_TEXT) return matchText(column, at, end);
  if (kind == LEAF_SKIPPED_NUMBER) return number_end(at) == end ? end : 0;
  if (kind == LEAF_NONE) return at;
  if (kind == LEAF_VALUE) {
    begin_recording(false);
    const c = load<u8>(at);
    if (c != 0x5b && (c != 0x7b || !column)) return 0;
    const behind = read_value(at, -1);
    if (behind && column) store_ref(column, at, behind);
    return behind;
  }
  if (word_end(at) != end) return 0;
  if (kind == LEAF_SKIPPED_WORD) return end;
  return load<u8>(at) != 0x6e && !store_bool(column, at, end) ? end : 0;
}

/**
 * Reads the row at `at` if it has the template's shape: its cells are written. Returns the address behind it, or 0:
 * then what was written counts for nothing and the row is to be read strictly.
 */
export function match_template(template: usize, at: usize): usize {
  const bits = bitmap_bits(), cells = row << 3;
  let entry = template + TEMPLATE_SIZE, bad: u32 = 0, start = at, meta = load<u64>(entry, ENTRY_MASK);
  for (let left = load<u32>(template, TEMPLATE_ENTRIES); left; left--) {
    if (!literal_matches(at, entry, <u32>meta)) {
      at = behindEscapes(at, start, entry);
      if (!at) return 0;
    }
    start = at + (<usize>(meta >> 32) & 0xff);
    const kind = <i32>(meta >> 48) & 0xff;
    const marked = <u32>(kind - LEAF_STRING) < 3 ? special_far_from(bits, start) : special_from(bits, start);
    at = marked - (<usize>(meta >> 40) & 0xff);
    if (kind == LEAF_INTEGER) {
      const negative = <u32>(load<u8>(start) == 0x2d), first = start + negative;
      const count = <u32>(at - first), leading = <u32>(load<u8>(first) == 0x30);
      const value = digits_before(at, count & 31);
      bad |= <u32>(count - 1 > 15) | (leading & <u32>(count > 1)) | non_digits();
      store<u64>(<usize>load<u32>(entry, ENTRY_DATA) + cells, (value ^ (0 - <u64>negative)) + <u64>negative);
    } else if (kind == LEAF_STRING) {
      store<u64>(<usize>load<u32>(entry, ENTRY_DATA) + cells, <u64>start | (<u64>(at - start) << 32));
    } else if (kind != LEAF_SKIPPED_STRING) {
      at = matchOther(kind, load<u32>(entry, ENTRY_COLUMN), start, at);
      if (!at) return 0;
    }
    entry += ENTRY_SIZE;
    meta = load<u64>(entry, ENTRY_MASK);
  }
  if (!literal_matches(at, entry, <u32>meta)) {
    at = behindEscapes(at, start, entry);
    if (!at) return 0;
  }
  if (bad) return 0;
  return finish(template, at + load<u32>(entry, ENTRY_ADVANCE));
}

/** Notes what the shape of a matched row says beside its cells; returns `behind`. */
@inline function finish(template: usize, behind: usize): usize {
  if (load<u32>(template, TEMPLATE_UNKNOWN)) setUnknown(true);
  const nulls = load<u32>(template, TEMPLATE_NULL_COUNT);
  for (let i: u32 = 0; i < nulls; i++) {
    set_null(load<u32>(<usize>load<u32>(template, TEMPLATE_NULLS) + (<usize>i << 2)));
  }
  return behind;
}
