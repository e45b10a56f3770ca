// Timestamps moved and measured by months, rounded up to units, and made of parts (epoch ms, UTC).
import {
  civilDay, civilMonth, civilYear, days_to_civil, first_of_month, floorDiv, floorMod, MS_PER_DAY,
} from "../../expr/civil";
import { DAY, HOUR, QUARTER, truncated, unitMs, WEEK, YEAR } from "../../expr/date";
import { NO_MEMORY, operand } from "../../expr/register";
import { begin, beginList, cell, fail, finish, next, result } from "../cursor";

/** Months that no pair of timestamps is apart, nor years from the first that a timestamp has. */
const MONTHS_MAX: i64 = 12 * 1000000000;
const MILLISECONDS_MAX: i64 = i64.MAX_VALUE;
const DAYS_MAX: i64 = MILLISECONDS_MAX / MS_PER_DAY - 1;
/** No timestamp. */
const NONE: i64 = i64.MIN_VALUE;

/** Milliseconds of a day of a month at a time of day; NONE beyond int64. */
function compose(year: i64, month: i64, day: i64, time: i64): i64 {
  const days = first_of_month(year, month) + day - 1;
  return days > DAYS_MAX || days < -DAYS_MAX ? NONE : days * MS_PER_DAY + time;
}

/** Days of a month. */
function monthLength(year: i64, month: i64): i64 {
  return first_of_month(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1) - first_of_month(year, month);
}

/** A timestamp so many months later: on the same day, or on the last of the month if that has fewer; or NONE. */
function addMonths(ms: i64, months: i64): i64 {
  if (months > MONTHS_MAX || months < -MONTHS_MAX) return NONE;
  const days = floorDiv(ms, MS_PER_DAY);
  days_to_civil(days);
  const total = civilYear * 12 + civilMonth - 1 + months, year = floorDiv(total, 12), month = floorMod(total, 12) + 1;
  return compose(year, month, min(civilDay, monthLength(year, month)), ms - days * MS_PER_DAY);
}

/** a, b times `code` months later. */
export function fn_add_months(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    const count = load<i64>(cell(b)), far = count > MONTHS_MAX || count < -MONTHS_MAX;
    const moved = far ? NONE : addMonths(load<i64>(cell(a)), count * <i64>code);
    store<i64>(result(), moved);
    if (moved == NONE) fail();
  }
  return finish();
}

/** The most whole months that can be added to `from` without passing `to`, which is not before it. */
function monthsUntil(from: i64, to: i64): i64 {
  days_to_civil(floorDiv(from, MS_PER_DAY));
  const first = civilYear * 12 + civilMonth;
  days_to_civil(floorDiv(to, MS_PER_DAY));
  const months = civilYear * 12 + civilMonth - first, reached = addMonths(from, months);
  return months - <i64>(reached == NONE || reached > to);
}

/** Whole units of `code` months from a to b, negative if b is before: int64. */
export function fn_months_between(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    const from = load<i64>(cell(a)), to = load<i64>(cell(b));
    const months = from <= to ? monthsUntil(from, to) : -monthsUntil(to, from);
    store<i64>(result(), months / <i64>code);
  }
  return finish();
}

/** The start of the unit behind the one that begins at `start`, or NONE. */
function following(code: u32, start: i64): i64 {
  if (code == WEEK || code >= DAY) {
    const size = code == WEEK ? 7 * MS_PER_DAY : code == DAY ? MS_PER_DAY : unitMs(code);
    return start > MILLISECONDS_MAX - size ? NONE : start + size;
  }
  return addMonths(start, code == YEAR ? 12 : code == QUARTER ? 3 : 1);
}

/** The start of the first unit that is not before a. Codes as expr_date_trunc. */
export function fn_date_ceil(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const ms = load<i64>(cell(a)), start = truncated(code, ms);
    const up = start > ms ? NONE : start == ms ? ms : following(code, start);
    store<i64>(result(), up);
    // The first timestamp is a start where it says so itself
    if (up == NONE && start != ms) fail();
  }
  return finish();
}

/** Midnight of the last day of a's month. */
export function fn_last_day(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    days_to_civil(floorDiv(load<i64>(cell(a)), MS_PER_DAY));
    const last = compose(civilYear, civilMonth, monthLength(civilYear, civilMonth), 0);
    store<i64>(result(), last);
    if (last == NONE) fail();
  }
  return finish();
}

/** The value of an operand that may be missing. */
@inline function partAt(list: usize, count: u32, i: u32): i64 {
  return i < count ? load<i64>(cell(operand(list, i))) : 0;
}

/** A list: year, month, day, and hour, minute, second, millisecond as far as they are there. NULL if there is no such time. */
export function fn_make_timestamp(code: u32, rows: u32, out: usize, list: usize, count: usize, c: usize): i32 {
  if (!beginList(rows, out, list, <u32>count)) return NO_MEMORY;
  const parts = <u32>count;
  while (next()) {
    const year = partAt(list, parts, 0), month = partAt(list, parts, 1), day = partAt(list, parts, 2);
    const hour = partAt(list, parts, 3), minute = partAt(list, parts, 4), second = partAt(list, parts, 5);
    const milli = partAt(list, parts, 6);
    const dated = <u64>(year + 300000000) <= 600000000 && <u64>(month - 1) < 12 && day >= 1;
    const timed = <u64>hour < 24 && <u64>minute < 60 && <u64>second < 60 && <u64>milli < 1000;
    const time = ((hour * 60 + minute) * 60 + second) * 1000 + milli;
    const made = dated && timed && day <= monthLength(year, month) ? compose(year, month, day, time) : NONE;
    store<i64>(result(), made);
    if (made == NONE) fail();
  }
  return finish();
}
