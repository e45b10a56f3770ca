// HEAP of the values that a min or max can come back to when rows are taken back: entries of a set, the best on top.
// An entry whose counter is 0 stays until it comes to the top, or until such entries are more than half.
//
//   HEAP   0             4          8               12
//          +-------------+----------+---------------+------------+
//          | entries u32 | used u32 | capacity u32  | dead u32   |
//          +-------------+----------+---------------+------------+
import { DOUBLE } from "../layout";
import { sortable } from "../aggregate/order";
import { bytesCompare } from "../state/bytes";
import { spaceGive, spaceTake } from "../state/space";
import { dropIfUnused } from "./distinct";
import { ENTRY_HEAPS, ENTRY_VALUE, counterAt } from "./entry";
import { Call, Group, OP_HEAP_MIN, isBytes, setAt } from "./spec";

const CAPACITY_MIN: u32 = 8;

@inline function better(call: Call, a: usize, b: usize): bool {
  const least = call.op == OP_HEAP_MIN;
  let order: i64;
  if (isBytes(call.type)) {
    order = bytesCompare(load<u32>(a + ENTRY_VALUE), load<u32>(a + ENTRY_VALUE, 4), load<u32>(b + ENTRY_VALUE), load<u32>(b + ENTRY_VALUE, 4));
  } else {
    let x = load<i64>(a + ENTRY_VALUE), y = load<i64>(b + ENTRY_VALUE);
    if (call.type == DOUBLE) {
      x = sortable(x);
      y = sortable(y);
    }
    order = x < y ? -1 : i64(x > y);
  }
  return least ? order < 0 : order > 0;
}

@inline function at(heap: usize, i: u32): usize {
  return load<u32>(<usize>load<u32>(heap) + (<usize>i << 2));
}

@inline function put(heap: usize, i: u32, entry: usize): void {
  store<u32>(<usize>load<u32>(heap) + (<usize>i << 2), <u32>entry);
}

function siftUp(call: Call, heap: usize, from: u32): void {
  const entry = at(heap, from);
  let i = from;
  while (i > 0) {
    const above = (i - 1) >>> 1, other = at(heap, above);
    if (!better(call, entry, other)) break;
    put(heap, i, other);
    i = above;
  }
  put(heap, i, entry);
}

function siftDown(call: Call, heap: usize, from: u32): void {
  const used = load<u32>(heap, 4), entry = at(heap, from);
  let i = from;
  while (true) {
    let below: u32 = 2 * i + 1;
    if (below >= used) break;
    if (below + 1 < used && better(call, at(heap, below + 1), at(heap, below))) below++;
    if (!better(call, at(heap, below), entry)) break;
    put(heap, i, at(heap, below));
    i = below;
  }
  put(heap, i, entry);
}

function grow(g: Group, heap: usize): bool {
  const old: usize = load<u32>(heap), capacity = load<u32>(heap, 8), more = capacity ? capacity << 1 : CAPACITY_MIN;
  const fresh = spaceTake(g, more << 2);
  if (!fresh) return false;
  if (old) {
    memory.copy(fresh, old, <usize>capacity << 2);
    spaceGive(g, old, capacity << 2);
  }
  store<u32>(heap, <u32>fresh);
  store<u32>(heap, more, 8);
  return true;
}

function leave(g: Group, call: Call, heap: usize, entry: usize): void {
  store<u32>(entry, load<u32>(entry, ENTRY_HEAPS) & ~(1 << call.counter), ENTRY_HEAPS);
  dropIfUnused(g, setAt(g, call.set - 1), heap - call.cell, entry);
}

/** Leaves out what is dead, and puts the rest in order. */
function rebuild(g: Group, call: Call, heap: usize): void {
  const used = load<u32>(heap, 4);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < used; i++) {
    const entry = at(heap, i);
    if (load<u32>(counterAt(entry, call.counter))) put(heap, kept++, entry);
    else leave(g, call, heap, entry);
  }
  store<u32>(heap, kept, 4);
  store<u32>(heap, 0, 12);
  for (let i = <i32>(kept >>> 1) - 1; i >= 0; i--) siftDown(call, heap, i);
}

/** The value of `entry` came for the first time, or again after all of it were taken back; false without memory. */
export function heapAdd(g: Group, call: Call, heap: usize, entry: usize): bool {
  const bit: u32 = 1 << call.counter;
  if (load<u32>(entry, ENTRY_HEAPS) & bit) {
    store<u32>(heap, load<u32>(heap, 12) - 1, 12);
    return true;
  }
  const used = load<u32>(heap, 4);
  if (used == load<u32>(heap, 8) && !grow(g, heap)) return false;
  store<u32>(entry, load<u32>(entry, ENTRY_HEAPS) | bit, ENTRY_HEAPS);
  put(heap, used, entry);
  store<u32>(heap, used + 1, 4);
  siftUp(call, heap, used);
  return true;
}

/** An entry that was in the heap comes back; false without memory. */
export function heapTake(g: Group, call: Call, heap: usize, entry: usize): bool {
  const used = load<u32>(heap, 4);
  if (used == load<u32>(heap, 8) && !grow(g, heap)) return false;
  put(heap, used, entry);
  store<u32>(heap, used + 1, 4);
  if (!load<u32>(counterAt(entry, call.counter))) store<u32>(heap, load<u32>(heap, 12) + 1, 12);
  siftUp(call, heap, used);
  return true;
}

/** All of a value have been taken back. */
export function heapRemove(g: Group, call: Call, heap: usize): void {
  const dead = load<u32>(heap, 12) + 1;
  store<u32>(heap, dead, 12);
  if (dead > CAPACITY_MIN && dead * 2 > load<u32>(heap, 4)) rebuild(g, call, heap);
}

/** The entry of the best value; 0 = there is none. */
export function heapTop(g: Group, call: Call, heap: usize): usize {
  for (let used = load<u32>(heap, 4); used; used--) {
    const top = at(heap, 0);
    if (load<u32>(counterAt(top, call.counter))) return top;
    put(heap, 0, at(heap, used - 1));
    store<u32>(heap, used - 1, 4);
    store<u32>(heap, load<u32>(heap, 12) - 1, 12);
    if (used > 1) siftDown(call, heap, 0);
    leave(g, call, heap, top);
  }
  return 0;
}

/** The same, and the heap stays as it is: what is only looked at leaves no trace. */
export function heapBest(call: Call, heap: usize): usize {
  let best: usize = 0;
  for (let i: u32 = 0, used = load<u32>(heap, 4); i < used; i++) {
    const entry = at(heap, i);
    if (load<u32>(counterAt(entry, call.counter)) && (!best || better(call, entry, best))) best = entry;
  }
  return best;
}

/** Frees the heap, not its entries. */
export function heapFree(g: Group, heap: usize): void {
  if (load<u32>(heap)) spaceGive(g, load<u32>(heap), load<u32>(heap, 8) << 2);
}
