// Row store: what join, group, rank, over and session keep in state, and what they share.
//
//   Store   (store.ts)  rows of one schema; made from a SPEC: column types, words of the operator, the seed of hashes
//   row     (row.ts)    header, words, null bits, cells, bytes; addresses are multiples of 16
//   Index   (index_rows.ts) from a key (some columns) to the chain of its rows, in order of arrival; several for one
//                       store, each with links of its own; looked up by rows of a batch, or by stored rows of any store
//   Heap    (heap.ts)   rows by (time, key group, arrival): what leaves at a watermark, in canonical order
//   Shelf   (shelf.ts)  keys that leave memory for a file with all their rows, and come back
//   seek    (seek.ts)   a look for the rows of a key without an index, in steps between which rows come and go
//   List    (list.ts)   rows in the order in which they were put in, for expiry by times that never fall
//
// A kernel uses it so:
//
//   s = storeMake(spec); index = indexMake(s, list, keys, nullsEqual, 0)                     once
//   keysHash(columns, list, keys, nullsEqual, selection, count, s.seed, hashes)              for a batch
//   keysGroups(columns, list, keys, selection, count, groups)                                key groups, a byte each
//   indexFindAll(index, hashes, columns, list, selection, count, heads)                      first rows of chains, or 0
//   for (row = head; row; row = indexNext(index, row)) …                                     rows in order of arrival
//   row = rowEncode(s, columns, r, hash, seq); store<u8>(row, group, ROW_GROUP); indexAdd(index, row)
//   rowsEncode(s, columns, selection, positions, count, hashes, groups, seq, out)            the rows of a batch, or none of them
//   indexRemove(index, row); rowFree(s, row)
//   rowsGather(s, columns, list, count, picks, picked, out, copy)                            rows → COLUMNs in the arena
//   storeGroups(s, list, keys); rowTouch(row) in front of a change of a word that is in a table; rowForget(row)   changes.ts
//   restoredRows(s), indexRestore(s, index, row), restoredEnd(s, list)                       restore.ts
//
// Rules: a row is freed only when no index, heap, list or gathered column refers to it (strings that were gathered
// without a copy are its bytes). 0 or false from a function that takes memory means: there is none, and nothing has
// changed; with `s.force` memory is taken whatever the bound of state, for which rowBytes says before what a row needs.
// Hashes are keyed: nothing that comes out may be in their order. All memory counts in `s.bytes`.
//
// From AssemblyScript import the functions of the files; what is exported here is for TypeScript (src/kernel/rows.ts).
import { ROW_GROUP, ROW_SEQ } from "./row";
import { Store, storeFree, storeGroups, storeMake } from "./store";
import { rowEncode, rowFree, rowOverwrite } from "./encode";
import { keysGroups, keysHash, rowKeyGroup, rowKeyHash } from "./keys";
import { rowCompareBatch, rowEqualsBatch, rowsCompare, rowsEqual } from "./compare";
import { rowsGather } from "./gather";
import { Heap, heapForget, heapFree, heapMake, heapPop, heapPush, heapTime } from "./heap";
import {
  Index, indexAdd, indexAddBefore, indexFind, indexFindAll, indexFindRow, indexFree, indexMake, indexNext, indexRemove, indexReplace,
} from "./index_rows";
import { rowsSortByOrder, rowsSortByTime } from "./sort";

export { rows_changed, rows_cut, rows_gone, rows_names, rows_words } from "./changes";
export { rows_look } from "./look";
export {
  rows_cell_at, rows_listed, rows_listed_end, rows_put_words, rows_restore, rows_restore_below, rows_restore_clear, rows_restore_gone,
} from "./restore";
export { rows_seek, rows_seek_next, rows_sought } from "./seek";
export { shelf_absent, shelf_need, shelf_room, shelf_wants } from "./shelf";
export { shelf_admit, shelf_lapse, shelf_thaw } from "./shelf_back";
export { shelf_evict, shelf_rounds } from "./shelf_leave";
export { shelf_aside, shelf_aside_begin, shelf_rows, shelf_stayed } from "./shelf_aside";

@inline function storeAt(s: usize): Store {
  return changetype<Store>(s);
}

@inline function indexAt(index: usize): Index {
  return changetype<Index>(index);
}

export function rows_store_make(spec: usize): usize {
  return storeMake(spec);
}

export function rows_store_free(s: usize): void {
  storeFree(storeAt(s));
}

export function rows_store_bytes(s: usize): u32 {
  return storeAt(s).bytes;
}

/** Key groups of the rows come from the columns that `list` names (u32 each), which stays where it is. */
export function rows_groups_by(s: usize, list: usize, keys: u32): void {
  storeGroups(storeAt(s), list, keys);
}

/** The store, which has no rows yet, is for rows that wait to be restored elsewhere. */
export function rows_aside(s: usize): void {
  storeAt(s).aside = true;
}

export function rows_store_rows(s: usize): u32 {
  return storeAt(s).rows;
}

/** A stored copy of row `r` of a batch, in no chain; `seq` is its arrival. */
export function rows_encode(s: usize, columns: usize, r: u32, hash: u32, group: u32, seq: f64): usize {
  const row = rowEncode(storeAt(s), columns, r, hash, u64(seq));
  if (row) store<u8>(row, <u8>group, ROW_GROUP);
  return row;
}

export function rows_overwrite(s: usize, row: usize, columns: usize, r: u32): bool {
  return rowOverwrite(storeAt(s), row, columns, r);
}

export function rows_free(s: usize, row: usize): void {
  rowFree(storeAt(s), row);
}

export function rows_seq(row: usize): f64 {
  return <f64>load<u64>(row, ROW_SEQ);
}

export function rows_index_make(s: usize, list: usize, keys: u32, nullsEqual: bool, linkAt: u32): usize {
  return indexMake(storeAt(s), list, keys, nullsEqual, linkAt);
}

export function rows_index_free(index: usize): void {
  indexFree(indexAt(index));
}

/** Distinct keys in the index. */
export function rows_index_keys(index: usize): u32 {
  return indexAt(index).used;
}

/** Hashes of the keys of a batch, u32 each at `out`, with the seed of the index's store. */
export function rows_hash(
  index: usize, columns: usize, list: usize, keys: u32, rows: usize, count: u32, out: usize,
): void {
  const i = indexAt(index);
  keysHash(columns, list, keys, i.nullsEqual, rows, count, storeAt(i.store).seed, out);
}

export function rows_hash_stored(index: usize, s: usize, row: usize, list: usize, keys: u32): u32 {
  return rowKeyHash(storeAt(s), row, list, keys, indexAt(index).nullsEqual);
}

/** Key groups of a batch, a byte each at `out`. */
export function rows_groups(columns: usize, list: usize, keys: u32, rows: usize, count: u32, out: usize): void {
  keysGroups(columns, list, keys, rows, count, out);
}

export function rows_group_stored(s: usize, row: usize, list: usize, keys: u32): u32 {
  return rowKeyGroup(storeAt(s), row, list, keys);
}

export function rows_find(index: usize, hash: u32, columns: usize, list: usize, r: u32): usize {
  return indexFind(indexAt(index), hash, columns, list, r);
}

export function rows_find_all(
  index: usize, hashes: usize, columns: usize, list: usize, rows: usize, count: u32, out: usize,
): void {
  indexFindAll(indexAt(index), hashes, columns, list, rows, count, out);
}

export function rows_find_stored(index: usize, hash: u32, other: usize, row: usize, list: usize): usize {
  return indexFindRow(indexAt(index), hash, storeAt(other), row, list);
}

export function rows_next(index: usize, row: usize): usize {
  return indexNext(indexAt(index), row);
}

export function rows_index_add(index: usize, row: usize): bool {
  return indexAdd(indexAt(index), row);
}

export function rows_index_add_before(index: usize, row: usize, behind: usize): void {
  indexAddBefore(indexAt(index), row, behind);
}

export function rows_index_remove(index: usize, row: usize): void {
  indexRemove(indexAt(index), row);
}

export function rows_index_replace(index: usize, from: usize, to: usize): void {
  indexReplace(indexAt(index), from, to);
}

export function rows_gather(
  s: usize, columns: usize, list: usize, count: u32, picks: usize, picked: u32, out: usize, copy: bool,
): bool {
  return rowsGather(storeAt(s), columns, list, count, picks, picked, out, copy);
}

export function rows_compare(s: usize, a: usize, b: usize, order: usize, count: u32): i32 {
  return rowsCompare(storeAt(s), a, b, order, count);
}

export function rows_compare_batch(s: usize, a: usize, columns: usize, r: u32, order: usize, count: u32): i32 {
  return rowCompareBatch(storeAt(s), a, columns, r, order, count);
}

export function rows_equal(s: usize, a: usize, b: usize, list: usize, count: u32): bool {
  return rowsEqual(storeAt(s), a, b, list, count);
}

export function rows_equal_batch(s: usize, a: usize, columns: usize, r: u32, list: usize, count: u32): bool {
  return rowEqualsBatch(storeAt(s), a, columns, r, list, count);
}

export function rows_sort(list: usize, count: u32, at: u32): bool {
  return rowsSortByTime(list, count, at);
}

export function rows_sort_order(s: usize, list: usize, count: u32, by: usize, columns: u32): bool {
  return rowsSortByOrder(storeAt(s), list, count, by, columns);
}

export function rows_heap_make(s: usize): usize {
  return heapMake(storeAt(s));
}

export function rows_heap_free(heap: usize): void {
  heapFree(changetype<Heap>(heap));
}

export function rows_heap_push(heap: usize, time: f64, row: usize): bool {
  return heapPush(changetype<Heap>(heap), i64(time), row);
}

/** A row of the heap does not come out any more. */
export function rows_heap_forget(heap: usize, row: usize): void {
  heapForget(changetype<Heap>(heap), row);
}

/** The row with the least (time, key group, arrival) if its time is below `until`, taken out; 0 = there is none. */
export function rows_heap_pop(heap: usize, until: f64): usize {
  const h = changetype<Heap>(heap);
  return h.size && heapTime(h) < i64(until) ? heapPop(h) : 0;
}
