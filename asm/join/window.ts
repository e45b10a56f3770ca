// Window joins: rows wait for the end of their window. When the watermark has passed it, the rows of the left come out of
// their heap by (window end, key group, arrival) and meet those of the right with their key, of which the window is a
// part; behind those of its key group the rows of the right leave, without a partner padded.
import { heapForget, heapPop, heapRow, heapTime } from "../rows/heap";
import { Index, indexFindRow, indexNext, indexRemove } from "../rows/index_rows";
import { rowFree } from "../rows/encode";
import { rowForget } from "../rows/touch";
import { ROW_GROUP, ROW_HASH, rowCell } from "../rows/row";
import { mayLeave } from "./due";
import { Join, Side, heapOf, indexOf, storeOf } from "./spec";
import { ACTS, UNUSED, keptAt } from "./judge";
import { ownSide, rowNumber } from "./push";
import { INSERT, bury, recordEnd, recordLeave, recordPair } from "./records";
import { findSame, isDead, rowAdd } from "./keep";

function takeBack(j: Join, own: Side, i: u32, row: u32): void {
  const old = findSame(j, own, i, row);
  if (!old) return;
  if (own.index) indexRemove(indexOf(own), old);
  indexRemove(changetype<Index>(<usize>own.same), old);
  heapForget(heapOf(own), old);
  rowFree(storeOf(own), old);
}

/** Keeps the rows of the batch at hand; false when there is no memory. */
export function takeWindow(j: Join): bool {
  const own = ownSide(j);
  for (; j.next < j.selected; j.next++) {
    const i = j.next, kept = <usize>keptAt(j, i);
    if (kept == UNUSED) continue;
    if (kept == ACTS) {
      takeBack(j, own, i, rowNumber(j, i));
      continue;
    }
    const end = rowCell(storeOf(own), kept, own.time);
    store<i64>(kept + own.timeAt, end);
    if (!rowAdd(j, own, i, kept, end)) return false;
  }
  return true;
}

/** Whether the next row to come out is one of the left: those of a key group come before the right's. */
@inline function leftIsNext(j: Join): bool {
  const a = heapOf(j.left), b = heapOf(j.right);
  if (!a.size || !b.size) return a.size != 0;
  const x = heapTime(a), y = heapTime(b);
  return x < y || (x == y && load<u8>(heapRow(a), ROW_GROUP) <= load<u8>(heapRow(b), ROW_GROUP));
}

function beginLeft(j: Join): void {
  const row = heapPop(heapOf(j.left));
  rowForget(row); // with all rows whose window ends at or before it
  if (isDead(j, j.left, row)) {
    bury(j.left, row);
    return;
  }
  j.row = 0;
  j.kind = INSERT;
  j.entry = <u32>row;
  j.stored = <u32>row;
  j.at = <u32>indexFindRow(indexOf(j.right), load<u32>(row, ROW_HASH), storeOf(j.left), row, j.left.keyList);
  j.open = true;
}

function leaveRight(j: Join): void {
  const side = j.right, row = heapPop(heapOf(side));
  rowForget(row);
  if (!isDead(j, side, row)) {
    indexRemove(indexOf(side), row);
    if (side.same) indexRemove(changetype<Index>(<usize>side.same), row);
    if (side.countAt) recordLeave(j, row, true);
  }
  bury(side, row);
}

function endLeft(j: Join): void {
  const row: usize = j.stored;
  recordEnd(j);
  if (j.left.index) indexRemove(indexOf(j.left), row);
  if (j.left.same) indexRemove(changetype<Index>(<usize>j.left.same), row);
  bury(j.left, row);
  j.open = false;
}

/** Makes up to `most` records of windows that the watermark has passed; false when there are no more. */
export function stepWindow(j: Join, most: u32): bool {
  const index = indexOf(j.right);
  let budget = most << 2;
  j.side = 0;
  while (j.recordCount < most && budget) {
    if (!j.open) {
      const isLeft = leftIsNext(j), heap = heapOf(isLeft ? j.left : j.right);
      if (!heap.size || heapTime(heap) - 1 > j.watermark || !mayLeave(j, heap)) return false;
      budget--;
      if (!isLeft) leaveRight(j);
      else beginLeft(j);
      continue;
    }
    let at: usize = j.at;
    while (at && j.recordCount < most) {
      recordPair(j, at);
      at = j.firstOnly ? 0 : indexNext(index, at);
    }
    j.at = <u32>at;
    if (!at && j.recordCount < most) endLeft(j);
  }
  return true;
}
