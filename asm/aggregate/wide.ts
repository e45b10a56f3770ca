// Sums of integers are exact: an i64 that wraps, and beside it how often it did so, as
//
//   value = low + wraps × 2^64        (low i64, wraps i64; in a row's flags i16)
//
// so that a sum may pass the range of i64 and come back, whatever the order. Only a final value out of range is an
// overflow. Wraps in the flags stay at their ends once they are there, as an overflow for ever: beyond 2^78.
import { ROW_FLAGS } from "../state/row";

const FLAGS_WRAPS: usize = ROW_FLAGS + 2;

/** The wraps of a sum; `at` is the call's `wraps`. */
@inline export function wrapsOf(row: usize, at: u32): i64 {
  return at ? load<i64>(row + at) : <i64>load<i16>(row, FLAGS_WRAPS);
}

export function wrapsAdd(row: usize, at: u32, more: i64): void {
  const wraps = wrapsOf(row, at) + more;
  if (at) store<i64>(row + at, wraps);
  else if (load<i16>(row, FLAGS_WRAPS) < i16.MAX_VALUE && load<i16>(row, FLAGS_WRAPS) > i16.MIN_VALUE) {
    store<i16>(row, <i16>max<i64>(i16.MIN_VALUE, min<i64>(i16.MAX_VALUE, wraps)), FLAGS_WRAPS);
  }
}

/** Adds `value` to the sum whose low half is the cell at offset `cell` of the row. */
@inline export function wideAdd(row: usize, cell: u32, at: u32, value: i64): void {
  const low = load<i64>(row + cell), sum = low + value;
  store<i64>(row + cell, sum);
  if (((low ^ sum) & (value ^ sum)) < 0) wrapsAdd(row, at, value < 0 ? -1 : 1);
}

/** Wraps as they count for a sum that others are taken from again: those at an end in the flags are beyond any other. */
@inline export function wrapsFor(row: usize, at: u32): i64 {
  if (at) return load<i64>(row + at);
  const wraps = <i64>load<i16>(row, FLAGS_WRAPS);
  return wraps < <i64>i16.MAX_VALUE && wraps > <i64>i16.MIN_VALUE ? wraps : wraps << 32;
}

/** Adds the sum of `from`, whose wraps are at `fromAt`, to that of the row. */
@inline export function wideMerge(row: usize, from: usize, cell: u32, at: u32, fromAt: u32): void {
  wideAdd(row, cell, at, load<i64>(from + cell));
  const wraps = at ? wrapsFor(from, fromAt) : wrapsOf(from, fromAt);
  if (wraps) wrapsAdd(row, at, wraps);
}

/** Takes the sum of `from`, whose wraps are at `fromAt`, away from that of the row, which has a cell for them. */
@inline export function wideUnmerge(row: usize, from: usize, cell: u32, at: u32, fromAt: u32): void {
  const low = load<i64>(row + cell), value = load<i64>(from + cell), rest = low - value;
  store<i64>(row + cell, rest);
  let wraps = wrapsFor(from, fromAt);
  if (((low ^ value) & (low ^ rest)) < 0) wraps += value < 0 ? -1 : 1;
  store<i64>(row + at, load<i64>(row + at) - wraps);
}

/** The double that is nearest to the sum, ties to even. */
export function wideToDouble(row: usize, cell: u32, at: u32): f64 {
  let low = load<u64>(row + cell), high = wrapsOf(row, at) + (<i64>low >> 63);
  if (high == (<i64>low >> 63)) return <f64>(<i64>low);
  const negative = high < 0;
  if (negative) {
    low = ~low + 1;
    high = ~high + i64(low == 0);
  }
  // Its top 64 bits, the lowest of them set when anything but 0 lies behind, round as the whole does
  let shift: u64 = 0;
  while (high) {
    low = (low >> 1) | (low & 1) | (<u64>high << 63);
    high = <i64>(<u64>high >> 1);
    shift++;
  }
  let value = <f64>low;
  for (; shift; shift--) value *= 2.0;
  return negative ? -value : value;
}
