// Rows from a checkpoint: they come as a drain has named them (changes.ts), base first, then what has changed, and are found by
// their names until all are there. Then the operator puts them into its indices, heaps and lists.
//
//   map  u32 addresses of rows by their names, linear probing, at most half full; 0 = empty, 1 = removed
import { block_alloc, block_free } from "../memory";
import { ARRIVAL_END, ROW_ALIVE, ROW_GROUP, ROW_PLACE, rowOrder } from "./row";
import { Index, indexAdd } from "./index_rows";
import { rowKeyHash } from "./keys";
import { rowEncode, rowFree } from "./encode";
import { rowsSortByTime } from "./sort";
import { pageEnd, pageFirstRow, pageNext, pageStep, placeFirstBig, placeNextBig } from "./slab";
import { Store, storeGive, storeTake } from "./store";
import { rowForget, rowGroup, rowStored } from "./touch";

const REMOVED: u32 = 1;
const MAP_MIN: u32 = 64;

// Answers
const DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;

@inline function storeAt(s: usize): Store {
  return changetype<Store>(s);
}

@inline function spread(name: u64): u32 {
  const mixed = (name ^ (name >> 32)) * 0x9E3779B97F4A7C15;
  return <u32>(mixed >> 32);
}

@inline function entryAt(s: Store, i: u32): usize {
  return <usize>s.map + (<usize>i << 2);
}

/** Where the map has the row of this name, or the first place where it may be put. */
function place(s: Store, name: u64): usize {
  const mask = s.mapRoom - 1;
  let at = spread(name) & mask;
  while (true) {
    const row: usize = load<u32>(entryAt(s, at));
    if (!row || (row != REMOVED && rowOrder(row) == name)) return entryAt(s, at);
    at = (at + 1) & mask;
  }
}

/** Makes room for one row more; false without memory. */
function reserve(s: Store): bool {
  if (s.mapUsed << 1 < s.mapRoom) return true;
  const old: usize = s.map, oldRoom = s.mapRoom, room = s.rows << 2 > MAP_MIN ? <u32>(1 << (32 - clz((s.rows << 2) - 1))) : MAP_MIN;
  const fresh = storeTake(s, room << 2);
  if (!fresh) return false;
  memory.fill(fresh, 0, <usize>room << 2);
  s.map = <u32>fresh;
  s.mapRoom = room;
  s.mapUsed = 0;
  for (let i: u32 = 0; i < oldRoom; i++) {
    const row: usize = load<u32>(old + (<usize>i << 2));
    if (row <= <usize>REMOVED) continue;
    store<u32>(place(s, rowOrder(row)), <u32>row);
    s.mapUsed++;
  }
  if (oldRoom) storeGive(s, old, oldRoom << 2);
  return true;
}

@inline function at64(from: usize, i: u32): u64 {
  return load<u64>(from + (<usize>i << 3));
}

/** What cannot be the name of a row. */
@inline function isNoName(group: u64, arrival: u64): bool {
  return group > 127 || arrival >= ARRIVAL_END;
}

/**
 * Rows 0 to `count` of a batch with the store's columns, each in place of the one with its name; their addresses go to `list`. The key
 * groups must be those that the columns make.
 */
export function rows_restore(store_: usize, columns: usize, groups: usize, arrivals: usize, count: u32, list: usize): i32 {
  const s = storeAt(store_);
  for (let i: u32 = 0; i < count; i++) {
    const group = at64(groups, i), arrival = at64(arrivals, i);
    if (isNoName(group, arrival)) return DAMAGED;
    if (!reserve(s)) return NO_MEMORY;
    const row = rowEncode(s, columns, i, 0, arrival);
    if (!row) return NO_MEMORY;
    store<u8>(row, <u8>group, ROW_GROUP);
    rowStored(row);
    if (<u64>rowGroup(s, row) != group) {
      drop(s, row);
      return DAMAGED;
    }
    const entry = place(s, rowOrder(row)), old: usize = load<u32>(entry);
    if (old) drop(s, old);
    else s.mapUsed++;
    store<u32>(entry, <u32>row);
    store<u32>(list + (<usize>i << 2), <u32>row);
  }
  return DONE;
}

function drop(s: Store, row: usize): void {
  rowForget(row);
  rowFree(s, row);
}

/** Writes a word of the operator into listed rows, from i64 each: a u32 at this offset, or (`wide`) an i64. False: one is out of range. */
export function rows_put_words(list: usize, count: u32, offset: u32, wide: bool, values: usize, most: f64): bool {
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(list + (<usize>i << 2)), value = at64(values, i);
    if (wide) store<u64>(row + offset, value);
    else if (value > <u64>most) return false;
    else store<u32>(row + offset, <u32>value);
  }
  return true;
}

/** Takes out rows by their names; those that are not there are none. */
export function rows_restore_gone(store_: usize, groups: usize, arrivals: usize, count: u32): i32 {
  const s = storeAt(store_);
  if (!s.mapRoom) return DONE;
  for (let i: u32 = 0; i < count; i++) {
    const group = at64(groups, i), arrival = at64(arrivals, i);
    if (isNoName(group, arrival)) return DAMAGED;
    const entry = place(s, (group << 57) | arrival), row: usize = load<u32>(entry);
    if (!row) continue;
    store<u32>(entry, REMOVED);
    drop(s, row);
  }
  return DONE;
}

/** Takes out all rows whose i64 at `offset` is below the one at `below`. */
export function rows_restore_below(store_: usize, offset: u32, below: usize): void {
  const s = storeAt(store_), end = load<i64>(below);
  for (let i: u32 = 0; i < s.mapRoom; i++) {
    const row: usize = load<u32>(entryAt(s, i));
    if (row <= <usize>REMOVED || load<i64>(row + offset) >= end) continue;
    store<u32>(entryAt(s, i), REMOVED);
    drop(s, row);
  }
}

/** Takes out all rows. */
export function rows_restore_clear(store_: usize): void {
  const s = storeAt(store_);
  for (let i: u32 = 0; i < s.mapRoom; i++) {
    const row: usize = load<u32>(entryAt(s, i));
    if (row > <usize>REMOVED) drop(s, row);
    store<u32>(entryAt(s, i), 0);
  }
  s.mapUsed = 0;
}

/** The row at a place of the map; 0 = there is none. */
export function mapAt(s: Store, i: u32): usize {
  const row: usize = load<u32>(entryAt(s, i));
  return row > <usize>REMOVED ? row : 0;
}

/** The row at a place of the map is somewhere else now. */
export function mapEmpty(s: Store, i: u32): void {
  store<u32>(entryAt(s, i), REMOVED);
}

/** Offset in a row of the cell of a column. */
export function rows_cell_at(store_: usize, column: u32): u32 {
  return storeAt(store_).cellsAt + (column << 3);
}

function mapFree(s: Store): void {
  if (s.mapRoom) storeGive(s, s.map, s.mapRoom << 2);
  s.map = 0;
  s.mapRoom = 0;
  s.mapUsed = 0;
}

/** How many rows restoredRows has listed. */
export let restoredCount: u32 = 0;

/** All rows of the store, u32 each in a block that restoredEnd frees; the map goes. 0 without memory. */
export function restoredRows(s: Store): usize {
  mapFree(s);
  const list = block_alloc(<usize>(s.rows + 1) << 2);
  restoredCount = 0;
  if (!list) return 0;
  for (let page: usize = s.pages; page; page = pageNext(page)) {
    for (let row = pageFirstRow(page); row < pageEnd(page); row += pageStep(page)) {
      if (load<u16>(row, ROW_PLACE) & ROW_ALIVE) listRow(list, row);
    }
  }
  for (let row = placeFirstBig(s); row; row = placeNextBig(row)) listRow(list, row);
  return list;
}

/** All rows of a store by (key group, arrival), u32 each in a block that rows_listed_end frees; 0 without memory. */
export function rows_listed(store_: usize): usize {
  const s = storeAt(store_), list = restoredRows(s);
  if (!list || rowsSortByTime(list, restoredCount, 0)) return list;
  restoredEnd(s, list);
  return 0;
}

export function rows_listed_end(store_: usize, list: usize): void {
  restoredEnd(storeAt(store_), list);
}

function listRow(list: usize, row: usize): void {
  store<u32>(list + (<usize>restoredCount << 2), <u32>row);
  restoredCount++;
}

export function restoredEnd(s: Store, list: usize): void {
  block_free(list, <usize>(s.rows + 1) << 2);
}

@inline export function listed(list: usize, i: u32): usize {
  return load<u32>(list + (<usize>i << 2));
}

/** Hands over the rows that were restored and are in memory, as restoredEach does all rows: what has come back from elsewhere is not among them. */
export function restoredMap(s: Store, at: u32, owner: usize, put: (owner: usize, row: usize) => bool): bool {
  const list = block_alloc(<usize>(s.rows + 1) << 2);
  if (!list) return false;
  restoredCount = 0;
  for (let i: u32 = 0; i < s.mapRoom; i++) if (mapAt(s, i)) listRow(list, mapAt(s, i));
  mapFree(s);
  return handOver(s, list, at, owner, put);
}

/**
 * Hands all rows of a store to `put` of their owner, by (the i64 at offset `at`, 0: none; key group, arrival), as long as it returns true. False
 * without memory.
 */
export function restoredEach(s: Store, at: u32, owner: usize, put: (owner: usize, row: usize) => bool): bool {
  const list = restoredRows(s);
  return list != 0 && handOver(s, list, at, owner, put);
}

function handOver(s: Store, list: usize, at: u32, owner: usize, put: (owner: usize, row: usize) => bool): bool {
  const count = restoredCount;
  let all = rowsSortByTime(list, count, at);
  for (let i: u32 = 0; all && i < count; i++) all = put(owner, listed(list, i));
  restoredEnd(s, list);
  return all;
}

/** Writes the hash of a row's key and puts the row at the end of its chain; false without memory. */
export function indexRestore(s: Store, index: Index, row: usize): bool {
  const hash = rowKeyHash(s, row, index.list, index.keys, index.nullsEqual);
  store<u32>(row + index.linkAt, hash, 8);
  return indexAdd(index, row);
}
