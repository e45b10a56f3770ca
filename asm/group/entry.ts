// ENTRY of a set (distinct.ts): one of the different values that a row has had, and which calls it counts for.
//
//   ENTRY  0                8            14          16         20          24          28
//          +----------------+------------+-----------+----------+-----------+-----------+----------------
//          | value: 8 bytes | number:    | flags u16 | hash u32 | block u32 | heaps u32 | counters u32 …
//          | or a REF       | 6 bytes    |           |          |           |           |
//          +----------------+------------+-----------+----------+-----------+-----------+----------------
//          all of them                               | texts    | those that COUNT
//
//   number  names it among all things of the aggregation (details.ts)
//   flags   1, the entry may have changed since a drain handed it out; 2, the bytes of its text lie behind it; 4, nothing is here (then the value is
//           the next such place); from 16 on a bit for each call, which the value has come for, where entries do not count
//   hash    of the value; where there is none it is made anew
//   block   number of the last block of input that refers to the entry: until that is through it must stay
//   heaps   a bit for each call's counter: the entry is in its heap (heap.ts)
//
// Entries COUNT how often their value is there for each call where values may be taken back, or where a call asks for it; elsewhere it is enough to know
// whether it has come, and an entry is as short as can be.
import { hash_i64 } from "../hash/keyed";
import { DistinctSet, isBytes } from "./spec";

export const ENTRY_VALUE: usize = 0;
const NUMBER: usize = 8;
const FLAGS: usize = 14;
const HASH: usize = 16;
const BLOCK: usize = 20;
export const ENTRY_HEAPS: usize = 24;
const COUNTERS: usize = 28;

const SHORT: u32 = 16;
const NUMBER_MASK: u64 = (1 << 48) - 1;
const DIRTY: u16 = 1;
const TEXT_BEHIND: u16 = 2;
const FREE: u16 = 4;
const COME: u16 = 16;

/** Bytes of an entry. */
export function entryBytes(type: u32, counts: bool, counters: u32): u32 {
  if (counts) return (<u32>COUNTERS + counters * 4 + 7) & ~7;
  return isBytes(type) ? SHORT + 8 : SHORT;
}

/** An entry of a value that is still to be written, which no call counts yet. */
@inline export function entryMake(set: DistinctSet, at: usize, hash: u32, number: u64): void {
  store<u64>(at, number | (<u64>DIRTY << 48), NUMBER);
  // Sizes are multiples of 8
  for (let i: usize = SHORT, size: usize = set.size; i < size; i += 8) store<u64>(at + i, 0);
  if (set.size > SHORT) store<u32>(at, hash, HASH);
}

@inline export function entryNumber(at: usize): u64 {
  return load<u64>(at, NUMBER) & NUMBER_MASK;
}

@inline export function entryName(at: usize, number: u64): void {
  store<u64>(at, (load<u64>(at, NUMBER) & ~NUMBER_MASK) | number, NUMBER);
}

@inline export function entryHash(set: DistinctSet, at: usize, seed: u64): u32 {
  return set.size > SHORT ? load<u32>(at, HASH) : <u32>hash_i64(load<u64>(at), seed);
}

/** Whether the entry may have the hash, as far as that is known without its value. */
@inline export function entryMayBe(set: DistinctSet, at: usize, hash: u32): bool {
  return set.size == SHORT || load<u32>(at, HASH) == hash;
}

@inline function has(at: usize, flag: u16): bool {
  return (load<u16>(at, FLAGS) & flag) != 0;
}

@inline function unmark(at: usize, flag: u16): void {
  store<u16>(at, load<u16>(at, FLAGS) & ~flag, FLAGS);
}

@inline function mark(at: usize, flag: u16): void {
  store<u16>(at, load<u16>(at, FLAGS) | flag, FLAGS);
}

/** Whether the entry may have changed since a drain handed it out. */
@inline export function entryChanged(at: usize): bool {
  return has(at, DIRTY);
}

/** A drain hands it out. */
@inline export function entryTell(at: usize): void {
  unmark(at, DIRTY);
}

/** The block of input at hand refers to the entry. */
@inline export function entryTouch(set: DistinctSet, at: usize, block: u32): void {
  mark(at, DIRTY);
  if (set.counts) store<u32>(at, block, BLOCK);
}

/** Whether that did. */
@inline export function entryIsOf(at: usize, block: u32): bool {
  return load<u32>(at, BLOCK) == block;
}

/** Whether nothing is here. */
@inline export function entryIsFree(at: usize): bool {
  return has(at, FREE);
}

/** Nothing is here any more; `next` is the next such place. What has its text behind it is as long as before, and no such place. */
@inline export function entryFree(at: usize, next: u32): bool {
  mark(at, FREE);
  if (has(at, TEXT_BEHIND)) return false;
  store<u32>(at, next);
  return true;
}

@inline export function entryHasText(at: usize): bool {
  return has(at, TEXT_BEHIND);
}

/** Its text lies behind it. */
@inline export function entryText(set: DistinctSet, at: usize): void {
  store<u32>(at, <u32>(at + set.size));
  mark(at, TEXT_BEHIND);
}

/** Bytes of the image of an entry: itself, and its text, padded to 8. */
@inline export function entryImage(set: DistinctSet, at: usize): u32 {
  return isBytes(set.type) ? set.size + ((load<u32>(at, 4) + 7) & ~7) : set.size;
}

/** Bytes from an entry to what lies behind it. */
@inline export function entrySpan(set: DistinctSet, at: usize): u32 {
  return has(at, TEXT_BEHIND) ? entryImage(set, at) : set.size;
}

/** Copies an entry without the bytes of its text. */
@inline export function entryCopy(set: DistinctSet, to: usize, from: usize): void {
  // A call for so few bytes would take longer
  for (let i: usize = 0, size: usize = set.size; i < size; i += 8) store<u64>(to + i, load<u64>(from + i));
}

/** Where an entry counts for a call. */
@inline export function counterAt(at: usize, counter: u32): usize {
  return at + COUNTERS + (<usize>counter << 2);
}

/** The value came for a call, where entries do not count; whether it had come before. */
@inline export function entryCome(at: usize, counter: u32): bool {
  const flags = load<u16>(at, FLAGS), come = COME << <u16>counter;
  if (flags & come) return true;
  store<u16>(at, flags | come, FLAGS);
  return false;
}

/** How often the value is there for a call, as far as it is known. */
@inline export function entryCount(set: DistinctSet, at: usize, counter: u32): u32 {
  return set.counts ? load<u32>(counterAt(at, counter)) : (<u32>load<u16>(at, FLAGS) >>> (counter + 4)) & 1;
}

/** Sets that. */
export function entryPutCount(set: DistinctSet, at: usize, counter: u32, count: u32): void {
  if (set.counts) store<u32>(counterAt(at, counter), count);
  else if (count) entryCome(at, counter);
}

/** Whether some call counts the entry's value. */
export function entryCounts(set: DistinctSet, at: usize): bool {
  if (!set.counts) return load<u16>(at, FLAGS) >= COME;
  for (let c: u32 = 0; c < set.counters; c++) if (load<u32>(counterAt(at, c))) return true;
  return false;
}
