// Interval joins: a row meets the rows of the other side whose time is near enough, and waits for those that may still
// come. It leaves state when the watermark has passed them all; without a partner it may come out padded then, or at once
// when the watermark has passed them before it comes.
//
//   left.time + lower ≤ right.time ≤ left.time + upper
//
// A row whose time is below the watermark that it meets is late: dropped and counted. Hence a row that has left could not
// have met any row that is not late, and when exactly it leaves shows in no pair.
import { batchEntry } from "../rows/gather";
import { heapPop, heapRow, heapTime } from "../rows/heap";
import { indexNext, indexRemove } from "../rows/index_rows";
import { rowCell, rowOrder } from "../rows/row";
import { rowForget } from "../rows/touch";
import { mayLeave } from "./due";
import { Join, Side, heapOf, indexOf, storeOf } from "./spec";
import { UNUSED, keptAt } from "./judge";
import { otherSide, ownSide, rowNumber } from "./push";
import { INSERT, bury, recordEnd, recordLeave, recordPair } from "./records";
import { rowAdd, timeAt } from "./keep";
import { rowWatermark, timeOfRow } from "./time";

/** Begins the row at position `j.next`; false when there is no memory. A row that is not used is over at once. */
function begin(j: Join, own: Side): bool {
  const i = j.next++, kept = <usize>keptAt(j, i);
  if (kept == UNUSED) return true;
  const isLeft = j.side == 0, row = rowNumber(j, i), time = rowCell(storeOf(own), kept, own.time);
  j.from = time + (isLeft ? j.lower : -j.upper);
  j.to = time + (isLeft ? j.upper : -j.lower);
  store<i64>(kept + own.timeAt, time);
  timeOfRow(j, own, row);
  j.over = j.to < rowWatermark;
  if (!j.over && !rowAdd(j, own, i, kept, j.to)) return false;
  j.stored = <u32>kept;
  j.row = row;
  j.kind = INSERT;
  j.entry = batchEntry(row);
  j.at = load<u32>(<usize>j.heads + (<usize>i << 2));
  j.open = true;
  return true;
}

/** All partners of the row at hand have come. One that the watermark has passed already leaves at once. */
function end(j: Join, own: Side): void {
  j.open = false;
  if (!j.over) return;
  if (own.alone) recordEnd(j);
  bury(own, j.stored);
}

/** Makes up to `most` records of the batch at hand; false when there is no memory. */
export function stepInterval(j: Join, most: u32): bool {
  const own = ownSide(j), other = otherSide(j), index = indexOf(other);
  let budget = most << 2; // rows that are too far away make no records
  while (j.recordCount < most) {
    if (!j.open) {
      if (j.next == j.selected) return true;
      if (!begin(j, own)) return false;
      continue;
    }
    let at: usize = j.at;
    for (; at && j.recordCount < most && budget; at = indexNext(index, at), budget--) {
      const time = timeAt(other, at);
      if (time >= j.from && time <= j.to) recordPair(j, at);
    }
    j.at = <u32>at;
    if (at || j.recordCount == most) return true;
    end(j, own);
  }
  return true;
}

/** Takes the row that leaves next out of state. */
function leave(j: Join, side: Side, isRight: bool): void {
  const row = heapPop(heapOf(side));
  rowForget(row); // with all rows that leave at or before its time
  indexRemove(indexOf(side), row);
  if (side.countAt) recordLeave(j, row, isRight);
  bury(side, row);
}

/** The next row to leave is the left's: by (time at which it leaves, key group, arrival). */
@inline function leftIsNext(left: Side, right: Side): bool {
  const a = heapOf(left), b = heapOf(right);
  if (!a.size || !b.size) return a.size != 0;
  const x = heapTime(a), y = heapTime(b);
  if (x != y) return x < y;
  return rowOrder(heapRow(a)) < rowOrder(heapRow(b));
}

/** Lets up to `most` rows leave that the watermark has passed; false when there are no more. */
export function stepLeave(j: Join, most: u32): bool {
  let budget = most << 2;
  while (j.recordCount < most && budget--) {
    const isLeft = leftIsNext(j.left, j.right), side = isLeft ? j.left : j.right, heap = heapOf(side);
    if (!heap.size || heapTime(heap) >= j.watermark || !mayLeave(j, heap)) return false;
    leave(j, side, !isLeft);
  }
  return true;
}
