// Slices that come into a window, and those that go out.
import { PAGE_HEADER, PAGE_NEXT, Table, pageUsed } from "../state/table";
import { rowHash } from "../state/row";
import {
  Hop, HopGroup, entryOfRow, hopGroupRelease, hopOf, hopScratch, isOut, lastOf, nextOf, nextOrdinal, nextSlice,
  positionOf, setEntry, setFirst, setLast, setNext, versionOf,
} from "./hop";
import { foldIn, leave } from "./hop_fold";
import { entryDrop, entryFind, entryMake, entrySetKey } from "./hop_index";
import { lateAdd } from "./hop_late";
import { itemSet, orderAppend, orderMove } from "./hop_order";
import { sliceSeal } from "./seal";
import { sliceAt, tableAt } from "./slice";
import { Aggregation } from "./spec";

/** Links a row behind all others of its key; 0 without memory, else its entry. */
@inline export function linkLast(
  a: Aggregation, hop: Hop, g: HopGroup, row: usize, hash: u32, slice: u32, ordinal: u32,
): usize {
  const entry = entryFind(a, hop, g, row, hash);
  if (!entry) return linkFirst(a, hop, g, row, hash, slice, ordinal);
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

/** Links the rows of a table, and adds them to their entries with `fold`. */
function linkTable(a: Aggregation, hop: Hop, g: HopGroup, table: Table, index: i64, fold: bool): bool {
  let ordinal: u32 = 0;
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const end = page + PAGE_HEADER + pageUsed(table, page);
    for (let row = page + PAGE_HEADER; row < end; row += a.rowBytes, ordinal++) {
      // What a row with versions was for the window is a question of its own
      if (versionOf(a, row) || isOut(a, row)) {
        if (!lateAdd(a, hop, g, row, index)) return false;
        continue;
      }
      const entry = linkLast(a, hop, g, row, rowHash(a, row), <u32>index, ordinal);
      if (!entry) return false;
      if (fold) foldIn(a, hop, entry, row);
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

/** Takes out a table, the first one in the window: its rows are the first of their keys, and of the order. */
function unlinkTable(a: Aggregation, hop: Hop, g: HopGroup, table: Table): bool {
  const items = hopScratch(a, table.rows << 5);
  if (!items) return false;
  let gone: u32 = 0, moved: u32 = 0;
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const end = page + PAGE_HEADER + pageUsed(table, page);
    for (let row = page + PAGE_HEADER; row < end; row += a.rowBytes) {
      const entry = entryOfRow(a, row), next = nextOf(a, row);
      if (!entry) continue;
      gone++;
      if (!next) {
        entryDrop(hop, g, entry);
        continue;
      }
      leave(a, hop, entry, row);
      const ordinal = nextOrdinal(a, row), slice = nextSlice(a, row);
      setFirst(hop, entry, next, ordinal, slice);
      if (!a.fixedKey) entrySetKey(a, entry, next);
      itemSet(items + (<usize>moved << 4), slice, ordinal, entry);
      moved++;
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
