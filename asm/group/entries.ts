// ENTRIES that one row has of a set (distinct.ts): where they lie, and how one is found among them. They are the row's alone, so that all of them go, leave
// memory and come back at once.
//
//   CELL   0          4        6         8           12         16         20            SLAB   0          4           8         12       16
//          +----------+--------+---------+-----------+----------+----------+----------+         +----------+-----------+---------+--------+-----------
//          | slab u32 | at u16 | end u16 | slots u32 | mask u32 | used u32 | free u32 |         | next u32 | bytes u32 | end u32 | unused | entries …
//          +----------+--------+---------+-----------+----------+----------+----------+         +----------+-----------+---------+--------+-----------
//
//   slab    they lie side by side in SLABs, the newest first, each as large as those before it together, up to SLAB_BYTES_MAX; entries that came back from
//           a file are one SLAB, as they were in it, with the texts of their values behind each
//   at, end where the next new one lies in the newest SLAB, and where that ends, in 8 bytes each: who adds one needs to read nothing else; the others say where
//           their entries end
//   slots   FEW of them are looked for one by one, more have a table (index_table.ts); more than PAGED of them have an INDEX, which is one table for each
//           range of hashes: then it is the address of that, and the mask is PAGES. Without memory for a table there is none
//   free    those that were given back
import { block_size } from "../memory";
import { spaceGive, spaceTake } from "../state/space";
import { entryCopy, entryFree, entryHash, entryIsFree, entrySpan } from "./entry";
import {
  INDEX_BYTES, indexAdd, indexFree, indexRemove, indexTable, indexTakeAll, tableAdd, tableFirst, tableFree, tableRemove, tableReserve,
} from "./index_table";
import { DistinctSet, Group } from "./spec";

export const ENTRIES_CELL: u32 = 24;
const AT: usize = 4;
const UNTIL: usize = 6;
const SLOTS: usize = 8;
const MASK: usize = 12;
const USED: usize = 16;
const FREE: usize = 20;

const BYTES: usize = 4;
const END: usize = 8;
const HEADER: u32 = 16;
const SLAB_BYTES_MIN: u32 = 64;
const SLAB_BYTES_MAX: u32 = 4096;

const FEW: u32 = 8;
const PAGED: u32 = 2048;
const PAGES: u32 = u32.MAX_VALUE;

/** Bytes of the least SLAB. */
@inline export function slabLeast(size: u32): u32 {
  return max<u32>(SLAB_BYTES_MIN, <u32>block_size(HEADER + size));
}

function slabAdd(g: Group, cell: usize, size: u32): bool {
  const newest: usize = load<u32>(cell), least = slabLeast(size);
  let bytes = least;
  // With the second one they are as many bytes as the first, then as all before
  if (newest) bytes = max<u32>(least, min<u32>(SLAB_BYTES_MAX, load<u32>(newest, BYTES) << u32(load<u32>(newest) != 0)));
  let slab = spaceTake(g, bytes);
  if (!slab && bytes > least) slab = spaceTake(g, bytes = least);
  if (!slab) return false;
  slabEnter(cell, slab, bytes, HEADER);
  return true;
}

/** A slab whose entries end at `end` is the newest from now on. */
@inline function slabEnter(cell: usize, slab: usize, bytes: u32, end: u32): void {
  const before: usize = load<u32>(cell);
  if (before) store<u32>(before, <u32>load<u16>(cell, AT) << 3, END);
  store<u32>(slab, <u32>before);
  store<u32>(slab, bytes, BYTES);
  store<u32>(cell, <u32>slab);
  store<u16>(cell, <u16>(end >>> 3), AT);
  store<u16>(cell, <u16>(bytes >>> 3), UNTIL);
}

/** Room for an entry, which is not found yet; 0 without memory. */
export function entryTake(g: Group, set: DistinctSet, cell: usize): usize {
  const free: usize = load<u32>(cell, FREE), size = set.size;
  if (free) {
    store<u32>(cell, load<u32>(free), FREE);
    return free;
  }
  if (<u32>(load<u16>(cell, UNTIL) - load<u16>(cell, AT)) << 3 < size && !slabAdd(g, cell, size)) return 0;
  const at = load<u16>(cell, AT);
  store<u16>(cell, at + <u16>(size >>> 3), AT);
  return <usize>load<u32>(cell) + (<usize>at << 3);
}

/** How many there are. */
@inline export function entriesCount(cell: usize): u32 {
  return load<u32>(cell, USED);
}

/** Gives the room of an entry back that is not found. */
export function entryGive(cell: usize, at: usize): void {
  if (entryFree(at, load<u32>(cell, FREE))) store<u32>(cell, <u32>at, FREE);
}

/** Bytes that `bytes` of entries which come back take. */
@inline function slabOf(bytes: u32): u32 {
  return <u32>block_size(HEADER + bytes);
}

/** Room for entries of so many bytes with their texts, side by side; 0 without memory. */
export function entriesTake(g: Group, cell: usize, bytes: u32): usize {
  const slab = spaceTake(g, HEADER + bytes);
  if (!slab) return 0;
  slabEnter(cell, slab, slabOf(bytes), HEADER + bytes);
  return slab + HEADER;
}

/** Bytes in front of entries that lie elsewhere, which entriesLend makes those of a SLAB. */
export const ENTRIES_HEADER: u32 = HEADER;

/** Entries of so many bytes, with room in front of them, are those of a row that is only read. */
export function entriesLend(cell: usize, first: usize, bytes: u32): void {
  slabEnter(cell, first - HEADER, HEADER + bytes, HEADER + bytes);
}

// Where the entries at hand lie: their slab, and their end in it
let slabAt: usize = 0;
let endAt: usize = 0;

/** The next entry that is one from `from` on; 0: there is none. */
function next(set: DistinctSet, from: usize): usize {
  let at = from;
  while (true) {
    for (; at < endAt; at += entrySpan(set, at)) if (!entryIsFree(at)) return at;
    slabAt = load<u32>(slabAt);
    if (!slabAt) return 0;
    at = slabAt + HEADER;
    endAt = slabAt + load<u32>(slabAt, END);
  }
}

/** The first one; 0: there is none. Those of one row are gone through at a time. */
export function entriesBegin(set: DistinctSet, cell: usize): usize {
  slabAt = load<u32>(cell);
  if (!slabAt) return 0;
  endAt = slabAt + (<usize>load<u16>(cell, AT) << 3);
  return next(set, slabAt + HEADER);
}

/** The one behind it. */
export function entriesNext(set: DistinctSet, at: usize): usize {
  return next(set, at + entrySpan(set, at));
}

/** In which SLAB the one at hand is: to go on with it later. */
@inline export function entriesSlab(): usize {
  return slabAt;
}

/** Goes on in that SLAB. */
export function entriesResume(cell: usize, slab: usize): void {
  slabAt = slab;
  endAt = slab + (slab == <usize>load<u32>(cell) ? <usize>load<u16>(cell, AT) << 3 : <usize>load<u32>(slab, END));
}

/** Copies all of them, which have no texts, side by side. */
export function entriesCopy(set: DistinctSet, cell: usize, to: usize): void {
  let slab: usize = load<u32>(cell);
  if (load<u32>(cell, FREE)) {
    for (let at = entriesBegin(set, cell); at; at = entriesNext(set, at), to += set.size) entryCopy(set, to, at);
    return;
  }
  for (let end: usize = <usize>load<u16>(cell, AT) << 3; slab; end = slab ? <usize>load<u32>(slab, END) : 0) {
    memory.copy(to, slab + HEADER, end - HEADER);
    to += end - HEADER;
    slab = load<u32>(slab);
  }
}

/** The table in which an entry with this hash is looked for; only where `entriesListed` says no. */
@inline export function entriesTable(cell: usize, hash: u32): usize {
  return load<u32>(cell, MASK) == PAGES ? indexTable(load<u32>(cell, SLOTS), hash) : cell + SLOTS;
}

/** Whether they are looked for one by one. */
@inline export function entriesListed(cell: usize): bool {
  return !load<u32>(cell, SLOTS);
}

/** Where the entry with this hash may be, or else a new one comes, for who reads several of these before looking for them. */
@inline export function entriesPlace(cell: usize, hash: u32): usize {
  const first = entriesListed(cell) ? 0 : tableFirst(entriesTable(cell, hash), hash);
  return first ? first : <usize>load<u32>(cell) + (<usize>load<u16>(cell, AT) << 3);
}

/** An INDEX of all that the table has in place of it; without memory it stays. */
function pagesMake(g: Group, cell: usize): void {
  const index = spaceTake(g, INDEX_BYTES);
  if (!index) return;
  memory.fill(index, 0, INDEX_BYTES);
  if (!indexTakeAll(g, index, cell + SLOTS)) {
    indexFree(g, index);
    spaceGive(g, index, INDEX_BYTES);
    return;
  }
  const used = load<u32>(cell, USED);
  tableFree(g, cell + SLOTS);
  store<u32>(cell, <u32>index, SLOTS);
  store<u32>(cell, PAGES, MASK);
  store<u32>(cell, used, USED);
}

/** A table of all that are there, those that have just come as well, `total` of them; without memory they stay without. */
function tableMake(g: Group, set: DistinctSet, cell: usize, total: u32): void {
  const used = load<u32>(cell, USED), table = cell + SLOTS;
  store<u32>(cell, 0, USED);
  if (!tableReserve(g, table, total)) store<u32>(cell, used, USED);
  else for (let at = entriesBegin(set, cell); at; at = entriesNext(set, at)) tableAdd(table, entryHash(set, at, g.seed), at);
}

/**
 * An entry, or `count` of them, which are those of the newest SLAB, can be found from now on; false without memory, and then those before can.
 */
export function entriesEnter(g: Group, set: DistinctSet, cell: usize, first: usize, count: u32): bool {
  const used = load<u32>(cell, USED), total = used + count, table = cell + SLOTS;
  if (entriesListed(cell)) {
    if (total > FEW) tableMake(g, set, cell, total);
    store<u32>(cell, total, USED);
    return true;
  }
  if (load<u32>(cell, MASK) != PAGES && total > PAGED) pagesMake(g, cell);
  const paged = load<u32>(cell, MASK) == PAGES;
  if (!paged && !tableReserve(g, table, total)) return false;
  if (count > 1) entriesBegin(set, cell);
  let at = first;
  for (let left = count; ; at = entriesNext(set, at)) {
    const hash = entryHash(set, at, g.seed);
    if (!paged) tableAdd(table, hash, at);
    else if (!indexAdd(g, load<u32>(cell, SLOTS), hash, at)) return false;
    if (!--left) break;
  }
  store<u32>(cell, total, USED);
  return true;
}

/** An entry is not found any more. */
export function entriesRemove(g: Group, set: DistinctSet, cell: usize, at: usize): void {
  const left = load<u32>(cell, USED) - 1;
  if (!entriesListed(cell)) {
    const hash = entryHash(set, at, g.seed);
    if (load<u32>(cell, MASK) == PAGES) indexRemove(load<u32>(cell, SLOTS), hash, at);
    else tableRemove(cell + SLOTS, hash, at);
  }
  store<u32>(cell, left, USED);
}

/** Frees all of them, but what they refer to. */
export function entriesFree(g: Group, cell: usize): void {
  for (let slab: usize = load<u32>(cell); slab;) {
    const next: usize = load<u32>(slab), bytes = load<u32>(slab, BYTES);
    // A drain that was there has seen all of them
    if (<usize>g.scanThing - slab < <usize>bytes) g.scanThing = 0;
    spaceGive(g, slab, bytes);
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
  if (!load<u32>(cell, USED) && load<u32>(cell)) entriesFree(g, cell);
}

/** Forgets them. */
@inline export function entriesClear(cell: usize): void {
  store<u64>(cell, 0);
  store<u64>(cell, 0, 8);
  store<u64>(cell, 0, 16);
}
