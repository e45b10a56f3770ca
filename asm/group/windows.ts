// Windows that are open, ascending by their ends, each with the list of its rows in memory; others of it may have left (cold.ts).
//
//   WINDOW   0          8           12         16          20          24
//            +----------+-----------+----------+-----------+-----------+-----------+--------
//            | end i64  | first u32 | last u32 | count u32 | fired u32 | mixed u32 | unused
//            +----------+-----------+----------+-----------+-----------+-----------+--------
//
//   fired    all of its rows are out
//   mixed    rows have come back: they are not in the order in which they were made
import { COLUMN_DATA, COLUMN_SIZE } from "../layout";
import { spaceGive, spaceTake } from "../state/space";
import { FLAG_FINAL, Group, ROW_FIRED, ROW_NEWER, ROW_OLDER, has, keyCell } from "./spec";

const WINDOW: u32 = 32;
export const FIRST: usize = 8;
const LAST: usize = 12;
export const COUNT: usize = 16;
export const FIRED: usize = 20;
export const MIXED: usize = 24;
const CAPACITY_MIN: u32 = 16;
/** ROW_FIRED of a row that has left while tables were restored: whether it is out, its window knows when it is back. */
const UNKNOWN: u32 = 2;

@inline export function windowAt(g: Group, i: u32): usize {
  return <usize>g.ends + i * WINDOW;
}

@inline export function endOf(g: Group, row: usize): i64 {
  return load<i64>(row + keyCell(g.endKey));
}

/** Whether the watermark has passed the window that a row of input belongs to. */
@inline export function isLate(g: Group, keys: usize, number: u32): bool {
  const data: usize = load<u32>(keys + g.endKey * COLUMN_SIZE, COLUMN_DATA);
  return load<i64>(data + (<usize>number << 3)) - 1 + g.lateness <= g.watermark;
}

function grow(g: Group): bool {
  const more = g.endCapacity ? g.endCapacity << 1 : CAPACITY_MIN, fresh = spaceTake(g, more * WINDOW);
  if (!fresh) return false;
  if (g.ends) {
    memory.copy(fresh, g.ends, g.endCount * WINDOW);
    spaceGive(g, g.ends, g.endCapacity * WINDOW);
  }
  g.ends = <u32>fresh;
  g.endCapacity = more;
  return true;
}

/** The window with this end, made when there is none; 0 when there is no memory. Mostly it is one of the last. */
function windowOf(g: Group, end: i64): usize {
  let low: u32 = 0, high = g.endCount;
  if (high && load<i64>(windowAt(g, high - 1)) < end) low = high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<i64>(windowAt(g, middle)) < end) low = middle + 1;
    else high = middle;
  }
  if (low < g.endCount && load<i64>(windowAt(g, low)) == end) return windowAt(g, low);
  if (g.endCount == g.endCapacity && !grow(g)) return 0;
  const at = windowAt(g, low);
  memory.copy(at + WINDOW, at, (g.endCount - low) * WINDOW);
  memory.fill(at, 0, WINDOW);
  store<i64>(at, end);
  // What comes to a window that has passed is told at once, whichever rows came before it
  store<u32>(at, u32(has(g, FLAG_FINAL) && end - 1 <= g.watermark), FIRED);
  g.endCount++;
  return at;
}

/** Windows that the watermark has passed are out, where results are final. */
export function firedRestore(g: Group): void {
  if (!has(g, FLAG_FINAL)) return;
  for (let i: u32 = 0; i < g.endCount; i++) {
    const window = windowAt(g, i), out = u32(load<i64>(window) - 1 <= g.watermark);
    store<u32>(window, out, FIRED);
    for (let row: usize = load<u32>(window, FIRST); row; row = load<u32>(row, ROW_NEWER)) store<u32>(row, out, ROW_FIRED);
  }
}

/** Puts a row behind those of its window. */
function join(g: Group, window: usize, row: usize): void {
  const last: usize = load<u32>(window, LAST);
  if (last) store<u32>(last, <u32>row, ROW_NEWER);
  else store<u32>(window, <u32>row, FIRST);
  store<u32>(row, 0, ROW_NEWER);
  store<u32>(row, <u32>last, ROW_OLDER);
  store<u32>(window, <u32>row, LAST);
  store<u32>(window, load<u32>(window, COUNT) + 1, COUNT);
}

/** Puts a new row into the list of its window; false when there is no memory. */
export function openWindow(g: Group, row: usize): bool {
  const window = windowOf(g, endOf(g, row));
  if (!window) return false;
  join(g, window, row);
  store<u32>(row, load<u32>(window, FIRED), ROW_FIRED);
  return true;
}

/** Takes a row out of the list of its window. */
export function leaveWindow(g: Group, window: usize, row: usize): void {
  const newer: usize = load<u32>(row, ROW_NEWER), older: usize = load<u32>(row, ROW_OLDER);
  if (newer) store<u32>(newer, <u32>older, ROW_OLDER);
  else store<u32>(window, <u32>older, LAST);
  if (older) store<u32>(older, <u32>newer, ROW_NEWER);
  else store<u32>(window, <u32>newer, FIRST);
  store<u32>(window, load<u32>(window, COUNT) - 1, COUNT);
}

/** A row is about to leave memory, and its window waits for it; false: it stays, since there is no memory for that, or it is being handed out. */
export function windowWaits(g: Group, row: usize): bool {
  if (g.firing) return false;
  if (!g.restoring) return true;
  // Rows that are restored are in no list yet
  store<u32>(row, UNKNOWN, ROW_FIRED);
  return windowOf(g, endOf(g, row)) != 0;
}

/** A row leaves memory. */
export function windowLeft(g: Group, row: usize): void {
  if (!g.restoring) leaveWindow(g, windowOf(g, endOf(g, row)), row);
}

/** A row is back in memory; its window is there. */
export function windowBack(g: Group, row: usize): bool {
  if (g.restoring) return true;
  const window = windowOf(g, endOf(g, row));
  if (!window) return false;
  join(g, window, row);
  store<u32>(window, 1, MIXED);
  if (load<u32>(row, ROW_FIRED) == UNKNOWN) store<u32>(row, load<u32>(window, FIRED), ROW_FIRED);
  return true;
}

/** When a row has to be back: to come out, or to go. */
export function windowDue(g: Group, row: usize): i64 {
  const isOut = load<u32>(row, ROW_FIRED) == 1 || !has(g, FLAG_FINAL);
  return endOf(g, row) - 1 + (isOut ? g.lateness : 0);
}

/** The first windows go. */
export function windowsGone(g: Group, gone: u32): void {
  g.endCount -= gone;
  memory.copy(g.ends, windowAt(g, gone), g.endCount * WINDOW);
}

/** Frees the list of windows. */
export function endsFree(g: Group): void {
  if (g.ends) spaceGive(g, g.ends, g.endCapacity * WINDOW);
}
