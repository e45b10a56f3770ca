// Aggregation room: windows over shared slices, keyed state, partial aggregates.
import { STATE_SCHEMA_VERSION } from "../state/row";
import { changeBlocksFree } from "./change_blocks";
import { changesFree } from "./cold_changes";
import { mergedDrop } from "./cold_merge";
import { cursorReset } from "./cursor";
import { hopFree, hopMake } from "./hop";
import { MEMO_BYTES, slicesFree } from "./slice";
import { Aggregation, MODE_PARTIAL, specFree, specRead } from "./spec";
import { CURSOR_BYTES, Cursor, cursorFree } from "./window_rows";
import { versionsDrop } from "./version";
import { TIME_START, lastFired, windowStart } from "./window";

export { agg_push } from "./push";
export { agg_advance, agg_changes, agg_changes_next, agg_changes_take, agg_peek, agg_peek_reset, agg_pull } from "./fire";
export { agg_look, agg_look_merged, agg_look_next, agg_looked } from "./look";
export {
  agg_cold_begin, agg_cold_inside, agg_cold_leave, agg_cold_on, agg_cold_room, agg_cold_sizes, agg_cold_slices,
} from "./cold";
export { agg_changes_looked } from "./change_scan";
export { agg_changes_give, agg_changes_wants } from "./cold_changes";
export {
  agg_cold_back, agg_cold_give, agg_cold_wanted, agg_cold_wants, agg_merge_begin, agg_merge_end, agg_merge_longest, agg_merge_piece, agg_merge_rows, agg_merge_table, agg_merge_write,
} from "./cold_merge";
export { agg_clear, agg_take } from "./partial";
export {
  agg_are_slices, agg_restore_below, agg_restore_clear, agg_restored, agg_restoring, agg_scalars,
} from "./restore";
export {
  running_add as agg_running_add, running_add_until as agg_running_add_until, running_begin as agg_running_begin,
  times_beyond as agg_times_beyond,
} from "./running";

/** An aggregation from a SPEC (spec.ts); 0 when there is no memory. */
export function agg_create(spec: usize): usize {
  const groups: u32 = 128;
  const address = specRead(spec, (groups << 2) + MEMO_BYTES + 2 * CURSOR_BYTES);
  if (!address) return 0;
  const a = changetype<Aggregation>(address);
  a.memo = a.hints + (groups << 2);
  a.fire = a.memo + MEMO_BYTES;
  a.peek = a.fire + CURSOR_BYTES;
  a.mark = 1;
  a.watermark = TIME_START;
  a.frozen = lastFired(a, TIME_START);
  a.drained = a.frozen;
  cursorReset(changetype<Cursor>(<usize>a.fire), a.frozen);
  cursorReset(changetype<Cursor>(<usize>a.peek), a.frozen);
  if (a.size != a.slide && a.mode != MODE_PARTIAL && !hopMake(a)) {
    agg_free(address);
    return 0;
  }
  return address;
}

/** Frees everything that the aggregation has. */
export function agg_free(aggregation: usize): void {
  const a = changetype<Aggregation>(aggregation);
  hopFree(a);
  mergedDrop(a, changetype<Cursor>(<usize>a.fire));
  mergedDrop(a, changetype<Cursor>(<usize>a.peek));
  changesFree(a);
  changeBlocksFree(a);
  versionsDrop(a, i64.MAX_VALUE);
  slicesFree(a);
  cursorFree(changetype<Cursor>(<usize>a.fire));
  cursorFree(changetype<Cursor>(<usize>a.peek));
  specFree(a);
}

/** Changes from now on carry the mark `n`. */
export function agg_mark(aggregation: usize, n: u32): void {
  changetype<Aggregation>(aggregation).mark = n;
}

export function agg_version(): u32 {
  return STATE_SCHEMA_VERSION;
}

export function agg_state_rows(aggregation: usize): u32 {
  return changetype<Aggregation>(aggregation).rows;
}

export function agg_state_bytes(aggregation: usize): u32 {
  return changetype<Aggregation>(aggregation).bytes;
}

export function agg_open_slices(aggregation: usize): u32 {
  return changetype<Aggregation>(aggregation).sliceCount;
}

export function agg_overflow_rows(aggregation: usize): u32 {
  return changetype<Aggregation>(aggregation).overflowRows;
}

export function agg_row_bytes(aggregation: usize): u32 {
  return changetype<Aggregation>(aggregation).rowBytes;
}

/** Address of the COLUMNs of the batch that came out last. */
export function agg_out(aggregation: usize): usize {
  return changetype<Aggregation>(aggregation).out;
}

/** Slices that start before this time (ms) are gone. */
export function agg_dropped_before(aggregation: usize): f64 {
  const a = changetype<Aggregation>(aggregation);
  return <f64>windowStart(a, a.drained + 1);
}

/** Slices with lower numbers are gone. */
export function agg_dropped_slices(aggregation: usize): f64 {
  const a = changetype<Aggregation>(aggregation);
  return <f64>(a.drained + 1) * <f64>(a.slide / a.width);
}
