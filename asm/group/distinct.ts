// SET of the different values that one argument has had for each key, with a counter for each call that asks for them.
//
//   ENTRY  0          4         8                16         20         24          32           40
//          +----------+---------+----------------+----------+----------+-----------+------------+--------------
//          | hash u32 | row u32 | value: 8 bytes | next u32 | last u32 | heaps u32 | number u64 | counters u32 …
//          |          |         | or a REF       | in the row's list   | block u32 |            |
//          +----------+---------+----------------+----------+----------+-----------+------------+--------------
//
//   heaps   a bit for each call's counter: the entry is in its heap (heap.ts)
//   block   number of the last block of input that refers to the entry: until that is through it must stay
//   number  names it among all things of the aggregation (details.ts), in 7 bytes; behind them a byte that is 1 when the entry may have changed
//           since a drain handed it out
import { COLUMN_VALIDITY } from "../layout";
import { hash_bytes, hash_combine, hash_i64 } from "../hash/keyed";
import { spaceGive, spaceTake } from "../state/space";
import { entry, hashOf, numbers, setEntry, setHash, sign, stateRow } from "./block";
import { goneAdd } from "./gone";
import { indexAdd, indexFind, indexFirst, indexNext, indexRemove, indexTouch } from "./index_table";
import { cellOf, freeBytes, hashValue, ownBytes, refOf, sameValue, validAt } from "./keys";
import { poolGive, poolTake } from "./pool";
import { DistinctSet, FLAG_RETRACTS, Group, has, isBytes, nameOf, setGone, setPool, wasTold } from "./spec";

const ROW: usize = 4;
export const ENTRY_VALUE: usize = 8;
const NEXT: usize = 16;
const LAST: usize = 20;
export const ENTRY_HEAPS: usize = 24;
const BLOCK: usize = 28;
const NUMBER: usize = 32;
const DIRTY: usize = 39;
const NUMBER_MASK: u64 = (1 << 56) - 1;
const COUNTERS: usize = 40;

// Beside the hash of a value: it counts
const COUNTS: u64 = 1 << 32;

let block: u32 = 0;

@inline export function entryNumber(at: usize): u64 {
  return load<u64>(at, NUMBER) & NUMBER_MASK;
}

/** Whether the entry may have changed since a drain handed it out. */
@inline export function entryChanged(at: usize): bool {
  return load<u8>(at, DIRTY) != 0;
}

/** A drain hands it out. */
@inline export function entryTell(at: usize): void {
  store<u8>(at, 0, DIRTY);
}

@inline export function counterAt(at: usize, counter: u32): usize {
  return at + COUNTERS + (<usize>counter << 2);
}

/** The next entry of the same row; 0 = there is none. */
@inline export function entryBehind(at: usize): usize {
  return load<u32>(at, NEXT);
}

/** Room for an entry. Where rows leave memory each has a block of its own: what one set gives back, anything may take. */
@inline function take(g: Group, set: DistinctSet): usize {
  return g.cools ? spaceTake(g, setPool(set).size) : poolTake(g, setPool(set));
}

function give(g: Group, set: DistinctSet, at: usize): void {
  if (g.cools) spaceGive(g, at, setPool(set).size);
  else poolGive(setPool(set), at);
}

/** A new entry of a row, for the value in row `number` of a column; 0 when there is no memory. */
function addEntry(g: Group, set: DistinctSet, hash: u32, row: usize, column: usize, number: u32): usize {
  const pool = setPool(set), at = take(g, set);
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
    give(g, set, at);
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
    if (at) {
      store<u32>(at, block, BLOCK);
      store<u8>(at, 1, DIRTY);
    }
    setEntry(i, at);
  }
  return true;
}

function noteGone(g: Group, set: DistinctSet, row: usize, at: usize): void {
  if (wasTold(g, row, entryNumber(at)) && !goneAdd(g, setGone(set), nameOf(g, row, entryNumber(at)))) g.lost = true;
}

function dropEntry(g: Group, set: DistinctSet, at: usize): void {
  const row: usize = load<u32>(at, ROW), next = load<u32>(at, NEXT), last = load<u32>(at, LAST);
  if (last) store<u32>(last, next, NEXT);
  else store<u32>(row + set.head, next);
  if (next) store<u32>(next, last, LAST);
  noteGone(g, set, row, at);
  if (g.scanThing == <u32>at) g.scanThing = next;
  indexRemove(set.index, at);
  if (isBytes(set.type)) freeBytes(g, at + ENTRY_VALUE);
  store<u32>(at, 0, ROW);
  give(g, set, at);
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
  let sum: u64 = 0;
  for (let at: usize = load<u32>(row + set.head); at; at = load<u32>(at, NEXT)) sum += indexTouch(set.index, load<u32>(at));
  touched = sum;
  for (let at: usize = load<u32>(row + set.head); at;) {
    const next: usize = load<u32>(at, NEXT);
    if (tells) noteGone(g, set, row, at);
    indexRemove(set.index, at);
    if (isBytes(set.type)) freeBytes(g, at + ENTRY_VALUE);
    give(g, set, at);
    at = next;
  }
  store<u32>(row + set.head, 0);
}

/** Copies an entry without the bytes of its text. */
@inline export function entryCopy(set: DistinctSet, to: usize, from: usize): void {
  // A call for so few bytes would take longer
  for (let i: usize = 0, size: usize = setPool(set).size; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
}

/** Gives the image of an entry the hash that it has as one of a row, and reads where the index will have it: waits for memory overlap. */
export function entryHash(g: Group, set: DistinctSet, row: usize, image: usize, text: usize, length: u32): void {
  const value = isBytes(set.type) ? hash_bytes(text, length, g.seed) : hash_i64(load<u64>(image, ENTRY_VALUE), g.seed);
  const hash = <u32>hash_combine(<u64>row * 0x9E3779B97F4A7C15, value);
  store<u32>(image, hash);
  touched += indexTouch(set.index, hash);
}

/** The entry comes back for a row from its image, which has its hash, and the bytes of its text; it is in no list yet. 0 without memory. */
export function entryAdmit(g: Group, set: DistinctSet, row: usize, image: usize, text: usize, length: u32): usize {
  const at = take(g, set), isText = isBytes(set.type);
  if (!at) return 0;
  const hash = load<u32>(image);
  entryCopy(set, at, image);
  store<u32>(at, <u32>row, ROW);
  store<u64>(at, 0, NEXT);
  const fits = !isText || ownBytes(g, at + ENTRY_VALUE, text, length);
  if (fits && indexAdd(g, set.index, hash, at)) return at;
  if (fits && isText) freeBytes(g, at + ENTRY_VALUE);
  give(g, set, at);
  return 0;
}

/** One comes behind another. */
@inline export function entryLink(before: usize, at: usize): void {
  store<u32>(before, <u32>at, NEXT);
  store<u32>(at, <u32>before, LAST);
}

/** Linked entries, of which these are the first and the last, come in front of those of a row. */
export function entryEnter(set: DistinctSet, row: usize, first: usize, last: usize): void {
  const head = row + set.head, behind: usize = load<u32>(head);
  store<u32>(last, <u32>behind, NEXT);
  store<u32>(first, 0, LAST);
  if (behind) store<u32>(behind, <u32>last, LAST);
  store<u32>(head, <u32>first);
}
