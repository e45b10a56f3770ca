// Rows that nothing has changed for the time to live go, as the watermark passes: they are kept in the order of their
// last change.
import { freeRow } from "./drop";
import { Group, ROW_NEWER, ROW_OLDER, ROW_TOUCHED } from "./spec";

/** Rows that one step frees, so that no step is long. */
const STEP_ROWS: u32 = 4096;

/** Takes a row out of the order. */
export function unlink(g: Group, row: usize): void {
  const newer: usize = load<u32>(row, ROW_NEWER), older: usize = load<u32>(row, ROW_OLDER);
  if (newer) store<u32>(newer, <u32>older, ROW_OLDER);
  else if (g.newest == <u32>row) g.newest = <u32>older;
  if (older) store<u32>(older, <u32>newer, ROW_NEWER);
  else if (g.oldest == <u32>row) g.oldest = <u32>newer;
  store<u32>(row, 0, ROW_NEWER);
  store<u32>(row, 0, ROW_OLDER);
}

/** The row was changed at the present watermark. */
export function touch(g: Group, row: usize): void {
  store<i64>(row, g.watermark, ROW_TOUCHED);
  if (g.newest == <u32>row) return;
  unlink(g, row);
  link(g, row);
}

/** Puts a row behind those in the order. */
export function link(g: Group, row: usize): void {
  store<u32>(row, g.newest, ROW_OLDER);
  if (g.newest) store<u32>(g.newest, <u32>row, ROW_NEWER);
  else g.oldest = <u32>row;
  g.newest = <u32>row;
}

/** The watermark at the last change of a row: before the first one there is no time that could have passed. */
@inline function touchedAt(g: Group, row: usize): i64 {
  return max<i64>(load<i64>(row, ROW_TOUCHED), g.begun);
}

/** Whether the time to live of a row has passed; there was a watermark. */
@inline export function isOver(g: Group, row: usize): bool {
  return g.begun != i64.MIN_VALUE && touchedAt(g, row) + g.ttl <= g.watermark;
}

/** Frees rows whose time has come; true when there may be more. */
export function expire(g: Group): bool {
  if (g.begun == i64.MIN_VALUE) return false;
  for (let i: u32 = 0; i < STEP_ROWS; i++) {
    const row: usize = g.oldest;
    if (!row || !isOver(g, row)) return false;
    freeRow(g, row);
  }
  return true;
}
