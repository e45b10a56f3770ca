// Resolves the rows of a block whose slice has a slab: first loads every row, so that cache misses overlap, then
// inserts in order what is not there.
import { group_add, group_end } from "../hash/group";
import { orderAdd, orderReserve } from "../state/order";
import { ROW_KEYS, ROW_MARK, cellHash, rowCopy } from "../state/row";
import { blockAddresses, blockInserted, blockKept, blockMisses } from "./block";
import { STOP_FOREIGN, STOP_FULL, STOP_NONE } from "./input";
import { isDirect } from "./direct";
import { findOrInsert, insertUnknown, inserted, insertedSet, owns, tableFor } from "./insert";
import { keyColumn, nullsAt } from "./keys";
import { setResolved } from "./resolve";
import { isListed } from "./slab_move";
import { Slice } from "./slice";
import { Aggregation } from "./spec";

/** The key of kept row `i` has its place in the slab of the slice. */
@inline export function isInSlab(slice: Slice, i: u32): bool {
  return <u64>(load<i64>(keyColumn(0) + (<usize>i << 3)) - slice.slabBase) < <u64>slice.slabSlots && !nullsAt(i);
}

/** The place of a key that the slab has one for. */
@inline export function slabSlot(a: Aggregation, slice: Slice, key: i64): usize {
  return <usize>slice.slab + <usize>(key - slice.slabBase) * a.slotBytes;
}

/** The row of kept row `i` in a key group whose rows are not in the slab yet, or not any more. */
function rowApart(a: Aggregation, slice: Slice, group: u32, i: u32): usize {
  const key = load<i64>(keyColumn(0) + (<usize>i << 3)), hash = cellHash(key, false, a.seed);
  return isDirect(slice, key) ? insertUnknown(a, slice, group, i, hash) : findOrInsert(a, slice, group, i, hash);
}

/**
 * The row of kept row `i`, which isInSlab, made with the head (mark and flags) when it is not there; 0 when there is
 * no memory.
 */
export function slabRow(a: Aggregation, slice: Slice, group: u32, i: u32, head: u64): usize {
  const key = load<i64>(keyColumn(0) + (<usize>i << 3)), row = slabSlot(a, slice, key);
  if (load<u32>(row, ROW_MARK)) return row;
  if (!isListed(slice, group)) return rowApart(a, slice, group, i);
  const table = tableFor(a, slice, group);
  if (!changetype<usize>(table) || !orderReserve(a, table)) return 0;
  orderAdd(table, row);
  rowCopy(row, a.template, a.slotBytes);
  store<u64>(row, head);
  store<i64>(row, key, ROW_KEYS);
  if (key < slice.keyMin) slice.keyMin = key;
  if (key > slice.keyMax) slice.keyMax = key;
  table.rows++;
  a.rows++;
  slice.rows++;
  store<u32>(blockInserted() + (<usize>inserted << 2), i);
  insertedSet(inserted + 1);
  return row;
}

/** Why slabMiss has found no row. */
export let slabStop: u32 = STOP_NONE;

/** The row of kept row `i`, made when it is not there; 0 with a reason in slabStop. */
export function slabMiss(a: Aggregation, slice: Slice, i: u32, head: u64): usize {
  const key = load<u64>(keyColumn(0) + (<usize>i << 3)), group = group_end(group_add(0, key));
  if (!owns(a, group)) {
    slabStop = STOP_FOREIGN;
    return 0;
  }
  let row: usize;
  if (isInSlab(slice, i)) {
    row = slabRow(a, slice, group, i, head);
  } else {
    slice.strays++;
    row = slice.moves ? rowApart(a, slice, group, i) : findOrInsert(a, slice, group, i, cellHash(key, false, a.seed));
  }
  if (!row) slabStop = STOP_FULL;
  return row;
}

/** Finds the state row of each kept row, or inserts it. Returns why it stopped, with `resolved` rows done. */
export function resolveSlab(a: Aggregation, slice: Slice): u32 {
  const cells = keyColumn(0), addresses = blockAddresses(), misses = blockMisses(), slab = <usize>slice.slab;
  const base = slice.slabBase, slots = <u64>slice.slabSlots, kept = <usize>blockKept, bytes = <usize>a.slotBytes;
  let missed: usize = 0;
  for (let i: usize = 0; i < kept; i++) {
    const entry = <u64>(load<i64>(cells + (i << 3)) - base), inside = entry < slots;
    const row = slab + select<usize>(<usize>entry, 0, inside) * bytes;
    store<u32>(addresses + (i << 2), <u32>row);
    store<u32>(misses + (missed << 2), <u32>i);
    missed += usize(!inside | (load<u32>(row, ROW_MARK) == 0));
  }
  for (let j: usize = 0; j < missed; j++) {
    const i = load<u32>(misses + (j << 2)), row = slabMiss(a, slice, i, a.mark);
    if (!row) {
      setResolved(i);
      return slabStop;
    }
    store<u32>(addresses + (<usize>i << 2), <u32>row);
  }
  setResolved(<u32>kept);
  return STOP_NONE;
}
