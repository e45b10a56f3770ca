// Rows into the state of their side, and out of it.
import { rowFree } from "../rows/encode";
import { heapPush } from "../rows/heap";
import { Index, indexAdd, indexFind, indexNext, indexRemove } from "../rows/index_rows";
import { List, listAdd, listRemove } from "../rows/list";
import { TIME_END, TIME_START } from "../aggregate/window";
import { chainsDrop } from "./not_in";
import { FLAG_DEAD, Join, Side, WINDOW, heapOf, indexOf, storeOf } from "./spec";
import { hashOf } from "./push";

@inline export function listOf(side: Side): List {
  return changetype<List>(changetype<usize>(side));
}

@inline function sameOf(side: Side): Index {
  return changetype<Index>(<usize>side.same);
}

@inline export function timeAt(side: Side, row: usize): i64 {
  return load<i64>(row + side.timeAt);
}

@inline export function flagsAt(side: Side, row: usize): u32 {
  return load<u32>(row + side.flagsAt);
}

@inline export function setFlags(side: Side, row: usize, flags: u32): void {
  store<u32>(row + side.flagsAt, flags);
}

/** A row of a window that was taken back and waits for its end, as rows did before they went at once. */
@inline export function isDead(j: Join, side: Side, row: usize): bool {
  return j.mode == WINDOW && side.flagsAt != 0 && flagsAt(side, row) == FLAG_DEAD;
}

/** Puts a row that was kept into the index by all its columns, if the side has one. */
function addSame(j: Join, side: Side, i: u32, kept: usize): bool {
  if (!side.same) return true;
  const same = sameOf(side);
  store<u32>(kept + same.linkAt, load<u32>(<usize>j.sames + (<usize>i << 2)), 8);
  return indexAdd(same, kept);
}

/**
 * Puts the kept row of position `i` under its keys; `leaves` is when its heap gives it back, for sides that have one. False:
 * no memory, and the row is freed.
 */
export function rowAdd(j: Join, side: Side, i: u32, kept: usize, leaves: i64): bool {
  if (!side.index || indexAdd(indexOf(side), kept)) {
    if (addSame(j, side, i, kept)) {
      if (!side.heap || heapPush(heapOf(side), leaves, kept)) return true;
      if (side.same) indexRemove(sameOf(side), kept);
    }
    if (side.index) indexRemove(indexOf(side), kept);
  }
  rowFree(storeOf(side), kept);
  return false;
}

/** The watermark has come to `now`, for rows with a time to live: the end of the input passes all of them, also where it is the first watermark. */
export function setNow(j: Join, now: i64): void {
  if (j.begun == TIME_START) j.begun = min(now, TIME_END - j.ttl);
  j.now = now;
}

/** Gives a row the watermark that it meets as its time, from which its time to live counts. */
export function rowStamp(j: Join, side: Side, kept: usize): void {
  store<i64>(kept + side.timeAt, j.now);
  listAdd(listOf(side), kept, side.listAt);
}

/** True while the time to live of a row has not passed. */
@inline export function isAlive(j: Join, side: Side, row: usize): bool {
  if (!j.ttl) return true;
  const stamp = timeAt(side, row), since = stamp == TIME_START ? j.begun : stamp;
  return since == TIME_START || since + j.ttl > j.now;
}

/** Takes a row out of all that finds it; it is not freed. */
export function rowDrop(j: Join, side: Side, row: usize): void {
  if (j.nullAware) chainsDrop(side, row);
  else if (side.index) indexRemove(indexOf(side), row);
  if (side.same) indexRemove(sameOf(side), row);
  if (side.listAt) listRemove(listOf(side), row, side.listAt);
}

/** The oldest row that equals the one at position `i` of the batch in all columns; 0 = there is none. */
export function findSame(j: Join, side: Side, i: u32, row: u32): usize {
  const hash = load<u32>(<usize>j.sames + (<usize>i << 2)), same = sameOf(side);
  let found = indexFind(same, hash, j.columns, side.allList, row);
  while (found && !isAlive(j, side, found)) found = indexNext(same, found);
  return found;
}

/** The row with the key of the one at position `i`, on a side where there is one at most; 0 = there is none. */
export function findUnique(j: Join, side: Side, i: u32, row: u32): usize {
  const index = indexOf(side);
  let found = indexFind(index, hashOf(j, i), j.columns, side.keyList, row);
  while (found && !isAlive(j, side, found)) found = indexNext(index, found);
  return found;
}

/** Drops up to `most` rows whose time to live has passed. */
export function expire(j: Join, side: Side, most: u32): void {
  for (let i: u32 = 0; i < most && side.oldest; i++) {
    const row: usize = side.oldest;
    if (isAlive(j, side, row)) return;
    rowDrop(j, side, row);
    rowFree(storeOf(side), row);
  }
}
