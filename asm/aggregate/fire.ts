// What leaves an aggregation: windows that have fired, windows that are still open, and rows that changed.
import { arena_alloc } from "../memory";
import { INT64 } from "../layout";
import { cursorList, cursorReset, gatherRows } from "./cursor";
import { mergedDrop } from "./cold_merge";
import { changeBlocksRound } from "./change_blocks";
import { changesOfTable, scanApart, scanBegin, scanFound } from "./change_scan";
import { changesDrop, changesFree } from "./cold_changes";
import { emitBegin, emitColumn, emitRoom, emitTimes } from "./emit";
import { hopOf, hopReset } from "./hop";
import { passedSeal } from "./seal";
import { emitKeys, emitResults, emitStates } from "./result";
import { Slice, isCold, sliceAt, slicePosition, slicesDrop } from "./slice";
import { Aggregation } from "./spec";
import { versionsDrop } from "./version";
import { Cursor, cursorFree } from "./window_rows";
import { lastFired, timeOf } from "./window";

/** No memory for the batch. */
const NO_MEMORY: i32 = -1;
/** What comes next is partly in a file: it has to be put together first (cold_merge.ts). */
const COLD: i32 = -3;

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
  if (!rows) return cursor.waits ? COLD : 0;
  emitBegin(a, list, rows);
  const times = emitTimes(windows, a.slide, a.offset) && emitTimes(windows, a.slide, a.offset + a.size);
  return times && emitKeys(a) && emitResults(a) ? rows : NO_MEMORY;
}

/** Up to `most` rows of windows that have fired; 0 when there are no more, COLD. Frees the slices that are done. */
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
  mergedDrop(a, cursor);
  cursorFree(cursor);
  if (a.hop && hopOf(a).owner == a.peek) hopReset(a);
}

/** Starts the listing of rows whose mark is above `since`. */
export function agg_changes(aggregation: usize, since: u32): void {
  const a = changetype<Aggregation>(aggregation);
  a.changeSince = since;
  a.changeTakes = false;
  changesDrop(a);
  changesBegin(a);
}

/** What is listed for a checkpoint has this mark from then on, and what changes later has another. */
export const STORED: u32 = 1;

/**
 * Starts a listing for a checkpoint, of the rows whose mark is not STORED, or of all: rows may be pushed between its steps. `again`: the listing before was
 * left, so that slices may have such rows that do not say so. True: it was left in a part of which rows are in a file, at changeSlice and changeGroup: all of
 * that part has changed.
 */
export function agg_changes_take(aggregation: usize, whole: bool, again: bool): bool {
  const a = changetype<Aggregation>(aggregation), left = changesDrop(a);
  a.mark = STORED + 1;
  a.changeSince = whole ? 0 : STORED;
  a.changeTakes = true;
  a.changeAgain = again;
  changesBegin(a);
  changeBlocksRound(a, again);
  return left;
}

function changesBegin(a: Aggregation): void {
  a.changeSlice = i64.MIN_VALUE;
  a.changeGroup = a.groupFrom;
  a.changeRow = 0;
  a.changeInside = false;
}

/** Whether a slice has rows to list; one that is listed for a checkpoint has none any more, but those that come from now on. */
function hasChanges(a: Aggregation, slice: Slice): bool {
  if (!a.changeTakes) return slice.mark > a.changeSince;
  if (a.changeInside) return true;
  if (!a.changeAgain && slice.mark <= a.changeSince) return false;
  slice.mark = STORED;
  a.changeInside = true;
  return true;
}

/**
 * Up to `most` changed rows: slice start, key group, row number in the table, keys, states. Returns how many (none
 * are a step without a find), -2 when there are no more, or COLD.
 */
export function agg_changes_next(aggregation: usize, most: u32): i32 {
  const a = changetype<Aggregation>(aggregation);
  const list = arena_alloc(<usize>most << 2);
  const ordinals = emitRoom(most), starts = emitRoom(most), groups = emitRoom(most);
  if (!list || !ordinals || !starts || !groups) return NO_MEMORY;
  scanBegin(list, ordinals, groups, starts, most);
  if (a.changeListed) changesFree(a);
  let position = slicePosition(a, a.changeSlice);
  if (position == a.sliceCount) {
    changesFree(a);
    return -2;
  }
  for (; position < a.sliceCount; position++) {
    const slice = sliceAt(a, position);
    if (slice.index != a.changeSlice) {
      changesFree(a);
      a.changeInside = false;
      a.changeSlice = slice.index;
      a.changeGroup = a.groupFrom;
      a.changeRow = 0;
    }
    if (!hasChanges(a, slice)) continue;
    let through = true;
    while (through && a.changeGroup < a.groupTo) {
      const cold = a.coldParts != 0 && isCold(slice, a.changeGroup);
      if (cold && !a.changeMerged) {
        if (!scanFound) return COLD;
        through = false;
        break;
      }
      through = changesOfTable(a, slice);
      if (!through) break;
      a.changeGroup++;
      a.changeRow = 0;
      // Its rows are needed until they are written
      through = !cold;
      a.changeListed = cold;
    }
    if (!through) break;
  }
  if (position == a.sliceCount) a.changeSlice = i64.MAX_VALUE;
  if (scanApart) gatherRows(list, scanFound, a.slotBytes);
  emitBegin(a, list, scanFound);
  const leading = emitTimes(starts, a.width, a.offset) && emitColumn(INT64, 0, groups, 0) &&
    emitColumn(INT64, 0, ordinals, 0);
  return leading && emitKeys(a) && emitStates(a) ? scanFound : NO_MEMORY;
}
