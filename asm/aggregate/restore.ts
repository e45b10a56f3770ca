// Slices from a checkpoint: rows are merged (merge.ts) in the order in which they are in their tables, each in place of the one with
// its key; a watermark comes last.
import { cursorReset } from "./cursor";
import { passedSeal } from "./seal";
import { slicesDrop } from "./slice";
import { Aggregation, MODE_PARTIAL } from "./spec";
import { Cursor } from "./window_rows";
import { floorDiv, isTime, lastFired } from "./window";

/** Begins or ends to take rows in. */
export function agg_restoring(aggregation: usize, restoring: bool): void {
  changetype<Aggregation>(aggregation).restoring = restoring;
}

/** Whether all of these (i64 each) are starts of slices. */
export function agg_are_slices(aggregation: usize, starts: usize, count: u32): bool {
  const a = changetype<Aggregation>(aggregation);
  for (let i: u32 = 0; i < count; i++) {
    const start = load<i64>(starts + (<usize>i << 3));
    if (!isTime(start) || (start - a.offset) % a.width != 0) return false;
  }
  return true;
}

/** Drops the slices that start before the time at `below`: those with numbers below what it returns. */
export function agg_restore_below(aggregation: usize, below: usize): f64 {
  const a = changetype<Aggregation>(aggregation), time = load<i64>(below);
  if (!isTime(time)) return -Infinity;
  const window = floorDiv(time - a.offset, a.slide);
  slicesDrop(a, window - 1);
  return <f64>window * <f64>(a.slide / a.width);
}

/** Drops all slices. */
export function agg_restore_clear(aggregation: usize): void {
  slicesDrop(changetype<Aggregation>(aggregation), i64.MAX_VALUE);
}

/** Place of the next row in the log, watermark, sums that did not fit: i64 each. */
export function agg_scalars(aggregation: usize, to: usize): void {
  const a = changetype<Aggregation>(aggregation);
  store<i64>(to, a.ordinal);
  store<i64>(to, a.watermark, 8);
  store<i64>(to, a.overflowRows, 16);
}

/** All rows are there; false: the values cannot be right. */
export function agg_restored(aggregation: usize, from: usize): bool {
  const a = changetype<Aggregation>(aggregation), watermark = load<i64>(from, 8), end: i64 = 1 << 62;
  if (watermark < -end || watermark > end || a.mode == MODE_PARTIAL) return false;
  a.ordinal = load<i64>(from);
  a.watermark = watermark;
  a.overflowRows = load<u32>(from, 16);
  a.frozen = lastFired(a, watermark);
  a.drained = a.frozen;
  passedSeal(a);
  cursorReset(changetype<Cursor>(<usize>a.fire), a.frozen);
  cursorReset(changetype<Cursor>(<usize>a.peek), a.frozen);
  return true;
}
