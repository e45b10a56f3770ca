// OVER: for each row the aggregates of the rows in front of it, within a range of time or a number of rows. This room
// keeps rows and tells in which order they join and leave the frame; a group aggregation (group/) computes.
//
//   SPEC  0          4           8           12         16              24
//         +----------+-----------+-----------+----------+---------------+--------------------------
//         | keys u32 | time      | flags u32 | unused   | preceding f64 | SPEC of the rows (rows/)
//         |          | column    |           |          |               |
//         +----------+-----------+-----------+----------+---------------+--------------------------
//         keys are the first columns of the rows; preceding: ms or rows in front of the current one
//
//   words of a row   0, 1   older, newer: rows of a range in the order of their times
//                    2, 3   time i64; without one the row's number in its batch
//                    4      rows of the chain, of the first row in it alone
//   its prev is 0 while it waits to come out; then, in a chain, the one in front of it, else itself
import { block_alloc, block_free } from "../memory";
import { Heap, heapFree, heapMake } from "../rows/heap";
import { Index, indexFree, indexMake } from "../rows/index_rows";
import { List } from "../rows/list";
import { ROW_PREV, ROW_WORDS } from "../rows/row";
import { shelfFree } from "../rows/shelf";
import { Store, storeFree, storeGroups, storeMake } from "../rows/store";

export const FLAG_ROWS: u32 = 1; // the frame is a number of rows, else a range of time
export const FLAG_UNBOUNDED: u32 = 2; // it begins with the first row
export const FLAG_TIMED: u32 = 4; // rows go in the order of their times when the watermark has passed; else as they come

export const LIST_AT: u32 = <u32>ROW_WORDS;
export const TIME_AT: usize = ROW_WORDS + 8;
const LENGTH_AT: usize = ROW_WORDS + 16;

@unmanaged
export class Over {
  store: u32;
  index: u32; // chains of the rows in the frames of the keys, where frames are numbers of rows
  heap: u32; // rows that wait for the watermark
  keyList: u32; // address of u32 column numbers 0, 1, … of the keys
  keys: u32;
  timeColumn: u32;
  flags: u32;
  blockBytes: u32;
  preceding: i64;
  watermark: i64;
  seq: u64;
  oldest: u32; // LIST of rows in the range
  newest: u32;
  input: u32; // address of the PUSH at hand (index.ts); 0 = none
  next: u32;
  hashes: u32;
  groups: u32;
  now: i64; // the time at hand
  peers: u32; // rows of that time: their addresses, how many, how many have joined and how many have come out
  peerCapacity: u32;
  peerCount: u32;
  joined: u32;
  shown: u32;
  doomed: u32; // rows that are through, linked by their first word
  feed: u32; // what the aggregation is given: rows u32, kinds u8
  feedKinds: u32;
  feedCount: u32;
  out: u32; // what comes out: rows u32, and where in the feed their results are
  outAt: u32;
  outCauses: u32;
  outCount: u32;
  late: u32;
  nullTime: u32;
  back: u32; // rows of the range that have been away, by their times; 0: none ever leaves memory
  shelf: u32; // rows that have left memory (shelf.ts); 0: they stay
  until: i64; // while rows are held, those in front of this time and key group come out
  untilGroup: u32;
  allowed: u32; // of the peers, whose frames are in memory
  held: bool;
  asks: bool; // the frames of peers are asked for before they join
  restoring: bool;
}

@inline export function has(o: Over, flag: u32): bool {
  return (o.flags & flag) != 0;
}

@inline export function storeOf(o: Over): Store {
  return changetype<Store>(<usize>o.store);
}

@inline export function indexOf(o: Over): Index {
  return changetype<Index>(<usize>o.index);
}

@inline export function heapOf(o: Over): Heap {
  return changetype<Heap>(<usize>o.heap);
}

@inline export function listOf(o: Over): List {
  return changetype<List>(changetype<usize>(o) + offsetof<Over>("oldest"));
}

@inline export function backOf(o: Over): Heap {
  return changetype<Heap>(<usize>o.back);
}

/** The row has joined its frame. */
@inline export function isJoined(row: usize): bool {
  return load<u32>(row, ROW_PREV) != 0;
}

/** It joins one that is no chain: a chain has it marked. */
@inline export function markJoined(row: usize): void {
  store<u32>(row, <u32>row, ROW_PREV);
}

@inline export function markWaiting(row: usize): void {
  store<u32>(row, 0, ROW_PREV);
}

/** Rows of this time and key group come out, or have. */
@inline export function isPast(o: Over, time: i64, group: u32): bool {
  return o.held ? time < o.until || (time == o.until && group < o.untilGroup) : time <= o.watermark;
}

@inline export function timeOfRow(row: usize): i64 {
  return load<i64>(row, TIME_AT);
}

@inline export function setTime(row: usize, time: i64): void {
  store<i64>(row, time, TIME_AT);
}

@inline export function lengthOf(head: usize): u32 {
  return load<u32>(head, LENGTH_AT);
}

@inline export function setLength(head: usize, length: u32): void {
  store<u32>(head, length, LENGTH_AT);
}

/** An instance without rows; 0 when there is no memory. */
export function specRead(spec: usize): usize {
  const keys = load<u32>(spec), head: u32 = (offsetof<Over>() + 7) & ~7, bytes = head + ((keys + 1) << 2);
  const address = block_alloc(bytes);
  if (!address) return 0;
  memory.fill(address, 0, bytes);
  const o = changetype<Over>(address);
  o.blockBytes = bytes;
  o.keys = keys;
  o.timeColumn = load<u32>(spec, 4);
  o.flags = load<u32>(spec, 8);
  o.preceding = i64(load<f64>(spec, 16));
  o.watermark = i64.MIN_VALUE;
  o.keyList = <u32>address + head;
  for (let i: u32 = 0; i < keys; i++) store<u32>(<usize>o.keyList + (<usize>i << 2), i);
  o.store = <u32>storeMake(spec + 24);
  if (o.store) storeGroups(storeOf(o), o.keyList, keys);
  if (o.store) o.index = <u32>indexMake(storeOf(o), o.keyList, keys, true, 0);
  if (o.store) o.heap = <u32>heapMake(storeOf(o));
  if (o.index && o.heap) return address;
  specFree(o);
  return 0;
}

export function specFree(o: Over): void {
  if (o.shelf) shelfFree(o.shelf);
  if (o.back) heapFree(backOf(o));
  if (o.peers) block_free(o.peers, <usize>o.peerCapacity << 2);
  if (o.heap) heapFree(heapOf(o));
  if (o.index) indexFree(indexOf(o));
  if (o.store) storeFree(storeOf(o));
  block_free(changetype<usize>(o), o.blockBytes);
}
