// Rows of state as a table: each row that has changed since the last cut by its key, with its cells as they are. Only for
// groups whose calls keep all they know in the cells of their rows, without windows, time to live and ticks: then nothing depends on the
// order of rows. A row that was handed out and is gone keeps its key until the next drain has told it.
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_VALIDITY } from "../layout";
import { BLOCK_ROWS, setNumber } from "./block";
import { dropDoomed } from "./drop";
import { INDEX_TABLES, indexPlaces, indexThing } from "./index_table";
import { dropRow, forgetGone, hashKeys, resolve } from "./keys";
import { outColumn, setBit } from "./push";
import {
  Group, ROW_CHANGED_CUT, ROW_GROUP, ROW_NEWER, ROW_NULLS, ROW_STATE, ROW_STORED, callAt, keyCell, keyScale, keyType,
} from "./spec";

// Answers
const DONE: i32 = 0;
const DAMAGED: i32 = 1;
const NO_MEMORY: i32 = 2;

/** A cut: the drain begins. */
export function group_cut(group: usize, whole: bool): void {
  const g = changetype<Group>(group);
  dropDoomed(g);
  if (whole) forgetGone(g);
  g.whole = whole;
  g.scanTable = 0;
  g.scanPlace = 0;
  g.scanGone = g.gone;
}

/** The next rows that are gone, u32 each at `list`; 0 = all were told, and they are forgotten. */
export function group_gone(group: usize, list: usize, most: u32): u32 {
  const g = changetype<Group>(group);
  let found: u32 = 0;
  for (; g.scanGone && found < most; found++) {
    store<u32>(list + (<usize>found << 2), g.scanGone);
    g.scanGone = load<u32>(g.scanGone, ROW_NEWER);
  }
  if (!found) forgetGone(g);
  return found;
}

/** The next rows that have changed, u32 each at `list`; 0 = there are no more. They belong to the checkpoint from now on. */
export function group_changed(group: usize, list: usize, most: u32): u32 {
  const g = changetype<Group>(group);
  let found: u32 = 0;
  for (; g.scanTable < INDEX_TABLES; g.scanTable++, g.scanPlace = 0) {
    const places = indexPlaces(g.rowsIndex, g.scanTable);
    for (; g.scanPlace < places; g.scanPlace++) {
      if (found == most) return found;
      const row = indexThing(g.rowsIndex, g.scanTable, g.scanPlace);
      if (!row || !(g.whole || load<u32>(row, ROW_STATE) & ROW_CHANGED_CUT)) continue;
      store<u32>(row, ROW_STORED, ROW_STATE);
      store<u32>(list + (<usize>found << 2), <u32>row);
      found++;
    }
  }
  return found;
}

/** Keys of listed rows in COLUMNs at `out`, which refer to the state's own bytes; false without memory. */
export function group_keys(group: usize, list: usize, count: u32, out: usize): bool {
  const g = changetype<Group>(group);
  for (let k: u32 = 0; k < g.keys; k++) {
    const column = out + k * COLUMN_SIZE, isBool = keyType(g, k) == BOOL;
    if (!outColumn(column, keyType(g, k), keyScale(g, k), count, true)) return false;
    const data: usize = load<u32>(column, COLUMN_DATA), validity: usize = load<u32>(column, COLUMN_VALIDITY);
    for (let i: u32 = 0; i < count; i++) {
      const row: usize = load<u32>(list + (<usize>i << 2)), cell = load<u64>(row + keyCell(k));
      if (!isBool) store<u64>(data + (<usize>i << 3), cell);
      else if (cell) setBit(data, i);
      if (!((load<u32>(row, ROW_NULLS) >>> k) & 1)) setBit(validity, i);
    }
  }
  return true;
}

/** Offset in a row of the first cell of a call. */
export function group_cell_at(group: usize, call: u32): u32 {
  const g = changetype<Group>(group);
  return callAt(g, call).cell;
}

/**
 * Finds or makes the rows of a batch of keys; their addresses go to `list`, where there is one; without, they go. Their key groups must be
 * those that the keys make.
 */
export function group_restore(group: usize, columns: usize, groups: usize, count: u32, list: usize): i32 {
  const g = changetype<Group>(group);
  for (let from: u32 = 0; from < count; from += BLOCK_ROWS) {
    const rows = min<u32>(BLOCK_ROWS, count - from);
    for (let i: u32 = 0; i < rows; i++) setNumber(i, from + i);
    hashKeys(g, columns, rows);
    for (let i: u32 = 0; i < rows; i++) {
      const at = from + i, row = resolve(g, columns, i);
      if (!row) return NO_MEMORY;
      store<u32>(row, list ? ROW_STORED : 0, ROW_STATE);
      if (<u64>load<u32>(row, ROW_GROUP) != load<u64>(groups + (<usize>at << 3))) return DAMAGED;
      if (list) store<u32>(list + (<usize>at << 2), <u32>row);
      else dropRow(g, row);
    }
  }
  return DONE;
}

/** Takes out all rows. */
export function group_restore_clear(group: usize): void {
  const g = changetype<Group>(group);
  for (let t: u32 = 0; t < INDEX_TABLES; t++) {
    for (let i: u32 = 0; i < indexPlaces(g.rowsIndex, t); i++) {
      // Those behind it close up
      for (let row = indexThing(g.rowsIndex, t, i); row; row = indexThing(g.rowsIndex, t, i)) {
        store<u32>(row, 0, ROW_STATE);
        dropRow(g, row);
      }
    }
  }
}

/** Rows that came late, and unknown rows: i64 each. */
export function group_scalars(group: usize, to: usize): void {
  const g = changetype<Group>(group);
  store<i64>(to, g.late);
  store<i64>(to, g.unknown, 8);
}

export function group_put_scalars(group: usize, from: usize): void {
  const g = changetype<Group>(group);
  g.late = load<u32>(from);
  g.unknown = load<u32>(from, 8);
}
