// Rows of a window of several slices, made for one key group after the other: in order of first insertion, that is by
// ascending slices and the order of insertion inside each. They are images of state rows, and refer to the bytes of
// the slices' rows.
import { block_alloc, block_free, state_room } from "../memory";
import { HopGroup, hopGroupAt, hopGroupForget, hopOf, hopReset, positionOf } from "./hop";
import { directAdapt } from "./hop_direct";
import { boundaryAfter, foldGroup, makeRow } from "./hop_fold";
import { lateFold, lateUnfold } from "./hop_late";
import { slicesLink, slicesUnlink } from "./hop_link";
import { itemAt, itemEntry } from "./hop_order";
import { sliceAt } from "./slice";
import { Aggregation } from "./spec";
import { touchSlice } from "./touch";

@unmanaged
export class Cursor {
  window: i64;
  version: u64; // of the aggregation when rows were made
  group: u32;
  row: u32; // in the key group, handed out so far
  active: bool; // in a window
  combined: bool; // rows of this (window, group) are made
  error: bool; // no memory
  rows: u32; // made rows: address
  rowsCapacity: u32; // bytes
  rowsUsed: u32; // bytes
  groupAt: u32; // where the rows of the group begin, in bytes
  merged: u32; // table of the rows of a window that were partly in a file (cold_merge.ts), or 0
  listed: bool; // all of its rows have been
  waits: bool; // somebody has to make it
}

export const CURSOR_BYTES: u32 = 64;
const ROWS_BYTES_MIN: u32 = 4096;

export function cursorFree(cursor: Cursor): void {
  if (cursor.rows) block_free(cursor.rows, cursor.rowsCapacity);
  cursor.rows = 0;
  cursor.rowsUsed = 0;
  cursor.rowsCapacity = 0;
  cursor.combined = false;
}

/** Room for `bytes` more; false when there is no memory. */
function rowsReserve(cursor: Cursor, bytes: u32): bool {
  const needed = <u64>cursor.rowsUsed + <u64>bytes;
  if (needed <= <u64>cursor.rowsCapacity) return true;
  let capacity: u64 = cursor.rowsCapacity ? cursor.rowsCapacity : ROWS_BYTES_MIN;
  while (capacity < needed) capacity <<= 1;
  const room = capacity < 1 << 31 ? block_alloc(<usize>capacity) : 0;
  if (!room) return false;
  if (cursor.rows) {
    memory.copy(room, cursor.rows, cursor.rowsUsed);
    block_free(cursor.rows, cursor.rowsCapacity);
  }
  cursor.rows = <u32>room;
  cursor.rowsCapacity = <u32>capacity;
  return true;
}

/**
 * Windows are kept for one cursor at a time, and only forwards: for another, and for a listing after a push, they are
 * made anew.
 */
function claim(a: Aggregation, cursor: Cursor, g: HopGroup): void {
  const hop = hopOf(a), owner = <u32>changetype<usize>(cursor), lists = owner == a.peek;
  if (hop.owner == owner && cursor.window > g.window && !(lists && hop.version != a.version)) return;
  hopReset(a);
  hop.owner = owner;
  hop.version = a.version;
}

/** Brings the group from the window before to this one. */
function slide(a: Aggregation, g: HopGroup, group: u32, window: i64): bool {
  const hop = hopOf(a), start = window * hop.step;
  if (!slicesUnlink(a, g, group, start)) return false;
  const turns = a.suffixAt != 0 && start >= g.boundary;
  if (turns) g.boundary = boundaryAfter(hop, group, start);
  if (!slicesLink(a, g, group, start + hop.slices, !turns)) return false;
  if (turns && g.count) foldGroup(a, g, group);
  return !g.late || lateFold(a, g, group, window);
}

function makeRows(a: Aggregation, cursor: Cursor, g: HopGroup): bool {
  if (!rowsReserve(cursor, g.count * a.madeBytes)) return false;
  const hop = hopOf(a);
  let to = <usize>cursor.rows + cursor.rowsUsed;
  for (let i: u32 = 0; i < g.count; i++, to += a.madeBytes) makeRow(a, hop, g, itemEntry(itemAt(g, i)), to);
  cursor.rowsUsed = <u32>to - cursor.rows;
  return true;
}

/** The first slice of a window is the one that goes out with it, and was not looked at since it came in. */
function touchFirst(a: Aggregation, index: i64): void {
  const position = positionOf(a, index);
  if (position < a.sliceCount && sliceAt(a, position).index == index) touchSlice(a, sliceAt(a, position));
}

/**
 * Makes the rows of the cursor's window for its key group, behind the rows that are there, and takes out what the next
 * window has not got; false when there is no memory.
 */
export function combineGroup(a: Aggregation, cursor: Cursor): bool {
  const group = cursor.group, window = cursor.window, g = hopGroupAt(a, group);
  claim(a, cursor, g);
  cursor.groupAt = cursor.rowsUsed;
  if (group == a.groupFrom) {
    touchFirst(a, window * hopOf(a).step);
    directAdapt(a, hopOf(a));
  }
  const made = slide(a, g, group, window) && makeRows(a, cursor, g);
  if (made && g.late) lateUnfold(a, g, window);
  if (made && slicesUnlink(a, g, group, (window + 1) * hopOf(a).step)) {
    g.window = window;
    // What it keeps for the next window can be made again, and has no bound
    if (state_room() < <usize>a.coldRoom) hopGroupForget(a, group);
    return true;
  }
  hopReset(a);
  return false;
}
