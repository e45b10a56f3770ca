// Rows that share a rank: a run in the chain of their key, whose rows are equal in the order and stand in that of their arrival.
import { indexNext } from "../rows/index_rows";
import { rowCompareBatch, rowsCompare } from "../rows/compare";
import { ROW_PREV, ROW_WORDS } from "../rows/row";
import { INSERT, OUT_ROWS, emitStored } from "./emit";
import { FLAG_DENSE, Rank, has, indexOf, storeOf } from "./spec";

const LAST_AT: usize = ROW_WORDS + 20;
const ROWS_AT: usize = ROW_WORDS + 24;

/** The last row of the run that begins with `first`. */
@inline export function runLast(first: usize): usize {
  return load<u32>(first, LAST_AT);
}

@inline export function runRows(first: usize): u32 {
  return load<u32>(first, ROWS_AT);
}

/** Says of a row that a run begins with it. */
@inline export function runBegins(first: usize, last: usize, rows: u32): void {
  store<u32>(first, <u32>last, LAST_AT);
  store<u32>(first, rows, ROWS_AT);
}

/** The first row of the run behind; 0 = there is none. */
@inline export function runNext(rank: Rank, first: usize): usize {
  return indexNext(indexOf(rank), runLast(first));
}

/** By how much the rank of the run behind one of `rows` rows is greater. */
@inline export function rankStep(rank: Rank, rows: u32): u32 {
  return has(rank, FLAG_DENSE) ? 1 : rows;
}

/** What findRun has found: the run's rank, and whether the row of the batch belongs to it. */
export let foundRank: u32 = 0;
export let foundEqual: bool = false;

/** The run that row `r` of the batch belongs to, else the one in front of which it would be one of its own; 0 = behind the last. */
export function findRun(rank: Rank, head: usize, columns: usize, r: u32): usize {
  const s = storeOf(rank);
  foundRank = 1;
  foundEqual = false;
  for (let run = head; run; run = runNext(rank, run)) {
    const order = rowCompareBatch(s, run, columns, r, rank.order, rank.orders);
    foundEqual = order == 0;
    if (order >= 0) return run;
    foundRank += rankStep(rank, runRows(run));
  }
  return 0;
}

/** Row `row` is about to leave its chain, and with it the run that begins with `first`. */
export function runForget(first: usize, row: usize, next: usize): void {
  const rows = runRows(first), last = runLast(first);
  if (rows == 1) return;
  if (row == first) runBegins(next, last, rows - 1);
  else runBegins(first, row == last ? <usize>load<u32>(row, ROW_PREV) : last, rows - 1);
}

/** The same of a row of whose run nothing is known. */
export function runForgetIn(rank: Rank, head: usize, row: usize): void {
  for (let run = head; run; run = runNext(rank, run)) {
    if (rowsCompare(storeOf(rank), run, row, rank.order, rank.orders)) continue;
    runForget(run, row, indexNext(indexOf(rank), row));
    return;
  }
}

/** Finds the runs of a chain whose rows are in order. */
export function runsMake(rank: Rank, head: usize): void {
  const index = indexOf(rank), s = storeOf(rank);
  for (let first = head; first;) {
    let last = first, rows: u32 = 1, row = indexNext(index, first);
    for (; row && rowsCompare(s, first, row, rank.order, rank.orders) == 0; row = indexNext(index, row)) {
      last = row;
      rows++;
    }
    runBegins(first, last, rows);
    first = row;
  }
}

/** Puts rows of the frozen chains out until the batch is full (window.ts). */
export function handOutShared(rank: Rank): void {
  while (rank.used < OUT_ROWS) {
    if (!rank.current) {
      if (rank.headAt == rank.headCount) return;
      rank.current = load<u32>(<usize>rank.heads + (<usize>rank.headAt << 2));
      rank.headAt++;
      rank.position = 1;
      enterRun(rank);
    }
    const row: usize = rank.current, next = indexNext(indexOf(rank), row);
    if (rank.position >= rank.from) emitStored(rank, INSERT, row, rank.position, 0);
    rank.current = <u32>next;
    if (row != <usize>rank.walkEnd) continue;
    rank.position += rankStep(rank, rank.walkRows);
    if (rank.position > rank.to) rank.current = 0;
    else if (next) enterRun(rank);
  }
}

@inline function enterRun(rank: Rank): void {
  rank.walkEnd = <u32>runLast(rank.current);
  rank.walkRows = runRows(rank.current);
}
