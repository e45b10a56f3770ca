// INDEX: from keys to chains of rows. A store may have several: each has its own links and hash in the rows, those of
// the header or three words of the operator's (next u32, prev u32, hash u32, side by side).
import { block_alloc, block_free } from "../memory";
import { BOOL, COLUMN_DATA, DOUBLE } from "../layout";
import { columnAt } from "./cell";
import { HASH_NONE, keyColumn, keyEqualsBatch, keyEqualsRow } from "./keys";
import { ROW_NEXT } from "./row";
import { Slots, slotAt, slotFind, slotGive, slotReserve, slotTake, slotsFree, slotsMask, slotsOf } from "./segment";
import { Store, isText, storeType } from "./store";

/** Rows that are looked up together: first all their slots, then all their rows. */
const BLOCK_ROWS: u32 = 256;
const SLOTS: usize = memory.data(2048, 16);
/** Rows whose memory is read together before they are worked in one after the other: so many that all of it stays in the caches. */
export const TOUCH_ROWS: u32 = 128;
/** Rows of a store from which on they no longer lie in the fast caches. */
export const MANY_ROWS: u32 = 2048;

@unmanaged
export class Index extends Slots {
  keys: u32;
  list: u32; // address of the key's column numbers, u32 each
  linkAt: u32; // offset in a row of next u32, prev u32, hash u32
  nullsEqual: bool;
  plain: bool; // one key column of i64 cells
  cellAt: u32; // offset of its cell
  blockBytes: u32;
}

const PREV: usize = 4;
const HASH: usize = 8;

@inline function storeOf(index: Index): Store {
  return changetype<Store>(<usize>index.store);
}

/** The row behind `row` in its chain; 0 = it is the last. */
@inline export function indexNext(index: Index, row: usize): usize {
  return load<u32>(row + index.linkAt);
}

@inline function setNext(index: Index, row: usize, next: usize): void {
  store<u32>(row + index.linkAt, <u32>next);
}

@inline function prevOf(index: Index, row: usize): usize {
  return load<u32>(row + index.linkAt, PREV);
}

/** The last row of a chain whose first one is given. */
@inline export function indexLast(index: Index, first: usize): usize {
  return prevOf(index, first);
}

@inline function setPrev(index: Index, row: usize, prev: usize): void {
  store<u32>(row + index.linkAt, <u32>prev, PREV);
}

@inline export function indexHash(index: Index, row: usize): u32 {
  return load<u32>(row + index.linkAt, HASH);
}

/**
 * An index of `s` by the columns that `list` names (u32 each). `linkAt`: offset in a row of its links and hash, 0 =
 * those of the header. `nullsEqual` false: rows with NULL in their key are in no chain. 0 when there is no memory.
 */
export function indexMake(s: Store, list: usize, keys: u32, nullsEqual: bool, linkAt: u32): usize {
  const head: u32 = (offsetof<Index>() + 7) & ~7, bytes = head + ((keys + 1) << 2), address = block_alloc(bytes);
  if (!address) return 0;
  memory.fill(address, 0, bytes);
  const index = changetype<Index>(address);
  index.blockBytes = bytes;
  index.store = <u32>changetype<usize>(s);
  index.keys = keys;
  index.list = <u32>address + head;
  index.linkAt = linkAt ? linkAt : <u32>ROW_NEXT;
  index.nullsEqual = nullsEqual;
  memory.copy(index.list, list, <usize>keys << 2);
  if (keys == 1) {
    const type = storeType(s, keyColumn(list, 0));
    index.plain = !isText(type) && type != BOOL && type != DOUBLE && !nullsEqual;
    index.cellAt = s.cellsAt + (keyColumn(list, 0) << 3);
  }
  return address;
}

/** Frees the index; its rows stay. */
export function indexFree(index: Index): void {
  slotsFree(index);
  block_free(changetype<usize>(index), index.blockBytes);
}

/** The first row of the chain of a key of one i64 cell that is not NULL. */
@inline function findCell(index: Index, hash: u32, cell: u64): usize {
  const slots = slotsOf(index, hash), mask = slotsMask(index, hash);
  let at = hash & mask;
  while (true) {
    const slot = load<u64>(slotAt(slots, at)), row = <usize><u32>slot;
    if (!row) return 0;
    if (<u32>(slot >> 32) == hash && load<u64>(row + index.cellAt) == cell) return row;
    at = (at + 1) & mask;
  }
}

/** The cell of row `r` of a batch in the only key column. */
@inline function cellOf(columns: usize, list: usize, r: u32): u64 {
  return load<u64>(<usize>load<u32>(columnAt(columns, keyColumn(list, 0)), COLUMN_DATA) + (<usize>r << 3));
}

/** The first row of the chain of a row's key of a batch, whose hash is `hash`; 0 = there is none. `list`: its key columns there. */
export function indexFind(index: Index, hash: u32, columns: usize, list: usize, r: u32): usize {
  if (hash == HASH_NONE || !index.directory) return 0;
  if (index.plain) return findCell(index, hash, cellOf(columns, list, r));
  const slots = slotsOf(index, hash), mask = slotsMask(index, hash), s = storeOf(index);
  let at = hash & mask;
  while (true) {
    const slot = load<u64>(slotAt(slots, at)), row = <usize><u32>slot;
    if (!row) return 0;
    if (<u32>(slot >> 32) == hash && keyEqualsBatch(s, row, index.list, columns, list, index.keys, r)) return row;
    at = (at + 1) & mask;
  }
}

/** indexFindAll of a block, of keys of one i64 cell. */
function findCells(index: Index, hashes: usize, columns: usize, list: usize, rows: usize, first: u32, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const r = rows ? load<u32>(rows + (<usize>i << 2)) : first + i, hash = load<u32>(hashes + (<usize>i << 2));
    const none = !load<u32>(SLOTS + (<usize>i << 3)) || hash == HASH_NONE;
    store<u32>(out + (<usize>i << 2), none ? 0 : <u32>findCell(index, hash, cellOf(columns, list, r)));
  }
}

/** The same for `count` rows at once: those that `rows` lists (0: the first ones), with hashes u32 each; the answers go to `out`, u32 each. */
export function indexFindAll(
  index: Index, hashes: usize, columns: usize, list: usize, rows: usize, count: u32, out: usize,
): void {
  if (!index.directory) {
    memory.fill(out, 0, <usize>count << 2);
    return;
  }
  for (let from: u32 = 0; from < count; from += BLOCK_ROWS) {
    const block = min<u32>(BLOCK_ROWS, count - from), at = <usize>from << 2, blockHashes = hashes + at;
    firstSlots(index, blockHashes, block);
    if (index.plain) {
      findCells(index, blockHashes, columns, list, rows ? rows + at : 0, from, block, out + at);
      continue;
    }
    for (let i: u32 = 0; i < block; i++) {
      const r = rows ? load<u32>(rows + at + (<usize>i << 2)) : from + i;
      const none = !load<u32>(SLOTS + (<usize>i << 3)), hash = load<u32>(blockHashes + (<usize>i << 2));
      store<u32>(out + at + (<usize>i << 2), none ? 0 : <u32>indexFind(index, hash, columns, list, r));
    }
  }
}

/** Reads the slot at which each hash is looked for first: waits for memory overlap, since none depends on another. */
function firstSlots(index: Index, hashes: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const hash = load<u32>(hashes + (<usize>i << 2)), mask = slotsMask(index, hash);
    store<u64>(SLOTS + (<usize>i << 3), load<u64>(slotAt(slotsOf(index, hash), hash & mask)));
  }
}

/** The rows that lie where each of up to TOUCH_ROWS hashes is looked for first, be they of that key or another (0: none): u32 each to `out`. */
export function indexFirstRows(index: Index, hashes: usize, count: u32, out: usize): void {
  if (!index.directory) {
    memory.fill(out, 0, <usize>count << 2);
    return;
  }
  firstSlots(index, hashes, count);
  for (let i: u32 = 0; i < count; i++) store<u32>(out + (<usize>i << 2), load<u32>(SLOTS + (<usize>i << 3)));
}

/** Reads the slots that `count` hashes will be put in, so that they are in the cache then. */
export function indexTouch(index: Index, hashes: usize, count: u32): void {
  if (!index.directory) return;
  for (let from: u32 = 0; from < count; from += BLOCK_ROWS) {
    firstSlots(index, hashes + (<usize>from << 2), min<u32>(BLOCK_ROWS, count - from));
  }
}

/** The first row of the chain of a stored row's key, which may be of another store with the key columns `list`. */
export function indexFindRow(index: Index, hash: u32, other: Store, row: usize, list: usize): usize {
  if (hash == HASH_NONE || !index.directory) return 0;
  const s = storeOf(index);
  if (index.plain && changetype<usize>(other) == changetype<usize>(s)) {
    return findCell(index, hash, load<u64>(row + index.cellAt));
  }
  const slots = slotsOf(index, hash), mask = slotsMask(index, hash);
  let at = hash & mask;
  while (true) {
    const slot = load<u64>(slotAt(slots, at)), found = <usize><u32>slot;
    if (!found) return 0;
    const equal = <u32>(slot >> 32) == hash && keyEqualsRow(s, found, index.list, other, row, list, index.keys);
    if (equal) return found;
    at = (at + 1) & mask;
  }
}

/**
 * Puts a row, whose hash is written, at the end of the chain of its key; false when there is no memory, and then nothing
 * has changed. A row with HASH_NONE is in no chain; its links are its own.
 */
export function indexAdd(index: Index, row: usize): bool {
  const hash = indexHash(index, row);
  setNext(index, row, 0);
  setPrev(index, row, row);
  if (hash == HASH_NONE) return true;
  const first = indexFindRow(index, hash, storeOf(index), row, index.list);
  if (first) {
    const last = prevOf(index, first);
    setNext(index, last, row);
    setPrev(index, row, last);
    setPrev(index, first, row);
    return true;
  }
  if (!slotReserve(index, hash)) return false;
  slotTake(index, row, hash);
  return true;
}

/** Puts a row into the chain in front of `behind`, which is in it. */
export function indexAddBefore(index: Index, row: usize, behind: usize): void {
  const prev = prevOf(index, behind), isFirst = indexNext(index, prev) != behind;
  setNext(index, row, behind);
  setPrev(index, row, prev);
  setPrev(index, behind, row);
  if (!isFirst) {
    setNext(index, prev, row);
    return;
  }
  // `prev` is the last row of the chain, and the new row the first.
  if (prev == behind) setPrev(index, row, behind);
  store<u32>(slotFind(index, behind, indexHash(index, behind)), <u32>row);
}

/** Takes a row out of its chain. It is not freed. */
export function indexRemove(index: Index, row: usize): void {
  const hash = indexHash(index, row);
  if (hash == HASH_NONE) return;
  const prev = prevOf(index, row), next = indexNext(index, row);
  if (indexNext(index, prev) == row) {
    setNext(index, prev, next);
    if (next) setPrev(index, next, prev);
    else setPrev(index, indexFindRow(index, hash, storeOf(index), row, index.list), prev);
    return;
  }
  const slot = slotFind(index, row, hash);
  if (!next) {
    slotGive(index, slot, hash);
    return;
  }
  store<u32>(slot, <u32>next);
  setPrev(index, next, prev == row ? next : prev);
}

/** Puts `to` where `from` is, which has the same key; links and hash are copied. */
export function indexReplace(index: Index, from: usize, to: usize): void {
  const hash = indexHash(index, from), prev = prevOf(index, from), next = indexNext(index, from);
  setNext(index, to, next);
  setPrev(index, to, prev == from ? to : prev);
  store<u32>(to + index.linkAt, hash, HASH);
  if (hash == HASH_NONE) return;
  if (indexNext(index, prev) == from) {
    setNext(index, prev, to);
  } else {
    store<u32>(slotFind(index, from, hash), <u32>to);
  }
  if (next) setPrev(index, next, to);
  else if (prev != from) setPrev(index, indexFindRow(index, hash, storeOf(index), to, index.list), to);
}
