// Ranked rows as a table (rows/changes.ts): with each the watermark at its arrival. Chains are made anew by the order and arrival.
import { List, listAdd } from "../rows/list";
import { indexRestore, listed, restoredCount, restoredEach, restoredEnd, restoredRows } from "../rows/restore";
import { ARRIVAL_END, rowCell } from "../rows/row";
import { rowsSortByOrder } from "../rows/sort";
import { dropDoomed } from "./chain";
import { runsMake } from "./runs";
import { countRows } from "./shelf";
import { FLAG_EXPIRES, FLAG_SHARED, FLAG_WINDOWED, LIST_AT, Rank, TOUCHED_AT, has, indexOf, isHead, setLength, storeOf } from "./spec";
import { windowList } from "./window";

export function rank_store(address: usize): usize {
  return changetype<usize>(storeOf(changetype<Rank>(address)));
}

/** The index that has each row under its key. */
export function rank_index(address: usize): usize {
  return changetype<usize>(indexOf(changetype<Rank>(address)));
}

/** In front of a cut. */
export function rank_settle(address: usize): void {
  dropDoomed(changetype<Rank>(address));
}

/** Arrivals so far, watermark, late rows, unknown rows, first watermark: i64 each. */
export function rank_scalars(address: usize, to: usize): void {
  const rank = changetype<Rank>(address);
  store<u64>(to, rank.seq);
  store<i64>(to, rank.watermark, 8);
  store<i64>(to, rank.late, 16);
  store<i64>(to, rank.unknown, 24);
  store<i64>(to, rank.begun, 32);
}

export function rank_put_scalars(address: usize, from: usize): bool {
  const rank = changetype<Rank>(address);
  rank.seq = load<u64>(from);
  rank.watermark = load<i64>(from, 8);
  rank.late = load<u32>(from, 16);
  rank.unknown = load<u32>(from, 24);
  rank.begun = load<i64>(from, 32);
  return rank.seq < ARRIVAL_END;
}

/** Puts a row into the list by which it goes. */
function listRow(owner: usize, row: usize): bool {
  const rank = changetype<Rank>(owner), all = changetype<List>(oldestOf(rank));
  const end = has(rank, FLAG_WINDOWED) ? <i64>rowCell(storeOf(rank), row, rank.endColumn) : 0;
  const list = has(rank, FLAG_WINDOWED) ? windowList(rank, end) : all;
  if (!changetype<usize>(list)) return false;
  listAdd(list, row, LIST_AT);
  return true;
}

/** The same of all rows, in the order of the watermarks that they met. */
function listRows(rank: Rank): bool {
  if (!has(rank, FLAG_WINDOWED) && !has(rank, FLAG_EXPIRES)) return true;
  return restoredEach(storeOf(rank), <u32>TOUCHED_AT, changetype<usize>(rank), listRow);
}

@inline function oldestOf(rank: Rank): usize {
  return changetype<usize>(rank) + offsetof<Rank>("oldest");
}

/** All rows are there; false without memory. */
export function rank_restored(address: usize): bool {
  const rank = changetype<Rank>(address), s = storeOf(rank), list = restoredRows(s), count = restoredCount;
  if (!list) return false;
  let all = rowsSortByOrder(s, list, count, rank.order, rank.orders);
  for (let i: u32 = 0; all && i < count; i++) all = indexRestore(s, indexOf(rank), listed(list, i));
  for (let i: u32 = 0; all && i < count; i++) {
    const row = listed(list, i);
    if (!isHead(row)) continue;
    setLength(row, countRows(rank, row));
    if (has(rank, FLAG_SHARED)) runsMake(rank, row);
  }
  restoredEnd(s, list);
  return all && listRows(rank);
}
