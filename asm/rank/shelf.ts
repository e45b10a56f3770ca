// Ranked rows leave memory key by key (rows/shelf.ts). Chains are made anew by the order and arrival when they come back.
import { indexAdd, indexFindRow, indexNext } from "../rows/index_rows";
import { listAdd } from "../rows/list";
import { ROW_HASH, rowCell } from "../rows/row";
import { shelfMake, shelfSide, shelfWaits } from "../rows/shelf";
import { rowsSortByOrder } from "../rows/sort";
import { timeOf } from "../aggregate/window";
import { chainRemove, dropDoomed } from "./chain";
import { runForgetIn, runsMake } from "./runs";
import { FLAG_EXPIRES, FLAG_SHARED, FLAG_WINDOWED, LIST_AT, Rank, TOUCHED_AT, has, indexOf, isHead, isOld, setLength, storeOf } from "./spec";
import { windowList } from "./window";

/** The shelf of a ranking; 0 without memory. */
export function rank_shelf(address: usize): usize {
  const rank = changetype<Rank>(address);
  rank.shelf = <u32>shelfMake(address, 1, settle.index, drop.index, put.index, isOver.index);
  const listAt = has(rank, FLAG_EXPIRES) ? LIST_AT : 0;
  if (rank.shelf && has(rank, FLAG_WINDOWED)) shelfWaits(rank.shelf, endOf.index);
  if (rank.shelf) shelfSide(rank.shelf, 0, storeOf(rank), indexOf(rank), listAt, <u32>TOUCHED_AT);
  return rank.shelf;
}

function settle(owner: usize): void {
  dropDoomed(changetype<Rank>(owner));
}

function drop(owner: usize, _side: u32, row: usize): void {
  const rank = changetype<Rank>(owner), head = indexFindRow(indexOf(rank), load<u32>(row, ROW_HASH), storeOf(rank), row, rank.keyList);
  if (has(rank, FLAG_SHARED)) runForgetIn(rank, head, row);
  chainRemove(rank, head, row, has(rank, FLAG_WINDOWED) ? endOf(owner, 0, row) : 0);
}

/** The end of a row's window. */
function endOf(owner: usize, _side: u32, row: usize): i64 {
  const rank = changetype<Rank>(owner);
  return <i64>rowCell(storeOf(rank), row, rank.endColumn);
}

function isOver(owner: usize, _side: u32, row: usize): bool {
  return isOld(changetype<Rank>(owner), row);
}

function put(owner: usize, _side: u32, list: usize, count: u32): bool {
  const rank = changetype<Rank>(owner), s = storeOf(rank);
  if (!rowsSortByOrder(s, list, count, rank.order, rank.orders)) return false;
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(list + (<usize>i << 2));
    if (!indexAdd(indexOf(rank), row) || (has(rank, FLAG_WINDOWED) && !listRow(rank, row))) return false;
  }
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(list + (<usize>i << 2));
    if (!isHead(row)) continue;
    setLength(row, countRows(rank, row));
    if (has(rank, FLAG_SHARED)) runsMake(rank, row);
  }
  return true;
}

/** Puts a row into the list of its window; false without memory. */
function listRow(rank: Rank, row: usize): bool {
  const window = windowList(rank, endOf(changetype<usize>(rank), 0, row));
  if (!changetype<usize>(window)) return false;
  listAdd(window, row, LIST_AT);
  return true;
}

/** In front of a watermark: for now no row comes out. */
export function rank_hold(address: usize): void {
  const rank = changetype<Rank>(address);
  if (rank.held) return;
  rank.held = true;
  rank.until = i64.MIN_VALUE;
  rank.untilGroup = 0;
}

/** Rows of windows that end before `time`, or at it and are of a key group before `group`, are all in memory. +∞: all rows that the watermark has passed. */
export function rank_release(address: usize, time: f64, group: u32): void {
  const rank = changetype<Rank>(address), until = timeOf(time);
  if (time == Infinity) rank.held = false;
  if (until < rank.until || (until == rank.until && group < rank.untilGroup)) return;
  rank.until = until;
  rank.untilGroup = group;
}

/** Rows of a chain. */
export function countRows(rank: Rank, head: usize): u32 {
  let length: u32 = 0;
  for (let row = head; row; row = indexNext(indexOf(rank), row)) length++;
  return length;
}
