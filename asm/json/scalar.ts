import { INT64, STRING, TIMESTAMP } from "../layout";
import { store_bool, store_number, store_string } from "./cell";
import { digit_run, digits_before } from "./digits";
import { fail } from "./failure";
import {
  COLUMN_STATE_BAD_AT, COLUMN_STATE_DATA, COLUMN_STATE_REASON, COLUMN_STATE_STAMP, COLUMN_STATE_STATE,
  COLUMN_STATE_TYPE, COLUMN_STATE_VIA, REASON_VALUE,
} from "./layout";
import { record } from "./leaf";
import {
  LEAF_BOOL, LEAF_INTEGER, LEAF_NUMBER, LEAF_SKIPPED_NUMBER, LEAF_SKIPPED_STRING, LEAF_SKIPPED_WORD, LEAF_STRING,
  LEAF_TEXT,
} from "./template_layout";
import { number_end, word_end } from "./number";
import { cell, serial } from "./state";
import { escaped, string_end } from "./string";

// What a column has got in the row at hand; a stamp of another row means: nothing
export const STATE_VALUE: i32 = 1;
export const STATE_NULL: i32 = 2;
export const STATE_BAD: i32 = 3;

/** Notes that `edge` gave the column a value (reason 0) or one that does not fit, at `at`. */
@inline export function settle(column: usize, edge: usize, reason: i32, at: usize): void {
  store<u32>(column, serial, COLUMN_STATE_STAMP);
  store<i32>(column, reason ? STATE_BAD : STATE_VALUE, COLUMN_STATE_STATE);
  store<u32>(column, <u32>edge, COLUMN_STATE_VIA);
  if (reason) {
    store<u32>(column, <u32>at, COLUMN_STATE_BAD_AT);
    store<i32>(column, reason, COLUMN_STATE_REASON);
  }
}

function readString(at: usize, column: usize, edge: usize): usize {
  const start = at + 1, end = string_end(start);
  if (!end) return 0;
  if (column) {
    const string = load<i32>(column, COLUMN_STATE_TYPE) == STRING;
    settle(column, edge, store_string(column, start, end, escaped), at);
    record(string ? LEAF_STRING : LEAF_TEXT, start, end, column);
  } else record(LEAF_SKIPPED_STRING, start, end, 0);
  return end + 1;
}

function readNumber(at: usize, column: usize, edge: usize): usize {
  if (column) {
    const type = load<i32>(column, COLUMN_STATE_TYPE);
    if (type == INT64 || type == TIMESTAMP) {
      // Most numbers: few digits and nothing else
      const negative = <usize>(load<u8>(at) == 0x2d), first = at + negative;
      const count = digit_run(first), end = first + count;
      const next = <u32>load<u8>(end);
      const leading = load<u8>(first) == 0x30 && count > 1;
      if (count - 1 < 15 && !leading && next != 0x2e && (next | 32) != 0x65) {
        const value = digits_before(end, count);
        store<u64>(cell(load<u32>(column, COLUMN_STATE_DATA)), negative ? 0 - value : value);
        settle(column, edge, 0, at);
        record(LEAF_INTEGER, at, end, column);
        return end;
      }
    }
  }
  const end = number_end(at);
  if (!end) return 0;
  if (column) {
    settle(column, edge, store_number(column, at, end), at);
    record(LEAF_NUMBER, at, end, column);
  } else record(LEAF_SKIPPED_NUMBER, at, end, 0);
  return end;
}

function readWord(at: usize, column: usize, edge: usize): usize {
  const end = word_end(at);
  if (!end) return fail(at, REASON_VALUE);
  if (!column) record(LEAF_SKIPPED_WORD, at, end, 0);
  else if (load<u8>(at) == 0x6e) {
    // Part of the literal around it: a row with this NULL has a template of its own
    settle(column, edge, 0, at);
    store<i32>(column, STATE_NULL, COLUMN_STATE_STATE);
    store<u32>(column, <u32>at, COLUMN_STATE_BAD_AT);
  } else {
    settle(column, edge, store_bool(column, at, end), at);
    record(LEAF_BOOL, at, end, column);
  }
  return end;
}

/**
 * Reads the string, number or word at `at`, into the row at hand of `column` if that is not 0. Returns the address
 * behind it, or 0 after fail().
 */
@inline export function read_scalar(at: usize, column: usize, edge: usize): usize {
  const c = <u32>load<u8>(at);
  if (c == 0x22) return readString(at, column, edge);
  if (c == 0x2d || c - 48 < 10) return readNumber(at, column, edge);
  return readWord(at, column, edge);
}
