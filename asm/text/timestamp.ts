import { parse_scaled } from "./decimal";
import { TEXT_MALFORMED, TEXT_OK } from "./status";

export const MS_PER_DAY: i64 = 86_400_000;

/**
 * Days since 1970-01-01 in the proleptic Gregorian calendar, by eras of 400 years that begin in March (Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms").
 */
@inline export function days_from_civil(year: i32, month: i32, day: i32): i32 {
  const shifted = year - <i32>(month <= 2) + 400; // one era more, so that nothing is negative
  const era = shifted / 400;
  const yearOfEra = shifted - era * 400;
  const dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return (era - 1) * 146097 + dayOfEra - 719468;
}

@inline export function is_leap_year(year: i32): bool {
  return (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
}

export function days_in_month(year: i32, month: i32): i32 {
  if (month == 2) return 28 + <i32>is_leap_year(year);
  return 30 + ((month + (month >> 3)) & 1);
}

/** What stands for no number: more than any sum of two- and four-digit numbers. */
const NONE: i32 = 1_000_000;

/** The value of two digits at `at`, or NONE. */
@inline function twoDigits(at: usize): i32 {
  const high = <u32>load<u8>(at) - 48, low = <u32>load<u8>(at, 1) - 48;
  return high > 9 || low > 9 ? NONE : <i32>(high * 10 + low);
}

/** Minutes of `+hh:mm`, `+hhmm` or their negatives in [at, end), or i32.MIN_VALUE. */
export function zone_minutes(at: usize, end: usize): i32 {
  const sign = load<u8>(at);
  if (sign != 0x2b && sign != 0x2d) return i32.MIN_VALUE;
  const colon = end - at == 6 && load<u8>(at, 3) == 0x3a;
  if (!colon && end - at != 5) return i32.MIN_VALUE;
  const hours = twoDigits(at + 1), minutes = twoDigits(at + 3 + <usize>colon);
  if (hours > 23 || minutes > 59) return i32.MIN_VALUE;
  return sign == 0x2d ? -(hours * 60 + minutes) : hours * 60 + minutes;
}

/** Milliseconds of a date at `at` (10 bytes) as of midnight UTC, or i64.MIN_VALUE. */
function dateMs(at: usize): i64 {
  const year = twoDigits(at) * 100 + twoDigits(at + 2), month = twoDigits(at + 5), day = twoDigits(at + 8);
  if (load<u8>(at, 4) != 0x2d || load<u8>(at, 7) != 0x2d || year > 9999) return i64.MIN_VALUE;
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return i64.MIN_VALUE;
  return <i64>days_from_civil(year, month, day) * MS_PER_DAY;
}

/**
 * Reads ISO 8601 in [at, end) into epoch milliseconds (i64) at `out`: `YYYY-MM-DD`, or with `T` or a space and
 * `hh:mm` or `hh:mm:ss`, a fraction of any length (cut to milliseconds), and a zone `Z`, `±hh:mm` or `±hhmm`; no zone
 * means UTC. Years are 0000 to 9999; the calendar is checked; there is no leap second and no hour 24.
 */
export function parse_timestamp_iso(at: usize, end: usize, out: usize): i32 {
  const length = end - at;
  if (length != 10 && length < 16) return TEXT_MALFORMED;
  let ms = dateMs(at);
  if (ms == i64.MIN_VALUE) return TEXT_MALFORMED;
  if (length == 10) {
    store<i64>(out, ms);
    return TEXT_OK;
  }
  const separator = load<u8>(at, 10);
  const hour = twoDigits(at + 11), minute = twoDigits(at + 14);
  if ((separator != 0x54 && separator != 0x20) || load<u8>(at, 13) != 0x3a || hour > 23 || minute > 59) {
    return TEXT_MALFORMED;
  }
  ms += <i64>(hour * 60 + minute) * 60_000;
  at += 16;
  if (at < end && load<u8>(at) == 0x3a) {
    const second = end - at < 3 ? 60 : twoDigits(at + 1);
    if (second > 59) return TEXT_MALFORMED;
    ms += <i64>second * 1000;
    at += 3;
    if (at < end && load<u8>(at) == 0x2e) {
      let weight = 100, digits = 0;
      for (at++; at < end; at++, digits++) {
        const digit = <u32>load<u8>(at) - 48;
        if (digit > 9) break;
        ms += <i64>(<i32>digit * weight);
        weight /= 10;
      }
      if (!digits) return TEXT_MALFORMED;
    }
  }
  if (at < end) {
    if (load<u8>(at) == 0x5a) {
      if (at + 1 != end) return TEXT_MALFORMED;
    } else {
      const zone = zone_minutes(at, end);
      if (zone == i32.MIN_VALUE) return TEXT_MALFORMED;
      ms -= <i64>zone * 60_000;
    }
  }
  store<i64>(out, ms);
  return TEXT_OK;
}

/** Reads ISO 8601 as parse_timestamp_iso does, or a whole number of epoch milliseconds. */
export function parse_timestamp(at: usize, end: usize, out: usize): i32 {
  const status = parse_timestamp_iso(at, end, out);
  return status == TEXT_OK ? TEXT_OK : parse_scaled(at, end, out, 0);
}
