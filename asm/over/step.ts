// Rows join and leave their frames, a step at a time: each step gives the aggregation a batch (the feed) and says which of
// its results belong to which rows. Rows of one time are peers: all of them join before the first comes out, unless
// frames are numbers of rows.
import { arena_alloc, block_alloc, block_free } from "../memory";
import { Heap, heapOrder, heapPop, heapTime } from "../rows/heap";
import { MANY_ROWS, TOUCH_ROWS, indexAdd, indexFindRow, indexFirstRows, indexLast, indexNext, indexRemove } from "../rows/index_rows";
import { listAdd } from "../rows/list";
import { rowFree } from "../rows/encode";
import { ROW_HASH, ROW_HOT, ROW_PLACE } from "../rows/row";
import { rowForget } from "../rows/touch";
import { oldestRemove, oldestRow } from "./range";
import {
  FLAG_ROWS, FLAG_TIMED, FLAG_UNBOUNDED, LIST_AT, Over, has, heapOf, indexOf, isPast, lengthOf, listOf, markJoined, setLength, storeOf, timeOfRow,
} from "./spec";

/** Rows of one feed: what one step of the aggregation takes. */
const FEED_ROWS: u32 = 4096;
const PEERS_MIN: u32 = 64;
/** Rows of any times whose frames are met one by one. */
const PEERS_MAX: u32 = FEED_ROWS >> 1;
/** Offset of the key group in the order of a heap's entry. */
const GROUP: u64 = 57;

// Kinds of the feed
const JOINS: u8 = 0;
const LEAVES: u8 = 3;
const LOOKS: u8 = 4;

/** Room for a step; false when there is no memory. */
export function stepBegin(o: Over): bool {
  o.feedCount = 0;
  o.outCount = 0;
  o.feed = <u32>arena_alloc(<usize>FEED_ROWS << 2);
  o.feedKinds = <u32>arena_alloc(FEED_ROWS);
  o.out = <u32>arena_alloc(<usize>FEED_ROWS << 2);
  o.outAt = <u32>arena_alloc(<usize>FEED_ROWS << 2);
  o.outCauses = <u32>arena_alloc(<usize>FEED_ROWS << 2);
  return o.feed != 0 && o.feedKinds != 0 && o.out != 0 && o.outAt != 0 && o.outCauses != 0;
}

@inline function give(o: Over, row: usize, kind: u8): void {
  const i: usize = o.feedCount;
  o.feedCount++;
  store<u32>(<usize>o.feed + (i << 2), <u32>row);
  store<u8>(<usize>o.feedKinds + i, kind);
}

/** The row comes out with the result of what was given last. */
@inline function show(o: Over, row: usize): void {
  const i: usize = o.outCount;
  o.outCount++;
  store<u32>(<usize>o.out + (i << 2), <u32>row);
  store<u32>(<usize>o.outAt + (i << 2), o.feedCount - 1);
  store<u32>(<usize>o.outCauses + (i << 2), <u32>timeOfRow(row));
}

function doom(o: Over, row: usize): void {
  store<u32>(row, o.doomed);
  o.doomed = <u32>row;
}

/** The same of rows that go by their times: nobody has to be told of each. */
function doomByTime(o: Over, row: usize): void {
  rowForget(row);
  doom(o, row);
}

/** Frees the rows that are through: what came out last may refer to them. */
export function dropDoomed(o: Over): void {
  while (o.doomed) {
    const row: usize = o.doomed;
    o.doomed = load<u32>(row);
    rowFree(storeOf(o), row);
  }
}

/** Rows that are older than `from` leave the range; false when the feed is full. */
function shorten(o: Over, from: i64): bool {
  for (let row = oldestRow(o); row && timeOfRow(row) < from; row = oldestRow(o)) {
    if (o.feedCount == FEED_ROWS) return false;
    give(o, row, LEAVES);
    oldestRemove(o, row);
    doomByTime(o, row);
  }
  return true;
}

function peersReserve(o: Over): bool {
  if (o.peerCount < o.peerCapacity) return true;
  const more = o.peerCapacity ? o.peerCapacity << 1 : PEERS_MIN, fresh = block_alloc(<usize>more << 2);
  if (!fresh) return false;
  if (o.peers) {
    memory.copy(fresh, o.peers, <usize>o.peerCapacity << 2);
    block_free(o.peers, <usize>o.peerCapacity << 2);
  }
  o.peers = <u32>fresh;
  o.peerCapacity = more;
  return true;
}

@inline export function peer(o: Over, i: u32): usize {
  return load<u32>(<usize>o.peers + (<usize>i << 2));
}

/** Adds a row to the peers; false when there is no memory. */
export function peerAdd(o: Over, row: usize): bool {
  if (!peersReserve(o)) return false;
  store<u32>(<usize>o.peers + (<usize>o.peerCount << 2), <u32>row);
  o.peerCount++;
  return true;
}

/**
 * Rows that the watermark has passed are the peers: those of the next time, or, where each joins before the next one, the next ones. False when there are none,
 * or no memory.
 */
function nextPeers(o: Over): bool {
  const heap = heapOf(o), most: u32 = has(o, FLAG_ROWS) ? PEERS_MAX : u32.MAX_VALUE;
  if (o.joined < o.peerCount || o.shown < o.peerCount) return true;
  o.peerCount = o.joined = o.shown = o.allowed = 0;
  if (!has(o, FLAG_TIMED) || !heap.size) return false;
  o.now = heapTime(heap);
  while (heap.size && o.peerCount < most && (most == PEERS_MAX || heapTime(heap) == o.now) && mayCome(o, heap)) {
    if (!peersReserve(o)) return false;
    peerAdd(o, heapPop(heap));
  }
  return o.peerCount != 0;
}

/** The first row of the heap, which has one, may come out. */
@inline function mayCome(o: Over, heap: Heap): bool {
  return heapTime(heap) <= o.watermark && isPast(o, heapTime(heap), <u32>(heapOrder(heap) >> GROUP));
}

/** Peers join the range; false when the feed is full. */
function joinRange(o: Over): bool {
  const bounded = !has(o, FLAG_UNBOUNDED);
  for (; o.joined < o.peerCount; o.joined++) {
    if (o.feedCount == FEED_ROWS) return false;
    const row = peer(o, o.joined);
    give(o, row, JOINS);
    if (!bounded) continue;
    markJoined(row);
    listAdd(listOf(o), row, LIST_AT);
  }
  return true;
}

/** Peers come out with what all of them have come to; false when the feed is full. */
function showRange(o: Over): bool {
  for (; o.shown < o.peerCount; o.shown++) {
    if (o.feedCount == FEED_ROWS) return false;
    const row = peer(o, o.shown);
    give(o, row, LOOKS);
    show(o, row);
    if (has(o, FLAG_UNBOUNDED)) doomByTime(o, row);
  }
  return true;
}

/** The last of so many rows in front of a new one leaves. */
function shortenChain(o: Over, head: usize): usize {
  if (!head || <i64>lengthOf(head) <= o.preceding) return head;
  const next = indexNext(indexOf(o), head), length = lengthOf(head);
  give(o, head, LEAVES);
  indexRemove(indexOf(o), head);
  doom(o, head);
  if (!next) return 0;
  setLength(next, length - 1);
  store<u16>(next, load<u16>(next, ROW_PLACE) | (load<u16>(head, ROW_PLACE) & <u16>ROW_HOT), ROW_PLACE);
  return next;
}

const HASHES: usize = memory.data(512, 16), TOUCHED: usize = memory.data(512, 16); // of TOUCH_ROWS rows
/** Holds what was read for nothing but the cache, so that it is read. */
let touched: u64 = 0;

/** Reads what the next peers will meet in the index: the first row of their keys, and the last. Waits for memory overlap, since none depends on another. */
function touchRows(o: Over): u32 {
  const index = indexOf(o), count = min<u32>(TOUCH_ROWS, o.peerCount - o.joined);
  if (storeOf(o).rows < MANY_ROWS) return count;
  for (let i: u32 = 0; i < count; i++) store<u32>(HASHES + (<usize>i << 2), load<u32>(peer(o, o.joined + i), ROW_HASH));
  indexFirstRows(index, HASHES, count, TOUCHED);
  for (let i: u32 = 0; i < count; i++) {
    const at = TOUCHED + (<usize>i << 2), row: usize = load<u32>(at);
    if (row) store<u32>(at, <u32>indexLast(index, row));
  }
  let sum: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(TOUCHED + (<usize>i << 2));
    if (row) sum += load<u32>(row);
  }
  touched = sum;
  return count;
}

/** One row after the other joins the rows of its key and comes out; false when the feed is full, or there is no memory. */
function joinRows(o: Over): bool {
  const index = indexOf(o), bounded = !has(o, FLAG_UNBOUNDED), end = o.asks ? o.allowed : o.peerCount;
  for (let ahead = o.joined; o.joined < end; o.joined++, o.shown++) {
    if (o.feedCount + 2 > FEED_ROWS) return false;
    if (bounded && o.joined == ahead) ahead += touchRows(o);
    const row = peer(o, o.joined);
    if (bounded) {
      const found = indexFindRow(index, load<u32>(row, ROW_HASH), storeOf(o), row, o.keyList);
      const head = shortenChain(o, found), length = head ? lengthOf(head) : 0;
      if (!indexAdd(index, row)) return false;
      setLength(head ? head : row, length + 1);
    }
    give(o, row, JOINS);
    show(o, row);
    if (!bounded) doomByTime(o, row);
  }
  return true;
}

/** The next rows that come out wait for their frames. */
export function isAsking(o: Over): bool {
  return o.asks && o.joined < o.peerCount && o.joined == o.allowed;
}

/** Fills the feed as far as there is something to do. */
export function stepFill(o: Over): void {
  const byRows = has(o, FLAG_ROWS), shrinks = !byRows && !has(o, FLAG_UNBOUNDED);
  while (nextPeers(o)) {
    if (byRows) {
      if (isAsking(o) || !joinRows(o)) return;
      continue;
    }
    if (shrinks && !shorten(o, o.now - o.preceding)) return;
    if (!joinRange(o) || !showRange(o)) return;
  }
  // No row to come is at the watermark or before it: what it could not reach is not needed any more
  if (shrinks && o.watermark != i64.MIN_VALUE) shorten(o, (o.held ? o.until : o.watermark + 1) - o.preceding);
}
