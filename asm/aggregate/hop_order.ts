// The entries of a key group in the order in which a window hands them out: by the first slice in which the key has
// a row, then by that row's place in its table. As slices go out at the front, their entries move to where their next
// rows are.
//
//   ITEM   0            4          8          12
//          +------------+----------+----------+---------
//          | ordinal u32| slice u32| entry u32| unused
//          +------------+----------+----------+---------
import { spaceGive } from "../state/space";
import { HopGroup, hopTake } from "./hop";
import { Aggregation } from "./spec";

const CAPACITY_MIN: u32 = 8;
/** Items that are sorted by insertion. */
const RUN_ITEMS: u32 = 16;

@inline export function itemAt(g: HopGroup, i: u32): usize {
  return <usize>g.order + (<usize>(g.first + i) << 4);
}

@inline export function itemEntry(item: usize): usize {
  return load<u32>(item, 8);
}

@inline export function itemSet(item: usize, slice: u32, ordinal: u32, entry: usize): void {
  store<u32>(item, ordinal);
  store<u32>(item, slice, 4);
  store<u32>(item, <u32>entry, 8);
}

@inline function itemCopy(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
}

/** Slices wrap: what they mean is how far they are from the first one that is left. */
@inline function rank(slice: u32, ordinal: u32, base: u32): u64 {
  return (<u64>(slice - base) << 32) | <u64>ordinal;
}

@inline function rankOf(item: usize, base: u32): u64 {
  return load<u64>(item) - (<u64>base << 32);
}

/** Room for one more item at the end; false when the memory's maximum is reached. */
function reserve(a: Aggregation, g: HopGroup): bool {
  if (g.first + g.count < g.capacity) return true;
  if (g.first > g.capacity >>> 1) {
    memory.copy(g.order, itemAt(g, 0), <usize>g.count << 4);
    g.first = 0;
    return true;
  }
  const capacity = g.capacity ? g.capacity << 1 : CAPACITY_MIN, room = hopTake(a, capacity << 4);
  if (!room) return false;
  memory.copy(room, itemAt(g, 0), <usize>g.count << 4);
  if (g.order) spaceGive(a, g.order, g.capacity << 4);
  g.order = <u32>room;
  g.capacity = capacity;
  g.first = 0;
  return true;
}

/** An item behind all others. */
export function orderAppend(a: Aggregation, g: HopGroup, slice: u32, ordinal: u32, entry: usize): bool {
  if (!reserve(a, g)) return false;
  itemSet(itemAt(g, g.count), slice, ordinal, entry);
  g.count++;
  return true;
}

/** The position of the first item that is not before (slice, ordinal). */
function positionOf(g: HopGroup, slice: u32, ordinal: u32): u32 {
  const base = <u32>g.start, wanted = rank(slice, ordinal, base);
  let low: u32 = 0, high = g.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rankOf(itemAt(g, middle), base) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** An item in its place; false when the memory's maximum is reached. */
export function orderInsert(a: Aggregation, g: HopGroup, slice: u32, ordinal: u32, entry: usize): bool {
  if (!reserve(a, g)) return false;
  const position = positionOf(g, slice, ordinal), at = itemAt(g, position);
  memory.copy(at + 16, at, <usize>(g.count - position) << 4);
  itemSet(at, slice, ordinal, entry);
  g.count++;
  return true;
}

/** Takes out the item of (slice, ordinal), which is there. */
export function orderRemove(g: HopGroup, slice: u32, ordinal: u32): void {
  const position = positionOf(g, slice, ordinal), at = itemAt(g, position);
  g.count--;
  memory.copy(at, at + 16, <usize>(g.count - position) << 4);
}

function sortRun(from: usize, end: usize, base: u32): void {
  for (let at = from + 16; at < end; at += 16) {
    const key = rankOf(at, base), low = load<u64>(at), high = load<u64>(at, 8);
    let to = at;
    for (; to > from && rankOf(to - 16, base) > key; to -= 16) itemCopy(to, to - 16);
    store<u64>(to, low);
    store<u64>(to, high, 8);
  }
}

function mergeRuns(from: usize, middle: usize, end: usize, to: usize, base: u32): void {
  let one = from, other = middle;
  for (; one < middle || other < end; to += 16) {
    const takesOne = other == end || (one < middle && rankOf(one, base) <= rankOf(other, base));
    itemCopy(to, takesOne ? one : other);
    if (takesOne) one += 16;
    else other += 16;
  }
}

/** Sorts `count` items in place, bottom up; `room` is for as many. */
function sort(items: usize, count: u32, room: usize, base: u32): void {
  const bytes = <usize>count << 4;
  for (let at: usize = 0; at < bytes; at += RUN_ITEMS << 4) {
    sortRun(items + at, items + min<usize>(bytes, at + (RUN_ITEMS << 4)), base);
  }
  for (let run: usize = RUN_ITEMS << 4; run < bytes; run <<= 1) {
    for (let at: usize = 0; at < bytes; at += run << 1) {
      const middle = min<usize>(bytes, at + run), end = min<usize>(bytes, at + (run << 1));
      mergeRuns(items + at, items + middle, items + end, room + at, base);
    }
    memory.copy(items, room, bytes);
  }
}

/**
 * Brings items of the slice `nearest` whose ordinals are below four times their count, hence before all others, to the
 * front, sorted; the others follow as they came. Returns how many there are. `room` is for `count` items.
 *
 * Where every key is in every slice these are nearly all: sorting them by comparison would cost a wrong guess for each.
 */
function spread(items: usize, count: u32, room: usize, nearest: u32): u32 {
  const ordinals = count << 2, bytes = <usize>count << 4;
  for (let at = room; at < room + bytes; at += 8) store<u64>(at, 0);
  let rest = items, near: u32 = 0;
  for (let at = items; at < items + bytes; at += 16) {
    const ordinal = load<u32>(at);
    if (load<u32>(at, 4) == nearest && ordinal < ordinals) {
      store<u32>(room + (<usize>ordinal << 2), load<u32>(at, 8));
      near++;
    } else {
      itemCopy(rest, at);
      rest += 16;
    }
  }
  const front = items + (<usize>near << 4);
  for (let at = rest; near && at > items; at -= 16) itemCopy(at - 16 + (front - items), at - 16);
  let to = items;
  for (let ordinal: u32 = 0; to < front; ordinal++) {
    const entry: usize = load<u32>(room + (<usize>ordinal << 2));
    itemSet(to, nearest, ordinal, entry);
    to += <usize>u32(entry != 0) << 4;
  }
  return near;
}

/**
 * Takes the first `gone` items out, and brings `count` of them (not more, and in any order) back where they belong
 * now; `room` is for as many.
 */
export function orderMove(g: HopGroup, gone: u32, items: usize, count: u32, room: usize): void {
  const base = <u32>g.start;
  const near = spread(items, count, room, base + 1);
  sort(items + (<usize>near << 4), count - near, room, base);
  let rest = itemAt(g, gone);
  const end = itemAt(g, g.count), itemsEnd = items + (<usize>count << 4);
  g.first += gone - count;
  g.count -= gone - count;
  let to = itemAt(g, 0);
  // What is not passed by any item stays where it is
  for (; items < itemsEnd; to += 16) {
    const takesItem = rest == end || rankOf(items, base) < rankOf(rest, base);
    itemCopy(to, takesItem ? items : rest);
    if (takesItem) items += 16;
    else rest += 16;
  }
}
