// Sorting lists of stored rows (u32 addresses): a merge sort in the batch arena, so that equal rows keep their order.
import { arena_alloc } from "../memory";
import { rowsCompare } from "./compare";
import { ROW_SEQ, rowOrder } from "./row";
import { Store } from "./store";

const RUN: u32 = 8;

// What rows are compared by: an i64 at `keyAt` (0: none), then, unless `keyOnly`, key group and arrival; or an ORDER
let keyAt: u32 = 0;
let keyOnly: bool = false;
let order: usize = 0;
let orderColumns: u32 = 0;
let ordered: Store = changetype<Store>(0);

@inline function follows(a: usize, b: usize): bool {
  if (order) {
    const result = rowsCompare(ordered, a, b, order, orderColumns);
    if (result) return result > 0;
    return load<u64>(a, ROW_SEQ) > load<u64>(b, ROW_SEQ);
  }
  if (keyAt) {
    const x = load<i64>(a + keyAt), y = load<i64>(b + keyAt);
    if (x != y || keyOnly) return x > y;
  }
  return rowOrder(a) > rowOrder(b);
}

@inline function entry(list: usize, i: u32): usize {
  return load<u32>(list + (<usize>i << 2));
}

function insertionSort(list: usize, from: u32, to: u32): void {
  for (let i = from + 1; i < to; i++) {
    const row = entry(list, i);
    let j = i;
    for (; j > from && follows(entry(list, j - 1), row); j--) store<u32>(list + (<usize>j << 2), load<u32>(list + (<usize>(j - 1) << 2)));
    store<u32>(list + (<usize>j << 2), <u32>row);
  }
}

function merge(from: usize, to: usize, first: u32, middle: u32, end: u32): void {
  let a = first, b = middle;
  for (let i = first; i < end; i++) {
    const takeB = a == middle || (b < end && follows(entry(from, a), entry(from, b)));
    store<u32>(to + (<usize>i << 2), <u32>entry(from, takeB ? b++ : a++));
  }
}

function isSorted(list: usize, count: u32): bool {
  for (let i: u32 = 1; i < count; i++) if (follows(entry(list, i - 1), entry(list, i))) return false;
  return true;
}

function sort(list: usize, count: u32): bool {
  if (isSorted(list, count)) return true;
  for (let i: u32 = 0; i < count; i += RUN) insertionSort(list, i, min<u32>(i + RUN, count));
  if (count <= RUN) return true;
  const other = arena_alloc(<usize>count << 2);
  if (!other) return false;
  let from = list, to = other;
  for (let width = RUN; width < count; width <<= 1) {
    for (let i: u32 = 0; i < count; i += width << 1) {
      merge(from, to, i, min<u32>(i + width, count), min<u32>(i + (width << 1), count));
    }
    const swap = from;
    from = to;
    to = swap;
  }
  if (from != list) memory.copy(list, from, <usize>count << 2);
  return true;
}

/** Sorts rows by (the i64 at offset `at`, key group, arrival); `at` 0: by (key group, arrival). False: no memory. */
export function rowsSortByTime(list: usize, count: u32, at: u32): bool {
  keyAt = at;
  keyOnly = false;
  order = 0;
  return sort(list, count);
}

/** Sorts things that need be no rows by the i64 at offset `at`. False: no memory. */
export function rowsSortByNumber(list: usize, count: u32, at: u32): bool {
  keyAt = at;
  keyOnly = true;
  order = 0;
  return sort(list, count);
}

/** Sorts rows of a store by an ORDER (compare.ts), equal ones by arrival. False: no memory. */
export function rowsSortByOrder(s: Store, list: usize, count: u32, by: usize, columns: u32): bool {
  ordered = s;
  order = by;
  orderColumns = columns;
  return sort(list, count);
}
