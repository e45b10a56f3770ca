// Tables of a group aggregation come back: rows by their keys as they come, then what they hold, by the names of the rows, then the orders
// in which they wait.
import { block_alloc, block_free } from "../memory";
import { COLUMN_VALIDITY } from "../layout";
import { rowsSortByNumber } from "../rows/sort";
import { heldTell } from "./batch";
import { BLOCK_ROWS, setNumber } from "./block";
import { ENTRY_NO_MEMORY, ENTRY_THERE, entryRestore } from "./distinct";
import { freeRow } from "./drop";
import { entryCount, entryPutCount } from "./entry";
import { link } from "./expire";
import { heapAdd } from "./heap";
import { INDEX_TABLES, indexPlaces, indexThing } from "./index_table";
import { cellOf, freeBytes, hashKeys, ownBytes, refOf, resolve, validAt } from "./keys";
import { listAppend, nodeNumber } from "./list";
import { namedRow, namesForget, namesMake } from "./names";
import { SKETCH_PAGE_BITS, sketchTake } from "./sketch";
import {
  Call, DistinctSet, FLAG_EXPIRES, FLAG_TICKS, FLAG_WINDOWED, Group, OP_HEAP_MAX, OP_HEAP_MIN, ROW_GROUP, ROW_STATE, ROW_STORED, ROW_TOUCHED,
  callAt, has, isBytes, keyCell, setAt,
} from "./spec";
import { takeTurn } from "./tick";
import { firedRestore, openWindow } from "./windows";

// Answers
const DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;

@inline function at64(from: usize, i: u32): u64 {
  return load<u64>(from + (<usize>i << 3));
}

@inline function listed(list: usize, i: u32): usize {
  return load<u32>(list + (<usize>i << 2));
}

/** Frees a row of which nobody has to be told. */
function drop(g: Group, row: usize): void {
  store<u32>(row, 0, ROW_STATE);
  freeRow(g, row);
}

/**
 * Finds or makes the rows of a batch of keys; their addresses go to `list`, where there is one; without, they go. Their key groups must be
 * those that the keys make.
 */
export function group_restore(group: usize, columns: usize, groups: usize, count: u32, list: usize): i32 {
  const g = changetype<Group>(group), seq = g.seq;
  g.restoring = true;
  for (let from: u32 = 0; from < count; from += BLOCK_ROWS) {
    const rows = min<u32>(BLOCK_ROWS, count - from);
    for (let i: u32 = 0; i < rows; i++) setNumber(i, from + i);
    hashKeys(g, columns, rows);
    for (let i: u32 = 0; i < rows; i++) {
      const at = from + i, row = resolve(g, columns, i);
      if (!row) return NO_MEMORY;
      store<u32>(row, list ? ROW_STORED : 0, ROW_STATE);
      if (<u64>load<u8>(row, ROW_GROUP) != at64(groups, at)) return DAMAGED;
      if (list) store<u32>(list + (<usize>at << 2), <u32>row);
      else drop(g, row);
    }
  }
  g.seq = seq;
  return DONE;
}

/** Writes the texts of a COLUMN, or that there are none, into the cell at this offset of listed rows; false without memory. */
export function group_put_texts(group: usize, list: usize, count: u32, at: u32, column: usize): bool {
  const g = changetype<Group>(group), validity: usize = load<u32>(column, COLUMN_VALIDITY);
  for (let i: u32 = 0; i < count; i++) {
    const cell = listed(list, i) + at, ref = refOf(column, i);
    if (load<i64>(cell, 8)) freeBytes(g, cell);
    store<i64>(cell, 0, 8);
    if (!validAt(validity, i)) continue;
    if (!ownBytes(g, cell, load<u32>(ref), load<u32>(ref, 4))) return false;
    store<i64>(cell, 1, 8);
  }
  return true;
}

/** Takes out all rows (`below` 0), or those whose window ends before the time at `below`. */
export function group_restore_below(group: usize, below: usize): void {
  const g = changetype<Group>(group), end = keyCell(g.endKey);
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0; i < indexPlaces(g.rowsIndex, t);) {
      const row = indexThing(g.rowsIndex, t, i);
      // Those behind a row that goes close up
      if (row && (!below || load<i64>(row + end) < load<i64>(below))) drop(g, row);
      else i++;
    }
  }
}

/** All rows are there: what they hold may come. */
export function group_rows_restored(group: usize): i32 {
  const g = changetype<Group>(group);
  return g.nameAt ? namesMake(g) : DONE;
}

/** Puts an entry into the heaps of the calls that count it; false without memory. */
function putHeaps(g: Group, which: u32, entry: usize, row: usize): bool {
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i);
    if (call.set != which + 1 || (call.op != OP_HEAP_MIN && call.op != OP_HEAP_MAX)) continue;
    if (entryCount(setAt(g, which), entry, call.counter) && !heapAdd(g, call, row + call.cell, entry)) return false;
  }
  return true;
}

/**
 * Entries of a set as group_details gives them: key groups, numbers, numbers of rows, the values in a COLUMN, and the addresses of what each
 * counter has come to (i64 a row) at `counters`.
 */
export function group_put_entries(
  group: usize, which: u32, groups: usize, numbers: usize, rows: usize, column: usize, counters: usize, count: u32,
): i32 {
  const g = changetype<Group>(group), set = setAt(g, which);
  for (let i: u32 = 0; i < count; i++) {
    const row = namedRow(g, at64(groups, i), at64(rows, i)), number = at64(numbers, i);
    if (!row || number >= g.seq) return DAMAGED;
    const entry = entryRestore(g, set, row, column, i, number);
    if (entry == ENTRY_THERE) return DAMAGED;
    if (entry == ENTRY_NO_MEMORY) return NO_MEMORY;
    if (!putCounters(set, entry, counters, i)) return DAMAGED;
    if (!putHeaps(g, which, entry, row)) return NO_MEMORY;
  }
  return DONE;
}

/** Writes the counters of an entry; false: one cannot be, or none counts. */
function putCounters(set: DistinctSet, entry: usize, counters: usize, i: u32): bool {
  let all: u64 = 0;
  for (let c: u32 = 0; c < set.counters; c++) {
    const value = at64(load<u32>(counters + (<usize>c << 2)), i);
    if (value > <u64>u32.MAX_VALUE) return false;
    entryPutCount(set, entry, c, <u32>value);
    all |= value;
  }
  return all != 0;
}

@inline function columnCell(call: Call, column: usize, i: u32): i64 {
  return isBytes(call.type) ? <i64>refOf(column, i) : <i64>cellOf(column, call.type, i);
}

/** Nodes of a call's lists in the order of their numbers; else as group_put_entries. */
export function group_put_nodes(
  group: usize, which: u32, groups: usize, numbers: usize, rows: usize, column: usize, count: u32,
): i32 {
  const g = changetype<Group>(group), call = callAt(g, which);
  for (let i: u32 = 0; i < count; i++) {
    const row = namedRow(g, at64(groups, i), at64(rows, i)), number = at64(numbers, i);
    if (!row || number >= g.seq) return DAMAGED;
    const list = row + call.cell, last: usize = load<u32>(list, 4);
    if (last && nodeNumber(last) >= number) return DAMAGED;
    if (!listAppend(g, call, list, columnCell(call, column, i), number)) return NO_MEMORY;
  }
  return DONE;
}

/** Pages of a call's sketches in the order of their numbers, with their bytes in a COLUMN. */
export function group_put_pages(group: usize, which: u32, groups: usize, numbers: usize, column: usize, count: u32): i32 {
  const g = changetype<Group>(group), call = callAt(g, which), pages: u64 = (1 << SKETCH_PAGE_BITS) - 1;
  for (let i: u32 = 0; i < count; i++) {
    const number = at64(numbers, i), row = namedRow(g, at64(groups, i), number >> SKETCH_PAGE_BITS), ref = refOf(column, i);
    if (!row) return DAMAGED;
    const status = sketchTake(g, call, row + call.cell, <u32>(number & pages), load<u32>(ref), load<u32>(ref, 4));
    if (status != DONE) return status;
  }
  return DONE;
}

/** What the rows in memory hold is there, and was handed out. */
export function group_held_restored(group: usize): void {
  const g = changetype<Group>(group);
  namesForget(g);
  if (!g.heldAt) return;
  g.told = g.seq;
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0, end = indexPlaces(g.rowsIndex, t); i < end; i++) {
      const row = indexThing(g.rowsIndex, t, i);
      if (row) heldTell(g, row, g.told, g.wholes);
    }
  }
}

/** All rows as u32 in a block; 0 without memory. */
function listRows(g: Group): usize {
  const list = block_alloc((<usize>g.rows + 1) << 2);
  let found: u32 = 0;
  if (!list) return 0;
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0, end = indexPlaces(g.rowsIndex, t); i < end; i++) {
      const row = indexThing(g.rowsIndex, t, i);
      if (!row) continue;
      store<u32>(list + (<usize>found << 2), <u32>row);
      found++;
    }
  }
  return list;
}

/** Puts all rows into the orders in which they wait. */
function orderRows(g: Group, list: usize): bool {
  if (has(g, FLAG_WINDOWED)) {
    if (!rowsSortByNumber(list, g.rows, g.nameAt)) return false;
    for (let i: u32 = 0; i < g.rows; i++) if (!openWindow(g, listed(list, i))) return false;
    firedRestore(g);
  }
  if (has(g, FLAG_EXPIRES)) {
    if (!rowsSortByNumber(list, g.rows, <u32>ROW_TOUCHED)) return false;
    for (let i: u32 = 0; i < g.rows; i++) link(g, listed(list, i));
  }
  if (has(g, FLAG_TICKS)) {
    if (!rowsSortByNumber(list, g.rows, g.turnAt)) return false;
    for (let i: u32 = 0; i < g.rows; i++) if (load<u64>(listed(list, i) + g.turnAt)) takeTurn(g, listed(list, i));
  }
  return true;
}

/** Everything is there. */
export function group_restored(group: usize): i32 {
  const g = changetype<Group>(group), rows = g.rows, list = listRows(g);
  g.told = g.seq;
  g.tracked = true;
  g.restoring = false;
  if (!list) return NO_MEMORY;
  const all = orderRows(g, list);
  block_free(list, (<usize>rows + 1) << 2);
  return all ? DONE : NO_MEMORY;
}
