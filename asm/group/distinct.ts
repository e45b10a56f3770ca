// SET of the different values that one argument has had for each key, with a counter for each call that asks for them.
//
//   ENTRY  0          4         8                16         20         24          32           40
//          +----------+---------+----------------+----------+----------+-----------+------------+--------------
//          | hash u32 | row u32 | value: 8 bytes | next u32 | last u32 | heaps u32 | number u64 | counters u32 …
//          |          |         | or a REF       | in the row's list   | block u32 |            |
//          +----------+---------+----------------+----------+----------+-----------+------------+--------------
//
//   heaps   a bit for each call's counter: the entry is in its heap (heap.ts)
//   block   number of the last block of input that refers to the entry: until that is through it must stay, and behind a cut
//           it tells whether the entry may have changed
//   number  names it among all things of the aggregation (details.ts)
import { COLUMN_VALIDITY } from "../layout";
import { hash_combine } from "../hash/keyed";
import { entry, hashOf, numbers, setEntry, setHash, sign, stateRow } from "./block";
import { goneAdd } from "./gone";
import { indexAdd, indexFind, indexFirst, indexNext, indexRemove } from "./index_table";
import { cellOf, freeBytes, hashValue, ownBytes, refOf, sameValue, validAt } from "./keys";
import { poolGive, poolTake } from "./pool";
import { DistinctSet, FLAG_RETRACTS, Group, has, isBytes, nameOf, setGone, setPool } from "./spec";

const ROW: usize = 4;
export const ENTRY_VALUE: usize = 8;
const NEXT: usize = 16;
const LAST: usize = 20;
export const ENTRY_HEAPS: usize = 24;
const BLOCK: usize = 28;
const NUMBER: usize = 32;
const COUNTERS: usize = 40;

// Beside the hash of a value: it counts
const COUNTS: u64 = 1 << 32;

let block: u32 = 0;

/** The last block of input so far, of whatever aggregation. */
@inline export function lastBlock(): u32 {
  return block;
}

@inline export function entryNumber(at: usize): u64 {
  return load<u64>(at, NUMBER);
}

/** Whether a block behind `since` refers to the entry. Numbers of blocks begin anew after 2^32: what is older than half of them counts too. */
@inline export function entryChanged(at: usize, since: u32): bool {
  return <i32>(load<u32>(at, BLOCK) - since) > 0;
}

@inline export function counterAt(at: usize, counter: u32): usize {
  return at + COUNTERS + (<usize>counter << 2);
}

/** The next entry of the same row; 0 = there is none. */
@inline export function entryBehind(at: usize): usize {
  return load<u32>(at, NEXT);
}

/** A new entry of a row, for the value in row `number` of a column; 0 when there is no memory. */
function addEntry(g: Group, set: DistinctSet, hash: u32, row: usize, column: usize, number: u32): usize {
  const pool = setPool(set), at = poolTake(g, pool);
  if (!at) return 0;
  // Entries are multiples of 16 bytes
  for (let i: usize = 0; i < pool.size; i += 16) {
    store<u64>(at + i, 0);
    store<u64>(at + i, 0, 8);
  }
  store<u32>(at, hash);
  store<u32>(at, <u32>row, ROW);
  store<u32>(at, block, BLOCK);
  store<u64>(at, g.seq, NUMBER);
  let fits = true;
  if (isBytes(set.type)) {
    const ref = refOf(column, number);
    fits = ownBytes(g, at + ENTRY_VALUE, load<u32>(ref), load<u32>(ref, 4));
  } else {
    store<u64>(at, cellOf(column, set.type, number), ENTRY_VALUE);
  }
  if (!fits || !indexAdd(g, set.index, hash, at)) {
    if (fits && isBytes(set.type)) freeBytes(g, at + ENTRY_VALUE);
    poolGive(pool, at);
    return 0;
  }
  const head = row + set.head, first = load<u32>(head);
  store<u32>(at, first, NEXT);
  // Only what can be taken out one by one needs the way back
  if (first && has(g, FLAG_RETRACTS)) store<u32>(first, <u32>at, LAST);
  store<u32>(head, <u32>at);
  g.seq++;
  return at;
}

/** The hash of a row's value, as far as the index has it. */
@inline function hashOfValue(g: Group, set: DistinctSet, row: usize, column: usize, number: u32): u32 {
  return <u32>hash_combine(<u64>row * 0x9E3779B97F4A7C15, hashValue(column, set.type, number, g.seed));
}

/** The same of one that has its number, if its value is not there yet: 1; there is no memory: 2. */
export function entryRestore(g: Group, set: DistinctSet, row: usize, column: usize, number: u32, own: u64): usize {
  const hash = hashOfValue(g, set, row, column, number), seq = g.seq;
  if (find(set, hash, row, column, number)) return ENTRY_THERE;
  const at = addEntry(g, set, hash, row, column, number);
  g.seq = seq;
  if (!at) return ENTRY_NO_MEMORY;
  store<u64>(at, own, NUMBER);
  return at;
}

export const ENTRY_THERE: usize = 1;
export const ENTRY_NO_MEMORY: usize = 2;

function find(set: DistinctSet, hash: u32, row: usize, column: usize, number: u32): usize {
  for (let at = indexFind(set.index, hash); at; at = indexNext(set.index, hash, at)) {
    if (load<u32>(at, ROW) == <u32>row && sameValue(at + ENTRY_VALUE, column, set.type, number)) return at;
  }
  return 0;
}

/** Holds what was read for nothing but the cache, so that it is read. */
let touched: u64 = 0;

/**
 * Hashes the block's values, marks those that count, and reads the entries that may be theirs: waits for memory overlap, since none
 * depends on another.
 */
function hashValues(g: Group, set: DistinctSet, column: usize, count: u32): void {
  const validity: usize = load<u32>(column, COLUMN_VALIDITY);
  for (let i: u32 = 0; i < count; i++) {
    const row = stateRow(i), number = numbers(i), counts = row && sign(i) && validAt(validity, number);
    setHash(i, counts ? COUNTS | <u64>hashOfValue(g, set, row, column, number) : 0);
  }
  let sum: u64 = 0;
  for (let i: u32 = 0; i < count; i++) setEntry(i, hashOf(i) ? indexFirst(set.index, <u32>hashOf(i)) : 0);
  for (let i: u32 = 0; i < count; i++) if (entry(i)) sum += load<u64>(entry(i), COUNTERS);
  touched = sum;
}

/** Finds the entries of the block's values, and makes those that are new; false when there is no memory. */
export function resolveEntries(g: Group, set: DistinctSet, column: usize, count: u32): bool {
  block++;
  hashValues(g, set, column, count);
  for (let i: u32 = 0; i < count; i++) {
    if (!hashOf(i)) {
      setEntry(i, 0);
      continue;
    }
    const row = stateRow(i), number = numbers(i), hash = <u32>hashOf(i);
    let at = find(set, hash, row, column, number);
    // What is taken back without having come makes no entry
    if (!at && sign(i) > 0) {
      at = addEntry(g, set, hash, row, column, number);
      if (!at) return false;
    }
    if (at) store<u32>(at, block, BLOCK);
    setEntry(i, at);
  }
  return true;
}

function noteGone(g: Group, set: DistinctSet, row: usize, at: usize): void {
  if (entryNumber(at) < g.told && !goneAdd(g, setGone(set), nameOf(g, row, entryNumber(at)))) g.lost = true;
}

function dropEntry(g: Group, set: DistinctSet, at: usize): void {
  const row: usize = load<u32>(at, ROW), next = load<u32>(at, NEXT), last = load<u32>(at, LAST);
  if (last) store<u32>(last, next, NEXT);
  else store<u32>(row + set.head, next);
  if (next) store<u32>(next, last, LAST);
  noteGone(g, set, row, at);
  indexRemove(set.index, at);
  if (isBytes(set.type)) freeBytes(g, at + ENTRY_VALUE);
  store<u32>(at, 0, ROW);
  poolGive(setPool(set), at);
}

/** Whether some call counts the entry's value. */
export function entryCounts(set: DistinctSet, at: usize): bool {
  for (let c: u32 = 0; c < set.counters; c++) if (load<u32>(counterAt(at, c))) return true;
  return false;
}

@inline function unused(set: DistinctSet, at: usize): bool {
  return !load<u32>(at, ENTRY_HEAPS) && !entryCounts(set, at);
}

/** Frees an entry that no call, no heap and no row of the block has use for. */
export function dropIfUnused(g: Group, set: DistinctSet, at: usize): void {
  if (load<u32>(at, BLOCK) != block && unused(set, at)) dropEntry(g, set, at);
}

/** Frees those entries of the block that nothing has use for, when it is through. */
export function dropUnused(g: Group, set: DistinctSet, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = entry(i);
    if (at && load<u32>(at, ROW) && unused(set, at)) dropEntry(g, set, at);
  }
}

/** Frees all entries of a row; `tells`: drains tell that they are gone. */
export function dropEntries(g: Group, set: DistinctSet, row: usize, tells: bool): void {
  for (let at: usize = load<u32>(row + set.head); at;) {
    const next: usize = load<u32>(at, NEXT);
    if (tells) noteGone(g, set, row, at);
    indexRemove(set.index, at);
    if (isBytes(set.type)) freeBytes(g, at + ENTRY_VALUE);
    poolGive(setPool(set), at);
    at = next;
  }
  store<u32>(row + set.head, 0);
}
