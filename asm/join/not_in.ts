// NOT IN: rows of two sides also meet when one of their first keys is NULL, for then nobody knows whether they are
// equal. Keys behind the first are those of a correlated subquery, and meet only when they are equal. Each side has
// three indices:
//
//   index  by all keys: the rows whose first key is there
//   nulls  by the keys behind the first: the rows whose first key is NULL, with the links of the header
//   all    by the keys behind the first: all rows
//
// A row whose first key is there meets a chain of `index` and one of `nulls`, merged by arrival; any other one of `all`.
import { columnAt, columnIsNull } from "../rows/cell";
import { Index, indexAdd, indexFind, indexNext, indexRemove } from "../rows/index_rows";
import { keyColumn, keysHash } from "../rows/keys";
import { ROW_HASH, ROW_SEQ, rowIsNull } from "../rows/row";
import { Join, Side, indexOf, storeOf } from "./spec";
import { hashOf, otherSide, ownSide, rowNumber } from "./push";

const HASH: usize = memory.data(16, 16);
const ROW: usize = memory.data(16, 16);

@inline function nullsOf(side: Side): Index {
  return changetype<Index>(<usize>side.nulls);
}

@inline function allOf(side: Side): Index {
  return changetype<Index>(<usize>side.all);
}

/** The hash of the keys behind the first, of the row at position `i` of the batch. */
function restHash(j: Join, own: Side, i: u32): u32 {
  store<u32>(ROW, rowNumber(j, i));
  keysHash(j.columns, <usize>own.keyList + 4, j.keys - 1, false, ROW, 1, storeOf(own).seed, HASH);
  return load<u32>(HASH);
}

@inline function firstIsNull(j: Join, own: Side, i: u32): bool {
  return columnIsNull(columnAt(j.columns, keyColumn(own.keyList, 0)), rowNumber(j, i));
}

/** The earlier one of two rows, either of which may be 0. */
@inline function earlier(a: usize, b: usize): usize {
  if (!a || !b) return a | b;
  return load<u64>(a, ROW_SEQ) < load<u64>(b, ROW_SEQ) ? a : b;
}

/** The first row of the other side, by arrival, that the row at position `i` meets; chainsNext goes on. */
export function chainsBegin(j: Join, i: u32): usize {
  const own = ownSide(j), other = otherSide(j), row = rowNumber(j, i), list = <usize>own.keyList;
  const rest = restHash(j, own, i);
  j.ofAll = firstIsNull(j, own, i);
  if (j.ofAll) return indexFind(allOf(other), rest, j.columns, list + 4, row);
  j.sameAt = <u32>indexFind(indexOf(other), hashOf(j, i), j.columns, list, row);
  j.nullAt = <u32>indexFind(nullsOf(other), rest, j.columns, list + 4, row);
  return earlier(j.sameAt, j.nullAt);
}

/** The row behind `at`, which is the one that chainsBegin or chainsNext gave last. */
export function chainsNext(j: Join, at: usize): usize {
  const other = otherSide(j);
  if (j.ofAll) return indexNext(allOf(other), at);
  if (at == <usize>j.sameAt) j.sameAt = <u32>indexNext(indexOf(other), at);
  else j.nullAt = <u32>indexNext(nullsOf(other), at);
  return earlier(j.sameAt, j.nullAt);
}

/** Puts a row that `index` has, or would have without NULL, into the others; false when there is no memory. */
export function chainsAdd(j: Join, own: Side, i: u32, kept: usize): bool {
  const rest = restHash(j, own, i);
  if (firstIsNull(j, own, i)) {
    store<u32>(kept, rest, ROW_HASH);
    if (!indexAdd(nullsOf(own), kept)) return false;
  }
  store<u32>(kept + own.allAt, rest, 8);
  return indexAdd(allOf(own), kept);
}

/** Takes a row out of the indices that have it. */
export function chainsDrop(own: Side, row: usize): void {
  indexRemove(allOf(own), row);
  indexRemove(rowIsNull(storeOf(own), row, keyColumn(own.keyList, 0)) ? nullsOf(own) : indexOf(own), row);
}
