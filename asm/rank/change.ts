// What a row that comes or goes changes among the rows from rank `from` to rank `to`.
import { indexNext } from "../rows/index_rows";
import { AFTER, BEFORE, DELETE, INSERT, emitBatch, emitStored } from "./emit";
import { FLAG_NUMBER, Rank, has, indexOf } from "./spec";

/** The row at place `position` (from 1) of the chain; there must be one. */
function nth(rank: Rank, head: usize, position: u32): usize {
  let row = head;
  for (let i: u32 = 1; i < position; i++) row = indexNext(indexOf(rank), row);
  return row;
}

/** One row is all that a key shows: it is replaced, and that is an update. */
@inline function isSingle(rank: Rank): bool {
  return rank.from == rank.to;
}

/** Every row behind place `p` moves down by one, and its rank is told anew. */
function insertNumbered(rank: Rank, head: usize, length: u32, p: u32, r: u32): void {
  const index = indexOf(rank), first = max<u32>(p, rank.from), last = min<u32>(length + 1, rank.to);
  if (first > last) return;
  // The row in front of the one at hand is who takes its place
  let above: usize = first > p ? nth(rank, head, first - 1) : 0;
  let row: usize = first <= length ? (above ? indexNext(index, above) : nth(rank, head, first)) : 0;
  for (let i = first; i <= last; i++) {
    if (row) emitStored(rank, BEFORE, row, i, r);
    if (above) emitStored(rank, row ? AFTER : INSERT, above, i, r);
    else emitBatch(rank, row ? AFTER : INSERT, r, i, r);
    above = row;
    row = row ? indexNext(index, row) : 0;
  }
}

function insertPlain(rank: Rank, head: usize, length: u32, p: u32, r: u32): void {
  if (p > rank.to || length + 1 < rank.from) return;
  const leaves = length >= rank.to, update = leaves && isSingle(rank);
  if (leaves) emitStored(rank, update ? BEFORE : DELETE, nth(rank, head, rank.to), 0, r);
  if (p >= rank.from) emitBatch(rank, update ? AFTER : INSERT, r, 0, r);
  else emitStored(rank, update ? AFTER : INSERT, nth(rank, head, rank.from - 1), 0, r);
}

/** Row `r` of the batch comes to place `p` of a chain of `length` rows, in which it is not yet. */
export function changeByInsert(rank: Rank, head: usize, length: u32, p: u32, r: u32): void {
  if (has(rank, FLAG_NUMBER)) insertNumbered(rank, head, length, p, r);
  else insertPlain(rank, head, length, p, r);
}

function removeNumbered(rank: Rank, head: usize, length: u32, p: u32, r: u32): void {
  const index = indexOf(rank), first = max<u32>(p, rank.from), last = min<u32>(length, rank.to);
  if (first > last) return;
  let row = nth(rank, head, first);
  for (let i = first; i <= last; i++) {
    const next = indexNext(index, row);
    emitStored(rank, next ? BEFORE : DELETE, row, i, r);
    if (next) emitStored(rank, AFTER, next, i, r);
    row = next;
  }
}

function removePlain(rank: Rank, head: usize, length: u32, p: u32, r: u32): void {
  if (p > rank.to || rank.from > length) return;
  const enters = length > rank.to, update = enters && isSingle(rank);
  emitStored(rank, update ? BEFORE : DELETE, nth(rank, head, max<u32>(p, rank.from)), 0, r);
  if (enters) emitStored(rank, update ? AFTER : INSERT, nth(rank, head, rank.to + 1), 0, r);
}

/** The row at place `p` of a chain of `length` rows, in which it still is, goes because of row `r` of the batch. */
export function changeByRemove(rank: Rank, head: usize, length: u32, p: u32, r: u32): void {
  if (has(rank, FLAG_NUMBER)) removeNumbered(rank, head, length, p, r);
  else removePlain(rank, head, length, p, r);
}
