// HEAP: rows by (time, key group, arrival), to be taken from the least on: what leaves state at a watermark, in
// canonical order. Four children a node, in chunks, so that growing moves no more than the list of chunks.
//
//   entry  time i64, key group and arrival u64 (rowOrder), row u32, unused u32
//
// A row in a heap must not be freed. Whose row goes before its time forgets it first (heapForget): its entry stays as a ghost until it
// comes to the front, or until half of the entries are ghosts. The first entry is none.
import { block_alloc, block_free } from "../memory";
import { Ghosts, ghostAdd, ghostTake, ghostsFree, ghostsMake } from "./heap_ghosts";
import { rowOrder } from "./row";
import { Store, storeGive, storeTake } from "./store";

const ENTRY: u32 = 24;
const CHUNK_LOG: u32 = 11;
const CHUNK_ENTRIES: u32 = 1 << CHUNK_LOG;
const CHUNK_BYTES: u32 = CHUNK_ENTRIES * ENTRY;
const FIRST_ENTRIES: u32 = 32;
const CHUNKS_MIN: u32 = 16;
/** So many ghosts stay, however few entries there are. */
const GHOSTS_MIN: u32 = 64;

@unmanaged
export class Heap {
  store: u32;
  size: u32;
  chunks: u32; // address of u32 addresses of chunks
  chunkCount: u32;
  chunkRoom: u32; // how many addresses there is room for
  firstEntries: u32; // room of the first chunk, which starts small
  ghosts: u32; // of entries whose rows are gone; 0: there are none
}

@inline function storeOf(heap: Heap): Store {
  return changetype<Store>(<usize>heap.store);
}

@inline function at(heap: Heap, i: u32): usize {
  return <usize>load<u32>(<usize>heap.chunks + (<usize>(i >>> CHUNK_LOG) << 2)) + (i & (CHUNK_ENTRIES - 1)) * ENTRY;
}

@inline function before(a: usize, b: usize): bool {
  const x = load<i64>(a), y = load<i64>(b);
  return x < y || (x == y && load<u64>(a, 8) < load<u64>(b, 8));
}

@inline function move(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
  store<u64>(to, load<u64>(from, 16), 16);
}

// The entry that looks for its place
const HELD: usize = memory.data(32, 16);

/** An empty heap whose memory counts as the store's; 0 when there is no memory. */
export function heapMake(s: Store): usize {
  const address = block_alloc(offsetof<Heap>());
  if (!address) return 0;
  memory.fill(address, 0, offsetof<Heap>());
  changetype<Heap>(address).store = <u32>changetype<usize>(s);
  return address;
}

function release(heap: Heap): void {
  const s = storeOf(heap);
  for (let i: u32 = 0; i < heap.chunkCount; i++) {
    const bytes = i == 0 ? heap.firstEntries * ENTRY : CHUNK_BYTES;
    storeGive(s, load<u32>(<usize>heap.chunks + (<usize>i << 2)), bytes);
  }
  if (heap.chunks) storeGive(s, heap.chunks, heap.chunkRoom << 2);
  if (heap.ghosts) ghostsFree(changetype<Ghosts>(<usize>heap.ghosts));
  heap.ghosts = 0;
  heap.chunks = 0;
  heap.chunkCount = 0;
  heap.chunkRoom = 0;
  heap.firstEntries = 0;
  heap.size = 0;
}

/** Frees the heap; its rows stay. */
export function heapFree(heap: Heap): void {
  release(heap);
  block_free(changetype<usize>(heap), offsetof<Heap>());
}

/** Room for one more address of a chunk. */
function chunksReserve(heap: Heap): bool {
  if (heap.chunkCount < heap.chunkRoom) return true;
  const s = storeOf(heap), room = heap.chunkRoom ? heap.chunkRoom << 1 : CHUNKS_MIN, chunks = storeTake(s, room << 2);
  if (!chunks) return false;
  if (heap.chunks) {
    memory.copy(chunks, heap.chunks, <usize>heap.chunkCount << 2);
    storeGive(s, heap.chunks, heap.chunkRoom << 2);
  }
  heap.chunks = <u32>chunks;
  heap.chunkRoom = room;
  return true;
}

/** Makes the first chunk larger: it grows up to the size of all others. */
function firstGrow(heap: Heap): bool {
  if (!chunksReserve(heap)) return false;
  const s = storeOf(heap), entries = heap.firstEntries ? heap.firstEntries << 1 : FIRST_ENTRIES;
  const chunk = storeTake(s, entries * ENTRY);
  if (!chunk) return false;
  if (heap.firstEntries) {
    memory.copy(chunk, load<u32>(heap.chunks), heap.firstEntries * ENTRY);
    storeGive(s, load<u32>(heap.chunks), heap.firstEntries * ENTRY);
  }
  store<u32>(heap.chunks, <u32>chunk);
  heap.chunkCount = 1;
  heap.firstEntries = entries;
  return true;
}

function reserve(heap: Heap): bool {
  if (heap.size < heap.firstEntries) return true;
  if (heap.firstEntries < CHUNK_ENTRIES) return firstGrow(heap);
  if (heap.size < heap.chunkCount << CHUNK_LOG) return true;
  if (!chunksReserve(heap)) return false;
  const chunk = storeTake(storeOf(heap), CHUNK_BYTES);
  if (!chunk) return false;
  store<u32>(<usize>heap.chunks + (<usize>heap.chunkCount << 2), <u32>chunk);
  heap.chunkCount++;
  return true;
}

/** Adds a row, whose key group and arrival are written; false when there is no memory. */
export function heapPush(heap: Heap, time: i64, row: usize): bool {
  return heapPushAs(heap, time, rowOrder(row), row);
}

/** The same with an order that is not the row's own. */
export function heapPushAs(heap: Heap, time: i64, order: u64, row: usize): bool {
  if (!reserve(heap)) return false;
  store<i64>(HELD, time);
  store<u64>(HELD, order, 8);
  store<u64>(HELD, <u64>row, 16);
  rise(heap, heap.size++);
  return true;
}

/** Puts what is held at `i`, or as far in front of that as it belongs. */
function rise(heap: Heap, last: u32): void {
  let i = last, place = at(heap, i);
  while (i) {
    const parent = (i - 1) >>> 2, above = at(heap, parent);
    if (!before(HELD, above)) break;
    move(place, above);
    i = parent;
    place = above;
  }
  move(place, HELD);
}

/** The least time; there must be a row. */
@inline export function heapTime(heap: Heap): i64 {
  return load<i64>(at(heap, 0));
}

/** Key group and arrival, as rowOrder made it, of the row with the least; there must be one. */
@inline export function heapOrder(heap: Heap): u64 {
  return load<u64>(at(heap, 0), 8);
}

/** The row with the least (time, key group, arrival); there must be one. */
@inline export function heapRow(heap: Heap): usize {
  return load<u32>(at(heap, 0), 16);
}

/** Takes the first row out; there must be one. The heap's memory goes with its last row. */
export function heapPop(heap: Heap): usize {
  const row = heapRow(heap);
  behead(heap);
  settle(heap);
  return row;
}

/** Ghosts in front go. */
function settle(heap: Heap): void {
  while (heap.ghosts && ghostTake(ghostsOf(heap), heapOrder(heap), <u32>heapRow(heap))) behead(heap);
}

/** Takes the first entry out. */
function behead(heap: Heap): void {
  const size = --heap.size;
  if (!size) {
    release(heap);
    return;
  }
  move(HELD, at(heap, size));
  sink(heap, 0);
  shrink(heap);
}

/** Puts what is held at `from`, or as far behind that as it belongs. */
function sink(heap: Heap, from: u32): void {
  const size = heap.size;
  let i = from, place = at(heap, i);
  while (true) {
    const first = (i << 2) + 1;
    if (first >= size) break;
    let least = first, below = at(heap, first);
    const end = min<u32>(first + 4, size);
    for (let child = first + 1; child < end; child++) {
      const other = at(heap, child);
      if (before(other, below)) {
        least = child;
        below = other;
      }
    }
    if (!before(below, HELD)) break;
    move(place, below);
    i = least;
    place = below;
  }
  move(place, HELD);
}

@inline function ghostsOf(heap: Heap): Ghosts {
  return changetype<Ghosts>(<usize>heap.ghosts);
}

/** The row, which is in the heap once, with the order that is its own, is to be freed, or to leave memory: it does not come out any more. */
export function heapForget(heap: Heap, row: usize): void {
  if (!heap.ghosts) heap.ghosts = <u32>ghostsMake(storeOf(heap));
  if (!heap.ghosts || !ghostAdd(ghostsOf(heap), rowOrder(row), <u32>row)) {
    sweep(heap, rowOrder(row), <u32>row);
    return;
  }
  if (ghostsOf(heap).count << 1 > heap.size + GHOSTS_MIN) sweep(heap, 0, 0);
  else settle(heap);
}

/** All ghosts go, and the entry of a row (0: none) of which there was no memory to note that it is one. */
function sweep(heap: Heap, order: u64, row: u32): void {
  const size = heap.size;
  heap.size = 0;
  for (let i: u32 = 0; i < size; i++) {
    const entry = at(heap, i), own = load<u64>(entry, 8), named = load<u32>(entry, 16);
    if ((named == row && own == order) || (heap.ghosts && ghostTake(ghostsOf(heap), own, named))) continue;
    move(HELD, entry);
    rise(heap, heap.size++);
  }
  if (!heap.size) {
    release(heap);
    return;
  }
  if (heap.ghosts) ghostsFree(ghostsOf(heap));
  heap.ghosts = 0;
  let chunks: u32;
  do {
    chunks = heap.chunkCount;
    shrink(heap);
  } while (heap.chunkCount != chunks);
}

/** Takes out all entries whose rows `isGone` names, which may free them; none of them is a ghost. */
export function heapSweep(heap: Heap, isGone: (row: usize) => bool): void {
  let kept: u32 = 0;
  for (let i: u32 = 0; i < heap.size; i++) {
    const entry = at(heap, i);
    if (isGone(<usize>load<u32>(entry, 16))) continue;
    if (kept != i) move(at(heap, kept), entry);
    kept++;
  }
  heap.size = kept;
  if (!kept) {
    release(heap);
    return;
  }
  for (let i = (kept >>> 2) + 1; i; i--) {
    if (i > kept) continue;
    move(HELD, at(heap, i - 1));
    sink(heap, i - 1);
  }
  while (heap.chunkCount > 1 && heap.size + CHUNK_ENTRIES <= (heap.chunkCount - 1) << CHUNK_LOG) shrink(heap);
}

/** Gives the last chunk back when two are empty, so that a heap at a chunk's end does not take and give in turn. */
function shrink(heap: Heap): void {
  if (heap.chunkCount < 2 || heap.size + CHUNK_ENTRIES > (heap.chunkCount - 1) << CHUNK_LOG) return;
  heap.chunkCount--;
  storeGive(storeOf(heap), load<u32>(<usize>heap.chunks + (<usize>heap.chunkCount << 2)), CHUNK_BYTES);
}
