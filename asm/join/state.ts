// The rows of both sides as tables (rows/changes.ts), each with how many it has met, its flags and its time, where the join keeps
// them. Indices, heaps and lists are made anew.
import { heapPush } from "../rows/heap";
import { Index } from "../rows/index_rows";
import { keyColumn, rowKeyHash } from "../rows/keys";
import { listAdd } from "../rows/list";
import { indexRestore, restoredEach } from "../rows/restore";
import { ARRIVAL_END, ROW_HASH, rowIsNull } from "../rows/row";
import { leavesAt, waits } from "./due";
import { isDead, listOf } from "./keep";
import { Join, Side, TEMPORAL, heapOf, indexOf, storeOf } from "./spec";

/**
 * Address of a side's store, and offsets in its rows of their count, flags and time (0: there is none); address of the index that has each row under its
 * key, but for those with NULL there, 0: there is no such, or not yet: u32 each.
 */
export function join_side(join: usize, isRight: bool, to: usize): void {
  const j = changetype<Join>(join), side = isRight ? j.right : j.left;
  store<u32>(to, side.store);
  store<u32>(to, side.countAt, 4);
  store<u32>(to, side.flagsAt, 8);
  store<u32>(to, side.timeAt, 12);
  store<u32>(to, j.nullAware ? 0 : side.index, 16);
}

/** Arrivals so far, watermark, the watermark that rows with a time to live have met last, and the first: i64 each. */
export function join_scalars(join: usize, to: usize): void {
  const j = changetype<Join>(join);
  store<u64>(to, j.arrivals);
  store<i64>(to, j.watermark, 8);
  store<i64>(to, j.now, 16);
  store<i64>(to, j.begun, 24);
}

export function join_put_scalars(join: usize, from: usize): bool {
  const j = changetype<Join>(join);
  j.arrivals = load<u64>(from);
  j.watermark = load<i64>(from, 8);
  j.now = load<i64>(from, 16);
  j.begun = load<i64>(from, 24);
  return j.arrivals < ARRIVAL_END;
}

@inline function indexAt(address: u32): Index {
  return changetype<Index>(<usize>address);
}

/** Puts a row under its keys; false without memory. */
function putKeys(j: Join, side: Side, row: usize): bool {
  const s = storeOf(side);
  if (side.same && !indexRestore(s, indexAt(side.same), row)) return false;
  if (!side.index) {
    // It looks for others by its hash all the same
    store<u32>(row, rowKeyHash(s, row, side.keyList, j.keys, false), ROW_HASH);
    return true;
  }
  if (!j.nullAware) return indexRestore(s, indexOf(side), row);
  const firstIsNull = rowIsNull(s, row, keyColumn(side.keyList, 0));
  const index = firstIsNull ? indexAt(side.nulls) : indexOf(side);
  return indexRestore(s, index, row) && indexRestore(s, indexAt(side.all), row);
}

/** The side whose rows come back. */
let side: Side = changetype<Side>(0);

function putRow(owner: usize, row: usize): bool {
  const j = changetype<Join>(owner);
  if (!isDead(j, side, row) && !putKeys(j, side, row)) return false;
  return !waits(j, side, row) || heapPush(heapOf(side), leavesAt(j, side, row), row);
}

function listRow(_owner: usize, row: usize): bool {
  listAdd(listOf(side), row, side.listAt);
  return true;
}

function restoreSide(j: Join, which: Side): bool {
  const owner = changetype<usize>(j), s = storeOf(which);
  side = which;
  // Chains are in the order of arrival, those of versions in that of their times
  if (!restoredEach(s, side.versions && j.mode == TEMPORAL ? side.timeAt : 0, owner, putRow)) return false;
  return !side.listAt || restoredEach(s, side.timeAt, owner, listRow);
}

/** All rows are there; false without memory. */
export function join_restored(join: usize): bool {
  const j = changetype<Join>(join);
  return restoreSide(j, j.left) && restoreSide(j, j.right);
}
