// Rows of state as a table: each row that has changed since the last cut by its key, with its cells as they are. What rows hold
// beside their cells has tables of its own (details.ts), which a drain hands out before. A row that was handed out and is gone keeps its key
// until the next drain has told it; rows of windows go without, by the end of these.
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_VALIDITY } from "../layout";
import { lastBlock } from "./distinct";
import { dropDoomed } from "./drop";
import { forgetNames } from "./free";
import { forgetGone } from "./keys";
import { outColumn, setBit } from "./push";
import { nextRow, scanBegin, scanDone, stepBegin } from "./scan";
import { Group, ROW_HOT, ROW_NEWER, ROW_NULLS, ROW_STATE, ROW_STORED, callAt, callGone, keyCell, keyScale, keyType, setAt, setGone } from "./spec";

const DONE: i32 = 0;
/** A step ends without rows, and there is more. */
const MORE: i32 = -1;

/** A cut: the drain begins. True: it hands out everything, and nothing that is gone. */
export function group_cut(group: usize, whole: bool): bool {
  const g = changetype<Group>(group);
  dropDoomed(g);
  g.whole = whole || g.lost;
  g.lost = false;
  if (g.whole) {
    forgetGone(g);
    forgetNames(g);
  }
  g.since = g.whole ? 0 : g.told;
  g.told = g.seq;
  g.sinceBlock = g.toldBlock;
  g.toldBlock = lastBlock();
  g.scanGone = g.gone;
  for (let i: u32 = 0; i < g.calls; i++) callGone(callAt(g, i)).scan = 0;
  for (let i: u32 = 0; i < g.sets; i++) setGone(setAt(g, i)).scan = 0;
  scanBegin(g);
  return g.whole;
}

/** Goes through the rows once more, for another table. */
export function group_scan(group: usize): void {
  scanBegin(changetype<Group>(group));
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

/**
 * The next rows that have changed, u32 each at `list`: how many, DONE, or MORE. They belong to the checkpoint from now on, so that this is the
 * last that a drain asks for.
 */
export function group_changed(group: usize, list: usize, most: u32): i32 {
  const g = changetype<Group>(group);
  let found: u32 = 0;
  stepBegin();
  while (found < most) {
    const row = nextRow(g);
    if (!row) break;
    store<u32>(row, (load<u32>(row, ROW_STATE) & ROW_HOT) | ROW_STORED, ROW_STATE);
    store<u32>(list + (<usize>found << 2), <u32>row);
    found++;
  }
  return found ? <i32>found : scanDone(g) ? DONE : MORE;
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

/** Texts in the cell at this offset of listed rows as a COLUMN, which refers to the state's own bytes; false without memory. */
export function group_texts(list: usize, count: u32, at: u32, type: u32, scale: u32, out: usize): bool {
  if (!outColumn(out, type, scale, count, true)) return false;
  const data: usize = load<u32>(out, COLUMN_DATA), validity: usize = load<u32>(out, COLUMN_VALIDITY);
  for (let i: u32 = 0; i < count; i++) {
    const cell = <usize>load<u32>(list + (<usize>i << 2)) + at, there = load<i64>(cell, 8) != 0;
    store<u64>(data + (<usize>i << 3), there ? load<u64>(cell) : 0);
    if (there) setBit(validity, i);
  }
  return true;
}

/** Offsets in a row of its number and its turn, 0 = there is none: u32 each. */
export function group_places(group: usize, to: usize): void {
  const g = changetype<Group>(group);
  store<u32>(to, g.nameAt);
  store<u32>(to, g.turnAt, 4);
}

/** Rows that came late, unknown rows, watermark, the first one, numbers and turns so far: i64 each. */
export function group_scalars(group: usize, to: usize): void {
  const g = changetype<Group>(group);
  store<i64>(to, g.late);
  store<i64>(to, g.unknown, 8);
  store<i64>(to, g.watermark, 16);
  store<i64>(to, g.begun, 24);
  store<u64>(to, g.seq, 32);
  store<u64>(to, g.turns, 40);
}

/** Numbers have room for those of pages behind them. */
const NUMBER_END: u64 = 1 << 47;

export function group_put_scalars(group: usize, from: usize): bool {
  const g = changetype<Group>(group);
  g.late = load<u32>(from);
  g.unknown = load<u32>(from, 8);
  g.watermark = load<i64>(from, 16);
  g.begun = load<i64>(from, 24);
  g.seq = load<u64>(from, 32);
  g.turns = load<u64>(from, 40);
  return g.seq < NUMBER_END;
}
