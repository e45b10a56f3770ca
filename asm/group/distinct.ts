// SET of the different values that one argument has had for each key: an ENTRY for each (entry.ts), which says for which calls. entries.ts says where those of
// a row lie, and finds them.
import { COLUMN_VALIDITY } from "../layout";
import { entry, hashOf, numbers, setEntry, setHash, sign, stateRow } from "./block";
import {
  entriesBegin, entriesEnter, entriesFree, entriesLend, entriesListed, entriesNext, entriesPlace, entriesRemove, entriesTable, entriesTake, entriesTidy, entryGive,
  entryTake,
} from "./entries";
import {
  ENTRY_HEAPS, ENTRY_VALUE, entryCounts, entryHasText, entryImage, entryIsFree, entryIsOf, entryMake, entryMayBe, entryName, entryNumber, entryTell, entryText,
  entryTouch,
} from "./entry";
import { goneAdd } from "./gone";
import { tableFind, tableNext } from "./index_table";
import { cellOf, freeBytes, hashValue, ownBytes, refOf, sameValue, validAt } from "./keys";
import { DistinctSet, Group, isBytes, nameOf, setGone, wasTold } from "./spec";

// Beside the hash of a value: it counts
const COUNTS: u64 = 1 << 32;

let block: u32 = 0;

/** A new entry of a row, for the value in row `number` of a column, with this number; 0 when there is no memory. */
function addEntry(g: Group, set: DistinctSet, hash: u32, row: usize, column: usize, number: u32, own: u64): usize {
  const cell = row + set.head, at = entryTake(g, set, cell);
  if (!at) return 0;
  entryMake(set, at, hash, own);
  let fits = true;
  if (isBytes(set.type)) {
    const ref = refOf(column, number);
    fits = ownBytes(g, at + ENTRY_VALUE, load<u32>(ref), load<u32>(ref, 4));
  } else {
    store<u64>(at, cellOf(column, set.type, number), ENTRY_VALUE);
  }
  if (fits && entriesEnter(g, set, cell, at, 1)) return at;
  if (fits && isBytes(set.type)) freeBytes(g, at + ENTRY_VALUE);
  entryGive(cell, at);
  entriesTidy(g, cell);
  return 0;
}

/** The same of one that has its number, if its value is not there yet: 1; there is no memory: 2. */
export function entryRestore(g: Group, set: DistinctSet, row: usize, column: usize, number: u32, own: u64): usize {
  const hash = <u32>hashValue(column, set.type, number, g.seed);
  if (find(set, hash, row, column, number)) return ENTRY_THERE;
  const at = addEntry(g, set, hash, row, column, number, own);
  return at ? at : ENTRY_NO_MEMORY;
}

export const ENTRY_THERE: usize = 1;
export const ENTRY_NO_MEMORY: usize = 2;

function find(set: DistinctSet, hash: u32, row: usize, column: usize, number: u32): usize {
  const cell = row + set.head;
  if (entriesListed(cell)) {
    for (let at = entriesBegin(set, cell); at; at = entriesNext(set, at)) {
      if (entryMayBe(set, at, hash) && sameValue(at + ENTRY_VALUE, column, set.type, number)) return at;
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
  for (let i: u32 = 0; i < count; i++) setEntry(i, hashOf(i) ? entriesPlace(stateRow(i) + set.head, <u32>hashOf(i)) : 0);
  for (let i: u32 = 0; i < count; i++) if (entry(i)) sum += load<u64>(entry(i));
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
      at = addEntry(g, set, hash, row, column, number, g.seq);
      if (!at) return false;
      g.seq++;
    }
    if (at) entryTouch(set, at, block);
    setEntry(i, at);
  }
  return true;
}

function noteGone(g: Group, set: DistinctSet, row: usize, at: usize): void {
  if (wasTold(g, row, entryNumber(at)) && !goneAdd(g, setGone(set), nameOf(g, row, entryNumber(at)))) g.lost = true;
}

@inline function freeText(g: Group, at: usize): void {
  if (!entryHasText(at)) freeBytes(g, at + ENTRY_VALUE);
}

function dropEntry(g: Group, set: DistinctSet, row: usize, at: usize): void {
  const cell = row + set.head;
  noteGone(g, set, row, at);
  entriesRemove(g, set, cell, at);
  if (isBytes(set.type)) freeText(g, at);
  entryGive(cell, at);
}

@inline function unused(set: DistinctSet, at: usize): bool {
  return !load<u32>(at, ENTRY_HEAPS) && !entryCounts(set, at);
}

/** Frees an entry of a set that counts, when no call, no heap and no row of the block has use for it. */
export function dropIfUnused(g: Group, set: DistinctSet, row: usize, at: usize): void {
  if (!entryIsOf(at, block) && unused(set, at)) dropEntry(g, set, row, at);
}

/** Frees those entries of the block, of a set that counts, that nothing has use for, when it is through. */
export function dropUnused(g: Group, set: DistinctSet, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = entry(i);
    if (at && !entryIsFree(at) && unused(set, at)) dropEntry(g, set, stateRow(i), at);
  }
  for (let i: u32 = 0; i < count; i++) if (hashOf(i)) entriesTidy(g, stateRow(i) + set.head);
}

/** Frees all entries of a row; `tells`: drains tell that they are gone. */
export function dropEntries(g: Group, set: DistinctSet, row: usize, tells: bool): void {
  const cell = row + set.head, isText = isBytes(set.type);
  if (isText || tells) {
    for (let at = entriesBegin(set, cell); at; at = entriesNext(set, at)) {
      if (tells) noteGone(g, set, row, at);
      if (isText) freeText(g, at);
    }
  }
  entriesFree(g, cell);
}

/** The text of each of `count` images that lie side by side is behind it. */
function ownImages(set: DistinctSet, first: usize, count: u32): void {
  if (!isBytes(set.type)) return;
  let at = first;
  for (let i: u32 = 0; i < count; i++) {
    entryText(set, at);
    at += entryImage(set, at);
  }
}

/**
 * Entries come back for a row from their images, which lie side by side: all of these at once. `settled`: they were handed out. False without memory,
 * and then nothing goes on.
 */
export function entriesAdmit(g: Group, set: DistinctSet, row: usize, images: usize, count: u32, bytes: u32, settled: bool): bool {
  const cell = row + set.head, first = entriesTake(g, cell, bytes);
  if (!first) return false;
  memory.copy(first, images, bytes);
  ownImages(set, first, count);
  if (settled) {
    let at = entriesBegin(set, cell);
    for (let i: u32 = 0; i < count; i++, at = entriesNext(set, at)) entryTell(at);
  }
  return entriesEnter(g, set, cell, first, count);
}

/** Makes images of entries that lie side by side, with room in front of them, readable where they are, for a row that has no others but such. */
export function entriesThaw(set: DistinctSet, row: usize, images: usize, count: u32, bytes: u32): void {
  if (!count) return;
  ownImages(set, images, count);
  entriesLend(row + set.head, images, bytes);
}
