// Resolves the kept rows of a block to state rows, so that one tight loop for each aggregate can follow. The steps
// are loops of their own, in which no row waits for the one before, and without branches that only memory can decide:
// cache misses of many rows overlap (group prefetching of Chen et al., ICDE 2004, without prefetch instructions).
import { group_add, group_end } from "../hash/group";
import { bytesEqual } from "../state/bytes";
import { ROW_FLAGS, ROW_KEYS, ROW_MARK, cellHash } from "../state/row";
import { Table, rowOfEntry, tableAppendCell, tagDiffers } from "../state/table";
import {
  blockAddresses, blockEntries, blockGroups, blockHashes, blockInserted, blockKept, blockMisses, blockNullKeys,
  blockSlice, blockSlices, rowSlice,
} from "./block";
import { isDirect } from "./direct";
import { STOP_FOREIGN, STOP_FULL, STOP_NONE } from "./input";
import { findOrInsert, insertBegin, insertUnknown, inserted, insertedSet, owns } from "./insert";
import { keyColumn, keysEqual, keysHash, nullsAt } from "./keys";
import { isInSlab, resolveSlab, slabRow, slabSlot } from "./slab_resolve";
import { Slice, tableAt } from "./slice";
import { Aggregation } from "./spec";

/** Kept rows that are resolved: all, or those before the one at which memory ran out. */
export let resolved: u32 = 0;

export function setResolved(rows: u32): void {
  resolved = rows;
}

/** Looks the keys up in the slice's direct index. Returns how many are not there, listed in blockMisses(). */
function resolveDirect(slice: Slice): u32 {
  const cells = keyColumn(0), addresses = blockAddresses(), misses = blockMisses(), direct = <usize>slice.direct;
  const base = slice.directBase, entries = <u64>slice.directEntries, kept = <usize>blockKept;
  let missed: usize = 0;
  for (let i: usize = 0; i < kept; i++) {
    const entry = <u64>(load<i64>(cells + (i << 3)) - base), inside = entry < entries;
    const known = load<u32>(direct + (select<usize>(<usize>entry, 0, inside) << 2));
    const row = select<u32>(known, 0, inside);
    store<u32>(addresses + (i << 2), row);
    store<u32>(misses + (missed << 2), <u32>i);
    missed += usize(row == 0);
  }
  return <u32>missed;
}

/** The same for rows of several slices, or with NULLs. */
function resolveDirectMixed(a: Aggregation): u32 {
  const cells = keyColumn(0), addresses = blockAddresses(), misses = blockMisses();
  let missed: u32 = 0;
  for (let i: u32 = 0; i < blockKept; i++) {
    const slice = changetype<Slice>(rowSlice(i));
    const entry = <u64>(load<i64>(cells + (<usize>i << 3)) - slice.directBase);
    const inside = slice.direct != 0 && entry < <u64>slice.directEntries && !nullsAt(i);
    let row: u32 = inside ? load<u32>(<usize>slice.direct + (<usize>entry << 2)) : 0;
    if (isInSlab(slice, i)) {
      row = <u32>slabSlot(a, slice, load<i64>(cells + (<usize>i << 3)));
      if (!load<u32>(row, ROW_MARK)) row = 0;
    }
    store<u32>(addresses + (<usize>i << 2), row);
    store<u32>(misses + (<usize>missed << 2), i);
    missed += u32(row == 0);
  }
  return missed;
}

@inline function groupOf(a: Aggregation, j: u32): u32 {
  return a.grouped ? load<u32>(blockGroups() + (<usize>j << 2)) : 0;
}

/** The first or second entry where a key of this hash would be, whichever has its tag. */
@inline function likelyEntry(table: Table, hash: u32): u32 {
  const index = <usize>table.index, mask = table.mask;
  const first = load<u32>(index + (<usize>(hash & mask) << 2));
  const second = load<u32>(index + (<usize>((hash + 1) & mask) << 2));
  return select<u32>(second, first, tagDiffers(first, hash));
}

/**
 * A likely index entry of each miss. An index that lags behind its rows may not have a key: then it is looked for
 * once more, alone.
 */
function touchEntries(a: Aggregation, misses: u32): void {
  const list = blockMisses(), hashes = blockHashes(), entries = blockEntries();
  for (let j: u32 = 0; j < misses; j++) {
    const group = groupOf(a, j), slice = changetype<Slice>(rowSlice(load<u32>(list + (<usize>j << 2))));
    let entry: u32 = 0;
    if (owns(a, group)) {
      const table = tableAt(a, slice, group);
      if (changetype<usize>(table) && table.index) entry = likelyEntry(table, load<u32>(hashes + (<usize>j << 2)));
    }
    store<u32>(entries + (<usize>j << 2), entry);
  }
}

/**
 * Turns entries into rows, or 0 where the first entry is not the key's. Returns how many are 0, listed in place of
 * the misses.
 */
function matchFixed(misses: u32): u32 {
  const list = blockMisses(), entries = blockEntries(), addresses = blockAddresses(), cells = keyColumn(0);
  const hashes = blockHashes(), groups = blockGroups();
  let left: usize = 0;
  for (let j: usize = 0; j < <usize>misses; j++) {
    const i = load<u32>(list + (j << 2)), entry = load<u32>(entries + (j << 2)), row = rowOfEntry(entry);
    const same = (load<u64>(row, ROW_KEYS) == load<u64>(cells + (<usize>i << 3))) &
      ((load<u32>(row, ROW_FLAGS) & 1) == nullsAt(i)) & (entry != 0);
    store<u32>(addresses + (<usize>i << 2), same ? <u32>row : 0);
    store<u32>(list + (left << 2), i);
    store<u32>(hashes + (left << 2), load<u32>(hashes + (j << 2)));
    store<u32>(groups + (left << 2), load<u32>(groups + (j << 2)));
    left += usize(!same);
  }
  return <u32>left;
}

/** True when the row has the one key that the REF at `cell` speaks of. */
@inline function sameBytes(row: usize, cell: usize, nulls: u32): bool {
  const length = load<u32>(cell, 4);
  return load<u32>(row, ROW_KEYS + 4) == length && (load<u32>(row, ROW_FLAGS) & 1) == nulls &&
    bytesEqual(load<u32>(row, ROW_KEYS), load<u32>(cell), length);
}

/** The same for keys of any kind. */
function matchAny(a: Aggregation, misses: u32): u32 {
  const hashAt = <usize>a.hashAt;
  const list = blockMisses(), entries = blockEntries(), addresses = blockAddresses();
  const hashes = blockHashes(), groups = blockGroups();
  for (let at: usize = 0; at < <usize>misses << 2; at += 4) {
    const entry = load<u32>(entries + at), row = rowOfEntry(entry);
    const differs = (load<u32>(row + hashAt) != load<u32>(hashes + at)) | (entry == 0);
    store<u32>(entries + at, differs ? 0 : <u32>row);
  }
  const oneBytes = a.keys == 1, cells = keyColumn(0);
  let left: usize = 0;
  for (let j: usize = 0; j < <usize>misses; j++) {
    const i = load<u32>(list + (j << 2)), row: usize = load<u32>(entries + (j << 2));
    const hash = load<u32>(hashes + (j << 2));
    if (row && (oneBytes ? sameBytes(row, cells + (<usize>i << 3), nullsAt(i)) : keysEqual(a, row, i, hash))) {
      store<u32>(addresses + (<usize>i << 2), <u32>row);
      continue;
    }
    store<u32>(list + (left << 2), i);
    store<u32>(hashes + (left << 2), hash);
    store<u32>(groups + (left << 2), load<u32>(groups + (j << 2)));
    left++;
  }
  return <u32>left;
}

/** The direct index of the row's slice knows its key, if it is there at all. */
@inline function isKnown(slice: Slice, i: u32): bool {
  return !nullsAt(i) && (slice.directWhole || isDirect(slice, load<i64>(keyColumn(0) + (<usize>i << 3))));
}

/**
 * Inserts misses of a slice whose direct index is whole, in order, as long as they are plain cases: a place in the
 * index, a table with room. Returns how many are done.
 */
function insertPlain(a: Aggregation, slice: Slice, misses: u32): u32 {
  const list = blockMisses(), addresses = blockAddresses(), cells = keyColumn(0), news = blockInserted();
  const direct = <usize>slice.direct, base = slice.directBase, entries = <u64>slice.directEntries, grouped = a.grouped;
  let added = inserted, least = slice.keyMin, greatest = slice.keyMax, j: u32 = 0;
  for (; j < misses; j++) {
    const i = load<u32>(list + (<usize>j << 2)), cell = load<i64>(cells + (<usize>i << 3)), entry = <u64>(cell - base);
    if (entry >= entries) break;
    const at = direct + (<usize>entry << 2);
    let row: usize = load<u32>(at);
    if (!row) {
      const group: u32 = grouped ? group_end(group_add(0, cell)) : 0;
      if (!owns(a, group)) break;
      const table = tableAt(a, slice, group);
      if (!changetype<usize>(table)) break;
      row = tableAppendCell(a, table, cell);
      if (!row) break;
      store<u32>(at, <u32>row);
      store<u32>(news + (<usize>added << 2), i);
      added++;
      if (cell < least) least = cell;
      if (cell > greatest) greatest = cell;
    }
    store<u32>(addresses + (<usize>i << 2), <u32>row);
  }
  slice.rows += added - inserted;
  slice.keyMin = least;
  slice.keyMax = greatest;
  insertedSet(added);
  return j;
}

/**
 * Inserts the misses of a slice whose direct index is whole, until it is not; `resolved` and the result tell how it
 * ended.
 */
function insertMisses(a: Aggregation, slice: Slice, misses: u32): u32 {
  let done: u32 = 0;
  while (done < misses && slice.directWhole) {
    const list = blockMisses() + (<usize>done << 2);
    if (done) memory.copy(blockMisses(), list, <usize>(misses - done) << 2);
    misses -= done;
    done = insertPlain(a, slice, misses);
    if (done == misses) break;
    const i = load<u32>(blockMisses() + (<usize>done << 2)), cell = load<u64>(keyColumn(0) + (<usize>i << 3));
    const group = a.grouped ? group_end(group_add(0, cell)) : 0;
    resolved = i;
    if (!owns(a, group)) return STOP_FOREIGN;
    const row = insertUnknown(a, slice, group, i, cellHash(cell, false, a.seed));
    if (!row) return STOP_FULL;
    store<u32>(blockAddresses() + (<usize>i << 2), <u32>row);
    done++;
  }
  if (done) memory.copy(blockMisses(), blockMisses() + (<usize>done << 2), <usize>(misses - done) << 2);
  missesLeft = misses - done;
  return STOP_NONE;
}

/** Misses that insertMisses has left, now the first in blockMisses(). */
let missesLeft: u32 = 0;

/**
 * Resolves the misses: first those that an index has at once, then the others one by one, in order, since they may be
 * new.
 */
function resolveMisses(a: Aggregation, misses: u32): u32 {
  const list = blockMisses(), addresses = blockAddresses(), hashes = blockHashes();
  if (!a.hashAt && blockSlice && !blockNullKeys && changetype<Slice>(blockSlice).directWhole) {
    const stop = insertMisses(a, changetype<Slice>(blockSlice), misses);
    if (stop) return stop;
    misses = missesLeft;
  }
  if (misses) {
    keysHash(a, misses);
    touchEntries(a, misses);
    misses = a.fixedKey ? matchFixed(misses) : matchAny(a, misses);
  }
  for (let j: u32 = 0; j < misses; j++) {
    const i = load<u32>(list + (<usize>j << 2)), slice = changetype<Slice>(rowSlice(i)), group = groupOf(a, j);
    const hash = load<u32>(hashes + (<usize>j << 2));
    resolved = i;
    if (!owns(a, group)) return STOP_FOREIGN;
    let row: usize;
    if (isInSlab(slice, i)) row = slabRow(a, slice, group, i, a.mark);
    else if (isKnown(slice, i)) row = insertUnknown(a, slice, group, i, hash);
    else row = findOrInsert(a, slice, group, i, hash);
    if (!row) return STOP_FULL;
    store<u32>(addresses + (<usize>i << 2), <u32>row);
  }
  resolved = blockKept;
  return STOP_NONE;
}

/** Finds the state row of each kept row, or inserts it. Returns why it stopped, with `resolved` rows done. */
export function resolveBlock(a: Aggregation): u32 {
  insertBegin();
  if (blockSlice && changetype<Slice>(blockSlice).slab && !blockNullKeys) {
    return resolveSlab(a, changetype<Slice>(blockSlice));
  }
  let misses: u32 = blockKept;
  if (a.fixedKey && blockSlice && changetype<Slice>(blockSlice).direct && !blockNullKeys) {
    misses = resolveDirect(changetype<Slice>(blockSlice));
  } else if (a.fixedKey && (u32(a.slabs) | a.direct0 | a.direct1 | a.direct2 | a.direct3)) {
    misses = resolveDirectMixed(a);
  } else {
    const list = blockMisses();
    for (let i: u32 = 0; i < misses; i++) store<u32>(list + (<usize>i << 2), i);
  }
  if (misses) return resolveMisses(a, misses);
  resolved = blockKept;
  return STOP_NONE;
}

/** Marks the slices of the resolved rows as changed. */
export function markSlices(a: Aggregation): void {
  if (blockSlice) {
    changetype<Slice>(blockSlice).mark = a.mark;
    return;
  }
  for (let i: u32 = 0; i < resolved; i++) {
    changetype<Slice>(<usize>load<u32>(blockSlices() + (<usize>i << 2))).mark = a.mark;
  }
}
