// A direct index that is made while rows come: a large one takes too long to be made at once. It is cleared, and filled with the rows
// that the tables have, piece by piece between two blocks; until it knows all of them the slice goes on with what it has. Rows
// are behind each other in the pages of their tables, so that a CURSOR for each table, the page and the bytes of it that have been looked at,
// finds those that have come since.
//
//   CURSOR   0          4
//            +----------+----------+
//            | page u32 | bytes u32|    for each key group
//            +----------+----------+
import { block_is_new } from "../memory";
import { ROW_FLAGS, ROW_KEYS } from "../state/row";
import { spaceGive, spaceTake } from "../state/space";
import { PAGE_HEADER, PAGE_NEXT, pageUsed } from "../state/table";
import { directEnter } from "./direct";
import { freshTake } from "./fresh";
import { Slice, tableAt } from "./slice";
import { Aggregation, MODE_PARTIAL } from "./spec";

/** Rows of a slice from which on its index is made piece by piece. */
const ROWS_MIN: u32 = 1 << 16;
/** Entries of an index that is followed by a larger one before it is full. */
const ENTRIES_MIN: u32 = 1 << 18;
export const DIRECT_ENTRIES_MAX: u32 = 1 << 26;
/** Between two blocks: bytes that are cleared, fewer of new memory, which comes page by page, and rows that are entered. */
const CLEAR_BYTES: u32 = 1 << 20;
const NEW_CLEAR_BYTES: u32 = 3 << 18;
const FILL_ROWS: u32 = 8192;

@inline function groupsOf(a: Aggregation): u32 {
  return a.groupTo - a.groupFrom;
}

/** Whether an index of the slice is made piece by piece. */
export function growsSlowly(a: Aggregation, slice: Slice): bool {
  return slice.rows >= ROWS_MIN && a.mode != MODE_PARTIAL;
}

/** Begins an index for keys from `base` on; without memory there is none. */
export function growBegin(a: Aggregation, slice: Slice, base: i64, entries: u32): void {
  const cursorBytes = groupsOf(a) << 3, cursors = spaceTake(a, cursorBytes);
  if (!cursors) return;
  const address = spaceTake(a, entries << 2);
  if (!address) {
    spaceGive(a, cursors, cursorBytes);
    return;
  }
  slice.grow = <u32>address;
  slice.growCleared = 0;
  slice.growStep = block_is_new() ? NEW_CLEAR_BYTES : CLEAR_BYTES;
  slice.growEntries = entries;
  slice.growBase = base;
  slice.growCursors = <u32>cursors;
  slice.growGroup = 0;
  memory.fill(cursors, 0, cursorBytes);
}

/** Gives the index that is being made up. */
export function growEnd(a: Aggregation, slice: Slice): void {
  if (!slice.grow) return;
  spaceGive(a, slice.grow, slice.growEntries << 2);
  forget(a, slice);
}

function forget(a: Aggregation, slice: Slice): void {
  spaceGive(a, slice.growCursors, groupsOf(a) << 3);
  slice.grow = 0;
  slice.growCursors = 0;
}

/** Enters rows of a table that are not there yet, `most` of them; returns how many. */
function fill(a: Aggregation, slice: Slice, group: u32, most: u32): u32 {
  const table = tableAt(a, slice, a.groupFrom + group), cursor = <usize>slice.growCursors + (<usize>group << 3);
  if (!changetype<usize>(table)) return 0;
  const index = <usize>slice.grow, base = slice.growBase, entries = <u64>slice.growEntries;
  let page: usize = load<u32>(cursor), at = load<u32>(cursor, 4), filled: u32 = 0;
  if (!page) page = table.first;
  while (page) {
    const end = min<u32>(pageUsed(table, page), at + (most - filled) * a.rowBytes);
    for (; at < end; at += a.rowBytes, filled++) {
      const row = page + PAGE_HEADER + at, entry = <u64>(load<i64>(row, ROW_KEYS) - base);
      if (entry < entries && !(load<u32>(row, ROW_FLAGS) & 1)) store<u32>(index + (<usize>entry << 2), <u32>row);
    }
    const next = load<u32>(page, PAGE_NEXT);
    if (filled == most || !next) break;
    page = next;
    at = 0;
  }
  store<u32>(cursor, <u32>page);
  store<u32>(cursor, at, 4);
  return filled;
}

/** Clears or fills a piece of the index; with the last one it is the slice's. */
export function growStep(a: Aggregation, slice: Slice): void {
  const bytes = slice.growEntries << 2, cleared = slice.growCleared;
  if (cleared < bytes) {
    const step = min<u32>(bytes - cleared, slice.growStep), more = slice.growStep == NEW_CLEAR_BYTES ? freshTake(step) : step;
    memory.fill(<usize>slice.grow + cleared, 0, more);
    slice.growCleared = cleared + more;
    return;
  }
  let left = FILL_ROWS;
  for (let looked: u32 = 0; looked < groupsOf(a); looked++) {
    left -= fill(a, slice, slice.growGroup, left);
    if (!left) return;
    slice.growGroup = slice.growGroup + 1 == groupsOf(a) ? 0 : slice.growGroup + 1;
  }
  const last = <u64>slice.growEntries - 1, isWhole = slice.keyMin >= slice.growBase && <u64>(slice.keyMax - slice.growBase) <= last;
  if (slice.slab || slice.directOff || !isWhole) {
    growEnd(a, slice);
    return;
  }
  const index = slice.grow;
  forget(a, slice);
  directEnter(a, slice, index, slice.growBase, slice.growEntries);
}

/** Identifiers grow: an index whose last quarter has begun gets a larger one. */
export function growAhead(a: Aggregation, slice: Slice): void {
  const entries = slice.directEntries;
  if (!slice.directWhole || entries < ENTRIES_MIN || entries >= DIRECT_ENTRIES_MAX || entries >> 2 > slice.rows) return;
  if (<u64>(slice.keyMax - slice.directBase) > <u64>(entries - (entries >> 2)) && growsSlowly(a, slice)) {
    growBegin(a, slice, slice.directBase, entries << 1);
  }
}
