// CURSOR: how far a drain has got, as (window, key group, row): it names no address, so a checkpoint can keep it.
// Windows of one slice are read from its tables; those of several are made first, key group by key group, as rows of
// the cursor's own.
import { arena_alloc } from "../memory";
import { rowsList } from "../state/order";
import { rowCopy } from "../state/row";
import { Cursor, combineGroup } from "./window_rows";
import { mergedDrop } from "./cold_merge";
import { hopGroupForget, positionsForget } from "./hop";
import { isColdWindow, nextWindow, sliceAt, slicePosition, tableAt } from "./slice";
import { Table } from "../state/table";
import { Aggregation } from "./spec";

/** Rows that are gathered together: what they touch stays in the L1 cache and its TLB. */
const GATHER_ROWS: usize = 128;

/** Starts again in front of the window after `window`. */
export function cursorReset(cursor: Cursor, window: i64): void {
  cursor.window = window;
  cursor.active = false;
  cursor.combined = false;
  cursor.rowsUsed = 0;
  cursor.listed = true;
}

/**
 * Lists copies of the `bytes` of rows, side by side, in place of rows that lie far apart: columns are written one after the other, and each
 * would meet the same cache misses. Without memory the rows themselves stay listed.
 */
export function gatherRows(list: usize, rows: u32, bytes: u32): void {
  let to = arena_alloc(<usize>rows * bytes), all: u64 = 0;
  if (!to) return;
  for (const end = list + (<usize>rows << 2); list < end;) {
    const stop = min<usize>(end, list + (GATHER_ROWS << 2));
    // A loop that only loads has more cache misses under way than one that copies; no row has the mark 0
    for (let at = list; at < stop; at += 4) all |= load<u64>(load<u32>(at));
    if (!all) return;
    for (; list < stop; list += 4, to += bytes) {
      rowCopy(to, load<u32>(list), bytes);
      store<u32>(list, <u32>to);
    }
  }
}

/** Lists rows of a window of one slice; returns how many. The group is done when fewer come than asked for. */
function listSlice(a: Aggregation, cursor: Cursor, list: usize, most: u32): u32 {
  const index = cursor.window * (a.slide / a.width), position = slicePosition(a, index);
  if (position == a.sliceCount || sliceAt(a, position).index != index) return 0;
  const table = tableAt(a, sliceAt(a, position), cursor.group);
  if (!changetype<usize>(table)) return 0;
  const listed = rowsList(a, table, cursor.row, list, most);
  if (table.order) gatherRows(list, listed, a.rowBytes);
  return listed;
}

/**
 * The rows of the group are made. What the fire has made stays what it is: a window that has fired changes no more,
 * and bytes that it refers to are sealed before they are (version.ts). A listing is made anew after a push.
 */
@inline function isMade(a: Aggregation, cursor: Cursor): bool {
  return cursor.combined && (cursor.version == a.version || <u32>changetype<usize>(cursor) == a.fire);
}

/**
 * The same of a window of several slices. The offsets of rows are listed, since the rows may move until all are
 * combined.
 */
function listCombined(a: Aggregation, cursor: Cursor, list: usize, most: u32): u32 {
  if (!isMade(a, cursor)) {
    if (!combineGroup(a, cursor)) {
      cursor.error = true;
      return 0;
    }
    cursor.combined = true;
    cursor.version = a.version;
  }
  let listed: u32 = 0, offset = cursor.groupAt + cursor.row * a.madeBytes;
  for (; listed < most && offset < cursor.rowsUsed; listed++, offset += a.madeBytes) {
    store<u32>(list + (<usize>listed << 2), offset);
  }
  return listed;
}

/** The window has rows in a file; `merged` are all that it has in the group, while they are what they were. */
function isMerged(a: Aggregation, cursor: Cursor): bool {
  return cursor.merged != 0 && !cursor.listed && (cursor.version == a.version || <u32>changetype<usize>(cursor) == a.fire);
}

/** Lists rows of a window that were partly in a file, when somebody has put them together; else the cursor waits. */
function listMerged(a: Aggregation, cursor: Cursor, list: usize, most: u32): u32 {
  cursor.waits = !isMerged(a, cursor);
  // What the group has under way does not follow: the slices that it knows may be gone before it is asked for again
  if (cursor.waits && a.hop) hopGroupForget(a, cursor.group);
  if (cursor.waits) return 0;
  const listed = rowsList(a, changetype<Table>(<usize>cursor.merged), cursor.row, list, most);
  cursor.row += listed;
  if (listed == most) return listed;
  cursor.listed = true;
  next(a, cursor);
  return listed;
}

/** Goes on to the next key group. */
function next(a: Aggregation, cursor: Cursor): void {
  cursor.group++;
  cursor.row = 0;
  cursor.combined = false;
  if (cursor.group == a.groupTo) cursor.active = false;
}

function beginWindow(a: Aggregation, cursor: Cursor, window: i64): void {
  cursor.window = window;
  cursor.active = true;
  cursor.group = a.groupFrom;
  cursor.row = 0;
}

/** Forgets combined rows that have been handed out; those of the group that is under way move to the front. */
function compact(a: Aggregation, cursor: Cursor): void {
  if (!isMade(a, cursor)) {
    cursor.rowsUsed = 0;
    cursor.combined = false;
    return;
  }
  const from = cursor.groupAt + cursor.row * a.madeBytes, left = cursor.rowsUsed - from;
  memory.copy(cursor.rows, <usize>cursor.rows + from, left);
  cursor.rowsUsed = left;
  // The group begins in front of what is left of it: its rows that are gone have no bytes any more
  cursor.groupAt = 0 - cursor.row * a.madeBytes;
}

/** Writes the window at hand for `some` rows. */
function writeWindows(cursor: Cursor, windows: usize, some: u32): void {
  for (let i: u32 = 0; i < some; i++) store<i64>(windows + (<usize>i << 3), cursor.window);
}

/**
 * Lists the addresses of up to `most` rows of the windows up to `last`, and each one's window, from where the cursor
 * stands; returns how many. cursor.error: no memory; cursor.waits: for rows that are in a file.
 */
export function cursorList(a: Aggregation, cursor: Cursor, last: i64, list: usize, windows: usize, most: u32): u32 {
  const single = a.size == a.slide;
  let listed: u32 = 0;
  cursor.error = false;
  cursor.waits = false;
  if (cursor.listed || (cursor.merged && !isMerged(a, cursor))) mergedDrop(a, cursor);
  if (!single) {
    compact(a, cursor);
    positionsForget();
  }
  while (listed < most) {
    if (!cursor.active) {
      const window = nextWindow(a, cursor.window + 1);
      if (window > last || window == i64.MAX_VALUE) break;
      beginWindow(a, cursor, window);
    }
    const at = list + (<usize>listed << 2), room = most - listed;
    if (a.coldParts && isColdWindow(a, cursor.window, cursor.group)) {
      // Its rows are listed alone: they are what they are, and not as others are to be found
      if (listed) break;
      const some = listMerged(a, cursor, at, room);
      if (cursor.waits) return 0;
      writeWindows(cursor, windows, some);
      if (some) return some;
      mergedDrop(a, cursor);
      continue;
    }
    const some = single ? listSlice(a, cursor, at, room) : listCombined(a, cursor, at, room);
    if (cursor.error) break;
    writeWindows(cursor, windows + (<usize>listed << 3), some);
    listed += some;
    cursor.row += some;
    if (some == room) break;
    next(a, cursor);
  }
  if (!single) for (let i: u32 = 0; i < listed; i++) {
    const at = list + (<usize>i << 2);
    store<u32>(at, load<u32>(at) + cursor.rows);
  }
  return listed;
}
