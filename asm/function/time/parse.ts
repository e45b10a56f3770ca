// Timestamps from text by a pattern.
import { first_of_month, floorMod, MS_PER_DAY } from "../../expr/civil";
import { dataOf, NO_MEMORY } from "../../expr/register";
import { refAddress, refLength, sameBytes } from "../../expr/text";
import { days_in_month } from "../../text/timestamp";
import { begin, cell, fail, finish, next, result } from "../cursor";
import {
  DAY, DAY_NAME, DAY_NAMES, DAY_OF_YEAR, FRACTION, HALF, HOUR_12, HOUR_12_FROM_1, HOUR_24, HOUR_FROM_1, MINUTE, MONTH, nameAt,
  nameLength, PARTS, QUARTER, SECOND, TEXT, YEAR, ZONE,
} from "./pattern";

const UNSET: i32 = -1;

let at: usize = 0;
let end: usize = 0;
/** What was read; a thing that was not is as at the epoch. */
let year: i32 = 0;
let month: i32 = 0;
let day: i32 = 0;
let dayOfYear: i32 = 0;
let weekday: i32 = 0;
let hour: i32 = 0;
let half: i32 = 0;
let minute: i32 = 0;
let second: i32 = 0;
let milli: i32 = 0;
let zone: i32 = 0;

/** Reads from `least` to `most` digits; -1 if there are fewer. */
function number(least: u32, most: u32): i32 {
  let value = 0;
  let count: u32 = 0;
  for (; count < most && at < end; count++, at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit > 9) break;
    value = value * 10 + <i32>digit;
  }
  return count < least ? UNSET : value;
}

/** Digits of a field: as many as its letters, or if it has one letter up to `most`. */
@inline function digits(width: u32, most: u32): i32 {
  return width == 1 ? number(1, most) : number(width, width);
}

/** Reads one of `count` names from `first` on, in any case; its number or -1. */
function name(first: u32, count: u32, width: u32): i32 {
  for (let i: u32 = 0; i < count; i++) {
    const length = nameLength(first + i, width), known = nameAt(first + i);
    if (length > end - at) continue;
    let same: usize = 0;
    while (same < length && (load<u8>(at + same) | 32) == (load<u8>(known + same) | 32)) same++;
    if (same == length) {
      at += length;
      return <i32>i;
    }
  }
  return UNSET;
}

/** Reads an offset such as +01, +0130 or +01:30, or Z, or UTC or GMT; false if there is none. */
function readZone(width: u32): bool {
  if (at >= end) return false;
  const sign = <u32>load<u8>(at);
  zone = 0;
  if (width < 4 && sign == 0x5a) {
    at++;
    return true;
  }
  if (width == 8) {
    const word = end - at >= 3 ? load<u32>(at) & 0xffffff : 0;
    at += 3;
    return word == 0x435455 || word == 0x544d47;
  }
  if (sign != 0x2b && sign != 0x2d) return false;
  at++;
  const hours = number(2, 2), parts = width & 3;
  let minutes = 0;
  if (parts == 3) {
    if (at >= end || load<u8>(at) != 0x3a) return false;
    at++;
  }
  if (parts > 1 || (parts == 1 && at < end && <u32>load<u8>(at) - 48 < 10)) minutes = number(2, 2);
  if (hours == UNSET || minutes == UNSET || hours > 23 || minutes > 59) return false;
  zone = (hours * 60 + minutes) * (sign == 0x2d ? -1 : 1);
  return true;
}

function readYear(width: u32): i32 {
  if (width == 2) {
    const short = number(2, 2);
    return short == UNSET ? UNSET : 2000 + short;
  }
  return width == 1 ? number(1, 9) : number(width, width);
}

/** Reads digits of a fraction of a second, cut to milliseconds. */
function readFraction(width: u32): i32 {
  let value = 0;
  for (let i: u32 = 0; i < width; i++) {
    const digit = number(1, 1);
    if (digit == UNSET) return UNSET;
    if (i < 3) value = value * 10 + digit;
  }
  for (let i = width; i < 3; i++) value *= 10;
  return value;
}

/** Reads one part; false if the text does not fit it. */
function readPart(field: u32, width: u32, text: usize): bool {
  switch (field) {
    case TEXT: {
      if (end - at < <usize>width || !sameBytes(at, text, <usize>width)) return false;
      at += <usize>width;
      return true;
    }
    case YEAR: return (year = readYear(width)) != UNSET;
    case MONTH: {
      month = width > 2 ? name(0, 12, width) + 1 : digits(width, 2);
      return month >= 1 && month <= 12;
    }
    case DAY: return (day = digits(width, 2)) >= 1;
    case DAY_OF_YEAR: return (dayOfYear = digits(width, 3)) >= 1;
    case DAY_NAME: return (weekday = name(DAY_NAMES, 7, width)) != UNSET;
    case HALF: {
      if (end - at < 2 || (load<u8>(at, 1) | 32) != 0x6d) return false;
      const letter = <u32>load<u8>(at) | 32;
      half = letter == 0x61 ? 0 : 1;
      at += 2;
      return letter == 0x61 || letter == 0x70;
    }
    case HOUR_24: return (hour = digits(width, 2)) != UNSET && hour < 24;
    case HOUR_FROM_1: {
      const read = digits(width, 2);
      hour = read % 24;
      return read >= 1 && read <= 24;
    }
    case HOUR_12: return (hour = digits(width, 2)) != UNSET && hour < 12;
    case HOUR_12_FROM_1: {
      const read = digits(width, 2);
      hour = read % 12;
      return read >= 1 && read <= 12;
    }
    case MINUTE: return (minute = digits(width, 2)) != UNSET && minute < 60;
    case SECOND: return (second = digits(width, 2)) != UNSET && second < 60;
    case FRACTION: return (milli = readFraction(width)) != UNSET;
    case QUARTER: {
      const quarter = digits(width, 1);
      return quarter >= 1 && quarter <= 4;
    }
    default: return readZone(width);
  }
}

/** Reads [at, end) by a program; false if it does not fit or is no time. */
function read(program: usize, programEnd: usize): bool {
  year = 1970;
  month = day = 1;
  dayOfYear = weekday = half = UNSET;
  hour = minute = second = milli = zone = 0;
  for (let part = program + PARTS; part < programEnd;) {
    const field = <u32>load<u8>(part), width = <u32>load<u8>(part, 1);
    if (!readPart(field, width, part + 2)) return false;
    part += 2 + (field == TEXT ? <usize>width : 0);
  }
  if (half == 1) hour = hour % 12 + 12;
  else if (half == 0) hour %= 12;
  return at == end && day <= days_in_month(year, month);
}

/** The timestamp that the text a is by the pattern b; NULL if it is none. */
export function fn_parse_time(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  const program = refAddress(dataOf(b)), programEnd = program + refLength(dataOf(b));
  while (next()) {
    at = refAddress(cell(a));
    end = at + refLength(cell(a));
    let good = read(program, programEnd);
    if (good) {
      let date = first_of_month(year, month) + day - 1;
      if (dayOfYear != UNSET) {
        date = first_of_month(year, 1) + dayOfYear - 1;
        good = date < first_of_month(year + 1, 1);
      }
      if (weekday != UNSET && floorMod(date + 4, 7) != <i64>weekday) good = false;
      const time = <i64>((hour * 60 + minute - zone) * 60 + second) * 1000 + <i64>milli;
      store<i64>(result(), date * MS_PER_DAY + time);
    }
    if (!good) fail();
  }
  return finish();
}
