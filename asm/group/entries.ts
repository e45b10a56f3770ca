// ENTRIES that one row has of a set (distinct.ts): where they lie, and how one is found among them. They are the row's alone, so that all of them go, leave
// memory and come back at once.
//
//   CELL   0          4          8           12         16         20                  SLAB   0          4           8         12       16
//          +----------+----------+-----------+----------+----------+----------+               +----------+-----------+---------+--------+-----------
//          | head u32 | slab u32 | slots u32 | mask u32 | used u32 | free u32 |               | next u32 | bytes u32 | end u32 | unused | entries …
//          +----------+----------+-----------+----------+----------+----------+               +----------+-----------+---------+--------+-----------
//
//   head    the list of them, the newest first
//   slab    they lie side by side in SLABs, each as large as those before it together, up to SLAB_BYTES_MAX; entries that came back from a file are one SLAB,
//           as they were in it, with the texts of their values behind each
//   slots   FEW of them are looked for in the list, more have a table (index_table.ts); more than PAGED of them have an INDEX, which is one table for each
//           range of hashes: then it is the address of that, and the mask is PAGES
//   free    those that were given back, linked by their first word
import { block_size } from "../memory";
import { spaceGive, spaceTake } from "../state/space";
import { INDEX_BYTES, indexAdd, indexFree, indexRemove, indexTable, tableAdd, tableFirst, tableFree, tableRemove, tableReserve } from "./index_table";
import { DistinctSet, Group } from "./spec";

export const ENTRIES_CELL: u32 = 24;
const SLAB: usize = 4;
const SLOTS: usize = 8;
const MASK: usize = 12;
const USED: usize = 16;
const FREE: usize = 20;

const BYTES: usize = 4;
const END: usize = 8;
const HEADER: u32 = 16;
const SLAB_BYTES_MAX: u32 = 4096;

const FEW: u32 = 2;
const PAGED: u32 = 2048;
const PAGES: u32 = u32.MAX_VALUE;

/** Where an entry has the next one of its list (distinct.ts). */
const NEXT: usize = 16;

/** Bytes of the least SLAB. */
@inline export function slabLeast(size: u32): u32 {
  return <u32>block_size(HEADER + size);
}

function slabAdd(g: Group, cell: usize, size: u32): bool {
  const newest: usize = load<u32>(cell, SLAB), least = slabLeast(size);
  let bytes = least;
  // With the second one they are as many bytes as the first, then as all before
  if (newest) bytes = max<u32>(least, min<u32>(SLAB_BYTES_MAX, load<u32>(newest, BYTES) << u32(load<u32>(newest) != 0)));
  let slab = spaceTake(g, bytes);
  if (!slab && bytes > least) slab = spaceTake(g, bytes = least);
  if (!slab) return false;
  slabEnter(cell, slab, bytes, HEADER);
  return true;
}

@inline function slabEnter(cell: usize, slab: usize, bytes: u32, end: u32): void {
  store<u32>(slab, load<u32>(cell, SLAB));
  store<u32>(slab, bytes, BYTES);
  store<u32>(slab, end, END);
  store<u32>(cell, <u32>slab, SLAB);
}

/** Room for an entry, in no list yet; 0 without memory. */
export function entryTake(g: Group, set: DistinctSet, cell: usize): usize {
  const free: usize = load<u32>(cell, FREE), size = set.size;
  if (free) {
    store<u32>(cell, load<u32>(free), FREE);
    return free;
  }
  let slab: usize = load<u32>(cell, SLAB);
  if (!slab || load<u32>(slab, BYTES) - load<u32>(slab, END) < size) {
    if (!slabAdd(g, cell, size)) return 0;
    slab = load<u32>(cell, SLAB);
  }
  const end = load<u32>(slab, END);
  store<u32>(slab, end + size, END);
  return slab + end;
}

/** How many there are. */
@inline export function entriesCount(cell: usize): u32 {
  return load<u32>(cell, USED);
}

/** Gives the room of an entry back that is in no list. */
export function entryGive(cell: usize, at: usize): void {
  store<u32>(at, load<u32>(cell, FREE));
  store<u32>(cell, <u32>at, FREE);
}

/** Room for entries of so many bytes with their texts, side by side; 0 without memory. */
export function entriesTake(g: Group, cell: usize, bytes: u32): usize {
  const slab = spaceTake(g, HEADER + bytes);
  if (!slab) return 0;
  slabEnter(cell, slab, <u32>block_size(HEADER + bytes), HEADER + bytes);
  return slab + HEADER;
}

/** The table in which an entry with this hash is looked for; only where `entriesListed` says no. */
@inline export function entriesTable(cell: usize, hash: u32): usize {
  return load<u32>(cell, MASK) == PAGES ? indexTable(load<u32>(cell, SLOTS), hash) : cell + SLOTS;
}

/** Whether they are so few that they are looked for in the list. */
@inline export function entriesListed(cell: usize): bool {
  return !load<u32>(cell, SLOTS);
}

/** What may be the entry with this hash, for who reads several before looking for them. */
@inline export function entriesFirst(cell: usize, hash: u32): usize {
  return entriesListed(cell) ? <usize>load<u32>(cell) : tableFirst(entriesTable(cell, hash), hash);
}

/** An INDEX of all entries of the list in place of the table; without memory it stays. */
function pagesMake(g: Group, cell: usize): void {
  const index = spaceTake(g, INDEX_BYTES);
  if (!index) return;
  memory.fill(index, 0, INDEX_BYTES);
  for (let at: usize = load<u32>(cell); at; at = load<u32>(at, NEXT)) {
    if (indexAdd(g, index, load<u32>(at), at)) continue;
    indexFree(g, index);
    spaceGive(g, index, INDEX_BYTES);
    return;
  }
  tableFree(g, cell + SLOTS);
  store<u32>(cell, <u32>index, SLOTS);
  store<u32>(cell, PAGES, MASK);
}

/** The first `count` entries of the list can be found from now on; false without memory, and then those before can. */
export function entriesEnter(g: Group, cell: usize, count: u32): bool {
  const used = load<u32>(cell, USED), total = used + count, table = cell + SLOTS;
  if (load<u32>(cell, MASK) == PAGES) {
    let at: usize = load<u32>(cell);
    for (let i: u32 = 0; i < count; i++, at = load<u32>(at, NEXT)) {
      if (!indexAdd(g, load<u32>(cell, SLOTS), load<u32>(at), at)) return false;
    }
    store<u32>(cell, total, USED);
    return true;
  }
  if (entriesListed(cell) && total <= FEW) {
    store<u32>(cell, total, USED);
    return true;
  }
  if (total > PAGED) {
    pagesMake(g, cell);
    if (load<u32>(cell, MASK) == PAGES) {
      store<u32>(cell, total, USED);
      return true;
    }
  }
  let more = count;
  if (entriesListed(cell)) {
    store<u32>(cell, 0, USED);
    more = total;
  }
  if (!tableReserve(g, table, total)) {
    store<u32>(cell, used, USED);
    return false;
  }
  let at: usize = load<u32>(cell);
  for (let i: u32 = 0; i < more; i++, at = load<u32>(at, NEXT)) tableAdd(table, load<u32>(at), at);
  return true;
}

/** An entry is not found any more. */
export function entriesRemove(cell: usize, at: usize): void {
  if (!entriesListed(cell)) {
    if (load<u32>(cell, MASK) != PAGES) {
      tableRemove(cell + SLOTS, at);
      return;
    }
    indexRemove(load<u32>(cell, SLOTS), at);
  }
  store<u32>(cell, load<u32>(cell, USED) - 1, USED);
}

/** Frees all of them, but what they refer to. */
export function entriesFree(g: Group, cell: usize): void {
  for (let slab: usize = load<u32>(cell, SLAB); slab;) {
    const next: usize = load<u32>(slab);
    spaceGive(g, slab, load<u32>(slab, BYTES));
    slab = next;
  }
  if (load<u32>(cell, MASK) == PAGES) {
    const index: usize = load<u32>(cell, SLOTS);
    indexFree(g, index);
    spaceGive(g, index, INDEX_BYTES);
  } else {
    tableFree(g, cell + SLOTS);
  }
  entriesClear(cell);
}

/** Frees what lies where nothing is any more. */
@inline export function entriesTidy(g: Group, cell: usize): void {
  if (!load<u32>(cell) && load<u32>(cell, SLAB)) entriesFree(g, cell);
}

/** Forgets them. */
@inline export function entriesClear(cell: usize): void {
  store<u64>(cell, 0);
  store<u64>(cell, 0, 8);
  store<u64>(cell, 0, 16);
}
