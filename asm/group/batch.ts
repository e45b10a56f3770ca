// BATCH: rows that a drain is handing out with what they hold, table by table. Between two of its steps others may come: a row that goes or leaves
// is taken out, what changes comes with the next batch that has the row. A batch that is left is handed out anew.
//
//   HELD   0            8             12
//          +------------+-------------+------------+
//          | told u64   | whole u32   | unused u32 |     in each row, at heldAt
//          +------------+-------------+------------+
//
//   told    entries and nodes from this number on are still to be handed out, if `whole` says that some of it was
//   whole   Group.wholes when that was: once everything is to be handed out, nothing was
import { block_alloc, block_free } from "../memory";
import { rowChanged } from "./dirty";
import { Group, ROW_PLACE } from "./spec";

const ROWS_MAX: u32 = 8192;
const WHOLE: usize = 8;

@inline function entryAt(g: Group, i: u32): usize {
  return <usize>g.batch + (<usize>i << 2);
}

/** What of the row is still to be handed out begins with this number; all of it, where `isFresh` says so. */
@inline export function heldTold(g: Group, row: usize): u64 {
  return load<u64>(row + g.heldAt);
}

/** Nothing of what the row holds has been handed out. */
@inline export function isFresh(g: Group, row: usize): bool {
  return load<u32>(row + g.heldAt, WHOLE) != g.wholes;
}

/** All that the row holds up to this number belongs to a table. */
@inline export function heldTell(g: Group, row: usize, told: u64, whole: u32): void {
  store<u64>(row + g.heldAt, told);
  store<u32>(row + g.heldAt, whole, WHOLE);
}

/** Room for rows, whose number is the answer; 0 without memory. */
export function batchRoom(g: Group): u32 {
  if (g.batchRoom) return ROWS_MAX;
  const list = block_alloc(<usize>ROWS_MAX << 2);
  if (!list) return 0;
  g.batch = <u32>list;
  g.batchRoom = ROWS_MAX << 2;
  return ROWS_MAX;
}

/** The row is handed out with the batch. */
export function batchAdd(g: Group, row: usize): void {
  store<u32>(entryAt(g, g.batchCount++), <u32>row);
  store<u16>(row, <u16>g.batchCount, ROW_PLACE);
}

/** Begins with the first row. */
export function batchBegin(g: Group): void {
  g.batchAt = 0;
  g.scanRow = 0;
  g.scanThing = 0;
}

/** The next row; 0 = there is none. */
export function batchNext(g: Group): usize {
  while (g.batchAt < g.batchCount) {
    const row: usize = load<u32>(entryAt(g, g.batchAt++));
    if (row) return row;
  }
  return 0;
}

/** The row is not part of the batch any more; whether it was. */
@inline export function batchForget(g: Group, row: usize): bool {
  return load<u16>(row, ROW_PLACE) != 0 && forget(g, row);
}

function forget(g: Group, row: usize): bool {
  store<u32>(entryAt(g, <u32>load<u16>(row, ROW_PLACE) - 1), 0);
  store<u16>(row, 0, ROW_PLACE);
  if (g.scanRow == <u32>row) g.scanRow = g.scanThing = 0;
  return true;
}

/** The batch is of rows that are read where they were written (cold.ts), and that nobody knows of later. */
export function batchLend(g: Group, rows: usize, count: u32): void {
  g.lent = true;
  memory.copy(g.batch, rows, <usize>count << 2);
  g.batchCount = count;
}

/** Everything of the batch is out. */
export function batchDone(g: Group): void {
  endLent(g);
  batchBegin(g);
  for (let row = batchNext(g); row; row = batchNext(g)) {
    store<u16>(row, 0, ROW_PLACE);
    heldTell(g, row, g.told, g.wholes);
  }
  g.batchCount = 0;
  batchBegin(g);
}

/** The batch is left: its rows are handed out anew. */
export function batchLeave(g: Group): void {
  endLent(g);
  batchBegin(g);
  for (let row = batchNext(g); row; row = batchNext(g)) {
    store<u16>(row, 0, ROW_PLACE);
    rowChanged(g, row);
  }
  g.batchCount = 0;
  batchBegin(g);
}

@inline function endLent(g: Group): void {
  if (g.lent) g.batchCount = 0;
  g.lent = false;
}

/** Frees the list. */
export function batchFree(g: Group): void {
  if (g.batchRoom) block_free(g.batch, g.batchRoom);
  g.batch = g.batchRoom = g.batchCount = 0;
}
