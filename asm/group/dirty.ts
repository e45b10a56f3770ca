// Rows that have changed since the last cut: a list through them, so that a drain looks at nothing else. ROW_STATE has four
// flags, and the address of the next row of the list, which is a multiple of 16:
//
//   changed   it is in the list
//   stored    a drain has handed it out
//   gone      it is not in the index any more; where a drain has handed it out, its key is kept until the next one has told that
//   free      nobody needs it any more: its place is given back, by whoever takes it out of the list
//
// Where many rows have changed, the pages that rows lie in are looked through for them, which is faster than to follow the list: from then on
// until a cut is through, rows have the flag alone (`loose`), and what the list left behind in them means nothing.
//
// A round takes the list as it is, and what changes meanwhile is listed anew: steps of a round may have others between them.
import { poolGive } from "./pool";
import { Group, ROW_CHANGED_CUT, ROW_FLAGS, ROW_FREE, ROW_GONE, ROW_STATE, ROW_STORED, rowPool } from "./spec";

/** Lists of fewer rows are not looked through for those that are gone. */
const SWEEP_ROWS_MIN: u32 = 1024;
/** Beyond so many rows, and one in so many of all, they are not listed. */
const LISTED_ROWS_MIN: u32 = 1024;
const ROWS_A_LISTED: u32 = 8;

@inline function flagsOf(row: usize): u32 {
  return load<u32>(row, ROW_STATE) & ROW_FLAGS;
}

@inline function behind(row: usize): u32 {
  return load<u32>(row, ROW_STATE) & ~ROW_FLAGS;
}

/** What the table says of a row has changed. */
@inline export function rowChanged(g: Group, row: usize): void {
  const state = load<u32>(row, ROW_STATE);
  if (state & ROW_CHANGED_CUT || !g.tracked) return;
  if (g.loose) {
    store<u32>(row, state | ROW_CHANGED_CUT, ROW_STATE);
    return;
  }
  store<u32>(row, g.dirty | state | ROW_CHANGED_CUT, ROW_STATE);
  g.dirty = <u32>row;
  g.dirtyRows++;
  if (g.dirtyRows > LISTED_ROWS_MIN && g.dirtyRows > g.rows / ROWS_A_LISTED) loosen(g);
}

/** Gives up the list. */
function loosen(g: Group): void {
  g.loose = true;
  g.dirty = g.round = g.dirtyRows = 0;
}

/** All rows were looked at, and nothing has changed meanwhile. */
export function tighten(g: Group): void {
  g.loose = false;
  g.dirty = g.round = g.dirtyRows = 0;
}

/** Gives the place of a row back, at once or when it leaves the list. */
export function rowFree(g: Group, row: usize): void {
  if (!g.loose && load<u32>(row, ROW_STATE) & ROW_CHANGED_CUT) {
    store<u32>(row, load<u32>(row, ROW_STATE) | ROW_GONE | ROW_FREE, ROW_STATE);
    g.deadRows++;
    return;
  }
  store<u32>(row, ROW_FREE, ROW_STATE);
  poolGive(rowPool(g), row);
}

/** Begins a round: it hands out what has changed so far. */
export function roundBegin(g: Group): void {
  if (g.round) return;
  g.round = g.dirty;
  g.dirty = 0;
  g.dirtyRows = 0;
}

/** The round of a cut: it hands out what is left of the one before, too. */
export function roundJoin(g: Group): void {
  if (g.dirty) {
    let last: usize = g.dirty;
    while (g.round && behind(last)) last = behind(last);
    if (g.round) store<u32>(last, g.round | flagsOf(last), ROW_STATE);
    g.round = g.dirty;
  }
  g.dirty = 0;
  g.dirtyRows = 0;
}

/** Takes a row out of the round; 0 when it is at its end. A row that is gone is left out, and nothing comes instead. */
export function roundTake(g: Group): usize {
  const row: usize = g.round, flags = flagsOf(row);
  g.round = behind(row);
  if (!(flags & ROW_GONE)) {
    store<u32>(row, ROW_STORED, ROW_STATE);
    return row;
  }
  dismiss(g, row, flags);
  return 0;
}

/** A row that is gone is in no list any more. */
export function dismiss(g: Group, row: usize, flags: u32): void {
  store<u32>(row, flags & ~ROW_CHANGED_CUT & ROW_FLAGS, ROW_STATE);
  if (!(flags & ROW_FREE)) return;
  g.deadRows--;
  rowFree(g, row);
}

/** The first of the changed rows, and the one behind another, those that are gone too. */
@inline export function changedFirst(g: Group): usize {
  return g.round;
}

@inline export function changedNext(row: usize): usize {
  return behind(row);
}

@inline export function isGone(row: usize): bool {
  return (load<u32>(row, ROW_STATE) & (ROW_GONE | ROW_FREE)) != 0;
}

@inline export function isChanged(row: usize): bool {
  return (load<u32>(row, ROW_STATE) & ROW_CHANGED_CUT) != 0;
}

/** Takes the rows out of a list that nobody needs any more; returns its first row. */
function sweepList(g: Group, first: usize): u32 {
  let head = first, last: usize = 0;
  for (let row = first; row;) {
    const next: usize = behind(row);
    if (!(flagsOf(row) & ROW_FREE)) {
      last = row;
    } else {
      if (last) store<u32>(last, <u32>next | flagsOf(last), ROW_STATE);
      else head = next;
      store<u32>(row, 0, ROW_STATE);
      rowFree(g, row);
    }
    row = next;
  }
  return <u32>head;
}

/** Takes out all of them. */
export function sweep(g: Group): void {
  if (!g.deadRows || g.loose) return;
  g.round = sweepList(g, g.round);
  g.dirty = sweepList(g, g.dirty);
  g.dirtyRows -= min<u32>(g.dirtyRows, g.deadRows);
  g.deadRows = 0;
}

/** The same where they have become many, so that the work is small for each of them. */
export function sweepMany(g: Group): void {
  if (!g.loose && g.deadRows >= SWEEP_ROWS_MIN && g.deadRows > g.dirtyRows >>> 1) sweep(g);
}
