// Parts of timestamps (epoch ms, UTC).
import {
  civilDay, civilMonth, civilYear, days_to_civil, first_of_month, floorDiv, floorMod, monday, MS_PER_DAY,
} from "./civil";
import { cellStep, dataOf, joinValidity, newCells, newValidity, NO_MEMORY, OK, settle, wordsOf } from "./register";

export const YEAR: u32 = 0;
export const QUARTER: u32 = 1;
const MONTH: u32 = 2;
export const WEEK: u32 = 3;
export const DAY: u32 = 4;
export const HOUR: u32 = 5;
const MINUTE: u32 = 6;
const SECOND: u32 = 7;
const MILLISECOND: u32 = 8;
const DAY_OF_WEEK: u32 = 9;
const ISO_DAY_OF_WEEK: u32 = 10;
const ISO_YEAR: u32 = 12;
const EPOCH: u32 = 13;

/** Milliseconds of units of fixed length, from HOUR on. */
@inline export function unitMs(code: u32): i64 {
  return code == HOUR ? 3600000 : code == MINUTE ? 60000 : code == SECOND ? 1000 : 1;
}

/** The year of the Thursday of a day's week, which is the year that the week belongs to (ISO 8601). */
@inline function isoYear(day: i64): i64 {
  days_to_civil(monday(day) + 3);
  return civilYear;
}

function part(code: u32, ms: i64): i64 {
  if (code == HOUR) return floorMod(floorDiv(ms, 3600000), 24);
  if (code == MINUTE || code == SECOND) return floorMod(floorDiv(ms, unitMs(code)), 60);
  if (code == MILLISECOND) return floorMod(ms, 1000);
  if (code == EPOCH) return floorDiv(ms, 1000);
  const day = floorDiv(ms, MS_PER_DAY);
  if (code == DAY_OF_WEEK) return floorMod(day + 4, 7) + 1;
  if (code == ISO_DAY_OF_WEEK) return floorMod(day + 3, 7) + 1;
  if (code == ISO_YEAR) return isoYear(day);
  if (code == WEEK) {
    const thursday = monday(day) + 3;
    return (thursday - first_of_month(isoYear(day), 1)) / 7 + 1;
  }
  days_to_civil(day);
  if (code == YEAR) return civilYear;
  if (code == QUARTER) return (civilMonth + 2) / 3;
  if (code == MONTH) return civilMonth;
  if (code == DAY) return civilDay;
  return day - first_of_month(civilYear, 1) + 1;
}

/**
 * A part of a timestamp as int64. Codes: 0 year, 1 quarter, 2 month, 3 ISO week, 4 day, 5 hour, 6 minute, 7 second, 8
 * millisecond of the second, 9 day of week (1 = Sunday), 10 ISO day of week (1 = Monday), 11 day of year, 12 ISO
 * year, 13 epoch in seconds.
 */
export function expr_date_part(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  let from = dataOf(a), to = dataOf(out);
  const step = cellStep(a);
  for (let w = wordsOf(rows); w > 0; w--, from += step, to += 512) {
    for (let row: usize = 0; row < 512; row += 8) store<i64>(to + row, part(code, load<i64>(from + row)));
  }
  return OK;
}

/** The start of a unit, as expr_date_trunc has it; above `ms` where it lies before the first timestamp. */
export function truncated(code: u32, ms: i64): i64 {
  if (code >= HOUR) return ms - floorMod(ms, unitMs(code));
  const day = floorDiv(ms, MS_PER_DAY);
  if (code == DAY) return day * MS_PER_DAY;
  if (code == WEEK) return monday(day) * MS_PER_DAY;
  days_to_civil(day);
  const month = code == YEAR ? 1 : code == QUARTER ? (civilMonth - 1) / 3 * 3 + 1 : civilMonth;
  return first_of_month(civilYear, month) * MS_PER_DAY;
}

/**
 * The start of a timestamp's unit, in UTC. Codes 0 to 8 as for expr_date_part; weeks begin on Monday. What lies
 * before the first timestamp is NULL.
 */
export function expr_date_trunc(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  const failures = newValidity(rows);
  if (!failures) return NO_MEMORY;
  let from = dataOf(a), to = dataOf(out);
  const step = cellStep(a), words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++, from += step, to += 512) {
    let failed: u64 = 0;
    for (let row: usize = 0; row < 64; row++) {
      const ms = load<i64>(from + (row << 3)), start = truncated(code, ms);
      store<i64>(to + (row << 3), start);
      failed |= <u64>(start > ms) << <u64>row; // wrapped
    }
    store<u64>(failures + (<usize>w << 3), failed);
  }
  return settle(rows, out, failures);
}
