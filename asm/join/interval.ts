// Interval joins: a row meets the rows of the other side whose time is near enough, and waits for those that may still
// come. It leaves state when the watermark has passed them all; without a partner it may come out padded then.
//
//   left.time + lower ≤ right.time ≤ left.time + upper
//
// A row whose time is below the watermark that it meets is late: dropped and counted. Hence a row that has left could not
// have met any row that is not late, and when exactly it leaves shows in no pair.
import { batchEntry } from "../rows/gather";
import { heapPop, heapRow, heapTime } from "../rows/heap";
import { HASH_NONE } from "../rows/keys";
import { indexNext, indexRemove } from "../rows/index_rows";
import { rowOrder } from "../rows/row";
import { Join, Side, heapOf, indexOf } from "./spec";
import { hashOf, otherSide, ownSide, rowNumber, rowTime, rowWatermark, timeOfRow } from "./push";
import { INSERT, bury, recordLeave, recordPair } from "./records";
import { rowAdd, timeAt } from "./keep";

/** Begins the row at position `j.next`; false when there is no memory. A row that is not used is over at once. */
function begin(j: Join, own: Side): bool {
  const i = j.next++, row = rowNumber(j, i);
  if (!timeOfRow(j, own, row)) return true;
  if (rowTime < rowWatermark) {
    j.late++;
    return true;
  }
  const isLeft = j.side == 0, none = hashOf(j, i) == HASH_NONE;
  if (none && !own.countAt) return true; // it meets none, and nobody asks when it leaves
  j.from = rowTime + (isLeft ? j.lower : -j.upper);
  j.to = rowTime + (isLeft ? j.upper : -j.lower);
  const kept = rowAdd(j, own, i, row, j.to);
  if (!kept) return false;
  store<i64>(kept + own.timeAt, rowTime);
  j.stored = <u32>kept;
  j.row = row;
  j.kind = INSERT;
  j.entry = batchEntry(row);
  j.at = none ? 0 : load<u32>(<usize>j.heads + (<usize>i << 2));
  j.open = j.at != 0;
  return true;
}

/** Makes up to `most` records of the batch at hand; false when there is no memory. */
export function stepInterval(j: Join, most: u32): bool {
  const own = ownSide(j), other = otherSide(j), index = indexOf(other);
  let budget = most << 2; // rows that are too far away make no records
  while (true) {
    let at: usize = j.open ? j.at : 0;
    for (; at && j.recordCount < most && budget; at = indexNext(index, at), budget--) {
      const time = timeAt(other, at);
      if (time >= j.from && time <= j.to) recordPair(j, at);
    }
    j.at = <u32>at;
    j.open = at != 0;
    if (at || j.recordCount == most || j.next == j.selected) return true;
    if (!begin(j, own)) return false;
  }
}

/** Takes the row that leaves next out of state. */
function leave(j: Join, side: Side, isRight: bool): void {
  const row = heapPop(heapOf(side));
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
    if (!heap.size || heapTime(heap) >= j.watermark) return false;
    leave(j, side, !isLeft);
  }
  return true;
}
