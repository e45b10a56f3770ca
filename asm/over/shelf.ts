// Rows of OVER leave memory (rows/shelf.ts). What comes out does so by (time, key group, arrival), and each row of a range leaves it in the same order, so that
// neither a row that waits for the watermark nor one of a range is ever asked for by its key: each leaves by itself, and its record says when it has to be
// back, which is at its time, or at that and as much as the range is long. A frame of a number of rows is asked for by the next row of its key: it leaves as a
// bundle, and comes back in front of the rows that come out next (over_absent).
//
// Where rows are away that the watermark passes, those in front of a place (`until`), of which all are back, come out first. A row whose place is in front of
// it has come out: it is of a frame when it comes back, every other one waits. Rows of a range that come back are in a heap (`back`), and leave the range from
// there, in their order with those of the list.
import { TIME_START, timeOf } from "../aggregate/window";
import { heapForget, heapMake, heapPush } from "../rows/heap";
import { indexAdd, indexFindRow, indexRemove } from "../rows/index_rows";
import { listRemove } from "../rows/list";
import { listed } from "../rows/restore";
import { ROW_GROUP, ROW_HASH, ROW_HOT, ROW_PLACE, ROW_SEQ } from "../rows/row";
import { ALONE_NOT, ALONE_STAYS, shelfAlone, shelfMake, shelfSide, shelfWaits } from "../rows/shelf";
import { rowsSortByTime } from "../rows/sort";
import {
  FLAG_ROWS, FLAG_TIMED, FLAG_UNBOUNDED, LIST_AT, Over, TIME_AT, backOf, has, heapOf, indexOf, isJoined, isPast, lengthOf, listOf, markJoined, markWaiting,
  setLength, storeOf, timeOfRow,
} from "./spec";
import { dropDoomed, peer } from "./step";

const SPREAD: u32 = 0x9E3779B1;
const SPREAD_HIGH: u32 = 0x85EBCA6B;

/** The shelf of an OVER that keeps rows; 0 without memory. */
export function over_shelf(address: usize): usize {
  const o = changetype<Over>(address);
  o.back = <u32>heapMake(storeOf(o));
  if (!o.back) return 0;
  o.shelf = <u32>shelfMake(address, 1, settle.index, drop.index, put.index, isOver.index);
  if (!o.shelf) return 0;
  shelfWaits(o.shelf, wakesAt.index);
  shelfAlone(o.shelf, hashAlone.index);
  shelfSide(o.shelf, 0, storeOf(o), indexOf(o), LIST_AT, <u32>TIME_AT);
  return o.shelf;
}

/** Rows are about to leave for the first time. `restoring`: they are in nothing yet, and which of them wait is not known. */
export function over_shelf_begin(address: usize, restoring: bool): void {
  changetype<Over>(address).restoring = restoring;
}

/** Frames are chains of the rows of a key. */
@inline function hasChains(o: Over): bool {
  return has(o, FLAG_ROWS) && !has(o, FLAG_UNBOUNDED);
}

/** The row comes out later than all that the watermark, or what is back of that, lets out. */
@inline function waits(o: Over, row: usize): bool {
  return has(o, FLAG_TIMED) && !isPast(o, timeOfRow(row), load<u8>(row, ROW_GROUP));
}

/** When a row has to be back; i64.MAX_VALUE: when its key is asked for. */
function wakesAt(owner: usize, _side: u32, row: usize): i64 {
  const o = changetype<Over>(owner);
  if (waits(o, row)) return timeOfRow(row);
  return has(o, FLAG_ROWS) ? i64.MAX_VALUE : timeOfRow(row) + o.preceding;
}

/** The same of a row that was set aside while the watermark was not known; +∞: when its key is asked for. */
export function over_wakes_at(address: usize, row: usize): f64 {
  const at = wakesAt(address, 0, row);
  return at == i64.MAX_VALUE ? Infinity : <f64>at;
}

/** Arrivals are told apart by it, up to 2^32 of them. */
function hashOfArrival(row: usize): u32 {
  const hash = (<u32>load<u64>(row, ROW_SEQ) * SPREAD) ^ (<u32>(load<u64>(row, ROW_SEQ) >> 32) * SPREAD_HIGH);
  return max<u32>(hash, ALONE_STAYS + 1);
}

function hashAlone(owner: usize, row: usize): u32 {
  const o = changetype<Over>(owner);
  if (o.restoring) return hasChains(o) && o.keys ? ALONE_NOT : hashOfArrival(row);
  // One that is about to come out is under way, and the only chain that there is asked for by each row
  if (!isJoined(row)) return waits(o, row) ? hashOfArrival(row) : ALONE_STAYS;
  if (!hasChains(o)) return hashOfArrival(row);
  return o.keys ? ALONE_NOT : ALONE_STAYS;
}

function settle(owner: usize): void {
  dropDoomed(changetype<Over>(owner));
}

function isOver(_owner: usize, _side: u32, _row: usize): bool {
  return false;
}

function drop(owner: usize, _side: u32, row: usize): void {
  const o = changetype<Over>(owner);
  if (!isJoined(row)) heapForget(heapOf(o), row);
  else if (has(o, FLAG_ROWS)) indexRemove(indexOf(o), row);
  else if (load<u32>(row + LIST_AT) == <u32>row) heapForget(backOf(o), row);
  else listRemove(listOf(o), row, LIST_AT);
}

/** Puts a row behind those of its key's next one; false without memory. */
export function joinChain(o: Over, row: usize): bool {
  const head = indexFindRow(indexOf(o), load<u32>(row, ROW_HASH), storeOf(o), row, o.keyList);
  if (!indexAdd(indexOf(o), row)) return false;
  setLength(head ? head : row, head ? lengthOf(head) + 1 : 1);
  return true;
}

function put(owner: usize, _side: u32, list: usize, count: u32): bool {
  const o = changetype<Over>(owner);
  if (!rowsSortByTime(list, count, has(o, FLAG_TIMED) ? <u32>TIME_AT : 0)) return false;
  for (let i: u32 = 0; i < count; i++) {
    const row = listed(list, i);
    if (waits(o, row)) {
      markWaiting(row);
      if (!heapPush(heapOf(o), timeOfRow(row), row)) return false;
    } else if (has(o, FLAG_ROWS)) {
      if (!joinChain(o, row)) return false;
    } else {
      markJoined(row);
      if (!heapPush(backOf(o), timeOfRow(row), row)) return false;
    }
  }
  return true;
}

/** In front of a watermark: for now no row comes out. */
export function over_hold(address: usize): void {
  const o = changetype<Over>(address);
  if (o.held) return;
  o.held = true;
  o.until = max<i64>(o.watermark, TIME_START) + 1;
  o.untilGroup = 0;
}

/** Rows that come out, or leave a range, before `time`, or at it and are of a key group before `group`, are all in memory. +∞: all that the watermark has passed. */
export function over_release(address: usize, time: f64, group: u32): void {
  const o = changetype<Over>(address), until = timeOf(time);
  if (time == Infinity) o.held = false;
  if (until < o.until || (until == o.until && group < o.untilGroup)) return;
  o.until = until;
  o.untilGroup = group;
}

/** Whether rows that come out wait for the rest of their frames: `asks` from now on. */
export function over_asks(address: usize, asks: bool): void {
  changetype<Over>(address).asks = asks;
}

/** How many rows come out next. */
export function over_next(address: usize): u32 {
  const o = changetype<Over>(address);
  return o.peerCount - o.joined;
}

/** The frames of so many of the next rows are in memory. */
export function over_allow(address: usize, count: u32): void {
  const o = changetype<Over>(address);
  o.allowed = o.joined + count;
}

/** Hashes (u32 each, to `out`) of those of the next `count` rows whose key has no row in memory that has come out; how many. The others have been asked for. */
export function over_absent(address: usize, count: u32, out: usize): u32 {
  const o = changetype<Over>(address);
  let found: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = peer(o, o.joined + i), hash = load<u32>(row, ROW_HASH), head = indexFindRow(indexOf(o), hash, storeOf(o), row, o.keyList);
    if (head) {
      store<u16>(head, load<u16>(head, ROW_PLACE) | <u16>ROW_HOT, ROW_PLACE);
      continue;
    }
    store<u32>(out + (<usize>found << 2), hash);
    found++;
  }
  return found;
}
