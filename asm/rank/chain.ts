// The chain of a key: its rows in their order, with their number kept by the first.
import { ROW_GROUP } from "../rows/row";
import { indexAdd, indexAddBefore, indexNext, indexRemove } from "../rows/index_rows";
import { rowCompareBatch, rowEqualsBatch } from "../rows/compare";
import { rowEncode, rowFree } from "../rows/encode";
import { listAdd, listRemove, List } from "../rows/list";
import {
  FLAG_EXPIRES, FLAG_WINDOWED, LIST_AT, Rank, has, indexOf, lengthOf, setLength, setTouched, storeOf,
} from "./spec";
import { windowList } from "./window";

/** The row in front of which row `r` of the batch belongs, and its place from 1; 0 = behind the last. */
export let place: u32 = 0;

export function findPlace(rank: Rank, head: usize, columns: usize, r: u32): usize {
  const s = storeOf(rank), index = indexOf(rank);
  place = 1;
  for (let row = head; row; row = indexNext(index, row), place++) {
    if (rowCompareBatch(s, row, columns, r, rank.order, rank.orders) > 0) return row;
  }
  return 0;
}

/** The row that equals row `r` of the batch, and its place; 0 = there is none. */
export function findEqual(rank: Rank, head: usize, columns: usize, r: u32): usize {
  const s = storeOf(rank), index = indexOf(rank);
  place = 1;
  for (let row = head; row; row = indexNext(index, row), place++) {
    if (rowEqualsBatch(s, row, columns, r, 0, 0)) return row;
  }
  return 0;
}

/** The list that a row is in: that of its window, or of all rows; null = of none. */
@inline function listOf(rank: Rank, end: i64): List {
  if (has(rank, FLAG_WINDOWED)) return windowList(rank, end);
  if (has(rank, FLAG_EXPIRES)) return changetype<List>(changetype<usize>(rank) + offsetof<Rank>("oldest"));
  return changetype<List>(0);
}

/** Stores row `r` in front of `behind` (0: at the end) of the chain that starts at `head`; 0 when there is no memory. */
export function chainInsert(
  rank: Rank, head: usize, behind: usize, columns: usize, r: u32, hash: u32, group: u8, end: i64,
): usize {
  const s = storeOf(rank), index = indexOf(rank), list = listOf(rank, end);
  if (!changetype<usize>(list) && has(rank, FLAG_WINDOWED)) return 0;
  const row = rowEncode(s, columns, r, hash, rank.seq++);
  if (!row) return 0;
  store<u8>(row, group, ROW_GROUP);
  const length = head ? lengthOf(head) : 0;
  if (behind) {
    indexAddBefore(index, row, behind);
  } else if (!indexAdd(index, row)) {
    rowFree(s, row);
    return 0;
  }
  setTouched(row, rank.watermark);
  if (changetype<usize>(list)) listAdd(list, row, LIST_AT);
  setLength(behind == head ? row : head, length + 1);
  return row;
}

/** Takes a row out of its chain and list. It is not freed. */
export function chainRemove(rank: Rank, head: usize, row: usize, end: i64): void {
  const index = indexOf(rank), length = lengthOf(head), next = indexNext(index, row), list = listOf(rank, end);
  indexRemove(index, row);
  if (changetype<usize>(list)) listRemove(list, row, LIST_AT);
  if (row != head) setLength(head, length - 1);
  else if (next) setLength(next, length - 1);
}

/** The row is freed when the next step begins: what came out last may refer to it. */
export function doom(rank: Rank, row: usize): void {
  store<u32>(row, rank.doomed, LIST_AT);
  rank.doomed = <u32>row;
}

export function dropDoomed(rank: Rank): void {
  while (rank.doomed) {
    const row: usize = rank.doomed;
    rank.doomed = load<u32>(row, LIST_AT);
    rowFree(storeOf(rank), row);
  }
}
