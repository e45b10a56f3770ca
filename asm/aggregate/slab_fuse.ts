// A key of one cell with a count and a sum, as in fuse.ts, for slices with a slab.
//
// While hardly a row is new, one loop looks at a row and updates it: the processor has several rows under way by itself.
// Else rows are taken in steps, so that no branch waits for memory or is a mere guess: all are loaded, those that are not
// there are inserted, all are updated.
import { group_add, group_end } from "../hash/group";
import { orderAdd } from "../state/order";
import { ROW_KEYS } from "../state/row";
import { blockAddresses, blockInserted, blockKept, blockMisses, blockSlice } from "./block";
import { addDouble, addInt, fuseStopSet, head } from "./fuse";
import { STOP_NONE } from "./input";
import { insertBegin, inserted, insertedSet, owns } from "./insert";
import { keyColumn } from "./keys";
import { setResolved } from "./resolve";
import { slabMiss, slabStop } from "./slab_resolve";
import { Slice, tableAt } from "./slice";
import { Aggregation } from "./spec";

/** With so many new rows in the block before, steps are the faster way. */
const NEW_ROWS_MIN: u32 = 128;
/** Rows of a step: what they touch stays in the L1 cache. */
const STEP_ROWS: usize = 256;

/** Updates rows until one is not there or has another head; returns where its cell is. */
function hitInts(
  cells: usize, end: usize, toValue: usize, slab: usize, bytes: usize, base: i64, slots: u64, mark: u64, wraps: u32,
): usize {
  for (; cells < end; cells += 8) {
    const entry = <u64>(load<i64>(cells) - base);
    if (entry >= slots) break;
    const row = slab + <usize>entry * bytes;
    if (load<u64>(row) != mark) break;
    addInt(row, cells + toValue, wraps);
  }
  return cells;
}

function hitDoubles(
  cells: usize, end: usize, toValue: usize, slab: usize, bytes: usize, base: i64, slots: u64, mark: u64,
): usize {
  for (; cells < end; cells += 8) {
    const entry = <u64>(load<i64>(cells) - base);
    if (entry >= slots) break;
    const row = slab + <usize>entry * bytes;
    if (load<u64>(row) != mark) break;
    addDouble(row, cells + toValue);
  }
  return cells;
}

/** The row of a key that hits have left, with its head. */
@inline function missed(a: Aggregation, slice: Slice, i: u32, mark: u64): usize {
  const row = slabMiss(a, slice, i, mark);
  if (row) head(row, mark);
  return row;
}

/** Resolves and updates in one loop; returns how many kept rows are done. */
function oneLoop(a: Aggregation, slice: Slice, values: usize, mark: u64, wraps: u32, double: bool): usize {
  const first = keyColumn(0), end = first + (<usize>blockKept << 3), toValue = values - first;
  const slab = <usize>slice.slab, bytes = <usize>a.slotBytes, base = slice.slabBase, slots = <u64>slice.slabSlots;
  let at = first;
  while (true) {
    at = double
      ? hitDoubles(at, end, toValue, slab, bytes, base, slots, mark)
      : hitInts(at, end, toValue, slab, bytes, base, slots, mark, wraps);
    if (at == end) break;
    const row = missed(a, slice, <u32>((at - first) >> 3), mark);
    if (!row) break;
    if (double) addDouble(row, at + toValue);
    else addInt(row, at + toValue, wraps);
    at += 8;
  }
  return (at - first) >> 3;
}

/**
 * Loads the heads of rows and nothing else, so that the processor has many of them under way; returns 0 when all
 * rows are there with the head `mark`.
 */
function touch(cells: usize, end: usize, slab: usize, bytes: usize, base: i64, slots: u64, mark: u64): u64 {
  let other: u64 = 0;
  for (; cells < end; cells += 8) {
    const entry = <u64>(load<i64>(cells) - base);
    if (entry >= slots) return 1;
    other |= load<u64>(slab + <usize>entry * bytes) ^ mark;
  }
  return other;
}

/** Updates rows that are all in the slab. */
function addIntsAt(cells: usize, end: usize, toValue: usize, slab: usize, bytes: usize, base: i64, wraps: u32): void {
  for (; cells < end; cells += 8) {
    addInt(slab + <usize>(load<i64>(cells) - base) * bytes, cells + toValue, wraps);
  }
}

/** Addresses of the rows of kept rows `first` to `end`; returns how many are not there or have another head. */
function find(slice: Slice, bytes: usize, first: usize, end: usize, mark: u64): usize {
  const cells = keyColumn(0), addresses = blockAddresses(), misses = blockMisses(), slab = <usize>slice.slab;
  const base = slice.slabBase, slots = <u64>slice.slabSlots;
  let missed: usize = 0;
  for (let i = first; i < end; i++) {
    const entry = <u64>(load<i64>(cells + (i << 3)) - base), inside = entry < slots;
    const row = slab + select<usize>(<usize>entry, 0, inside) * bytes;
    store<u32>(addresses + (i << 2), <u32>row);
    store<u32>(misses + (missed << 2), <u32>i);
    missed += usize(!inside | (load<u64>(row) != mark));
  }
  return missed;
}

function addInts(addresses: usize, end: usize, values: usize, wraps: u32): void {
  for (; addresses < end; addresses += 4, values += 8) addInt(load<u32>(addresses), values, wraps);
}

function addDoubles(addresses: usize, end: usize, values: usize): void {
  for (; addresses < end; addresses += 4, values += 8) addDouble(load<u32>(addresses), values);
}

/**
 * Inserts the listed rows, in order, as long as their keys are the slab's and their key groups have room to list them;
 * returns how many are done.
 */
function insertNew(a: Aggregation, slice: Slice, list: usize, rows: usize, mark: u64): usize {
  const cells = keyColumn(0), news = blockInserted(), slab = <usize>slice.slab, base = slice.slabBase;
  const slots = <u64>slice.slabSlots, bytes = <usize>a.slotBytes;
  let least = slice.keyMin, greatest = slice.keyMax, added = inserted, done: usize = 0;
  for (; done < rows; done++) {
    const i = load<u32>(list + (done << 2)), key = load<i64>(cells + (<usize>i << 3)), entry = <u64>(key - base);
    if (entry >= slots) break;
    const row = slab + <usize>entry * bytes, old = load<u64>(row);
    if (<u32>old) {
      if (old != mark) head(row, mark);
      continue;
    }
    const group = group_end(group_add(0, key));
    if (!owns(a, group)) break;
    const table = tableAt(a, slice, group);
    if (!changetype<usize>(table) || table.orderNext == table.orderEnd) break;
    orderAdd(table, row);
    table.rows++;
    store<u64>(row, mark);
    store<i64>(row, key, ROW_KEYS);
    store<u32>(news + (<usize>added << 2), i);
    added++;
    if (key < least) least = key;
    if (key > greatest) greatest = key;
  }
  slice.keyMin = least;
  slice.keyMax = greatest;
  slice.rows += added - inserted;
  a.rows += added - inserted;
  insertedSet(added);
  return done;
}

/** Resolves and updates in steps; returns how many kept rows are done. */
function inSteps(a: Aggregation, slice: Slice, values: usize, mark: u64, wraps: u32, double: bool): usize {
  const kept = <usize>blockKept, addresses = blockAddresses(), misses = blockMisses(), cells = keyColumn(0);
  const bytes = <usize>a.slotBytes;
  for (let first: usize = 0; first < kept; first += STEP_ROWS) {
    const end = min<usize>(first + STEP_ROWS, kept), from = cells + (first << 3), to = cells + (end << 3);
    if (!touch(from, to, slice.slab, bytes, slice.slabBase, slice.slabSlots, mark) && !double) {
      addIntsAt(from, to, values - cells, slice.slab, bytes, slice.slabBase, wraps);
      continue;
    }
    const missing = find(slice, bytes, first, end, mark);
    let done = end;
    for (let j: usize = 0; j < missing; j++) {
      j += insertNew(a, slice, misses + (j << 2), missing - j, mark);
      if (j == missing) break;
      const i = load<u32>(misses + (j << 2)), row = missed(a, slice, i, mark);
      if (!row) {
        done = i;
        break;
      }
      store<u32>(addresses + (<usize>i << 2), <u32>row);
    }
    const rows = addresses + (first << 2), rowsEnd = addresses + (done << 2), value = values + (first << 3);
    if (double) addDoubles(rows, rowsEnd, value);
    else addInts(rows, rowsEnd, value, wraps);
    if (done < end) return done;
  }
  return kept;
}

/**
 * Resolves and updates kept rows, from the first on; returns how many, with a reason in fuseStop when not all.
 * `values`: the argument of the sum for each.
 */
export function fuseSlab(a: Aggregation, values: usize, mark: u64, wraps: u32, double: bool): u32 {
  const slice = changetype<Slice>(blockSlice), all = blockKept;
  const news = inserted;
  insertBegin();
  const done = <u32>(news < NEW_ROWS_MIN
    ? oneLoop(a, slice, values, mark, wraps, double)
    : inSteps(a, slice, values, mark, wraps, double));
  fuseStopSet(done < all ? slabStop : STOP_NONE);
  setResolved(done);
  return done;
}
