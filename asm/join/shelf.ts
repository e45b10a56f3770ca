// Rows of both sides of a join leave memory key by key (rows/shelf.ts): those of one side with those of the other that they meet.
import { TIME_START } from "../aggregate/window";
import { heapForget, heapPush } from "../rows/heap";
import { Index, indexAdd, indexAddBefore, indexFindRow, indexHash, indexMake, indexNext } from "../rows/index_rows";
import { indexRestore, restoredEach } from "../rows/restore";
import { rowOrder } from "../rows/row";
import { shelfMake, shelfSide, shelfWaits } from "../rows/shelf";
import { rowsSortByTime } from "../rows/sort";
import { leavesAt, waits } from "./due";
import { isAlive, isDead, rowDrop } from "./keep";
import { clearGraves } from "./records";
import { Join, REGULAR, Side, TEMPORAL, WINDOW, heapOf, indexOf, storeOf } from "./spec";

/** The shelf of a join that is no NOT IN; 0 without memory. It is used behind join_shelf_begin. */
export function join_shelf(join: usize): usize {
  const j = changetype<Join>(join);
  j.shelf = <u32>shelfMake(join, 2, settle.index, drop.index, put.index, isOver.index);
  if (!j.shelf) return 0;
  if (j.mode != REGULAR) shelfWaits(j.shelf, waitsUntil.index);
  putSides(j);
  return j.shelf;
}

function putSides(j: Join): void {
  for (let i: u32 = 0; i < 2; i++) {
    const side = sideOf(j, i);
    shelfSide(j.shelf, i, storeOf(side), indexOf(side), side.listAt, side.timeAt);
  }
}

/**
 * Rows are about to leave for the first time: what the join needs for that alone is made. `restoring`: its rows are in nothing yet. False without
 * memory.
 */
export function join_shelf_begin(join: usize, restoring: bool): bool {
  const j = changetype<Join>(join);
  settle(join);
  if (!j.left.index && !indexLeft(j, restoring)) return false;
  putSides(j);
  return true;
}

/** Rows of the left, which nobody looks for otherwise, are put under their keys. */
function indexLeft(j: Join, restoring: bool): bool {
  const s = storeOf(j.left), index = indexMake(s, j.left.keyList, j.keys, false, 0);
  if (!index) return false;
  j.left.index = <u32>index;
  return restoring || restoredEach(s, 0, changetype<usize>(j), putLeft);
}

function putLeft(owner: usize, row: usize): bool {
  const j = changetype<Join>(owner);
  return isDead(j, j.left, row) || indexAdd(indexOf(j.left), row);
}

/** The first watermark, from which what came before it lives; −∞: there was none yet. */
export function join_begun(join: usize): f64 {
  const begun = changetype<Join>(join).begun;
  return begun == TIME_START ? -Infinity : <f64>begun;
}

@inline function sideOf(j: Join, side: u32): Side {
  return side ? j.right : j.left;
}

function settle(owner: usize): void {
  const j = changetype<Join>(owner);
  clearGraves(j.left);
  clearGraves(j.right);
}

function drop(owner: usize, number: u32, row: usize): void {
  const j = changetype<Join>(owner), side = sideOf(j, number);
  rowDrop(j, side, row);
  if (waits(j, side, row)) heapForget(heapOf(side), row);
}

function isOver(owner: usize, side: u32, row: usize): bool {
  const j = changetype<Join>(owner);
  return !isAlive(j, sideOf(j, side), row);
}

function waitsUntil(owner: usize, number: u32, row: usize): i64 {
  const j = changetype<Join>(owner), side = sideOf(j, number);
  return waits(j, side, row) ? leavesAt(j, side, row) : i64.MAX_VALUE;
}

/** Rows of a key come back while others of it are there: nothing is asked for in front of the end of a window. */
@inline function comesInParts(j: Join): bool {
  return j.mode == WINDOW && !j.left.changes && !j.right.changes;
}

/** Chains are in the order of arrival, those of versions in that of their times. */
function put(owner: usize, number: u32, list: usize, count: u32): bool {
  const j = changetype<Join>(owner), side = sideOf(j, number), parts = comesInParts(j);
  if (!rowsSortByTime(list, count, j.mode == TEMPORAL ? side.timeAt : 0)) return false;
  for (let i: u32 = 0; i < count; i++) {
    // From behind, each row belongs in front of those that are back already
    const row: usize = load<u32>(list + (<usize>(parts ? count - 1 - i : i) << 2));
    if (!isDead(j, side, row) && !(parts ? putArrived(side, row) : putKeys(side, row))) return false;
    if (waits(j, side, row) && !heapPush(heapOf(side), leavesAt(j, side, row), row)) return false;
  }
  return true;
}

function putKeys(side: Side, row: usize): bool {
  const same = changetype<Index>(<usize>side.same);
  return indexAdd(indexOf(side), row) && (!side.same || indexRestore(storeOf(side), same, row));
}

function putArrived(side: Side, row: usize): bool {
  const index = indexOf(side);
  let at = indexFindRow(index, indexHash(index, row), storeOf(side), row, side.keyList);
  while (at && rowOrder(at) < rowOrder(row)) at = indexNext(index, at);
  if (!at) return indexAdd(index, row);
  indexAddBefore(index, row, at);
  return true;
}
