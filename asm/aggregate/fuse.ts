// The usual aggregation in one pass over the rows: an int64 key with a direct index, count and sum, neither with NULLs. It pays as long as the rows of
// the slice stay in the caches; beyond, steps of their own let more cache misses overlap (resolve.ts).
import { group_add, group_end } from "../hash/group";
import { hash_i64 } from "../hash/keyed";
import { blockAddresses, blockKept, blockNullKeys, blockSlice } from "./block";
import { STOP_FOREIGN, STOP_FULL, STOP_NONE } from "./input";
import { insertBegin, insertUnknown, owns } from "./insert";
import { keyColumn } from "./keys";
import { setResolved } from "./resolve";
import { Slice } from "./slice";
import { Aggregation } from "./spec";
import { head } from "./update";
import { wideAdd } from "./wide";

/** Rows of a slice that one pass is the faster way for. */
const ROWS_BYTES_MAX: u32 = 1 << 20;

/** Whether the block can go in one pass. */
export function fusable(a: Aggregation): bool {
  if (!a.fixedKey || !blockSlice || blockNullKeys) return false;
  const slice = changetype<Slice>(blockSlice);
  return slice.directWhole && slice.rows * a.rowBytes <= ROWS_BYTES_MAX;
}

/** The row of a key that the direct index has not got; 0 with a reason in fuseStop. */
function insertKey(a: Aggregation, slice: Slice, i: u32): usize {
  const cell = load<u64>(keyColumn(0) + (<usize>i << 3)), group = a.keys ? group_end(group_add(0, cell)) : 0;
  if (!owns(a, group)) {
    fuseStop = STOP_FOREIGN;
    return 0;
  }
  const row = insertUnknown(a, slice, group, i, <u32>hash_i64(cell, a.seed));
  if (!row) fuseStop = STOP_FULL;
  return row;
}

/** Why the pass ended before the last kept row; STOP_NONE also when the direct index is not whole any more. */
export let fuseStop: u32 = STOP_NONE;

/** Resolves and updates kept rows, from the first on; returns how many. `values`: the argument of the sum for each. */
function fuseRows(a: Aggregation, values: usize, mark: u64, countCell: u32, sumCell: u32, double: bool): u32 {
  const slice = changetype<Slice>(blockSlice), kept = <usize>blockKept, addresses = blockAddresses(), cells = keyColumn(0);
  let direct = <usize>slice.direct, base = slice.directBase, entries = <u64>slice.directEntries;
  for (let i: usize = 0; i < kept; i++) {
    const entry = <u64>(load<i64>(cells + (i << 3)) - base);
    let row: usize = 0;
    if (entry < entries) row = load<u32>(direct + (<usize>entry << 2));
    if (!row) {
      if (!slice.directWhole) return <u32>i;
      row = insertKey(a, slice, <u32>i);
      if (!row) return <u32>i;
      direct = slice.direct;
      base = slice.directBase;
      entries = <u64>slice.directEntries;
    }
    store<u32>(addresses + (i << 2), <u32>row);
    head(row, mark);
    const count = row + countCell, sum = row + sumCell;
    store<i64>(count, load<i64>(count) + 1);
    if (double) store<f64>(sum, load<f64>(sum) + load<f64>(values + (i << 3)));
    else wideAdd(sum, load<i64>(values + (i << 3)));
  }
  return <u32>kept;
}

/** The pass over a block that is fusable. */
export function fuseBlock(a: Aggregation, values: usize, mark: u64, countCell: u32, sumCell: u32, double: bool): u32 {
  insertBegin();
  fuseStop = STOP_NONE;
  const done = double
    ? fuseRows(a, values, mark, countCell, sumCell, true)
    : fuseRows(a, values, mark, countCell, sumCell, false);
  setResolved(done);
  return done;
}
