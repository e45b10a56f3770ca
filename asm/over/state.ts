// Rows that wait for the watermark and rows in frames as a table (rows/changes.ts), with their times. Which of the two a row is follows from its time:
// at a cut, all rows that the watermark has passed have joined their frames, in the order of times and arrivals.
import { heapPush } from "../rows/heap";
import { rowKeyHash } from "../rows/keys";
import { listAdd } from "../rows/list";
import { restoredEach } from "../rows/restore";
import { ARRIVAL_END, ROW_HASH } from "../rows/row";
import { joinChain } from "./shelf";
import { FLAG_ROWS, FLAG_TIMED, LIST_AT, Over, TIME_AT, has, heapOf, listOf, markJoined, storeOf, timeOfRow } from "./spec";
import { dropDoomed } from "./step";

export function over_store(address: usize): usize {
  return changetype<usize>(storeOf(changetype<Over>(address)));
}

/** In front of a cut. */
export function over_settle(address: usize): void {
  dropDoomed(changetype<Over>(address));
}

/** Arrivals so far, watermark, late rows, rows without a time: i64 each. */
export function over_scalars(address: usize, to: usize): void {
  const o = changetype<Over>(address);
  store<u64>(to, o.seq);
  store<i64>(to, o.watermark, 8);
  store<i64>(to, o.late, 16);
  store<i64>(to, o.nullTime, 24);
}

export function over_put_scalars(address: usize, from: usize): bool {
  const o = changetype<Over>(address);
  o.seq = load<u64>(from);
  o.watermark = load<i64>(from, 8);
  o.late = load<u32>(from, 16);
  o.nullTime = load<u32>(from, 24);
  return o.seq < ARRIVAL_END;
}

function putRow(owner: usize, row: usize): bool {
  const o = changetype<Over>(owner), s = storeOf(o);
  store<u32>(row, rowKeyHash(s, row, o.keyList, o.keys, true), ROW_HASH);
  if (has(o, FLAG_TIMED) && timeOfRow(row) > o.watermark) return heapPush(heapOf(o), timeOfRow(row), row);
  if (has(o, FLAG_ROWS)) return joinChain(o, row);
  markJoined(row);
  listAdd(listOf(o), row, LIST_AT);
  return true;
}

/** All rows are there, or away; false without memory. */
export function over_restored(address: usize): bool {
  const o = changetype<Over>(address);
  o.restoring = false;
  return restoredEach(storeOf(o), has(o, FLAG_TIMED) ? <u32>TIME_AT : 0, address, putRow);
}
