// Slices that come into a window, and those that go out.
import { PAGE_HEADER, PAGE_NEXT, Table, pageUsed } from "../state/table";
import { rowHash } from "../state/row";
import {
  Hop, HopGroup, entryOfRow, hopGroupRelease, hopOf, hopScratch, isOut, lastOf, nextOf, nextOrdinal, nextSlice,
  positionOf, setEntry, setFirst, setLast, setNext, versionOf,
} from "./hop";
import { foldIn, leave } from "./hop_fold";
import { entryDrop, entryMake, entryOfKey, entrySetKey } from "./hop_index";
import { lateAdd } from "./hop_late";
import { itemSet, orderAppend, orderMove } from "./hop_order";
import { pairsLink, pairsUnlink } from "./hop_pair_link";
import { sliceSeal } from "./seal";
import { sliceAt, tableAt } from "./slice";
import { Aggregation } from "./spec";

/** Links a row behind all others of its key; 0 without memory, else its entry. */
@inline export function linkLast(
  a: Aggregation, hop: Hop, g: HopGroup, row: usize, slice: u32, ordinal: u32,
): usize {
  const entry = entryOfKey(a, hop, g, row);
  if (!entry) return linkFirst(a, hop, g, row, rowHash(a, row), slice, ordinal);
  setNext(a, lastOf(hop, entry), row, ordinal, slice);
  setLast(hop, entry, row, slice);
  setNext(a, row, 0, 0, 0);
  setEntry(a, row, entry);
  return entry;
}

function linkFirst(
  a: Aggregation, hop: Hop, g: HopGroup, row: usize, hash: u32, slice: u32, ordinal: u32,
): usize {
  const entry = entryMake(a, hop, g, row, hash);
  if (!entry) return 0;
  if (!orderAppend(a, g, slice, ordinal, entry)) {
    entryDrop(hop, g, entry);
    return 0;
  }
  setFirst(hop, entry, row, ordinal, slice);
  setLast(hop, entry, row, slice);
  setNext(a, row, 0, 0, 0);
  setEntry(a, row, entry);
  return entry;
}

/** Links one row, and adds it to its entry with `fold`; false when the memory's maximum is reached. */
export function linkRow(
  a: Aggregation, hop: Hop, g: HopGroup, row: usize, index: i64, ordinal: u32, fold: bool,
): bool {
  // What a row with versions was for the window is a question of its own
  if (versionOf(a, row) || isOut(a, row)) return lateAdd(a, hop, g, row, index);
  const entry = linkLast(a, hop, g, row, <u32>index, ordinal);
  if (entry && fold) foldIn(a, hop, entry, row);
  return entry != 0;
}

/** Links the rows of a table, and adds them to their entries with `fold`. */
function linkTable(a: Aggregation, hop: Hop, g: HopGroup, table: Table, index: i64, fold: bool): bool {
  if (hop.pairAt && hop.directSlots) return pairsLink(a, hop, g, table, index);
  let ordinal: u32 = 0;
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const end = page + PAGE_HEADER + pageUsed(table, page);
    for (let row = page + PAGE_HEADER; row < end; row += a.rowBytes, ordinal++) {
      if (!linkRow(a, hop, g, row, index, ordinal, fold)) return false;
    }
  }
  return true;
}

/** Brings in the slices of [start, end) that are not there yet; false when the memory's maximum is reached. */
export function slicesLink(a: Aggregation, g: HopGroup, group: u32, end: i64, fold: bool): bool {
  const hop = hopOf(a), first = max<i64>(g.start, g.end), to = positionOf(a, end);
  if (hop.endMax < end) hop.endMax = end;
  for (let i = positionOf(a, first); i < to; i++) {
    const slice = sliceAt(a, i), table = tableAt(a, slice, group);
    if (!changetype<usize>(table)) continue;
    if (!sliceSeal(a, slice)) return false;
    if (!linkTable(a, hop, g, table, slice.index, fold)) return false;
  }
  g.end = end;
  return true;
}

// Of the table that is taken out: its rows that were linked, and those whose keys have another row in the window
let gone: u32 = 0;
let moved: u32 = 0;

/** Takes out a row; where its entry goes is listed at `items`. */
function unlinkRow(a: Aggregation, hop: Hop, g: HopGroup, row: usize, items: usize): void {
  const entry = entryOfRow(a, row), next = nextOf(a, row);
  if (!entry) return;
  gone++;
  if (!next) {
    entryDrop(hop, g, entry);
    return;
  }
  leave(a, hop, entry, row);
  const ordinal = nextOrdinal(a, row), slice = nextSlice(a, row);
  setFirst(hop, entry, next, ordinal, slice);
  if (!a.fixedKey) entrySetKey(a, entry, next);
  itemSet(items + (<usize>moved << 4), slice, ordinal, entry);
  moved++;
}

/** Takes out a table, the first one in the window: its rows are the first of their keys, and of the order. */
function unlinkTable(a: Aggregation, hop: Hop, g: HopGroup, table: Table): bool {
  const items = hopScratch(a, table.rows << 5);
  if (!items) return false;
  gone = 0;
  moved = 0;
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const end = page + PAGE_HEADER + pageUsed(table, page);
    for (let row = page + PAGE_HEADER; row < end;) {
      if (hop.pairAt && a.fixedKey) {
        const rows = pairsUnlink(a, hop, row, end, items + (<usize>moved << 4));
        gone += rows;
        moved += rows;
        row += <usize>rows * a.rowBytes;
        if (row == end) break;
      }
      unlinkRow(a, hop, g, row, items);
      row += a.rowBytes;
    }
  }
  orderMove(g, gone, items, moved, items + (<usize>table.rows << 4));
  return true;
}

/** Takes out the slices before `start`; false when the memory's maximum is reached. */
export function slicesUnlink(a: Aggregation, g: HopGroup, group: u32, start: i64): bool {
  if (g.start >= start) return true;
  const hop = hopOf(a), to = positionOf(a, min<i64>(start, g.end));
  for (let i = positionOf(a, g.start); i < to; i++) {
    const slice = sliceAt(a, i), table = tableAt(a, slice, group);
    g.start = slice.index;
    if (changetype<usize>(table) && table.rows && !unlinkTable(a, hop, g, table)) return false;
  }
  g.start = start;
  if (!g.count) hopGroupRelease(a, g);
  return true;
}
