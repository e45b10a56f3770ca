// The order of items: null, false, true, numbers by value, strings by their code points, arrays and objects by their texts.
import { orderBytes } from "../../expr/text";
import { parse_double } from "../../text/double";
import { parse_int64 } from "../../text/int64";
import { TEXT_OK } from "../../text/status";
import { arena_alloc } from "../memory";
import { itemAt, itemCount, itemEnd, keyAt, keyEnd } from "./items";

const NUMBERS: usize = memory.data(16, 8);

/** Classes of items in their order. */
function rankOf(byte: u32): u32 {
  switch (byte) {
    case 0x6e: return 0; // null
    case 0x66: return 1; // false
    case 0x74: return 2; // true
    case 0x22: return 4;
    case 0x5b: return 5;
    case 0x7b: return 6;
    default: return 3;
  }
}

function orderNumbers(a: usize, aEnd: usize, b: usize, bEnd: usize): i32 {
  if (parse_int64(a, aEnd, NUMBERS) == TEXT_OK && parse_int64(b, bEnd, NUMBERS + 8) == TEXT_OK) {
    const x = load<i64>(NUMBERS), y = load<i64>(NUMBERS, 8);
    return x == y ? 0 : x < y ? -1 : 1;
  }
  parse_double(a, aEnd, NUMBERS);
  parse_double(b, bEnd, NUMBERS + 8);
  const x = load<f64>(NUMBERS), y = load<f64>(NUMBERS, 8);
  return x == y ? 0 : x < y ? -1 : 1;
}

let read: usize = 0;

/** The byte that a string has at `at`, where an escape is one: texts are as short as they can be, so that only ASCII is escaped. */
@inline function byteAt(at: usize): u32 {
  const byte = <u32>load<u8>(at);
  read = at + 1;
  if (byte != 0x5c) return byte;
  const letter = <u32>load<u8>(at, 1);
  read = at + 2;
  switch (letter) {
    case 0x62: return 8;
    case 0x66: return 12;
    case 0x6e: return 10;
    case 0x72: return 13;
    case 0x74: return 9;
    case 0x75: {
      const digit = <u32>load<u8>(at, 5);
      read = at + 6;
      return ((<u32>load<u8>(at, 4) - 48) << 4) | (digit < 58 ? digit - 48 : (digit | 32) - 87);
    }
    default: return letter;
  }
}

/** Strings with their quotes. */
function orderStrings(a: usize, aEnd: usize, b: usize, bEnd: usize): i32 {
  aEnd--;
  bEnd--;
  a++;
  b++;
  while (a < aEnd && b < bEnd) {
    const x = byteAt(a);
    a = read;
    const y = byteAt(b);
    b = read;
    if (x != y) return x < y ? -1 : 1;
  }
  return a < aEnd ? 1 : b < bEnd ? -1 : 0;
}

/** Negative, 0 or positive: how the value in [a, aEnd) stands to that in [b, bEnd). */
export function orderValues(a: usize, aEnd: usize, b: usize, bEnd: usize): i32 {
  const rank = rankOf(load<u8>(a)), other = rankOf(load<u8>(b));
  if (rank != other) return <i32>rank - <i32>other;
  if (rank < 3) return 0;
  if (rank == 3) return orderNumbers(a, aEnd, b, bEnd);
  return rank == 4 ? orderStrings(a, aEnd, b, bEnd) : orderBytes(a, aEnd - a, b, bEnd - b);
}

@inline function orderItems(a: u32, b: u32, byKey: bool): i32 {
  if (byKey) return orderStrings(keyAt(a), keyEnd(a), keyAt(b), keyEnd(b));
  return orderValues(itemAt(a), itemEnd(a), itemAt(b), itemEnd(b));
}

let order: usize = 0;

/** The number of the item that is at a position of the order that sortItems made. */
@inline export function sorted(position: u32): u32 {
  return load<u32>(order + (<usize>position << 2));
}

/** Sorts the numbers of all items, of members by their keys; equal ones stay in their order. False without memory. */
export function sortItems(byKey: bool): bool {
  const bytes = <usize>itemCount << 2;
  let from = arena_alloc(bytes + 4), to = arena_alloc(bytes + 4);
  if (!from || !to) return false;
  for (let i: u32 = 0; i < itemCount; i++) store<u32>(from + (<usize>i << 2), i);
  for (let width: u32 = 1; width < itemCount; width <<= 1) {
    for (let start: u32 = 0; start < itemCount; start += width << 1) {
      const middle = min(start + width, itemCount), end = min(middle + width, itemCount);
      let a = start, b = middle;
      for (let out = start; out < end; out++) {
        const x = load<u32>(from + (<usize>a << 2)), y = load<u32>(from + (<usize>b << 2));
        const first = b >= end || (a < middle && orderItems(x, y, byKey) <= 0);
        store<u32>(to + (<usize>out << 2), first ? x : y);
        if (first) a++;
        else b++;
      }
    }
    const swap = from;
    from = to;
    to = swap;
  }
  order = from;
  return true;
}

/** For each item a byte: 1 when no item before it is equal. By their numbers; 0 without memory. */
export function firstOnes(): usize {
  const marks = arena_alloc(<usize>itemCount + 1);
  if (!marks || !sortItems(false)) return 0;
  memory.fill(marks, 0, itemCount);
  for (let i: u32 = 0; i < itemCount; i++) {
    const item = sorted(i), same = i > 0 && orderItems(sorted(i - 1), item, false) == 0;
    if (!same) store<u8>(marks + item, 1);
  }
  return marks;
}

/** For each item from `from` on a byte: 1 when one of those before `from` equals it. 0 without memory. */
export function metBefore(from: u32): usize {
  const marks = arena_alloc(<usize>itemCount + 1);
  if (!marks || !sortItems(false)) return 0;
  memory.fill(marks, 0, itemCount);
  for (let start: u32 = 0; start < itemCount;) {
    // Equal items stand behind each other, those from the front first.
    let end = start + 1;
    while (end < itemCount && orderItems(sorted(start), sorted(end), false) == 0) end++;
    if (sorted(start) < from) {
      for (let i = start; i < end; i++) store<u8>(marks + sorted(i), 1);
    }
    start = end;
  }
  return marks;
}

/** For each item from `from` on a byte: 1 when no item between them is equal; in the order that metBefore has made. 0 without memory. */
export function firstBehind(from: u32): usize {
  const marks = arena_alloc(<usize>itemCount + 1);
  if (!marks) return 0;
  memory.fill(marks, 0, itemCount);
  let open = true;
  for (let i: u32 = 0; i < itemCount; i++) {
    const item = sorted(i);
    if (i > 0 && orderItems(sorted(i - 1), item, false) != 0) open = true;
    if (item < from || !open) continue;
    store<u8>(marks + item, 1);
    open = false;
  }
  return marks;
}

/** For each member a byte: 1 when no member behind it has its key. 0 without memory. */
export function lastOfEach(): usize {
  const marks = arena_alloc(<usize>itemCount + 1);
  if (!marks || !sortItems(true)) return 0;
  for (let i: u32 = 0; i < itemCount; i++) {
    const last = i + 1 == itemCount || orderItems(sorted(i), sorted(i + 1), true) != 0;
    store<u8>(marks + sorted(i), <u8>last);
  }
  return marks;
}
