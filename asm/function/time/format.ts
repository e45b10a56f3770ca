// Timestamps as text by a pattern.
import {
  civilDay, civilMonth, civilYear, days_to_civil, first_of_month, floorDiv, floorMod, MS_PER_DAY,
} from "../../expr/civil";
import { cellStep, dataOf, joinValidity, newCells, NO_MEMORY, OK, rowBits, validWord, wordsOf } from "../../expr/register";
import { refAddress, refLength } from "../../expr/text";
import { beginChars, keepText, openText, outOfMemory, put, putByte, room } from "../writer";
import {
  DAY, DAY_NAME, DAY_NAMES, DAY_OF_YEAR, FRACTION, HALF, HOUR_12, HOUR_12_FROM_1, HOUR_24, HOUR_FROM_1, MINUTE, MONTH, nameAt,
  nameLength, PARTS, QUARTER, SECOND, TEXT, YEAR, ZONE,
} from "./pattern";

/** Appends two digits. */
@inline function putTwo(x: u32): void {
  putByte(48 + x / 10);
  putByte(48 + x % 10);
}

/** Appends x with at least `width` digits. */
function putNumber(x: u32, width: u32): void {
  if (width == 2 && x < 100) return putTwo(x);
  if (width == 4 && x < 10000) {
    putTwo(x / 100);
    return putTwo(x % 100);
  }
  let power: u32 = 1;
  for (let count: u32 = 1; count < width || x / power >= 10; count++) power *= 10;
  for (; power; power /= 10) putByte(48 + x / power % 10);
}

/** A year, two digits of it where the width is 2; outside 0 to 9999 with a sign where the width is 4 or more. */
function putYear(year: i64, width: u32): void {
  if (width == 2) {
    putNumber(<u32>floorMod(year, 100), 2);
    return;
  }
  if (year < 0) putByte(0x2d);
  else if (year > 9999 && width >= 4) putByte(0x2b);
  putNumber(<u32>(year < 0 ? -year : year), width);
}

/** The offset of UTC. */
function putZone(width: u32): void {
  if (width == 8) {
    putByte(0x55);
    putByte(0x54);
    putByte(0x43);
    return;
  }
  if (width < 4) {
    putByte(0x5a);
    return;
  }
  putByte(0x2b);
  putNumber(0, 2);
  if (width == 4 + 3) putByte(0x3a);
  if (width > 4 + 1) putNumber(0, 2);
}

/** Milliseconds of the day, and the number of the day. */
let time: u32 = 0;
let day: i64 = 0;

/** Appends a field that is a number; its value is `value`. */
function valueOf(field: u32): u32 {
  const hour = time / 3600000;
  switch (field) {
    case MONTH: return <u32>civilMonth;
    case DAY: return <u32>civilDay;
    case DAY_OF_YEAR: return <u32>(day - first_of_month(civilYear, 1) + 1);
    case HOUR_24: return hour;
    case HOUR_FROM_1: return hour ? hour : 24;
    case HOUR_12: return hour % 12;
    case HOUR_12_FROM_1: return hour % 12 ? hour % 12 : 12;
    case MINUTE: return time / 60000 % 60;
    case SECOND: return time / 1000 % 60;
    default: return <u32>((civilMonth + 2) / 3);
  }
}

/** Appends one part; returns the next. */
function putPart(part: usize): usize {
  const field = <u32>load<u8>(part), width = <u32>load<u8>(part, 1);
  if (field == TEXT) {
    put(part + 2, <usize>width);
    return part + 2 + <usize>width;
  }
  if (field == YEAR) putYear(civilYear, width);
  else if ((field == MONTH && width > 2) || field == DAY_NAME) {
    const name = field == MONTH ? <u32>civilMonth - 1 : DAY_NAMES + <u32>floorMod(day + 4, 7);
    put(nameAt(name), nameLength(name, width));
  } else if (field == HALF) {
    putByte(time < 43200000 ? 0x41 : 0x50);
    putByte(0x4d);
  } else if (field == FRACTION) {
    const milli = time % 1000;
    for (let i: u32 = 0, unit: u32 = 100; i < width; i++, unit /= 10) putByte(unit ? 48 + milli / unit % 10 : 48);
  } else if (field == ZONE) putZone(width);
  else putNumber(valueOf(field), width);
  return part + 2;
}

/** The timestamp a by the pattern b. */
export function fn_date_format(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!joinValidity(rows, out, a, 0, 0) || !newCells(rows, out)) return NO_MEMORY;
  beginChars();
  const program = refAddress(dataOf(b)), end = program + refLength(dataOf(b));
  const granularity = <i64>load<u32>(program), longest = load<u32>(program, 4);
  let from = dataOf(a), to = dataOf(out), first: i64 = 0, behind: i64 = 0, last: u64 = 0;
  const step = cellStep(a), words = wordsOf(rows);
  for (let w: u32 = 0; w < words; w++, from += step, to += 512) {
    for (let open = validWord(out, w) & rowBits(rows, w); open; open &= open - 1) {
      const row = <usize>ctz(open) << 3, ms = load<i64>(from + row);
      // Neighbours are often in one stretch
      if (ms < first || ms >= behind) {
        day = floorDiv(ms, MS_PER_DAY);
        time = <u32>(ms - day * MS_PER_DAY);
        days_to_civil(day);
        first = ms - <i64>time % granularity;
        behind = first + granularity;
        openText();
        if (!room(longest)) return NO_MEMORY;
        for (let part = program + PARTS; part < end;) part = putPart(part);
        keepText(to + row);
        last = load<u64>(to + row);
      } else {
        store<u64>(to + row, last);
      }
    }
  }
  return outOfMemory ? NO_MEMORY : OK;
}
