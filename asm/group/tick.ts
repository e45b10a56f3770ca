// Early results: rows that have changed wait in the order of their first change until a tick, and come as they are then, or
// as deletes of their keys.
import { rowChanged } from "./dirty";
import { doom } from "./drop";
import { putResults } from "./fire";
import { AFTER, DELETE, DONE, NO_MEMORY, outRows, putKeys, select } from "./push";
import { noRoom, resultBegin } from "./result";
import { FLAG_WINDOWED, Group, ROW_ALIVE, ROW_CHANGED, has } from "./spec";

// ROW_CHANGED of the last row in the list
const END: u32 = 1;
const TICK_ROWS_MAX: u32 = 8192;

/** The row has changed. */
export function noteChange(g: Group, row: usize): void {
  if (load<u32>(row, ROW_CHANGED)) return;
  store<u64>(row + g.turnAt, ++g.turns);
  takeTurn(g, row);
}

/** The row, which is in no list, has its turn behind those that are in it. */
export function takeTurn(g: Group, row: usize): void {
  store<u32>(row, END, ROW_CHANGED);
  if (g.changed) store<u32>(g.lastChanged, <u32>row, ROW_CHANGED);
  else g.changed = <u32>row;
  g.lastChanged = <u32>row;
}

/** Takes a row that is about to be freed out of the list. */
export function forgetChange(g: Group, row: usize): void {
  if (!load<u32>(row, ROW_CHANGED)) return;
  let before: usize = 0;
  for (let at: usize = g.changed; at != row; at = load<u32>(at, ROW_CHANGED)) before = at;
  const next = load<u32>(row, ROW_CHANGED), rest: u32 = next == END ? 0 : next;
  if (before) store<u32>(before, next, ROW_CHANGED);
  else g.changed = rest;
  if (!rest) g.lastChanged = <u32>before;
}

/** An interval has ended: group_ticked hands out what has changed. */
export function group_tick(group: usize): void {
  changetype<Group>(group).ticking = true;
}

/** The next rows that have changed: +U, or −D where all rows of the key were taken back; DONE when there are no more. */
export function group_ticked(group: usize): i32 {
  const g = changetype<Group>(group);
  if (!g.ticking || !g.changed) {
    g.ticking = false;
    return DONE;
  }
  if (!outRows(g, TICK_ROWS_MAX)) return NO_MEMORY;
  resultBegin();
  let rows: u32 = 0;
  for (; rows < TICK_ROWS_MAX && g.changed; rows++) {
    const row: usize = g.changed, next = load<u32>(row, ROW_CHANGED), alive = load<i64>(row, ROW_ALIVE) > 0;
    g.changed = next == END ? 0 : next;
    store<u32>(row, 0, ROW_CHANGED);
    store<u64>(row + g.turnAt, 0);
    rowChanged(g, row);
    putKeys(g, row, rows);
    if (alive) putResults(g, row, rows);
    else if (!has(g, FLAG_WINDOWED)) doom(g, row);
    select(g, rows, alive ? AFTER : DELETE, 0);
  }
  return noRoom ? NO_MEMORY : <i32>rows;
}
