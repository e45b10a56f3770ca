// Temporal and ASOF joins: the right has versions of each key, ordered by time; a row of the left waits until the
// watermark has passed its time, and then meets the newest version that is not after it. Rows come out by (time, key
// group, arrival). A version goes when the next one of its key is in force.
//
// A row of the left whose time is below the watermark that it meets is late: dropped and counted. A version that comes
// late is in force from that watermark on, since what came before it has been decided; where a newer version of its key
// is in force already, it is dropped and counted.
import { heapPop, heapPush, heapTime } from "../rows/heap";
import { HASH_NONE } from "../rows/keys";
import {
  indexAdd, indexAddBefore, indexFind, indexFindRow, indexNext, indexRemove,
} from "../rows/index_rows";
import { ROW_HASH, ROW_PREV, rowCell } from "../rows/row";
import { rowFree } from "../rows/encode";
import { FLAG_DEAD, FLAG_KIND, Join, Side, heapOf, indexOf, storeOf } from "./spec";
import { hashOf, kindOf, rowNumber, rowTime, rowWatermark, timeOfRow } from "./push";
import { DELETE, UPDATE_BEFORE, bury, recordEnd, recordPair } from "./records";
import { flagsAt, rowAdd, rowKeep, setFlags, timeAt } from "./keep";

function takeLeft(j: Join, i: u32, row: u32): bool {
  if (rowTime < rowWatermark) {
    j.late++;
    return true;
  }
  if (hashOf(j, i) == HASH_NONE && !j.left.outer) return true;
  const kept = rowAdd(j, j.left, i, row, rowTime);
  if (!kept) return false;
  store<i64>(kept + j.left.timeAt, rowTime);
  setFlags(j.left, kept, kindOf(j, row));
  return true;
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

/** Makes a version of the row, in force from `time` on. */
function addVersion(j: Join, i: u32, row: u32, first: usize, time: i64, dead: bool): bool {
  const right = j.right, behind = versionBehind(j, first, time), hash = hashOf(j, i);
  const kept = rowKeep(j, right, i, row, hash);
  if (!kept) return false;
  store<i64>(kept + right.timeAt, time);
  setFlags(right, kept, dead ? FLAG_DEAD : 0);
  if (!behind && !indexAdd(indexOf(right), kept)) {
    rowFree(storeOf(right), kept);
    return false;
  }
  if (behind) indexAddBefore(indexOf(right), kept, behind);
  return heapPush(heapOf(right), time, kept);
}

function takeRight(j: Join, i: u32, row: u32): bool {
  const kind = kindOf(j, row), hash = hashOf(j, i);
  // What −U takes back is replaced by the +U behind it.
  if (kind == UPDATE_BEFORE || hash == HASH_NONE) return true;
  const first = indexFind(indexOf(j.right), hash, j.columns, j.right.keyList, row);
  let time = rowTime;
  if (time < rowWatermark) {
    const current = versionAt(j, first, rowWatermark);
    const newest = current != 0 && flagsAt(j.right, current) != FLAG_DEAD;
    if (newest && <i64>rowCell(storeOf(j.right), current, j.right.time) > time) {
      j.late++;
      return true;
    }
    time = rowWatermark;
  }
  return addVersion(j, i, row, first, time, kind == DELETE);
}

/** Keeps the rows of the batch at hand; false when there is no memory. */
export function takeTemporal(j: Join): bool {
  const isLeft = j.side == 0, own = isLeft ? j.left : j.right;
  for (; j.next < j.selected; j.next++) {
    const i = j.next, row = rowNumber(j, i);
    if (!timeOfRow(j, own, row)) continue;
    if (!(isLeft ? takeLeft(j, i, row) : takeRight(j, i, row))) return false;
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

/** Makes up to `most` records, at least two, of what the watermark has passed; false when there is no more. */
export function stepTemporal(j: Join, most: u32): bool {
  const a = heapOf(j.left), b = heapOf(j.right);
  let budget = most << 2;
  j.side = 0;
  while (j.recordCount == 0 || j.recordCount + 2 <= most) {
    if (!budget--) return true;
    const right = b.size != 0 && (!a.size || heapTime(b) <= heapTime(a));
    if (right ? heapTime(b) >= j.watermark : !a.size || heapTime(a) >= j.watermark) return false;
    if (right) enforce(j);
    else meet(j);
  }
  return true;
}
