// The slots of an index: extendible hashing (Fagin et al. 1979) over segments of open addressing, so that growing
// moves one segment at a time and no pause is longer than that takes.
//
//   directory  1 << depth entries; the top bits of a hash choose one. Several may have the same segment.
//
//              0           4          8             12       16
//              +-----------+----------+-------------+--------+
//              | slots u32 | mask u32 | SEGMENT u32 | unused |
//              +-----------+----------+-------------+--------+
//
//   SEGMENT    used u32, depth u32 (of the hash bits that all its slots share), slots u32, mask u32
//
//   slot       row u32 (the first of the chain of its key; 0 = empty), hash u32; linear probing, removal moves back
//              what comes behind, so that there are no tombstones
import { block_alloc } from "../memory";
import { Store, storeGive, storeTake } from "./store";

const ENTRY_BYTES: u32 = 16;
const ENTRY_MASK: usize = 4;
const ENTRY_SEGMENT: usize = 8;
const SEGMENT_BYTES: u32 = 16;
const SEGMENT_USED: usize = 0;
const SEGMENT_DEPTH: usize = 4;
const SEGMENT_SLOTS: usize = 8;
const SEGMENT_MASK: usize = 12;
const SLOTS_MIN: u32 = 8;
const SLOTS_MAX: u32 = 4096;
/** Slots that a segment of SLOTS_MAX uses before it is divided: nine of sixteen to nearly three of four. */
const LONG_USED_MIN: u32 = 2304;
const LONG_USED_STEP: u32 = 5;
const DEPTH_MAX: u32 = 20;

/** Slots that are moved to other places. */
let scratch: usize = 0;

/** What an index has of slots. */
@unmanaged
export class Slots {
  store: u32;
  directory: u32; // 0 = nothing has been put in yet
  depth: u32;
  used: u32; // in all segments
}

@inline function storeOf(s: Slots): Store {
  return changetype<Store>(<usize>s.store);
}

@inline function entryOf(s: Slots, hash: u32): usize {
  // With depth 0 a shift by 32 would be none at all.
  return <usize>s.directory + <usize>(((hash >>> 1) >>> (31 - s.depth)) * ENTRY_BYTES);
}

/** Address of the slots that a hash may be in; they go round at `slotsMask`. There must be a directory. */
@inline export function slotsOf(s: Slots, hash: u32): usize {
  return load<u32>(entryOf(s, hash));
}

@inline export function slotsMask(s: Slots, hash: u32): u32 {
  return load<u32>(entryOf(s, hash), ENTRY_MASK);
}

@inline export function slotAt(slots: usize, at: u32): usize {
  return slots + (<usize>at << 3);
}

function put(slots: usize, mask: u32, row: u32, hash: u32): void {
  let at = hash & mask;
  while (load<u32>(slotAt(slots, at))) at = (at + 1) & mask;
  store<u64>(slotAt(slots, at), <u64>row | (<u64>hash << 32));
}

function segmentMake(s: Slots, slots: u32, depth: u32): usize {
  const st = storeOf(s), segment = storeTake(st, SEGMENT_BYTES);
  if (!segment) return 0;
  const at = storeTake(st, slots << 3);
  if (!at) {
    storeGive(st, segment, SEGMENT_BYTES);
    return 0;
  }
  memory.fill(at, 0, <usize>slots << 3);
  store<u32>(segment, 0, SEGMENT_USED);
  store<u32>(segment, depth, SEGMENT_DEPTH);
  store<u32>(segment, <u32>at, SEGMENT_SLOTS);
  store<u32>(segment, slots - 1, SEGMENT_MASK);
  return segment;
}

function segmentFree(s: Slots, segment: usize): void {
  const st = storeOf(s);
  storeGive(st, load<u32>(segment, SEGMENT_SLOTS), (load<u32>(segment, SEGMENT_MASK) + 1) << 3);
  storeGive(st, segment, SEGMENT_BYTES);
}

/** Makes the directory entries of a segment say where its slots are; `hash` is one that belongs to it. */
function publish(s: Slots, segment: usize, hash: u32): void {
  const depth = load<u32>(segment, SEGMENT_DEPTH), count: u32 = 1 << (s.depth - depth);
  const first = ((hash >>> 1) >>> (31 - depth)) << (s.depth - depth);
  for (let i: u32 = 0; i < count; i++) {
    const entry = <usize>s.directory + (first + i) * ENTRY_BYTES;
    store<u32>(entry, load<u32>(segment, SEGMENT_SLOTS));
    store<u32>(entry, load<u32>(segment, SEGMENT_MASK), ENTRY_MASK);
    store<u32>(entry, <u32>segment, ENTRY_SEGMENT);
  }
}

function start(s: Slots): bool {
  const directory = storeTake(storeOf(s), ENTRY_BYTES);
  if (!directory) return false;
  const segment = segmentMake(s, SLOTS_MIN, 0);
  if (!segment) {
    storeGive(storeOf(s), directory, ENTRY_BYTES);
    return false;
  }
  s.directory = <u32>directory;
  s.depth = 0;
  publish(s, segment, 0);
  return true;
}

function grow(s: Slots, segment: usize, hash: u32): bool {
  const old: usize = load<u32>(segment, SEGMENT_SLOTS), count = load<u32>(segment, SEGMENT_MASK) + 1, mask = 2 * count - 1;
  const slots = storeTake(storeOf(s), count << 4);
  if (!slots) return false;
  memory.fill(slots, 0, <usize>count << 4);
  for (let i: u32 = 0; i < count; i++) {
    const at = slotAt(old, i);
    if (load<u32>(at)) put(slots, mask, load<u32>(at), load<u32>(at, 4));
  }
  storeGive(storeOf(s), old, count << 3);
  store<u32>(segment, <u32>slots, SEGMENT_SLOTS);
  store<u32>(segment, mask, SEGMENT_MASK);
  publish(s, segment, hash);
  return true;
}

function directoryDouble(s: Slots): bool {
  const count: u32 = 1 << s.depth, old = <usize>s.directory;
  const directory = storeTake(storeOf(s), (count << 1) * ENTRY_BYTES);
  if (!directory) return false;
  for (let i: usize = 0; i < <usize>count; i++) {
    memory.copy(directory + i * 2 * ENTRY_BYTES, old + i * ENTRY_BYTES, ENTRY_BYTES);
    memory.copy(directory + (i * 2 + 1) * ENTRY_BYTES, old + i * ENTRY_BYTES, ENTRY_BYTES);
  }
  storeGive(storeOf(s), old, count * ENTRY_BYTES);
  s.directory = <u32>directory;
  s.depth++;
  return true;
}

/** Divides a segment of SLOTS_MAX slots by one more bit of the hash. */
function split(s: Slots, segment: usize, hash: u32): bool {
  const depth = load<u32>(segment, SEGMENT_DEPTH);
  if (!scratch) scratch = block_alloc(SLOTS_MAX << 3);
  if (!scratch || (depth == s.depth && !directoryDouble(s))) return false;
  const upper = segmentMake(s, SLOTS_MAX, depth + 1);
  if (!upper) return false;
  const slots: usize = load<u32>(segment, SEGMENT_SLOTS), upperSlots: usize = load<u32>(upper, SEGMENT_SLOTS);
  const mask: u32 = SLOTS_MAX - 1, bit: u32 = 0x80000000 >>> depth;
  memory.copy(scratch, slots, SLOTS_MAX << 3);
  memory.fill(slots, 0, SLOTS_MAX << 3);
  let moved: u32 = 0;
  for (let i: u32 = 0; i < SLOTS_MAX; i++) {
    const row = load<u32>(slotAt(scratch, i)), own = load<u32>(slotAt(scratch, i), 4);
    if (!row) continue;
    moved += u32((own & bit) != 0);
    put(own & bit ? upperSlots : slots, mask, row, own);
  }
  store<u32>(upper, moved, SEGMENT_USED);
  store<u32>(segment, load<u32>(segment, SEGMENT_USED) - moved, SEGMENT_USED);
  store<u32>(segment, depth + 1, SEGMENT_DEPTH);
  publish(s, segment, hash & ~bit);
  publish(s, upper, hash | bit);
  return true;
}

/**
 * Whether a segment has room for one more. A long one is divided at a load of its own, by where its slots lie: segments are about equally full, and would
 * all be divided in the same moment.
 */
@inline function hasRoom(segment: usize, count: u32): bool {
  const used = load<u32>(segment, SEGMENT_USED);
  if (count != SLOTS_MAX) return used * 3 < count * 2;
  return used < LONG_USED_MIN + LONG_USED_STEP * ((load<u32>(segment, SEGMENT_SLOTS) >>> 15) & 127);
}

/** Makes sure that a slot for `hash` can be taken; false when there is no memory. Slots may move. */
export function slotReserve(s: Slots, hash: u32): bool {
  if (!s.directory && !start(s)) return false;
  while (true) {
    const segment: usize = load<u32>(entryOf(s, hash), ENTRY_SEGMENT);
    const count = load<u32>(segment, SEGMENT_MASK) + 1;
    if (hasRoom(segment, count)) return true;
    const whole = count >= SLOTS_MAX && load<u32>(segment, SEGMENT_DEPTH) < DEPTH_MAX;
    if (!(whole ? split(s, segment, hash) : grow(s, segment, hash))) return false;
  }
}

/** Takes a slot for the row, whose key is in none, after slotReserve. */
export function slotTake(s: Slots, row: usize, hash: u32): void {
  const entry = entryOf(s, hash), segment: usize = load<u32>(entry, ENTRY_SEGMENT);
  put(load<u32>(entry), load<u32>(entry, ENTRY_MASK), <u32>row, hash);
  store<u32>(segment, load<u32>(segment, SEGMENT_USED) + 1, SEGMENT_USED);
  s.used++;
}

/** The slot whose chain begins with the row. */
export function slotFind(s: Slots, row: usize, hash: u32): usize {
  const slots = slotsOf(s, hash), mask = slotsMask(s, hash);
  let at = hash & mask;
  while (load<u32>(slotAt(slots, at)) != <u32>row) at = (at + 1) & mask;
  return slotAt(slots, at);
}

/** Empties the slot and moves back what could not have its place because of it (Knuth, 6.4 R). */
export function slotGive(s: Slots, slot: usize, hash: u32): void {
  const entry = entryOf(s, hash), slots: usize = load<u32>(entry), mask = load<u32>(entry, ENTRY_MASK);
  const segment: usize = load<u32>(entry, ENTRY_SEGMENT);
  let hole = <u32>((slot - slots) >>> 3), at = hole;
  while (true) {
    at = (at + 1) & mask;
    const other = load<u64>(slotAt(slots, at));
    if (!<u32>other) break;
    if (((at - <u32>(other >> 32)) & mask) < ((at - hole) & mask)) continue;
    store<u64>(slotAt(slots, hole), other);
    hole = at;
  }
  store<u64>(slotAt(slots, hole), 0);
  store<u32>(segment, load<u32>(segment, SEGMENT_USED) - 1, SEGMENT_USED);
  if (!--s.used) slotsFree(s);
}

/** Frees all slots. */
export function slotsFree(s: Slots): void {
  if (!s.directory) return;
  const count: u32 = 1 << s.depth;
  for (let i: u32 = 0; i < count;) {
    const segment: usize = load<u32>(<usize>s.directory + i * ENTRY_BYTES, ENTRY_SEGMENT);
    i += 1 << (s.depth - load<u32>(segment, SEGMENT_DEPTH));
    segmentFree(s, segment);
  }
  storeGive(storeOf(s), s.directory, count * ENTRY_BYTES);
  s.directory = 0;
  s.depth = 0;
  s.used = 0;
}

/** First rows of the chains of this hash, u32 each at `to`, `most` of them; how many. */
export function slotsOfHash(s: Slots, hash: u32, to: usize, most: u32): u32 {
  if (!s.directory) return 0;
  const slots = slotsOf(s, hash), mask = slotsMask(s, hash);
  let found: u32 = 0;
  for (let at = hash & mask; found < most; at = (at + 1) & mask) {
    const row = load<u32>(slotAt(slots, at));
    if (!row) break;
    if (load<u32>(slotAt(slots, at), 4) != hash) continue;
    store<u32>(to + (<usize>found << 2), row);
    found++;
  }
  return found;
}
