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
//   number  names it among all things of the aggregation (details.ts), in 7 bytes; behind them a byte of flags: 1, the entry may have changed
//           since a drain handed it out; 2, the bytes of its text lie behind it
//
// entries.ts says where those of a row lie, and finds them.
import { COLUMN_VALIDITY } from "../layout";
import { entry, hashOf, numbers, setEntry, setHash, sign, stateRow } from "./block";
import { entriesEnter, entriesFirst, entriesFree, entriesListed, entriesRemove, entriesTable, entriesTake, entriesTidy, entryGive, entryTake } from "./entries";
import { goneAdd } from "./gone";
import { tableFind, tableNext } from "./index_table";
import { cellOf, freeBytes, hashValue, ownBytes, refOf, sameValue, validAt } from "./keys";
import { DistinctSet, FLAG_RETRACTS, Group, has, isBytes, nameOf, setGone, wasTold } from "./spec";

const ROW: usize = 4;
export const ENTRY_VALUE: usize = 8;
const NEXT: usize = 16;
const LAST: usize = 20;
export const ENTRY_HEAPS: usize = 24;
const BLOCK: usize = 28;
const NUMBER: usize = 32;
const FLAGS: usize = 39;
const DIRTY: u8 = 1;
const TEXT_BEHIND: u8 = 2;
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
  return (load<u8>(at, FLAGS) & DIRTY) != 0;
}

/** A drain hands it out. */
@inline export function entryTell(at: usize): void {
  store<u8>(at, load<u8>(at, FLAGS) & ~DIRTY, FLAGS);
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
  const cell = row + set.head, at = entryTake(g, set, cell);
  if (!at) return 0;
  // Entries are multiples of 16 bytes
  for (let i: usize = 0; i < set.size; i += 16) {
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
  const first = load<u32>(cell);
  store<u32>(at, first, NEXT);
  store<u32>(cell, <u32>at);
  if (!fits || !entriesEnter(g, cell, 1)) {
    store<u32>(cell, first);
    if (fits && isBytes(set.type)) freeBytes(g, at + ENTRY_VALUE);
    store<u32>(at, 0, ROW);
    entryGive(cell, at);
    entriesTidy(g, cell);
    return 0;
  }
  // Only what can be taken out one by one needs the way back
  if (first && has(g, FLAG_RETRACTS)) store<u32>(first, <u32>at, LAST);
  g.seq++;
  return at;
}

/** The same of one that has its number, if its value is not there yet: 1; there is no memory: 2. */
export function entryRestore(g: Group, set: DistinctSet, row: usize, column: usize, number: u32, own: u64): usize {
  const hash = <u32>hashValue(column, set.type, number, g.seed), seq = g.seq;
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
  const cell = row + set.head;
  if (entriesListed(cell)) {
    for (let at: usize = load<u32>(cell); at; at = load<u32>(at, NEXT)) {
      if (load<u32>(at) == hash && sameValue(at + ENTRY_VALUE, column, set.type, number)) return at;
    }
    return 0;
  }
  const table = entriesTable(cell, hash);
  for (let at = tableFind(table, hash); at; at = tableNext(table, hash, at)) {
    if (sameValue(at + ENTRY_VALUE, column, set.type, number)) return at;
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
    setHash(i, counts ? COUNTS | <u64><u32>hashValue(column, set.type, number, g.seed) : 0);
  }
  let sum: u64 = 0;
  for (let i: u32 = 0; i < count; i++) setEntry(i, hashOf(i) ? entriesFirst(stateRow(i) + set.head, <u32>hashOf(i)) : 0);
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
      store<u8>(at, load<u8>(at, FLAGS) | DIRTY, FLAGS);
    }
    setEntry(i, at);
  }
  return true;
}

function noteGone(g: Group, set: DistinctSet, row: usize, at: usize): void {
  if (wasTold(g, row, entryNumber(at)) && !goneAdd(g, setGone(set), nameOf(g, row, entryNumber(at)))) g.lost = true;
}

@inline function freeText(g: Group, at: usize): void {
  if (!(load<u8>(at, FLAGS) & TEXT_BEHIND)) freeBytes(g, at + ENTRY_VALUE);
}

function dropEntry(g: Group, set: DistinctSet, at: usize): void {
  const row: usize = load<u32>(at, ROW), next = load<u32>(at, NEXT), last = load<u32>(at, LAST), cell = row + set.head;
  if (last) store<u32>(last, next, NEXT);
  else store<u32>(cell, next);
  if (next) store<u32>(next, last, LAST);
  noteGone(g, set, row, at);
  if (g.scanThing == <u32>at) g.scanThing = next;
  entriesRemove(cell, at);
  if (isBytes(set.type)) freeText(g, at);
  store<u32>(at, 0, ROW);
  entryGive(cell, at);
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
  for (let i: u32 = 0; i < count; i++) if (hashOf(i)) entriesTidy(g, stateRow(i) + set.head);
}

/** Frees all entries of a row; `tells`: drains tell that they are gone. */
export function dropEntries(g: Group, set: DistinctSet, row: usize, tells: bool): void {
  const cell = row + set.head, isText = isBytes(set.type);
  if (isText || tells) {
    for (let at: usize = load<u32>(cell); at; at = load<u32>(at, NEXT)) {
      if (tells) noteGone(g, set, row, at);
      if (isText) freeText(g, at);
    }
  }
  entriesFree(g, cell);
}

/** Copies an entry without the bytes of its text. */
@inline export function entryCopy(set: DistinctSet, to: usize, from: usize): void {
  // A call for so few bytes would take longer
  for (let i: usize = 0, size: usize = set.size; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
}

/** Bytes of the image of an entry: itself, and its text, padded to 8. */
@inline export function entryImage(set: DistinctSet, at: usize): u32 {
  return isBytes(set.type) ? set.size + ((load<u32>(at, ENTRY_VALUE + 4) + 7) & ~7) : set.size;
}

/** Links `count` images of entries that lie side by side, for a row; returns the last one. `flags` says what of their flags stays, and what they get. */
@inline function link(set: DistinctSet, row: usize, first: usize, count: u32, flags: u8, more: u8): usize {
  const isText = isBytes(set.type);
  let at = first, last: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const behind = at + entryImage(set, at);
    if (isText) store<u32>(at, <u32>(at + set.size), ENTRY_VALUE);
    store<u32>(at, <u32>row, ROW);
    store<u32>(at, <u32>behind, NEXT);
    store<u32>(at, <u32>last, LAST);
    store<u8>(at, (load<u8>(at, FLAGS) & flags) | more, FLAGS);
    last = at;
    at = behind;
  }
  return last;
}

/** Linked entries, of which these are the first and the last, come in front of those of a row. */
@inline function enter(cell: usize, first: usize, last: usize): void {
  const behind: usize = load<u32>(cell);
  store<u32>(last, <u32>behind, NEXT);
  if (behind) store<u32>(behind, <u32>last, LAST);
  store<u32>(cell, <u32>first);
}

/**
 * Entries come back for a row, in front of those that it has, from their images, which lie side by side: all of these at once. `settled`: they were
 * handed out. The first one; 0 without memory.
 */
export function entriesAdmit(g: Group, set: DistinctSet, row: usize, images: usize, count: u32, bytes: u32, settled: bool): usize {
  const cell = row + set.head, first = entriesTake(g, cell, bytes);
  if (!first) return 0;
  memory.copy(first, images, bytes);
  const flags = settled ? <u8>0 : DIRTY, last = link(set, row, first, count, flags, isBytes(set.type) ? TEXT_BEHIND : 0);
  enter(cell, first, last);
  return entriesEnter(g, cell, count) ? first : 0;
}

/** Makes images of entries that lie side by side readable where they are, for a row that has no others but such. */
export function entriesThaw(set: DistinctSet, row: usize, images: usize, count: u32): void {
  if (count) enter(row + set.head, images, link(set, row, images, count, DIRTY, 0));
}
