// RANK and DENSE_RANK: what a row that comes or goes changes among the rows behind it, one after another, as far as there is room.
import { indexNext } from "../rows/index_rows";
import { rowEqualsBatch } from "../rows/compare";
import { rowFree } from "../rows/encode";
import { chainInsert, chainRemove, doom } from "./chain";
import { AFTER, BEFORE, DELETE, INSERT, OUT_ROWS, emitStored } from "./emit";
import { findRun, foundEqual, foundRank, rankStep, runBegins, runForget, runLast, runNext, runRows } from "./runs";
import { FLAG_DENSE, FLAG_NUMBER, FLAG_RETRACTS, FLAG_WINDOWED, Rank, has, indexOf, storeOf } from "./spec";

@inline function isSeen(rank: Rank, position: u32): bool {
  return position >= rank.from && position <= rank.to;
}

/** Begins to tell that the ranks of run `first` and those behind it, which was `was`, move by `shift`. */
function walkFrom(rank: Rank, head: usize, first: usize, was: u32, shift: i32, r: u32, end: i64): void {
  if (!first) return;
  rank.walkHead = <u32>head;
  rank.walkRank = was;
  rank.walkShift = shift;
  rank.walkCause = r;
  rank.walkTime = end;
  enter(rank, first);
}

@inline function enter(rank: Rank, first: usize): void {
  rank.walkRow = <u32>first;
  if (!first) return;
  rank.walkEnd = <u32>runLast(first);
  rank.walkRows = runRows(first);
}

/** Adds row `r` of the batch; false when there is no memory. What it moves is told by `walk`. */
export function insertShared(
  rank: Rank, head: usize, columns: usize, r: u32, hash: u32, group: u8, end: i64,
): bool {
  const run = findRun(rank, head, columns, r), equal = foundEqual, position = foundRank;
  if (position > rank.to && !has(rank, FLAG_RETRACTS)) return true;
  const behind = equal ? runNext(rank, run) : run, rows = equal ? runRows(run) : 0;
  const row = chainInsert(rank, head, behind, columns, r, hash, group, end);
  if (!row) return false;
  runBegins(equal ? run : row, row, rows + 1);
  if (!has(rank, FLAG_WINDOWED) && isSeen(rank, position)) emitStored(rank, INSERT, row, position, r);
  const first = !head || behind == head ? row : head;
  if (!equal) walkFrom(rank, first, behind, position, 1, r, end);
  else if (!has(rank, FLAG_DENSE)) walkFrom(rank, first, behind, position + rows, 1, r, end);
  return true;
}

/** Takes row `r` of the batch back; nothing happens when it is not there. */
export function removeShared(rank: Rank, head: usize, columns: usize, r: u32, end: i64): void {
  const run = head ? findRun(rank, head, columns, r) : 0, position = foundRank, index = indexOf(rank);
  let row = run && foundEqual ? run : 0;
  const behind = row ? runNext(rank, run) : 0, rows = row ? runRows(run) : 0;
  while (row && row != behind && !rowEqualsBatch(storeOf(rank), row, columns, r, 0, 0)) row = indexNext(index, row);
  if (row == behind) {
    rank.unknown++;
    return;
  }
  const windowed = has(rank, FLAG_WINDOWED), next = indexNext(index, row);
  if (!windowed && isSeen(rank, position)) emitStored(rank, DELETE, row, position, r);
  runForget(run, row, next);
  chainRemove(rank, head, row, end);
  doom(rank, row);
  if (windowed || (rows > 1 && has(rank, FLAG_DENSE))) return;
  walkFrom(rank, row == head ? next : head, behind, position + rankStep(rank, rows), -1, r, end);
}

/** Tells what the last row moves, until there is no more room; true when all is told. */
export function walk(rank: Rank): bool {
  const index = indexOf(rank), windowed = has(rank, FLAG_WINDOWED), keepsAll = has(rank, FLAG_RETRACTS);
  while (rank.walkRow) {
    const was = rank.walkRank, is = was + rank.walkShift, row: usize = rank.walkRow;
    if (min<u32>(was, is) > rank.to) {
      rank.walkRow = 0;
      return true;
    }
    const before = !windowed && isSeen(rank, was), after = !windowed && isSeen(rank, is);
    const leaves = !keepsAll && is > rank.to, changes = before != after || (before && has(rank, FLAG_NUMBER));
    const last: usize = changes || leaves ? row : rank.walkEnd, next = indexNext(index, last);
    if (changes) {
      if (rank.used + 2 > OUT_ROWS) return false;
      if (before) emitStored(rank, after ? BEFORE : DELETE, row, was, rank.walkCause);
      if (after) emitStored(rank, before ? AFTER : INSERT, row, is, rank.walkCause);
    }
    if (leaves) forget(rank, row, windowed);
    if (last != <usize>rank.walkEnd) {
      rank.walkRow = <u32>next;
      continue;
    }
    rank.walkRank += rankStep(rank, rank.walkRows);
    enter(rank, next);
  }
  return true;
}

/** A row goes that no rank will bring back. */
function forget(rank: Rank, row: usize, windowed: bool): void {
  chainRemove(rank, rank.walkHead, row, rank.walkTime);
  if (windowed) rowFree(storeOf(rank), row);
  else doom(rank, row);
}
