import { TEXT_OK } from "../text/status";
import { parse_timestamp_iso } from "../text/timestamp";
import { COLUMN_STATE_DATA } from "./layout";
import { cell } from "./state";

// The date that was read last: rows that follow each other mostly share it
const DATE_MS: usize = memory.data(8, 8);
let yearMonth: u64 = 0;
let day: u32 = 0;

// Bytes of `hh:mm:ss` and `.sss` that turn digits to their values and all else to 0, by exclusive or
const TIME_SHAPE: u64 = 0x30303a30303a3030;
const FRACTION_SHAPE: u32 = 0x3030302e;
const HIGH_BITS: u64 = 0x8080808080808080;
/** 9 + 0x76 is the last that keeps the high bit clear. */
const BEYOND_NINE: u64 = 0x7676767676767676;
// A digit among them would be one that a separator's place took
const SEPARATORS: u64 = 0x0000ff0000ff0000;

@inline function digit(values: u64, place: u64): i32 {
  return <i32>(values >> (place << 3)) & 15;
}

/** Whether a byte of `values` is not 0 to 9. */
@inline function isBeyondNine(values: u64): bool {
  return (((values & ~HIGH_BITS) + BEYOND_NINE) | values) & HIGH_BITS ? true : false;
}

/**
 * Stores `YYYY-MM-DDThh:mm:ssZ` or `YYYY-MM-DDThh:mm:ss.sssZ` in [at, end) in a timestamp column. False if it is not of
 * this form: then the long way decides.
 */
export function store_short_timestamp(column: usize, at: usize, end: usize): bool {
  const length = end - at;
  if ((length != 20 && length != 24) || load<u8>(at, 10) != 0x54 || load<u8>(end - 1) != 0x5a) return false;
  const newYearMonth = load<u64>(at), newDay = <u32>load<u16>(at, 8);
  if (newYearMonth != yearMonth || newDay != day) {
    if (parse_timestamp_iso(at, at + 10, DATE_MS) != TEXT_OK) return false;
    yearMonth = newYearMonth;
    day = newDay;
  }
  const time = load<u64>(at, 11) ^ TIME_SHAPE;
  if (time & SEPARATORS || isBeyondNine(time)) return false;
  const hour = digit(time, 0) * 10 + digit(time, 1), minute = digit(time, 3) * 10 + digit(time, 4);
  const second = digit(time, 6) * 10 + digit(time, 7);
  if (hour > 23 || minute > 59 || second > 59) return false;
  let ms = ((hour * 60 + minute) * 60 + second) * 1000;
  if (length == 24) {
    const fraction = <u64>(load<u32>(at, 19) ^ FRACTION_SHAPE);
    if (fraction & 0xff || isBeyondNine(fraction)) return false;
    ms += digit(fraction, 1) * 100 + digit(fraction, 2) * 10 + digit(fraction, 3);
  }
  store<i64>(cell(load<u32>(column, COLUMN_STATE_DATA)), load<i64>(DATE_MS) + <i64>ms);
  return true;
}
