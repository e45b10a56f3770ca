// Rows that change, or come, in slices that windows under way have taken in: they are listed for their key group, and
// looked at when its next window is made. Rows with versions (version.ts) stay listed, since each window may see them
// differently.
//
//   LATE   0           4         8
//          +-----------+---------+------------------+
//          | next u32  | row u32 | slice index i64  |
//          +-----------+---------+------------------+
import { PAGE_HEADER, PAGE_NEXT, Table, pageUsed } from "../state/table";
import { blockAddresses, blockInserted, rowSlice } from "./block";
import {
  Hop, HopGroup, entryOfRow, firstOf, firstOrdinal, firstSlice, foldedOf, hopGroupAt, hopOf, isOut, lastSlice, nextOf,
  nextOrdinal, nextSlice, setEntry, setFirst, setNext, setOut, versionOf,
} from "./hop";
import { foldIn, foldOut, refold } from "./hop_fold";
import { entryOfKey, entrySetKey } from "./hop_index";
import { linkLast } from "./hop_link";
import { orderInsert, orderRemove } from "./hop_order";
import { poolGive, poolReserve, poolTake } from "./hop_pool";
import { groupOfRow, inserted } from "./insert";
import { Slice, sliceFind, tableAt } from "./slice";
import { Aggregation } from "./spec";
import { rowForWindow } from "./version";

@unmanaged
class Late {
  next: u32;
  row: u32;
  slice: i64;
}

@inline function lateAt(address: u32): Late {
  return changetype<Late>(<usize>address);
}

function list(a: Aggregation, hop: Hop, g: HopGroup, row: usize, slice: i64): void {
  const late = changetype<Late>(poolTake(hop.late));
  late.next = g.late;
  late.row = <u32>row;
  late.slice = slice;
  g.late = <u32>changetype<usize>(late);
  setOut(a, row, true);
}

/** Lists a row that is not linked, unless it is listed; false when the memory's maximum is reached. */
export function lateAdd(a: Aggregation, hop: Hop, g: HopGroup, row: usize, slice: i64): bool {
  if (isOut(a, row)) return true;
  if (!poolReserve(a, hop.late, 1)) return false;
  list(a, hop, g, row, slice);
  return true;
}

/** The fire has windows under way: those of a listing are made anew after any push. */
@inline function underWay(a: Aggregation): bool {
  return a.hop != 0 && hopOf(a).owner == a.fire;
}

/** Makes room for as many late rows; false when the memory's maximum is reached. */
export function lateReserve(a: Aggregation, rows: u32): bool {
  return !underWay(a) || poolReserve(a, hopOf(a).late, rows);
}

/** Before the first `rows` resolved rows change: takes those that are linked out of their entries, and lists them. */
export function lateOld(a: Aggregation, rows: u32): void {
  if (!underWay(a)) return;
  const hop = hopOf(a);
  for (let i: u32 = 0; i < rows; i++) {
    const slice = changetype<Slice>(rowSlice(i)), row: usize = load<u32>(blockAddresses() + (<usize>i << 2));
    if (slice.index >= hop.endMax) continue;
    const entry = entryOfRow(a, row);
    if (!entry || isOut(a, row)) continue;
    if (!a.suffixAt) foldOut(a, hop, entry, row);
    list(a, hop, hopGroupAt(a, groupOfRow(a, row)), row, slice.index);
  }
}

/** After the first `rows` resolved rows have changed: lists those that are new. */
export function lateNew(a: Aggregation, rows: u32): void {
  if (!underWay(a)) return;
  const hop = hopOf(a);
  for (let j: u32 = 0; j < inserted; j++) {
    const i = load<u32>(blockInserted() + (<usize>j << 2)), slice = changetype<Slice>(rowSlice(i));
    if (i >= rows || slice.index >= hop.endMax) continue;
    const row: usize = load<u32>(blockAddresses() + (<usize>i << 2)), g = hopGroupAt(a, groupOfRow(a, row));
    if (slice.index < g.end && !isOut(a, row)) list(a, hop, g, row, slice.index);
  }
}

/** The place of a row in its table. */
function ordinalIn(a: Aggregation, table: Table, row: usize): u32 {
  let before: u32 = 0;
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const used = pageUsed(table, page), at = <u32>(row - page - PAGE_HEADER);
    if (row > page && at < used) return (before + at) / a.rowBytes;
    before += used;
  }
  return 0;
}

/** Links a row in the midst of its key's others; false when the memory's maximum is reached. */
function linkLate(a: Aggregation, hop: Hop, g: HopGroup, group: u32, row: usize, index: i64): bool {
  const ordinal = ordinalIn(a, tableAt(a, sliceFind(a, index), group), row), slice = <u32>index, base = <u32>g.start;
  const entry = entryOfKey(a, hop, g, row);
  if (!entry) {
    const made = linkLast(a, hop, g, row, slice, ordinal);
    if (!made) return false;
    g.count--; // its item goes where it belongs
    return orderInsert(a, g, slice, ordinal, made);
  }
  if (lastSlice(hop, entry) - base < slice - base) {
    linkLast(a, hop, g, row, slice, ordinal);
    return true;
  }
  setEntry(a, row, entry);
  let before = firstOf(hop, entry);
  if (slice - base < firstSlice(hop, entry) - base) {
    orderRemove(g, firstSlice(hop, entry), firstOrdinal(hop, entry));
    setNext(a, row, before, firstOrdinal(hop, entry), firstSlice(hop, entry));
    setFirst(hop, entry, row, ordinal, slice);
    if (!a.fixedKey) entrySetKey(a, entry, row);
    return orderInsert(a, g, slice, ordinal, entry);
  }
  while (nextSlice(a, before) - base < slice - base) before = nextOf(a, before);
  setNext(a, row, nextOf(a, before), nextOrdinal(a, before), nextSlice(a, before));
  setNext(a, before, row, ordinal, slice);
  return true;
}

/** Adds what the group's late rows are for the window; false when the memory's maximum is reached. */
export function lateFold(a: Aggregation, g: HopGroup, group: u32, window: i64): bool {
  const hop = hopOf(a);
  let link: usize = changetype<usize>(g) + offsetof<HopGroup>("late");
  while (load<u32>(link)) {
    const late = lateAt(load<u32>(link));
    if (late.slice < g.start) {
      // The row may be gone
      store<u32>(link, late.next);
      poolGive(hop.late, changetype<usize>(late));
      continue;
    }
    const row: usize = late.row, image = rowForWindow(a, row, window);
    link = changetype<usize>(late);
    if (!image) continue;
    if (!entryOfRow(a, row) && !linkLate(a, hop, g, group, row, late.slice)) return false;
    if (a.suffixAt || !isOut(a, row)) continue;
    foldIn(a, hop, entryOfRow(a, row), image);
    setOut(a, row, false);
  }
  for (let at = g.late; a.suffixAt && at; at = lateAt(at).next) {
    const entry = entryOfRow(a, lateAt(at).row);
    if (entry && foldedOf(hop, entry) != window && !refold(a, g, entry, window)) return false;
  }
  return true;
}

/** After the window's rows are made: rows that the next window may see differently are taken out again. */
export function lateUnfold(a: Aggregation, g: HopGroup, window: i64): void {
  const hop = hopOf(a);
  let link: usize = changetype<usize>(g) + offsetof<HopGroup>("late");
  while (load<u32>(link)) {
    const late = lateAt(load<u32>(link)), row: usize = late.row, entry = entryOfRow(a, row);
    if (entry && !versionOf(a, row)) {
      setOut(a, row, false);
      store<u32>(link, late.next);
      poolGive(hop.late, changetype<usize>(late));
      continue;
    }
    if (entry && !a.suffixAt && !isOut(a, row)) foldOut(a, hop, entry, rowForWindow(a, row, window));
    setOut(a, row, true);
    link = changetype<usize>(late);
  }
}
