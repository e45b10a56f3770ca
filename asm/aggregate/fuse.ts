// The usual aggregation: a key of one cell, a count and a sum without NULLs, which lie side by side in the row.
//
// Where the key has a direct index and the rows of the slice stay in the caches, one pass resolves and updates; its
// loop holds nothing but hits, so that all it needs stays in registers. Beyond, steps of their own let more cache
// misses overlap (resolve.ts).
import { group_add, group_end } from "../hash/group";
import { cellHash } from "../state/row";
import { blockKept, blockNullKeys, blockSlice } from "./block";
import { blockChanged } from "./change_blocks";
import { STOP_FOREIGN, STOP_FULL, STOP_NONE } from "./input";
import { insertBegin, insertUnknown, owns } from "./insert";
import { keyColumn } from "./keys";
import { setResolved } from "./resolve";
import { Slice } from "./slice";
import { Aggregation } from "./spec";
import { wideAdd, wrapsAdd } from "./wide";

/** COUNT_CELL as an immediate of SIMD instructions, which takes an address. */
const COUNT_AT: usize = 16;
/** Where the count and the sum of a key of one cell are. */
export const COUNT_CELL: u32 = 16;
export const SUM_CELL: u32 = 24;
const NARROW_BYTES: u32 = 32;

/** Rows of a slice that one pass is the faster way for. */
const ROWS_BYTES_MAX: u32 = 1 << 20;

/** Why the pass ended before the last kept row; STOP_NONE also when the direct index is not whole any more. */
export let fuseStop: u32 = STOP_NONE;

export function fuseStopSet(stop: u32): void {
  fuseStop = stop;
}

/** 1 and 0: what a row adds to its count, beside its value. */
const ONE: usize = memory.data<u64>([1, 0]);

/**
 * Writes the mark, and the present bits of calls whose every argument is there; a row that has them already is not
 * written.
 */
@inline export function head(row: usize, mark: u64): void {
  const old = load<u64>(row);
  if (old != mark) headChange(row, old, mark);
}

@inline function headChange(row: usize, old: u64, mark: u64): void {
  const now = (old & 0xffffffff00000000) | mark;
  if (old == now) return;
  store<u64>(row, now);
  blockChanged(row);
}

/** Adds 1 to the count and a value to the sum of integers beside it. */
@inline export function addInt(row: usize, value: usize, wraps: u32): void {
  if (ASC_FEATURE_SIMD) {
    const old = v128.load(row, COUNT_AT), more = v128.load_lane<u64>(value, v128.load(ONE), 1);
    const now = i64x2.add(old, more);
    v128.store(row, now, COUNT_AT);
    // The sign bit of a lane that has wrapped
    const wrapped = i64x2.bitmask(v128.and(v128.xor(old, now), v128.xor(more, now)));
    if (wrapped) wrapsAdd(row, wraps, load<i64>(value) < 0 ? -1 : 1);
  } else {
    store<i64>(row, load<i64>(row, COUNT_CELL) + 1, COUNT_CELL);
    wideAdd(row, SUM_CELL, wraps, load<i64>(value));
  }
}

/** Adds 1 to the count and a value to the sum of doubles beside it. */
@inline export function addDouble(row: usize, value: usize): void {
  store<i64>(row, load<i64>(row, COUNT_CELL) + 1, COUNT_CELL);
  store<f64>(row, load<f64>(row, SUM_CELL) + load<f64>(value), SUM_CELL);
}

/** New rows prevail in the slice, or its rows are more than the caches hold (table_fuse.ts). */
@inline export function isLarge(a: Aggregation, slice: Slice): bool {
  return a.manyNew || slice.rows * a.rowBytes > ROWS_BYTES_MAX;
}

/** Rows are nothing but head, key, count and sum, as table_fuse.ts writes them. */
@inline export function isNarrow(a: Aggregation): bool {
  return a.slabs && a.rowBytes == NARROW_BYTES;
}

/** Whether the block can be resolved and updated together. */
export function fusable(a: Aggregation): bool {
  if (a.calls != 2 || !blockSlice || blockNullKeys) return false;
  const slice = changetype<Slice>(blockSlice);
  return slice.slab != 0 || (slice.directWhole && (isNarrow(a) || !isLarge(a, slice)));
}

/**
 * Updates the rows of keys that the direct index has, as long as it has them; returns where the cell of the first
 * other key is.
 */
function hitInts(
  cells: usize, end: usize, toValue: usize, direct: usize, base: i64, entries: u64, mark: u64, wraps: u32,
): usize {
  for (; cells < end; cells += 8) {
    const entry = <u64>(load<i64>(cells) - base);
    if (entry >= entries) break;
    const row: usize = load<u32>(direct + (<usize>entry << 2));
    if (!row) break;
    head(row, mark);
    addInt(row, cells + toValue, wraps);
  }
  return cells;
}

function hitDoubles(
  cells: usize, end: usize, toValue: usize, direct: usize, base: i64, entries: u64, mark: u64,
): usize {
  for (; cells < end; cells += 8) {
    const entry = <u64>(load<i64>(cells) - base);
    if (entry >= entries) break;
    const row: usize = load<u32>(direct + (<usize>entry << 2));
    if (!row) break;
    head(row, mark);
    addDouble(row, cells + toValue);
  }
  return cells;
}

/** The row of a key that the direct index has not got; 0 with a reason in fuseStop. */
export function insertKey(a: Aggregation, slice: Slice, i: u32): usize {
  const cell = load<u64>(keyColumn(0) + (<usize>i << 3)), group = a.grouped ? group_end(group_add(0, cell)) : 0;
  if (!owns(a, group)) {
    fuseStop = STOP_FOREIGN;
    return 0;
  }
  const row = insertUnknown(a, slice, group, i, cellHash(cell, false, a.seed));
  if (!row) fuseStop = STOP_FULL;
  return row;
}

/** Resolves and updates kept rows, from the first on; returns how many. `values`: the argument of the sum for each. */
export function fuseBlock(a: Aggregation, values: usize, mark: u64, wraps: u32, double: bool): u32 {
  const slice = changetype<Slice>(blockSlice), first = keyColumn(0), end = first + (<usize>blockKept << 3);
  const toValue = values - first;
  insertBegin();
  fuseStop = STOP_NONE;
  let at = first;
  while (true) {
    const direct = <usize>slice.direct, base = slice.directBase, entries = <u64>slice.directEntries;
    at = double
      ? hitDoubles(at, end, toValue, direct, base, entries, mark)
      : hitInts(at, end, toValue, direct, base, entries, mark, wraps);
    if (at == end || !slice.directWhole) break;
    const row = insertKey(a, slice, <u32>((at - first) >> 3));
    if (!row) break;
    head(row, mark);
    if (double) addDouble(row, at + toValue);
    else addInt(row, at + toValue, wraps);
    at += 8;
  }
  const done = <u32>((at - first) >> 3);
  setResolved(done);
  return done;
}
