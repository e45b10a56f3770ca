// PARTIAL AGGREGATES: phase one of two. The rows of one chunk are kept in slices as those of windows are, but a slice
// is one for each pair of slice and lateness epoch (assign_partial.ts), and has one table for all key groups. The list
// of slices ascends by (epoch, slice): partial aggregates leave in that order, and in order of first occurrence within
// a slice, so that their epochs never fall, and the rows that a merge inserts into a slice come as in the log.
import { arena_alloc } from "../memory";
import { INT64, TIMESTAMP } from "../layout";
import { PAGE_HEADER, PAGE_NEXT, Table, pageUsed } from "../state/table";
import { directModel } from "./direct";
import { AS_IS, emitBegin, emitCell, emitColumn, emitRoom } from "./emit";
import { emitKeys, emitStates } from "./result";
import { Slice, memoOf, sliceAt, sliceMakeAt, slicesClear, tableAt } from "./slice";
import { Aggregation, OP_COUNT, callAt } from "./spec";

/** Epoch of the rows that no time comes before in their chunk. */
export const EPOCH_NONE: i64 = i64.MIN_VALUE;
/** No memory for the batch. */
const NO_MEMORY: i32 = -1;

/** Position of the first slice that is not before (epoch, index). */
function positionOf(a: Aggregation, index: i64, epoch: i64): u32 {
  let low: u32 = 0, high = a.sliceCount;
  while (low < high) {
    const middle = (low + high) >>> 1, slice = sliceAt(a, middle);
    if (slice.epoch < epoch || (slice.epoch == epoch && slice.index < index)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The slice of an index and an epoch, made when it is not there; null when there is no memory. */
export function partialSlice(a: Aggregation, index: i64, epoch: i64): Slice {
  const memo = memoOf(a, index), known: usize = load<u32>(memo);
  if (known && changetype<Slice>(known).index == index && changetype<Slice>(known).epoch == epoch) {
    return changetype<Slice>(known);
  }
  const position = positionOf(a, index, epoch);
  if (position < a.sliceCount) {
    const slice = sliceAt(a, position);
    if (slice.index == index && slice.epoch == epoch) {
      store<u32>(memo, <u32>changetype<usize>(slice));
      return slice;
    }
  }
  const slice = sliceMakeAt(a, index, position);
  if (changetype<usize>(slice)) slice.epoch = epoch;
  return slice;
}

/** Writes the addresses of the table's rows to `to`; returns where the next ones go. */
function listRows(a: Aggregation, table: Table, to: usize): usize {
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const end = page + PAGE_HEADER + pageUsed(table, page);
    for (let row = page + PAGE_HEADER; row < end; row += a.rowBytes, to += 4) store<u32>(to, <u32>row);
  }
  return to;
}

@inline function fillCells(at: usize, rows: u32, value: i64): void {
  for (const end = at + (<usize>rows << 3); at < end; at += 8) store<i64>(at, value);
}

/** The rows that each partial aggregate stands for, which the first count(*) has; false also without one. */
function emitRows(a: Aggregation): bool {
  let i: u32 = 0;
  while (i < a.calls && (callAt(a, i).op != OP_COUNT || callAt(a, i).type)) i++;
  return i < a.calls && emitCell(INT64, 0, callAt(a, i).cell, AS_IS, 0, 0, false);
}

/**
 * All partial aggregates as one batch: keys, slice start, epoch, rows, states. Returns how many, or a negative status.
 */
export function agg_take(aggregation: usize): i32 {
  const a = changetype<Aggregation>(aggregation), rows = a.rows;
  if (!rows) return 0;
  const list = arena_alloc(<usize>rows << 2), starts = emitRoom(rows), epochs = emitRoom(rows);
  if (!list || !starts || !epochs) return NO_MEMORY;
  let to = list;
  for (let i: u32 = 0; i < a.sliceCount; i++) {
    const slice = sliceAt(a, i), table = tableAt(a, slice, 0);
    if (!changetype<usize>(table)) continue;
    const cells = (to - list) << 1;
    fillCells(starts + cells, table.rows, slice.start);
    fillCells(epochs + cells, table.rows, slice.epoch);
    to = listRows(a, table, to);
  }
  emitBegin(a, list, rows);
  const slices = emitKeys(a) && emitColumn(TIMESTAMP, 0, starts, 0) && emitColumn(INT64, 0, epochs, 0);
  return slices && emitRows(a) && emitStates(a) ? rows : NO_MEMORY;
}

/**
 * Forgets the partial aggregates that agg_take has written: the chunk is over. The next one starts with a direct index
 * like that of the slice that had most rows, and tables for the average.
 */
export function agg_clear(aggregation: usize): void {
  const a = changetype<Aggregation>(aggregation);
  a.ordinal = 0;
  if (!a.sliceCount) return;
  let most = sliceAt(a, 0);
  for (let i: u32 = 1; i < a.sliceCount; i++) if (sliceAt(a, i).rows > most.rows) most = sliceAt(a, i);
  const rows = a.rows / a.sliceCount, base = most.directBase, entries = directModel(most);
  slicesClear(a);
  store<u32>(a.hints, rows);
  a.hintBase = base;
  a.hintEntries = entries;
}
