// Timestamps as people write them: what ISO 8601 has two digits for may have one.
import { days_from_civil, days_in_month, MS_PER_DAY, zone_minutes } from "./timestamp";
import { TEXT_MALFORMED, TEXT_OK } from "./status";

let at: usize = 0;
let end: usize = 0;

/** Reads from `least` to `most` digits; -1 if there are fewer. */
function number(least: i32, most: i32): i32 {
  let value = 0, count = 0;
  for (; count < most && at < end; count++, at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit > 9) break;
    value = value * 10 + <i32>digit;
  }
  return count < least ? -1 : value;
}

/** Goes over a character if it is there. */
@inline function takes(character: u32): bool {
  const there = at < end && <u32>load<u8>(at) == character;
  at += <usize>there;
  return there;
}

/** Reads a fraction of any length, cut to milliseconds; -1 without digits. */
function fraction(): i32 {
  let value = 0, weight = 100;
  const first = at;
  for (; at < end; at++, weight /= 10) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit > 9) break;
    value += <i32>digit * weight;
  }
  return at == first ? -1 : value;
}

/** Milliseconds of a time of day and its zone, to the end; i64.MIN_VALUE if they are none. */
function timeMs(): i64 {
  const hour = number(1, 2);
  if (hour < 0 || hour > 23 || !takes(0x3a)) return i64.MIN_VALUE;
  const minute = number(1, 2), second = takes(0x3a) ? number(1, 2) : 0;
  if (minute < 0 || minute > 59 || second < 0 || second > 59) return i64.MIN_VALUE;
  const milli = takes(0x2e) ? fraction() : 0, ms = <i64>((hour * 60 + minute) * 60 + second) * 1000 + <i64>milli;
  if (milli < 0) return i64.MIN_VALUE;
  if (at == end || (takes(0x5a) && at == end)) return ms;
  const zone = end - at >= 5 ? zone_minutes(at, end) : i32.MIN_VALUE;
  return zone == i32.MIN_VALUE ? i64.MIN_VALUE : ms - <i64>zone * 60_000;
}

/**
 * Reads [from, to) into epoch milliseconds (i64) at `out`: as parse_timestamp_iso, but months, days, hours, minutes and
 * seconds may have one digit.
 */
export function parse_timestamp_loose(from: usize, to: usize, out: usize): i32 {
  at = from;
  end = to;
  const year = number(4, 4), first = takes(0x2d), month = number(1, 2), second = takes(0x2d), day = number(1, 2);
  if (!first || !second || year < 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
    return TEXT_MALFORMED;
  }
  let ms: i64 = 0;
  if (at < end) {
    if (!takes(0x54) && !takes(0x20)) return TEXT_MALFORMED;
    ms = timeMs();
    if (ms == i64.MIN_VALUE) return TEXT_MALFORMED;
  }
  store<i64>(out, <i64>days_from_civil(year, month, day) * MS_PER_DAY + ms);
  return TEXT_OK;
}
