// MERGED TABLES: what the keys of a key group have in one or several slices, of which rows are in a file, put together: rows of pieces
// (cold.ts) in the order in which they left, then those in memory, slice by slice. So a key stands where it came first, as it would had nothing
// left. The table is made for one listing, does not heed the state's bound, and does not count as rows of state.
import { bytesNeeded, bytesReserve, bytesWrite } from "../state/bytes";
import { rowsList } from "../state/order";
import { ROW_FLAGS, ROW_KEYS, ROW_MARK, rowHash } from "../state/row";
import { Table, rowOfEntry, tableAppend, tableFree, tableIndex, tableMake, tableReserve, tagDiffers } from "../state/table";
import { blockReady, blockStates } from "./block";
import { PIECE_HEADER, callLength, isPiece, keyLength, pieceRows, textBytes, writePiece } from "./cold";
import { combineNeeds, combineRow } from "./combine";
import { STORED } from "./fire";
import { hopOf } from "./hop";
import { boundaryAfter } from "./hop_fold";
import { sameKey } from "./hop_index";
import { nullMask } from "./keys";
import { hasKey } from "./look";
import { rowReset } from "./merge";
import { directFree } from "./direct";
import { Slice, setWarm, sliceFind, tableAt, tableSet } from "./slice";
import { Aggregation, OP_AVG_INT, OP_COUNT, callAt, isBytes, isPresent, keyCell, keyType, setPresent } from "./spec";
import { rowForWindow } from "./version";
import { wideMerge } from "./wide";
import { Cursor } from "./window_rows";

// Answers
const DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;

// How rows come into the table
/** They count as they were at the last cut. */
const AS_STORED: u32 = 1;
/** All of them have changed since. */
const AS_CHANGED: u32 = 16;
/** They stand for all that their keys have had. */
const IN_PLACE: u32 = 2;
/** As rows of a window, whose sums have their wraps where hops make them. */
const MADE: u32 = 4;
/** Those in memory are as they were at a cut from then on. */
const STORES: u32 = 8;
/** Their keys alone. */
const KEYS: u32 = 32;

const LIST_ROWS: u32 = 1024;

/** An empty table for about `rows` rows; 0 without memory. */
export function agg_merge_begin(aggregation: usize, rows: u32): usize {
  const table = tableMake(changetype<Aggregation>(aggregation));
  if (changetype<usize>(table)) table.expected = rows;
  return changetype<usize>(table);
}

function find(a: Aggregation, table: Table, row: usize, hash: u32): usize {
  let at = hash & table.mask;
  while (true) {
    const entry = load<u32>(<usize>table.index + (<usize>at << 2));
    if (!entry) return 0;
    const own = rowOfEntry(entry);
    if (!tagDiffers(entry, hash) && rowHash(a, own) == hash && sameKey(a, own, row)) return own;
    at = (at + 1) & table.mask;
  }
}

/** A new row with the key of another; 0 without memory. */
function append(a: Aggregation, table: Table, row: usize, hash: u32): usize {
  let bytes: u64 = 0;
  for (let k: u32 = 0; k < a.keys; k++) bytes += bytesNeeded(0, false, keyLength(a, row, k));
  if (!tableReserve(a, table) || (bytes && !bytesReserve(a, table, bytes))) return 0;
  const own = tableAppend(a, table, hash, a.hashAt ? load<u8>(row + a.hashAt, 4) : 0);
  a.rows--;
  store<u32>(own, load<u32>(row, ROW_FLAGS) & nullMask(a), ROW_FLAGS);
  for (let k: u32 = 0; k < a.keys; k++) {
    const from = row + keyCell(k), cell = own + keyCell(k);
    if (isBytes(keyType(a, k))) bytesWrite(table, cell, false, load<u32>(from), load<u32>(from, 4));
    else store<u64>(cell, load<u64>(from));
  }
  return own;
}

/** Adds counts and sums of integers to those of a row as hops make it. */
function addMade(a: Aggregation, own: usize, row: usize): void {
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i), cell = call.cell;
    if (call.op == OP_COUNT) {
      store<i64>(own + cell, load<i64>(own + cell) + load<i64>(row + cell));
      continue;
    }
    if (!isPresent(a, call, row)) continue;
    wideMerge(own, row, cell, call.madeWraps, call.wraps);
    if (call.op == OP_AVG_INT) store<i64>(own + cell, load<i64>(own + cell, 8) + load<i64>(row + cell, 8), 8);
    setPresent(a, call, own);
  }
}

/** Adds the image of a row; false without memory. */
function put(a: Aggregation, table: Table, row: usize, mark: u32, how: u32): bool {
  const hash = rowHash(a, row);
  if (!tableIndex(a, table)) return false;
  let own = find(a, table, row, hash);
  if (!own) {
    own = append(a, table, row, hash);
    if (!own) return false;
  } else if (how & IN_PLACE) {
    rowReset(a, own);
  }
  if (mark > load<u32>(own, ROW_MARK)) store<u32>(own, mark, ROW_MARK);
  if (how & KEYS) return true;
  if ((how & MADE) && a.hop && !a.suffixAt) {
    addMade(a, own, row);
    return true;
  }
  const bytes = a.variable ? combineNeeds(a, own, row) : 0;
  if (bytes && !bytesReserve(a, table, bytes)) return false;
  combineRow(a, own, row, table);
  return true;
}

/** Makes the texts of a record's row readable where they are; returns where the next record is. */
function readRecord(a: Aggregation, row: usize): usize {
  let at = row + a.slotBytes;
  const next = row + ((a.slotBytes + textBytes(a, row) + 15) & ~15);
  for (let k: u32 = 0; k < a.keys; k++) {
    if (!isBytes(keyType(a, k))) continue;
    store<u32>(row + keyCell(k), <u32>at);
    at += keyLength(a, row, k);
  }
  for (let i: u32 = 0; a.variable && i < a.calls; i++) {
    const length = callLength(a, row, i);
    if (!length) continue;
    store<u32>(row + callAt(a, i).cell, <u32>at);
    at += length;
  }
  return next;
}

@inline function markOf(row: usize, how: u32): u32 {
  if (how & AS_STORED) return STORED;
  return how & AS_CHANGED ? STORED + 1 : load<u32>(row, ROW_MARK);
}

/** Adds the rows of a piece; of them only that of the key in the first row of `key` (COLUMNs), unless it is 0. */
export function agg_merge_piece(aggregation: usize, merged: usize, piece: usize, bytes: u32, group: u32, how: u32, key: usize): i32 {
  const a = changetype<Aggregation>(aggregation), table = changetype<Table>(merged);
  if (!isPiece(piece, bytes, group)) return DAMAGED;
  let row = piece + PIECE_HEADER;
  for (let left = pieceRows(piece); left; left--) {
    const next = readRecord(a, row);
    if (!key || hasKey(a, row, key)) {
      if (!put(a, table, row, markOf(row, how), how)) return NO_MEMORY;
    }
    row = next;
  }
  return DONE;
}

/** Adds the rows that a slice has in memory; with `MADE` as they are for a window. */
export function agg_merge_rows(aggregation: usize, merged: usize, index: f64, group: u32, how: u32, window: f64, key: usize): i32 {
  const a = changetype<Aggregation>(aggregation), slice = sliceFind(a, <i64>index);
  const table = changetype<usize>(slice) ? tableAt(a, slice, group) : changetype<Table>(0);
  if (!changetype<usize>(table)) return DONE;
  if (!blockReady()) return NO_MEMORY;
  const list = blockStates(), versions = (how & MADE) != 0 && a.hop != 0 && !slice.slab;
  for (let first: u32 = 0; first < table.rows;) {
    const rows = rowsList(a, table, first, list, LIST_ROWS);
    for (let i: u32 = 0; i < rows; i++) {
      const row: usize = load<u32>(list + (<usize>i << 2)), image = versions ? rowForWindow(a, row, <i64>window) : row;
      if (!image || (key && !hasKey(a, image, key))) continue;
      if (!put(a, changetype<Table>(merged), image, load<u32>(row, ROW_MARK), how)) return NO_MEMORY;
      if (how & STORES) store<u32>(row, STORED, ROW_MARK);
    }
    first += rows;
  }
  return DONE;
}

/** Adds the rows of another merged table, which stay there; false without memory. */
export function agg_merge_table(aggregation: usize, merged: usize, other: usize): bool {
  const a = changetype<Aggregation>(aggregation), table = changetype<Table>(other), list = blockStates();
  if (!blockReady()) return false;
  for (let first: u32 = 0; first < table.rows;) {
    const rows = rowsList(a, table, first, list, LIST_ROWS);
    for (let i: u32 = 0; i < rows; i++) {
      if (!put(a, changetype<Table>(merged), load<u32>(list + (<usize>i << 2)), 0, 0)) return false;
    }
    first += rows;
  }
  return true;
}

/** Writes rows of a merged table from the one numbered `first` on as a piece; its bytes, 0 at the end. `rows` (u32) says how many. */
export function agg_merge_write(
  aggregation: usize, merged: usize, index: f64, group: u32, first: u32, to: usize, room: u32, rows: usize,
): u32 {
  const a = changetype<Aggregation>(aggregation);
  const bytes = writePiece(a, changetype<Table>(merged), <i64>index, group, first, to, room);
  store<u32>(rows, bytes ? pieceRows(to) : 0);
  return bytes;
}

/** Bytes that the longest record of a merged table takes, with the head of a piece. */
export function agg_merge_longest(aggregation: usize, merged: usize): u32 {
  const a = changetype<Aggregation>(aggregation), table = changetype<Table>(merged), list = blockStates();
  let longest: u32 = 0;
  for (let first: u32 = 0; first < table.rows;) {
    const rows = rowsList(a, table, first, list, LIST_ROWS);
    for (let i: u32 = 0; i < rows; i++) longest = max(longest, textBytes(a, load<u32>(list + (<usize>i << 2))));
    first += rows;
  }
  return PIECE_HEADER + ((a.slotBytes + longest + 15) & ~15);
}

/** Frees a merged table. */
export function agg_merge_end(aggregation: usize, merged: usize): void {
  const a = changetype<Aggregation>(aggregation), table = changetype<Table>(merged);
  a.rows += table.rows;
  tableFree(a, table);
}

/** The part for which a push has stopped: slice, key group (f64 each); false: it has stopped for another reason. */
export function agg_cold_wanted(aggregation: usize, out: usize): bool {
  const a = changetype<Aggregation>(aggregation), wants = a.wants;
  a.wants = false;
  store<f64>(out, <f64>a.wantSlice);
  store<f64>(out, <f64>a.wantGroup, 8);
  return wants;
}

/** Makes a merged table the one of its part, of which nothing is in a file any more. */
export function agg_cold_back(aggregation: usize, merged: usize, index: f64, group: u32): void {
  const a = changetype<Aggregation>(aggregation), slice = sliceFind(a, <i64>index), table = changetype<Table>(merged);
  a.rows += table.rows;
  slice.rows += table.rows;
  slice.mark = a.mark;
  a.version++;
  setWarm(a, slice, group);
  tableSet(a, slice, group, table);
  directFree(a, slice);
}

@inline function cursorOf(a: Aggregation, peeks: bool): Cursor {
  return changetype<Cursor>(<usize>(peeks ? a.peek : a.fire));
}

/**
 * What a drain, or with `peeks` a listing, waits for: first slice, slices, key group, window, and, where windows are folded from two sides
 * (hop_fold.ts), the first slice behind the boundary, else 0 (f64 each).
 */
export function agg_cold_wants(aggregation: usize, peeks: bool, out: usize): void {
  const a = changetype<Aggregation>(aggregation), cursor = cursorOf(a, peeks);
  store<f64>(out, <f64>(cursor.window * (a.slide / a.width)));
  store<f64>(out, <f64>(a.size / a.width), 8);
  store<f64>(out, <f64>cursor.group, 16);
  store<f64>(out, <f64>cursor.window, 24);
  const folds = a.inOrder && a.hop != 0, start = cursor.window * (a.slide / a.width);
  store<f64>(out, folds ? <f64>boundaryAfter(hopOf(a), cursor.group, start) : 0, 32);
}

/** Hands over the table that it waits for. */
export function agg_cold_give(aggregation: usize, peeks: bool, merged: usize): void {
  const a = changetype<Aggregation>(aggregation), cursor = cursorOf(a, peeks);
  cursor.merged = <u32>merged;
  cursor.listed = false;
  cursor.version = a.version;
}

/** Frees the table that a cursor has listed. */
export function mergedDrop(a: Aggregation, cursor: Cursor): void {
  if (cursor.merged) agg_merge_end(changetype<usize>(a), cursor.merged);
  cursor.merged = 0;
  cursor.listed = false;
}
