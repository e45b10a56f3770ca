// What leaves an aggregation: windows that have fired, windows that are still open, and rows that changed.
import { arena_alloc } from "../memory";
import { INT64 } from "../layout";
import { ROW_MARK } from "../state/row";
import { rowsList } from "../state/order";
import { cursorList, cursorReset } from "./cursor";
import { emitBegin, emitColumn, emitRoom, emitTimes } from "./emit";
import { hopOf, hopReset } from "./hop";
import { passedSeal } from "./seal";
import { emitKeys, emitResults, emitStates } from "./result";
import { Slice, sliceAt, slicePosition, slicesDrop, tableAt } from "./slice";
import { Aggregation } from "./spec";
import { versionsDrop } from "./version";
import { Cursor, cursorFree } from "./window_rows";
import { lastFired, timeOf } from "./window";

/** No memory for the batch. */
const NO_MEMORY: i32 = -1;
/** Rows that one step of a change listing looks at. */
const CHANGE_SCAN_ROWS: u32 = 65_536;

/** Everything before the watermark has come: windows that end there or before fire. */
export function agg_advance(aggregation: usize, ms: f64): void {
  const a = changetype<Aggregation>(aggregation), watermark = timeOf(ms);
  if (watermark <= a.watermark) return;
  a.watermark = watermark;
  const window = lastFired(a, watermark);
  if (window > a.frozen) a.frozen = window;
  passedSeal(a);
}

@inline function cursorAt(address: u32): Cursor {
  return changetype<Cursor>(<usize>address);
}

/** Rows of the windows up to `last`, as columns; returns how many, or a negative status. */
function emitWindows(a: Aggregation, cursor: Cursor, last: i64, most: u32): i32 {
  const list = arena_alloc(<usize>most << 2), windows = emitRoom(most);
  if (!list || !windows) return NO_MEMORY;
  const rows = cursorList(a, cursor, last, list, windows, most);
  if (cursor.error) return NO_MEMORY;
  if (!rows) return 0;
  emitBegin(a, list, rows);
  const times = emitTimes(windows, a.slide, a.offset) && emitTimes(windows, a.slide, a.offset + a.size);
  return times && emitKeys(a) && emitResults(a) ? rows : NO_MEMORY;
}

/** Up to `most` rows of windows that have fired; 0 when there are no more. Frees the slices that are done. */
export function agg_pull(aggregation: usize, most: u32): i32 {
  const a = changetype<Aggregation>(aggregation), cursor = cursorAt(a.fire);
  const rows = emitWindows(a, cursor, a.frozen, most);
  if (rows < 0) return rows;
  if (!rows) cursorReset(cursor, a.frozen);
  a.drained = cursor.active ? cursor.window - 1 : cursor.window;
  versionsDrop(a, a.drained);
  slicesDrop(a, a.drained);
  return rows;
}

/** Starts the listing of open windows again. */
export function agg_peek_reset(aggregation: usize): void {
  const a = changetype<Aggregation>(aggregation), cursor = cursorAt(a.peek);
  cursorReset(cursor, a.frozen);
}

/** Up to `most` rows of windows that have not fired; 0 when there are no more. State is as it was. */
export function agg_peek(aggregation: usize, most: u32): i32 {
  const a = changetype<Aggregation>(aggregation), cursor = cursorAt(a.peek), overflows = a.overflowRows;
  if (cursor.window < a.frozen) cursorReset(cursor, a.frozen);
  const rows = emitWindows(a, cursor, i64.MAX_VALUE, most);
  a.overflowRows = overflows;
  if (!rows) peekEnd(a, cursor);
  return rows;
}

/** Gives back what the listing has taken. */
function peekEnd(a: Aggregation, cursor: Cursor): void {
  cursorFree(cursor);
  if (a.hop && hopOf(a).owner == a.peek) hopReset(a);
}

/** Starts the listing of rows whose mark is above `since`. */
export function agg_changes(aggregation: usize, since: u32): void {
  const a = changetype<Aggregation>(aggregation);
  a.changeSince = since;
  a.changeTakes = false;
  changesBegin(a);
}

/** What is listed for a checkpoint has this mark from then on, and what changes later has another. */
const STORED: u32 = 1;

/**
 * Starts a listing for a checkpoint, of the rows whose mark is not STORED, or of all: rows may be pushed between its steps. `again`: the listing before was
 * left, so that slices may have such rows that do not say so.
 */
export function agg_changes_take(aggregation: usize, whole: bool, again: bool): void {
  const a = changetype<Aggregation>(aggregation);
  a.mark = STORED + 1;
  a.changeSince = whole ? 0 : STORED;
  a.changeTakes = true;
  a.changeAgain = again;
  changesBegin(a);
}

function changesBegin(a: Aggregation): void {
  a.changeSlice = i64.MIN_VALUE;
  a.changeGroup = a.groupFrom;
  a.changeRow = 0;
}

/** Whether a slice has rows to list; one that is listed for a checkpoint has none any more, but those that come from now on. */
function hasChanges(a: Aggregation, slice: Slice): bool {
  if (!a.changeTakes) return slice.mark > a.changeSince;
  const begun = a.changeGroup != a.groupFrom || a.changeRow != 0;
  if (!begun && !a.changeAgain && slice.mark <= a.changeSince) return false;
  if (!begun) slice.mark = STORED;
  return true;
}

// What a step of the listing has found
let found: u32 = 0;
let scanned: u32 = 0;

/** Lists changed rows of one table from a.changeRow on; true when it is through with the table. */
function changesOfTable(
  a: Aggregation, position: u32, list: usize, ordinals: usize, groups: usize, starts: usize, most: u32,
): bool {
  const slice = sliceAt(a, position), table = tableAt(a, slice, a.changeGroup);
  if (!changetype<usize>(table)) return true;
  let looked: u32 = 0;
  do {
    // What is found takes the place of what was looked at
    const from = list + (<usize>found << 2), room = min<u32>(most - found, CHANGE_SCAN_ROWS - scanned);
    if (!room) return a.changeRow == table.rows;
    looked = rowsList(a, table, a.changeRow, from, room);
    for (let i: u32 = 0; i < looked; i++) {
      const row: usize = load<u32>(from + (<usize>i << 2));
      if (load<u32>(row, ROW_MARK) <= a.changeSince) continue;
      if (a.changeTakes) store<u32>(row, STORED, ROW_MARK);
      store<u32>(list + (<usize>found << 2), <u32>row);
      store<i64>(ordinals + (<usize>found << 3), a.changeRow + i);
      store<i64>(groups + (<usize>found << 3), a.changeGroup);
      store<i64>(starts + (<usize>found << 3), slice.index);
      found++;
    }
    scanned += looked;
    a.changeRow += looked;
  } while (looked);
  return true;
}

/**
 * Up to `most` changed rows: slice start, key group, row number in the table, keys, states. Returns how many (none
 * are a step without a find), or -2 when there are no more.
 */
export function agg_changes_next(aggregation: usize, most: u32): i32 {
  const a = changetype<Aggregation>(aggregation);
  const list = arena_alloc(<usize>most << 2);
  const ordinals = emitRoom(most), starts = emitRoom(most), groups = emitRoom(most);
  if (!list || !ordinals || !starts || !groups) return NO_MEMORY;
  found = 0;
  scanned = 0;
  let position = slicePosition(a, a.changeSlice);
  if (position == a.sliceCount) return -2;
  for (; position < a.sliceCount; position++) {
    const slice = sliceAt(a, position);
    if (slice.index != a.changeSlice) {
      a.changeSlice = slice.index;
      a.changeGroup = a.groupFrom;
      a.changeRow = 0;
    }
    if (!hasChanges(a, slice)) continue;
    let through = true;
    while (through && a.changeGroup < a.groupTo) {
      through = changesOfTable(a, position, list, ordinals, groups, starts, most);
      if (!through) break;
      a.changeGroup++;
      a.changeRow = 0;
    }
    if (!through) break;
  }
  if (position == a.sliceCount) a.changeSlice = i64.MAX_VALUE;
  emitBegin(a, list, found);
  const leading = emitTimes(starts, a.width, a.offset) && emitColumn(INT64, 0, groups, 0) &&
    emitColumn(INT64, 0, ordinals, 0);
  return leading && emitKeys(a) && emitStates(a) ? found : NO_MEMORY;
}
