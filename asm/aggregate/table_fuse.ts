// A key of one cell with a count and a sum, as in fuse.ts, for slices most of whose rows are new and lie in tables with
// a whole direct index, beyond the caches. The index tells rows that are there from the others without a branch; a new
// row is written once, with its first value, where its table goes on; then the others are updated.
import { group_add, group_end } from "../hash/group";
import { ROW_KEYS } from "../state/row";
import { blockAddresses, blockImage, blockKept, blockMisses, blockSlice, blockStates } from "./block";
import { COUNT_CELL, SUM_CELL, addDouble, addInt, fuseStopSet, head, insertKey } from "./fuse";
import { STOP_NONE } from "./input";
import { insertBegin } from "./insert";
import { keyColumn } from "./keys";
import { setResolved } from "./resolve";
import { Slice, tableAt } from "./slice";
import { Aggregation } from "./spec";

/** Bytes of a row: mark and flags, key, count, sum. */
const ROW_BYTES: u32 = 32;
/** New rows of a block that are worth a look ahead, and how far it goes in each table. */
const TOUCH_ROWS_MIN: u32 = 256;
const TOUCH_BYTES: usize = 256;

/** Lists the rows that are there, their positions, and the positions of the others; returns how many are there. */
function split(slice: Slice): usize {
  const cells = keyColumn(0), rows = blockAddresses(), positions = blockStates(), misses = blockMisses();
  const direct = <usize>slice.direct, base = slice.directBase, entries = <u64>slice.directEntries;
  const kept = <usize>blockKept;
  let hits: usize = 0;
  for (let i: usize = 0; i < kept; i++) {
    const entry = <u64>(load<i64>(cells + (i << 3)) - base), inside = entry < entries;
    const row = select<u32>(load<u32>(direct + (select<usize>(<usize>entry, 0, inside) << 2)), 0, inside);
    store<u32>(rows + (hits << 2), row);
    store<u32>(positions + (hits << 2), <u32>i);
    store<u32>(misses + ((i - hits) << 2), <u32>i);
    hits += usize(row != 0);
  }
  return hits;
}

/** Loads what the tables' next rows overwrite: stores that miss the caches would wait for each other. */
function touchTables(a: Aggregation, slice: Slice): void {
  let all: u64 = 0;
  for (let group = a.groupFrom; group < a.groupTo; group++) {
    const table = tableAt(a, slice, group);
    if (!changetype<usize>(table)) continue;
    const end = min<usize>(table.end, <usize>table.next + TOUCH_BYTES);
    for (let at: usize = table.next; at < end; at += 64) all |= load<u64>(at);
  }
  // A loop without a result would not be compiled
  store<u64>(blockImage(), all);
}

@inline function add(row: usize, value: usize, wraps: u32, double: bool): void {
  if (double) addDouble(row, value);
  else addInt(row, value, wraps);
}

/**
 * Inserts misses from the one numbered `j` on, in order, as long as they have a place in the index and in a table.
 * Returns how many are done.
 */
function insertNew(
  a: Aggregation, slice: Slice, j: usize, missed: usize, values: usize, mark: u64, wraps: u32, double: bool,
): usize {
  const list = blockMisses(), cells = keyColumn(0), groupFrom = a.groupFrom, groups = a.groupTo - groupFrom;
  const direct = <usize>slice.direct, base = slice.directBase, entries = <u64>slice.directEntries;
  let least = slice.keyMin, greatest = slice.keyMax, added: u32 = 0;
  for (; j < missed; j++) {
    const i = <usize>load<u32>(list + (j << 2)), key = load<i64>(cells + (i << 3)), entry = <u64>(key - base);
    if (entry >= entries) break;
    const at = direct + (<usize>entry << 2), value = values + (i << 3), known: usize = load<u32>(at);
    if (known) {
      add(known, value, wraps, double);
      continue;
    }
    const group = group_end(group_add(0, key));
    if (group - groupFrom >= groups) break;
    const table = tableAt(a, slice, group);
    if (!changetype<usize>(table) || table.next + ROW_BYTES > table.end) break;
    const row: usize = table.next;
    store<u64>(row, mark);
    store<i64>(row, key, ROW_KEYS);
    store<i64>(row, 1, COUNT_CELL);
    // A sum of doubles starts at 0, to which −0 adds nothing
    if (double) store<f64>(row, load<f64>(value) + 0.0, SUM_CELL);
    else store<i64>(row, load<i64>(value), SUM_CELL);
    table.next = <u32>row + ROW_BYTES;
    table.paged++;
    table.rows++;
    store<u32>(at, <u32>row);
    added++;
    if (key < least) least = key;
    if (key > greatest) greatest = key;
  }
  slice.keyMin = least;
  slice.keyMax = greatest;
  slice.rows += added;
  a.rows += added;
  return j;
}

/** Updates the rows that were there, as far as they are of kept rows before `end`. */
function updateHits(hits: usize, end: u32, values: usize, mark: u64, wraps: u32, double: bool): void {
  const rows = blockAddresses(), positions = blockStates();
  for (let at: usize = 0; at < hits << 2; at += 4) {
    const i = load<u32>(positions + at), row: usize = load<u32>(rows + at);
    if (i >= end) break;
    head(row, mark);
    add(row, values + (<usize>i << 3), wraps, double);
  }
}

/** As fuseBlock. The slice's direct index is whole, and rows are narrow (fuse.ts). */
export function fuseTables(a: Aggregation, values: usize, mark: u64, wraps: u32, double: bool): u32 {
  const slice = changetype<Slice>(blockSlice), misses = blockMisses();
  insertBegin();
  fuseStopSet(STOP_NONE);
  const hits = split(slice), missed = <usize>blockKept - hits;
  if (missed >= TOUCH_ROWS_MIN) touchTables(a, slice);
  let j: usize = 0;
  while (j < missed && slice.directWhole) {
    j = insertNew(a, slice, j, missed, values, mark, wraps, double);
    if (j == missed) break;
    const i = load<u32>(misses + (j << 2)), row = insertKey(a, slice, i);
    if (!row) break;
    head(row, mark);
    add(row, values + (<usize>i << 3), wraps, double);
    j++;
  }
  const done = j == missed ? blockKept : load<u32>(misses + (j << 2));
  updateHits(hits, done, values, mark, wraps, double);
  setResolved(done);
  return done;
}
