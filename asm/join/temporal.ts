// Temporal and ASOF joins: the right has versions of each key, ordered by time; a row of the left waits until the
// watermark has passed its time, and then meets the newest version that is not after it. Rows come out by (time, key
// group, arrival). A version goes when the next one of its key is in force.
//
// A row of the left whose time is below the watermark that it meets is late: dropped and counted. A version that comes
// late is in force from that watermark on, since what came before it has been decided; where a newer version of its key
// is in force already, it is dropped and counted.
import { noteLate } from "../batch/late";
import { Heap, heapPop, heapPush, heapRow, heapTime } from "../rows/heap";
import {
  indexAdd, indexAddBefore, indexFind, indexFindRow, indexNext, indexRemove,
} from "../rows/index_rows";
import { ROW_GROUP, ROW_HASH, ROW_PREV, rowCell } from "../rows/row";
import { rowFree } from "../rows/encode";
import { rowForget } from "../rows/touch";
import { mayLeave } from "./due";
import { FLAG_DEAD, FLAG_KIND, Join, Side, heapOf, indexOf, storeOf } from "./spec";
import { UNUSED, keptAt } from "./judge";
import { hashOf, kindOf, rowNumber } from "./push";
import { DELETE, bury, recordEnd, recordPair } from "./records";
import { flagsAt, rowAdd, setFlags, timeAt } from "./keep";
import { rowTime, rowWatermark, timeOfRow } from "./time";

function takeLeft(j: Join, i: u32, kept: usize): bool {
  const time = rowCell(storeOf(j.left), kept, j.left.time);
  store<i64>(kept + j.left.timeAt, time);
  setFlags(j.left, kept, kindOf(j, rowNumber(j, i)));
  return rowAdd(j, j.left, i, kept, time);
}

/** The version of the key that is in force at `time`: the last one of its chain that is not after it; 0 = none. */
function versionAt(j: Join, first: usize, time: i64): usize {
  const index = indexOf(j.right);
  let version: usize = 0;
  for (let at = first; at && timeAt(j.right, at) <= time; at = indexNext(index, at)) version = at;
  return version;
}

/** The version in front of which one with `time` belongs; 0 = it is the last. Most are, so it is looked for from behind. */
function versionBehind(j: Join, first: usize, time: i64): usize {
  let at: usize = first ? load<u32>(first, ROW_PREV) : 0, behind: usize = 0;
  while (at && timeAt(j.right, at) > time) {
    behind = at;
    at = at == first ? 0 : <usize>load<u32>(at, ROW_PREV);
  }
  return behind;
}

/** Makes a version of the kept row, in force from `time` on; false when there is no memory. */
function addVersion(j: Join, kept: usize, first: usize, time: i64, dead: bool): bool {
  const right = j.right, behind = versionBehind(j, first, time);
  store<i64>(kept + right.timeAt, time);
  setFlags(right, kept, dead ? FLAG_DEAD : 0);
  if (behind) indexAddBefore(indexOf(right), kept, behind);
  else if (!indexAdd(indexOf(right), kept)) return false;
  return heapPush(heapOf(right), time, kept);
}

function takeRight(j: Join, i: u32, kept: usize): bool {
  const right = j.right, s = storeOf(right), row = rowNumber(j, i);
  const first = indexFind(indexOf(right), hashOf(j, i), j.columns, right.keyList, row);
  timeOfRow(j, right, row);
  let time = rowTime;
  if (time < rowWatermark) {
    const current = versionAt(j, first, rowWatermark), inForce = current != 0 && flagsAt(right, current) != FLAG_DEAD;
    if (inForce && <i64>rowCell(s, current, right.time) > time) {
      j.late++;
      noteLate(row);
      rowFree(s, kept);
      return true;
    }
    time = rowWatermark;
  }
  return addVersion(j, kept, first, time, kindOf(j, row) == DELETE);
}

/** Puts the kept rows of the batch at hand where they wait; false when there is no memory. */
export function takeTemporal(j: Join): bool {
  const isLeft = j.side == 0;
  for (; j.next < j.selected; j.next++) {
    const kept = <usize>keptAt(j, j.next);
    if (kept == UNUSED) continue;
    if (!(isLeft ? takeLeft(j, j.next, kept) : takeRight(j, j.next, kept))) return false;
  }
  return true;
}

function retire(j: Join, version: usize): void {
  indexRemove(indexOf(j.right), version);
  bury(j.right, version);
}

/** A version comes into force: the one before it goes, and a deletion too. */
function enforce(j: Join): void {
  const right = j.right, version = heapPop(heapOf(right)), index = indexOf(right);
  const first = indexFindRow(index, load<u32>(version, ROW_HASH), storeOf(right), version, right.keyList);
  if (first != version) retire(j, <usize>load<u32>(version, ROW_PREV));
  if (flagsAt(right, version) == FLAG_DEAD) retire(j, version);
}

/** A row of the left comes out, with its version if it has one. */
function meet(j: Join): void {
  const left = j.left, row = heapPop(heapOf(left)), hash = load<u32>(row, ROW_HASH);
  rowForget(row); // with all rows before the watermark
  if (left.index) indexRemove(indexOf(left), row);
  j.row = 0;
  j.kind = flagsAt(left, row) & FLAG_KIND;
  j.entry = <u32>row;
  j.stored = 0;
  const first = indexFindRow(indexOf(j.right), hash, storeOf(left), row, left.keyList);
  const version = versionAt(j, first, timeAt(left, row));
  if (version && flagsAt(j.right, version) != FLAG_DEAD) recordPair(j, version);
  recordEnd(j);
  bury(left, row);
}

/** The next is a version: those of a time and key group come before the left's. */
@inline function rightIsNext(a: Heap, b: Heap): bool {
  const x = heapTime(a), y = heapTime(b);
  return y < x || (x == y && load<u8>(heapRow(b), ROW_GROUP) <= load<u8>(heapRow(a), ROW_GROUP));
}

/** Makes up to `most` records, at least two, of what the watermark has passed; false when there is no more. */
export function stepTemporal(j: Join, most: u32): bool {
  const a = heapOf(j.left), b = heapOf(j.right);
  let budget = most << 2;
  j.side = 0;
  while (j.recordCount == 0 || j.recordCount + 2 <= most) {
    if (!budget--) return true;
    const right = b.size != 0 && (!a.size || rightIsNext(a, b)), heap = right ? b : a;
    if (!heap.size || heapTime(heap) >= j.watermark || !mayLeave(j, heap)) return false;
    if (right) enforce(j);
    else meet(j);
  }
  return true;
}
