// What an entry's image means, and how a window's row is made of it.
//
// Where every call has an inverse (counts, sums and averages of integers, which are exact), the image is the window's
// row: a row that comes in is added, a row that goes out is taken away. Each entry counts the rows in which a call has
// a value, to know when the call is NULL again.
//
// Otherwise windows are folded from two sides of a boundary (van Herk 1992, Gil and Werman 1993; per key as the "two
// stacks" of Tangwongsan et al., VLDB 2015). Each group has a boundary at every multiple of the window's length, plus
// a phase, so that groups pass theirs in turn:
//
//   slices   … │ ← suffixes of rows: this row and all behind it │ image of the entry: all since → │ …
//          start                                            boundary                             end
//
// A window is the suffix of its first row, combined with the image; the entry keeps it until one of them changes.
// Which doubles are added in which order hence depends on the window, the key group and the slices alone.
import { rowCopy } from "../state/row";
import { PAGE_HEADER, PAGE_NEXT, Table, pageUsed } from "../state/table";
import { combineRow } from "./combine";
import {
  ENTRY_FIELDS_BYTES, Hop, HopGroup, entryOfRow, firstOf, firstSlice, hopOf, hopScratch, isOut,
  isStale, madeRow, nextOf, nextSlice, positionOf, setFolded, setStale,
} from "./hop";
import { entryClear, entrySetKey } from "./hop_index";
import { itemAt, itemEntry } from "./hop_order";
import { pairAdd, pairTake } from "./hop_pair";
import { sliceAt, tableAt } from "./slice";
import { Aggregation, OP_AVG_INT, OP_COUNT, callAt, isPresent, setPresent } from "./spec";
import { touchHeader, touchTable } from "./touch";
import { rowForWindow } from "./version";
import { wideMerge, wideUnmerge } from "./wide";
import { floorDiv } from "./window";

const NO_TABLE: Table = changetype<Table>(0);

/** Rows in which the call has a value. */
@inline function presenceAt(a: Aggregation, entry: usize, i: u32): usize {
  return entry + a.madeBytes + ENTRY_FIELDS_BYTES + (<usize>i << 2);
}

/** Adds the image of a row to its entry, where every call has an inverse. */
@inline function addRow(a: Aggregation, hop: Hop, entry: usize, from: usize): void {
  if (hop.pairAt) pairAdd(a, hop, entry, from);
  else addCalls(a, entry, from);
}

function addCalls(a: Aggregation, entry: usize, from: usize): void {
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i), cell = call.cell;
    if (call.op == OP_COUNT) {
      store<i64>(entry + cell, load<i64>(entry + cell) + load<i64>(from + cell));
      continue;
    }
    if (!isPresent(a, call, from)) continue;
    wideMerge(entry, from, cell, call.madeWraps, call.wraps);
    if (call.op == OP_AVG_INT) store<i64>(entry + cell, load<i64>(entry + cell, 8) + load<i64>(from + cell, 8), 8);
    const at = presenceAt(a, entry, i);
    store<u32>(at, load<u32>(at) + 1);
    setPresent(a, call, entry);
  }
}

/** Takes the image of a row from its entry, where every call has an inverse. */
@inline export function foldOut(a: Aggregation, hop: Hop, entry: usize, from: usize): void {
  if (hop.pairAt) pairTake(a, hop, entry, from);
  else takeCalls(a, entry, from);
}

function takeCalls(a: Aggregation, entry: usize, from: usize): void {
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i), cell = call.cell;
    if (call.op == OP_COUNT) {
      store<i64>(entry + cell, load<i64>(entry + cell) - load<i64>(from + cell));
      continue;
    }
    if (!isPresent(a, call, from)) continue;
    wideUnmerge(entry, from, cell, call.madeWraps, call.wraps);
    if (call.op == OP_AVG_INT) store<i64>(entry + cell, load<i64>(entry + cell, 8) - load<i64>(from + cell, 8), 8);
    const at = presenceAt(a, entry, i), rows = load<u32>(at) - 1;
    store<u32>(at, rows);
    if (!rows) store<u32>(entry + a.presentAt, load<u32>(entry + a.presentAt) & ~call.bit);
  }
}

/** Adds the image of a row to its entry. */
@inline export function foldIn(a: Aggregation, hop: Hop, entry: usize, image: usize): void {
  if (a.suffixAt) {
    combineRow(a, entry, image, NO_TABLE);
    setStale(hop, entry, true);
  } else {
    addRow(a, hop, entry, image);
  }
}

/** The first boundary of the group behind the slice `start`. */
export function boundaryAfter(hop: Hop, group: u32, start: i64): i64 {
  const n = hop.slices, phase = (<i64>group * n) >> 7;
  return (floorDiv(start - phase, n) + 1) * n + phase;
}

@inline function isBefore(g: HopGroup, slice: u32): bool {
  return slice - <u32>g.start < <u32>(g.boundary - g.start);
}

/** Adds the row to its entry; in front of the boundary that makes the row's suffix. */
@inline function foldRow(a: Aggregation, entry: usize, row: usize, image: usize, before: bool): void {
  combineRow(a, entry, image, NO_TABLE);
  if (before) rowCopy(row + a.suffixAt, entry, a.imageBytes);
}

function foldTable(a: Aggregation, table: Table, before: bool): void {
  if (!changetype<usize>(table)) return;
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const end = page + PAGE_HEADER + pageUsed(table, page);
    for (let row = page + PAGE_HEADER; row < end; row += a.rowBytes) {
      const entry = entryOfRow(a, row);
      if (entry) foldRow(a, entry, row, row, before);
    }
  }
}

function clearAll(a: Aggregation, g: HopGroup): void {
  const hop = hopOf(a);
  for (let i: u32 = 0; i < g.count; i++) {
    const entry = itemEntry(itemAt(g, i));
    entryClear(a, entry);
    setStale(hop, entry, true);
  }
}

/** Folds all linked rows of the group around its boundary; late rows are set right afterwards (refold). */
export function foldGroup(a: Aggregation, g: HopGroup, group: u32): void {
  clearAll(a, g);
  const from = positionOf(a, g.start), middle = positionOf(a, g.boundary), end = positionOf(a, g.end);
  for (let i = middle; i > from; i--) {
    if (((middle - i) & (TOUCHED_TABLES - 1)) == 0) touchTables(a, group, i - min<u32>(i - from, TOUCHED_TABLES), i);
    foldTable(a, tableAt(a, sliceAt(a, i - 1), group), true);
  }
  clearAll(a, g);
  for (let i = middle; i < end; i++) foldTable(a, tableAt(a, sliceAt(a, i), group), false);
}

/** Tables that are touched ahead of being folded. */
const TOUCHED_TABLES: u32 = 16;

function touchTables(a: Aggregation, group: u32, from: u32, end: u32): void {
  for (let i = from; i < end; i++) touchHeader(tableAt(a, sliceAt(a, i), group));
  for (let i = from; i < end; i++) touchTable(tableAt(a, sliceAt(a, i), group));
}

/** Folds the rows of one entry as the window sees them; false when the memory's maximum is reached. */
export function refold(a: Aggregation, g: HopGroup, entry: usize, window: i64): bool {
  const hop = hopOf(a);
  let rows: u32 = 0;
  for (let row = firstOf(hop, entry); row; row = nextOf(a, row)) rows++;
  const list = hopScratch(a, rows << 2);
  if (!list) return false;
  let before: u32 = 0, i: u32 = 0, slice = firstSlice(hop, entry);
  for (let row = firstOf(hop, entry); row; row = nextOf(a, row), i++) {
    store<u32>(list + (<usize>i << 2), <u32>row);
    before += u32(isBefore(g, slice));
    slice = nextSlice(a, row);
  }
  entryClear(a, entry);
  for (i = before; i > 0; i--) {
    const row: usize = load<u32>(list + (<usize>(i - 1) << 2));
    foldRow(a, entry, row, rowForWindow(a, row, window), true);
  }
  entryClear(a, entry);
  for (i = before; i < rows; i++) {
    const row: usize = load<u32>(list + (<usize>i << 2));
    foldRow(a, entry, row, rowForWindow(a, row, window), false);
  }
  setFolded(hop, entry, window);
  setStale(hop, entry, true);
  return true;
}

/** The window's row of an entry: an image of a state row at `to`. */
@inline export function makeRow(a: Aggregation, hop: Hop, g: HopGroup, entry: usize, to: usize): void {
  let from = entry;
  if (a.suffixAt) {
    from = madeRow(hop, entry);
    if (isStale(hop, entry)) combineSides(a, hop, g, entry, from);
  }
  rowCopy(to, from, a.madeBytes);
}

function combineSides(a: Aggregation, hop: Hop, g: HopGroup, entry: usize, to: usize): void {
  setStale(hop, entry, false);
  if (!isBefore(g, firstSlice(hop, entry))) {
    rowCopy(to, entry, a.imageBytes);
    return;
  }
  rowCopy(to, firstOf(hop, entry) + a.suffixAt, a.imageBytes);
  if (!a.fixedKey) entrySetKey(a, to, entry);
  combineRow(a, to, entry, NO_TABLE);
}

/** The row goes out of the window: what is left of its entry, whose next row is the first one then. */
@inline export function leave(a: Aggregation, hop: Hop, entry: usize, row: usize): void {
  if (a.suffixAt) setStale(hop, entry, true);
  else if (!isOut(a, row)) foldOut(a, hop, entry, row);
}
