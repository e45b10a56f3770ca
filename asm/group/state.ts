// Rows of state as a table: each row that has changed since the last cut by its key, with its cells as they are. What rows hold
// beside their cells has tables of its own (details.ts), which a drain hands out in front of them, batch by batch (batch.ts). A row that was
// handed out and is gone keeps its key until the next drain has told it; rows of windows go without, by the end of these.
import { arena_alloc } from "../memory";
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_VALIDITY } from "../layout";
import { batchAdd, batchBegin, batchDone, batchLeave, batchLend, batchNext, batchRoom } from "./batch";
import { roundBegin, roundJoin } from "./dirty";
import { dropDoomed } from "./drop";
import { forgetNames } from "./free";
import { forgetGone, forgetTold, tellGone } from "./keys";
import { outColumn, setBit } from "./push";
import { takeRows, takenAll, walkAgain, walkBegin } from "./scan";
import { Group, ROW_GROUP, ROW_NULLS, callAt, callGone, keyCell, keyScale, keyType, setAt, setGone } from "./spec";

const DONE: i32 = 0;
/** A step ends without rows, and there is more. */
const MORE: i32 = -1;
const NO_MEMORY: i32 = -2;

/** A cut: the drain begins. True: it hands out everything, and nothing that is gone. */
export function group_cut(group: usize, whole: bool): bool {
  const g = changetype<Group>(group);
  const all = begin(g, whole);
  g.admitting = false;
  g.cutting = true;
  if (!all) walkAgain(g);
  roundJoin(g);
  g.told = g.seq;
  g.toldWholes = g.wholes;
  return all;
}

/** Begins a drain; whether it hands out everything. */
function begin(g: Group, whole: bool): bool {
  dropDoomed(g);
  const all = whole || g.lost || !g.tracked;
  g.lost = false;
  g.tracked = true;
  batchLeave(g);
  for (let i: u32 = 0; i < g.calls; i++) callGone(callAt(g, i)).scan = 0;
  for (let i: u32 = 0; i < g.sets; i++) setGone(setAt(g, i)).scan = 0;
  if (!all) return false;
  g.wholes++;
  forgetGone(g);
  forgetNames(g);
  walkBegin(g, true);
  return true;
}

/**
 * A round in front of a cut: rows that have changed so far are handed out, or, `whole`, all. Others may be called between two steps; what is left
 * then comes with the next round, or with the cut.
 */
export function group_ahead(group: usize, whole: bool): bool {
  const g = changetype<Group>(group), all = begin(g, whole);
  if (all) g.admitting = true;
  g.cutting = false;
  walkBegin(g, false);
  roundBegin(g);
  return all;
}

/** The next rows that are gone, u32 each at `list`; 0 = all were told. Those of the step before are forgotten. */
export function group_gone(group: usize, list: usize, most: u32): u32 {
  const g = changetype<Group>(group);
  let found: u32 = 0;
  forgetTold(g);
  for (; found < most; found++) {
    const row = tellGone(g);
    if (!row) break;
    store<u32>(list + (<usize>found << 2), <u32>row);
  }
  return found;
}

/**
 * The next rows that have changed, u32 each at `list`, which has room for one more: how many, DONE, or MORE. They belong to the checkpoint from now on, so that this is the
 * last that a drain asks for.
 */
export function group_changed(group: usize, list: usize, most: u32): i32 {
  const g = changetype<Group>(group);
  const found = takeRows(g, list, most);
  return found ? <i32>found : takenAll(g) ? DONE : MORE;
}

/**
 * The same as a batch whose rows are handed out with what they hold: how many, `most` at most, DONE, MORE, or −2: there is no memory. All of the
 * batch before is out.
 */
export function group_take(group: usize, most: u32): i32 {
  const g = changetype<Group>(group);
  batchDone(g);
  const room = min<u32>(most, batchRoom(g)), list = arena_alloc((<usize>room + 1) << 2);
  if (!room || !list) return NO_MEMORY;
  g.told = g.seq;
  const found = takeRows(g, list, room);
  for (let i: u32 = 0; i < found; i++) batchAdd(g, load<u32>(list + (<usize>i << 2)));
  return g.batchCount ? <i32>g.batchCount : takenAll(g) ? DONE : MORE;
}

/** Rows that were read from records (group_thaw) as a batch: how many of those that are listed, −2: there is no memory. */
export function group_lend(group: usize, list: usize, count: u32): i32 {
  const g = changetype<Group>(group);
  batchDone(g);
  if (!batchRoom(g)) return NO_MEMORY;
  batchLend(g, list, count);
  return <i32>count;
}

/** Rows of the batch that are still there, u32 each at `list`; how many. */
export function group_batch(group: usize, list: usize): u32 {
  const g = changetype<Group>(group);
  let found: u32 = 0;
  batchBegin(g);
  for (let row = batchNext(g); row; row = batchNext(g)) {
    store<u32>(list + (<usize>found << 2), <u32>row);
    found++;
  }
  return found;
}

/** Key groups of listed rows, i64 each at `out`. */
export function group_key_groups(list: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    store<u64>(out + (<usize>i << 3), load<u8>(<usize>load<u32>(list + (<usize>i << 2)), ROW_GROUP));
  }
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

/** Offset in a row of the cell of a key. */
export function group_key_at(key: u32): u32 {
  return keyCell(key);
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
