// Rows on their way into a slab or out of one (slab.ts), key group by key group: some between two blocks, so that no push waits for all.
// Meanwhile a slice has both: `moveGroup` is the first key group whose rows have not moved. A key that the slab has no row for lies, when
// its key group keeps its rows elsewhere, where the direct index of the slice or the index of its table says.
import { orderAdd, orderReserve, rowsList } from "../state/order";
import { ROW_FLAGS, ROW_KEYS, rowCopy } from "../state/row";
import { Table, tableAppend, tableFree, tableMake, tableReserve } from "../state/table";
import { blockStates } from "./block";
import { directFree, directMoved } from "./direct";
import { Slice, tableAt, tableSet } from "./slice";
import { Aggregation } from "./spec";

export const MOVES_IN: u8 = 1;
export const MOVES_OUT: u8 = 2;
/** Rows that move in one push, with the rest of the key group that is under way. */
const PUSH_ROWS: u32 = 8192;
/** Rows that are moved together. */
const MOVE_ROWS: u32 = 1024;

/** Rows that may still move in this push. */
let left: u32 = 0;

/** A push begins. */
export function movesBegin(): void {
  left = PUSH_ROWS;
}

/** The table of the key group has a list of its rows, which lie in the slab where that has a place for them. */
@inline export function isListed(slice: Slice, group: u32): bool {
  return slice.slab != 0 && (!slice.moves || (slice.moves == MOVES_IN) == (group < slice.moveGroup));
}

/**
 * Copies the rows of `old` to the slab, and those that it has no place for to the pages of an empty table; false
 * without memory.
 */
export function moveRows(a: Aggregation, slice: Slice, old: Table, table: Table, slab: usize, base: i64, slots: u64): bool {
  const list = blockStates(), bytes = a.slotBytes;
  for (let first: u32 = 0; first < old.rows; first += MOVE_ROWS) {
    const rows = rowsList(a, old, first, list, MOVE_ROWS);
    for (let i: u32 = 0; i < rows; i++) {
      const from = <usize>load<u32>(list + (<usize>i << 2)), key = load<i64>(from, ROW_KEYS), entry = <u64>(key - base);
      const isNull = (load<u32>(from, ROW_FLAGS) & 1) != 0;
      let to: usize;
      if (slab && !orderReserve(a, table)) return false;
      if (entry < slots && !isNull) {
        to = slab + <usize>entry * bytes;
        table.rows++;
        a.rows++;
      } else {
        if (!tableReserve(a, table)) return false;
        to = tableAppend(a, table, 0, 0);
        if (!isNull) directMoved(slice, key, to);
      }
      rowCopy(to, from, bytes);
      if (slab) orderAdd(table, to);
    }
  }
  return true;
}

/** Clears the slots of the slab in which rows of the table lie. */
function slotsClear(a: Aggregation, slice: Slice, table: Table): void {
  const list = blockStates(), slab = <usize>slice.slab, size = <usize>slice.slabBytes;
  for (let first: u32 = 0; first < table.rows; first += MOVE_ROWS) {
    const rows = rowsList(a, table, first, list, MOVE_ROWS);
    for (let i: u32 = 0; i < rows; i++) {
      const row: usize = load<u32>(list + (<usize>i << 2));
      if (row - slab < size) memory.fill(row, 0, a.slotBytes);
    }
  }
}

/** Moves the rows of a key group; false without memory, and then they are where they were. */
function moveGroup(a: Aggregation, slice: Slice, old: Table, group: u32): bool {
  const isIn = slice.moves == MOVES_IN, table = tableMake(a);
  if (!changetype<usize>(table)) return false;
  table.expected = isIn ? 0 : old.rows;
  if (!moveRows(a, slice, old, table, isIn ? slice.slab : 0, slice.slabBase, isIn ? slice.slabSlots : 0)) {
    if (isIn) slotsClear(a, slice, table);
    tableFree(a, table);
    directFree(a, slice);
    return false;
  }
  if (!isIn) slotsClear(a, slice, old);
  tableFree(a, old);
  tableSet(a, slice, group, table);
  return true;
}

/** Moves as many rows as this push may; true when none is left behind. Without memory the next push tries again. */
export function moveSome(a: Aggregation, slice: Slice): bool {
  for (; slice.moveGroup < a.groupTo; slice.moveGroup++) {
    const old = tableAt(a, slice, slice.moveGroup);
    if (!changetype<usize>(old)) continue;
    if (!left) return false;
    const rows = old.rows;
    if (!moveGroup(a, slice, old, slice.moveGroup)) return false;
    left -= min<u32>(left, rows);
  }
  return true;
}
