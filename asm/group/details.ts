// What rows hold beside their cells as tables: entries of sets, nodes of lists, pages of sketches. Each has a name: the key group of
// its row, and a number of its own, or the row's number with that of a page behind it. A drain hands them out with their rows (batch.ts): entries and pages
// that are dirty, nodes whose numbers are newer than what was told of the row.
import { arena_alloc } from "../memory";
import { BOOL, BYTES, COLUMN_DATA } from "../layout";
import { batchBegin, batchNext, heldTold, isFresh } from "./batch";
import { entriesBegin, entriesNext, entriesResume, entriesSlab } from "./entries";
import { ENTRY_VALUE, entryChanged, entryCount, entryCounts, entryIsFree, entryNumber, entryTell } from "./entry";
import { goneTell } from "./gone";
import { nodeBefore, nodeLength, nodeNumber, nodeValue } from "./list";
import { outColumn, setBit } from "./push";
import { look, stepBegin } from "./scan";
import { pageNumber, sketchPage, sketchPageRoom, sketchTell } from "./sketch";
import { Call, Group, ROW_GROUP, callAt, callGone, isBytes, keyCell, rowNumber, setAt, setGone } from "./spec";

// What a table is of: entries of a set, nodes or pages of a call
const ENTRIES: u32 = 0;
const NODES: u32 = 1;
const PAGES: u32 = 2;
/** Entries that a drain has handed out and that no counter counts any more, though a heap may still have them. */
const DEAD: u32 = 3;

const DONE: i32 = 0;
const MORE: i32 = -1;

/** A list of what was found: row u32, and an entry, a node, or the number of a page: u32. */
@inline function rowAt(list: usize, i: u32): usize {
  return load<u32>(list + (<usize>i << 3));
}

@inline function thingAt(list: usize, i: u32): usize {
  return load<u32>(list + (<usize>i << 3), 4);
}

/** An entry is looked at next. */
@inline function enter(g: Group, at: usize): usize {
  g.scanSlab = <u32>entriesSlab();
  return at;
}

/** What of a row is looked at first; pages by their number, and one more. 0 = nothing. */
function firstOf(g: Group, kind: u32, which: u32, row: usize): usize {
  if (kind == ENTRIES || kind == DEAD) return enter(g, entriesBegin(setAt(g, which), row + setAt(g, which).head));
  const call = callAt(g, which);
  if (kind == NODES) return load<u32>(row + call.cell, 4);
  return <usize>(sketchPage(call, row + call.cell, 0, isFresh(g, row)) + 1);
}

/** What of the row at hand is looked at behind `thing`. */
function nextOf(g: Group, kind: u32, which: u32, thing: usize): usize {
  const row: usize = g.scanRow;
  if (kind == ENTRIES || kind == DEAD) {
    entriesResume(row + setAt(g, which).head, g.scanSlab);
    return enter(g, entriesNext(setAt(g, which), thing));
  }
  if (kind == PAGES) {
    const call = callAt(g, which);
    return <usize>(sketchPage(call, row + call.cell, <u32>thing, isFresh(g, row)) + 1);
  }
  const before = nodeBefore(thing);
  return before && isNew(g, row, nodeNumber(before)) ? before : 0;
}

@inline function isNew(g: Group, row: usize, number: u64): bool {
  return isFresh(g, row) || number >= heldTold(g, row);
}

/** What came after the batch was taken comes with the next one that has its row. */
function isWanted(g: Group, kind: u32, which: u32, thing: usize): bool {
  const row: usize = g.scanRow;
  if (kind == PAGES) return true;
  if (kind == NODES) return nodeNumber(thing) < g.told && isNew(g, row, nodeNumber(thing));
  // It may have gone since the last step
  if (entryIsFree(thing) || entryNumber(thing) >= g.told) return false;
  // A batch that was left may have told some of what a row holds for which nothing is noted yet
  if (!(isFresh(g, row) || entryChanged(thing))) return false;
  if (entryCounts(setAt(g, which), thing) ? kind != ENTRIES : kind != DEAD) return false;
  entryTell(thing);
  return true;
}

/** Begins with what the first row of the batch holds. */
export function group_details_begin(group: usize): void {
  batchBegin(changetype<Group>(group));
}

/**
 * The next entries (`kind` 0, of a set), nodes (1, of a call) or pages (2) of the batch to be handed out, or entries that are not any more (3), at
 * `list`: how many, DONE, or MORE.
 */
export function group_details(group: usize, kind: u32, which: u32, list: usize, most: u32): i32 {
  const g = changetype<Group>(group);
  let found: u32 = 0;
  stepBegin();
  while (found < most) {
    if (!look()) return found ? <i32>found : MORE;
    if (!g.scanThing) {
      const row = batchNext(g);
      if (!row) return found ? <i32>found : DONE;
      g.scanRow = <u32>row;
      g.scanThing = <u32>firstOf(g, kind, which, row);
      continue;
    }
    const thing: usize = g.scanThing;
    if (isWanted(g, kind, which, thing)) {
      store<u32>(list + (<usize>found << 3), g.scanRow);
      store<u32>(list + (<usize>found << 3), <u32>thing - u32(kind == PAGES), 4);
      found++;
    }
    g.scanThing = <u32>nextOf(g, kind, which, thing);
  }
  return <i32>found;
}

/** Key groups and numbers of listed things, the numbers of their rows, and the ends of their windows, where `ends` is not 0: i64 each. */
export function group_detail_names(
  group: usize, kind: u32, list: usize, count: u32, groups: usize, numbers: usize, rows: usize, ends: usize,
): void {
  const g = changetype<Group>(group);
  for (let i: u32 = 0; i < count; i++) {
    const row = rowAt(list, i), thing = thingAt(list, i), at = <usize>i << 3;
    store<u64>(groups + at, load<u8>(row, ROW_GROUP));
    const number = kind == PAGES ? pageNumber(g, row, <u32>thing) : kind == NODES ? nodeNumber(thing) : entryNumber(thing);
    store<u64>(numbers + at, number);
    store<u64>(rows + at, rowNumber(g, row));
    if (ends) store<u64>(ends + at, load<u64>(row + keyCell(g.endKey)));
  }
}

@inline function ref(at: usize, length: u32): u64 {
  return <u64>at | (<u64>length << 32);
}

/** A page copied into the batch arena, as a REF; 0 without memory. */
function pageRef(call: Call, row: usize, page: u32): u64 {
  const cell = row + call.cell, at = arena_alloc(sketchPageRoom(call, cell, page));
  return at ? ref(at, sketchTell(call, cell, page, at)) : 0;
}

function nodeCell(call: Call, node: usize): u64 {
  return isBytes(call.type) ? ref(nodeValue(node), nodeLength(node)) : load<u64>(nodeValue(node));
}

/** Values of listed things (pages: their bytes) as a COLUMN, which may refer to the state's own bytes; false without memory. */
export function group_detail_values(group: usize, kind: u32, which: u32, scale: u32, list: usize, count: u32, out: usize): bool {
  const g = changetype<Group>(group);
  const type = kind == ENTRIES ? setAt(g, which).type : kind == NODES ? callAt(g, which).type : <u32>BYTES;
  if (!outColumn(out, type, scale, count, false)) return false;
  const data: usize = load<u32>(out, COLUMN_DATA);
  for (let i: u32 = 0; i < count; i++) {
    const thing = thingAt(list, i);
    let cell: u64;
    if (kind == ENTRIES) {
      cell = load<u64>(thing, ENTRY_VALUE);
    } else if (kind == NODES) {
      cell = nodeCell(callAt(g, which), thing);
    } else {
      cell = pageRef(callAt(g, which), rowAt(list, i), <u32>thing);
      if (!cell) return false;
    }
    if (type != BOOL) store<u64>(data + (<usize>i << 3), cell);
    else if (cell) setBit(data, i);
  }
  return true;
}

/** What a counter of listed entries of a set has come to, i64 each. */
export function group_counters(group: usize, which: u32, list: usize, count: u32, counter: u32, to: usize): void {
  const set = setAt(changetype<Group>(group), which);
  for (let i: u32 = 0; i < count; i++) store<u64>(to + (<usize>i << 3), entryCount(set, thingAt(list, i), counter));
}

/** Names of things that are gone, as goneTell gives them. */
export function group_details_gone(group: usize, kind: u32, which: u32, groups: usize, numbers: usize, most: u32): u32 {
  const g = changetype<Group>(group);
  return goneTell(g, kind == ENTRIES ? setGone(setAt(g, which)) : callGone(callAt(g, which)), groups, numbers, most);
}
