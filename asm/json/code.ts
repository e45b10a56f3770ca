// Templates as code. For a shape that many rows have, the host compiles a function (src/kernel/json_code.ts) in which all
// that match_template looks up is a constant. It reads rows for as long as they have the shape; match_template is its
// twin that can be read, and takes what it leaves: escapes.
import { bitmap_bits } from "./bitmap";
import { clearMisread, match_integer, match_other, misread } from "./leaf_match";
import { row, setRow } from "./state";
import {
  NOTHING, TEMPLATE_CODE, TEMPLATE_COMPILED, TEMPLATE_CREDIT, TEMPLATE_ENTRIES, TEMPLATE_NULL_COUNT, TEMPLATE_NULLS,
  TEMPLATE_ROW, TEMPLATE_SCORE, TEMPLATE_UNKNOWN,
} from "./template_layout";
import { release_unescaped, unescaped_mark } from "./unescaped";
import { set_null } from "./validity";
import { setUnknown } from "./value";

// A row that code reads earns 1, one that it leaves to match_template costs more. Without credit the code goes.
const CREDIT_MAX: i32 = 256;
const CREDIT_OF_STRAY: i32 = 4;

/** 1 where templates can be compiled: the code has SIMD instructions. */
export function json_compiles(): i32 {
  return ASC_FEATURE_SIMD ? 1 : 0;
}

/** For code: stores the whole number [at, end) in a cell. 0 = no match. */
export function json_match_integer(cell: usize, at: usize, end: usize): i32 {
  clearMisread();
  match_integer(cell, at, end);
  return i32(!misread);
}

/** The row that code had a leaf read of last, and where unescaped texts stood before it. */
let atWork: usize = 0;
let markAtWork: u32 = 0;

/** For code: the leaf at `at` of the row `atRow`, of a kind that it does not read itself. Returns its end, 0 = no match. */
export function json_match_other(atRow: usize, kind: i32, column: usize, at: usize, end: usize): usize {
  setRow(atRow);
  if (atRow != atWork) {
    atWork = atRow;
    markAtWork = unescaped_mark();
  }
  return match_other(kind, column, at, end);
}

/** Makes `template`, learned just now, one without code. */
export function forget_code(template: usize): void {
  store<u32>(template, 0, TEMPLATE_CODE);
  store<u32>(template, 0, TEMPLATE_COMPILED);
  store<i32>(template, CREDIT_MAX, TEMPLATE_CREDIT);
}

/** Whether the template has matched `rows` rows and never had code. */
export function wants_code(template: usize, rows: u32): bool {
  return load<u32>(template, TEMPLATE_ENTRIES) != NOTHING && !load<u32>(template, TEMPLATE_COMPILED) &&
    load<u32>(template, TEMPLATE_SCORE) >= rows;
}

/** Notes that match_template read a row that the template's code did not. */
export function note_stray(template: usize): void {
  const credit = load<i32>(template, TEMPLATE_CREDIT) - CREDIT_OF_STRAY;
  store<i32>(template, credit, TEMPLATE_CREDIT);
  if (credit <= 0) store<u32>(template, 0, TEMPLATE_CODE);
}

/** What the shape of the rows from number `first` up to `end` says beside their cells. */
function finishRows(template: usize, first: usize, end: usize): void {
  if (load<u32>(template, TEMPLATE_UNKNOWN)) setUnknown(true);
  const nulls = load<u32>(template, TEMPLATE_NULL_COUNT), list = <usize>load<u32>(template, TEMPLATE_NULLS);
  for (let at = nulls ? first : end; at < end; at++) {
    setRow(at);
    for (let i: u32 = 0; i < nulls; i++) set_null(load<u32>(list + (<usize>i << 2)));
  }
}

/**
 * Reads rows from the one at `at` by the template's code, until there are `rows` rows or a row begins at `end` or
 * behind it. Returns the address behind the last that matched; `row` has moved on by their number.
 */
export function run_code(template: usize, at: usize, rows: usize, end: usize): usize {
  const first = row;
  atWork = usize.MAX_VALUE;
  const behind = call_indirect<usize>(load<u32>(template, TEMPLATE_CODE), at, first, rows, end, bitmap_bits());
  const reached = <usize>load<u32>(template, TEMPLATE_ROW);
  // What was unescaped of a row that then did not match is unescaped again.
  if (atWork == reached) release_unescaped(markAtWork);
  if (reached != first) {
    const credit = load<i32>(template, TEMPLATE_CREDIT) + <i32>(reached - first);
    store<i32>(template, min(credit, CREDIT_MAX), TEMPLATE_CREDIT);
    finishRows(template, first, reached);
  }
  setRow(reached);
  return behind;
}
