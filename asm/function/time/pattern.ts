// A compiled pattern of dates and times, as src/expr/time/pattern.ts writes it:
//
//  +--------------------+-------------+--------------------------------------------
//  | granularity u32 ms | longest u32 | parts: field u8 · width u8 [· bytes of a text]
//  +--------------------+-------------+--------------------------------------------
//
// Within one stretch of `granularity` from the epoch the text is the same. Fields: 0 a text of `width` bytes, then
// the letters of the pattern.
export const TEXT: u32 = 0;
export const YEAR: u32 = 1;
export const MONTH: u32 = 2;
export const DAY: u32 = 3;
export const DAY_OF_YEAR: u32 = 4;
export const DAY_NAME: u32 = 5;
export const HALF: u32 = 6;
export const HOUR_24: u32 = 7;
export const HOUR_FROM_1: u32 = 8;
export const HOUR_12: u32 = 9;
export const HOUR_12_FROM_1: u32 = 10;
export const MINUTE: u32 = 11;
export const SECOND: u32 = 12;
export const FRACTION: u32 = 13;
export const QUARTER: u32 = 14;
/** A zone: width 1 to 3 as X (`Z`, or hours, and minutes, and a colon), plus 4 as x (no `Z`), 8 a name. */
export const ZONE: u32 = 15;
export const PARTS: usize = 8;

/** Names of months and of days from Sunday, each with its length in front, in rows of 10 bytes. */
const NAMES: usize = memory.data<u8>([
  7, 74, 97, 110, 117, 97, 114, 121, 0, 0, 8, 70, 101, 98, 114, 117, 97, 114, 121, 0, 5, 77, 97, 114, 99, 104, 0, 0, 0, 0,
  5, 65, 112, 114, 105, 108, 0, 0, 0, 0, 3, 77, 97, 121, 0, 0, 0, 0, 0, 0, 4, 74, 117, 110, 101, 0, 0, 0, 0, 0,
  4, 74, 117, 108, 121, 0, 0, 0, 0, 0, 6, 65, 117, 103, 117, 115, 116, 0, 0, 0, 9, 83, 101, 112, 116, 101, 109, 98, 101, 114,
  7, 79, 99, 116, 111, 98, 101, 114, 0, 0, 8, 78, 111, 118, 101, 109, 98, 101, 114, 0, 8, 68, 101, 99, 101, 109, 98, 101, 114, 0,
  6, 83, 117, 110, 100, 97, 121, 0, 0, 0, 6, 77, 111, 110, 100, 97, 121, 0, 0, 0, 7, 84, 117, 101, 115, 100, 97, 121, 0, 0,
  9, 87, 101, 100, 110, 101, 115, 100, 97, 121, 8, 84, 104, 117, 114, 115, 100, 97, 121, 0, 6, 70, 114, 105, 100, 97, 121, 0, 0, 0,
  8, 83, 97, 116, 117, 114, 100, 97, 121, 0,
]);
/** Where days begin among the names. */
export const DAY_NAMES: u32 = 12;
const NAME_BYTES: usize = 10;
const SHORT: usize = 3;

@inline export function nameAt(name: u32): usize {
  return NAMES + <usize>name * NAME_BYTES + 1;
}

/** Bytes of a name: all, or the first three if the width is at most that. */
@inline export function nameLength(name: u32, width: u32): usize {
  return width <= <u32>SHORT ? SHORT : <usize>load<u8>(NAMES + <usize>name * NAME_BYTES);
}
