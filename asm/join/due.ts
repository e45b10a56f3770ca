// When rows of window, interval and temporal joins come out, and which of them may: where rows have left memory (rows/shelf.ts), those in front of
// a time and key group, of which all are back.
import { Heap, heapOrder, heapTime } from "../rows/heap";
import { ROW_GROUP } from "../rows/row";
import { timeOf } from "../aggregate/window";
import { timeAt } from "./keep";
import { INTERVAL, Join, Side } from "./spec";

/** Offset of the key group in the order of a heap's entry. */
const GROUP: u64 = 57;

/** When the heap of its side gives a row back. */
export function leavesAt(j: Join, side: Side, row: usize): i64 {
  const time = timeAt(side, row);
  if (j.mode != INTERVAL) return time;
  return time + (changetype<usize>(side) == changetype<usize>(j.left) ? j.upper : -j.lower);
}

/** Whether a row is in the heap of its side: a version that is in force waits for nothing. */
export function waits(j: Join, side: Side, row: usize): bool {
  if (!side.heap || !side.versions) return side.heap != 0;
  const time = timeAt(side, row);
  if (!j.held) return time >= j.watermark;
  return time > j.until || (time == j.until && <u32>load<u8>(row, ROW_GROUP) >= j.untilGroup);
}

/** Whether the first row of a heap, which has one, may come out, if the watermark has passed it. */
@inline export function mayLeave(j: Join, heap: Heap): bool {
  return !j.held || isFront(j, heap);
}

function isFront(j: Join, heap: Heap): bool {
  const time = heapTime(heap);
  return time < j.until || (time == j.until && <u32>(heapOrder(heap) >> GROUP) < j.untilGroup);
}

/** In front of a watermark: for now no row comes out. */
export function join_hold(join: usize): void {
  const j = changetype<Join>(join);
  if (j.held) return;
  j.held = true;
  j.until = j.watermark;
  j.untilGroup = 0;
}

/** Rows that leave before `time`, or at it and are of a key group before `group`, are all in memory. +∞: all rows that the watermark has passed. */
export function join_release(join: usize, time: f64, group: u32): void {
  const j = changetype<Join>(join), until = timeOf(time);
  j.due = true;
  if (time == Infinity) j.held = false;
  if (until < j.until || (until == j.until && group < j.untilGroup)) return;
  j.until = until;
  j.untilGroup = group;
}

