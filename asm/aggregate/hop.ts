// HOP: windows of several slices under way. What a window has for a key is kept from window to window in an ENTRY: a
// slice that comes in is added once, and one that goes out is taken out once, so that a window costs as much as its
// two slices and its keys, however many slices lie between. All of it is made from the rows of the slices and can be
// made again.
//
// The rows that one key has in the slices of the window are linked, in the order of slices, behind the row's image:
//
//   LINKS   0          4             8            12                             16
//           +----------+-------------+------------+------------------------------+
//           | next row | its ordinal | its slice  | entry u32, 0 = none; or with |
//           | u32      | u32         | u32        | bit 1 the newest version     |
//           |          |             |            | (version.ts); bit 0: out     |
//           +----------+-------------+------------+------------------------------+
//
//   ENTRY   image of a row (what it means: hop_fold.ts), then
//           0         4         8               12        16            24        28        32        36        40
//           +---------+---------+---------------+---------+-------------+---------+---------+---------+---------+------
//           | last    | last's  | next of its   | hash    | folded i64  | first   | first's | first's | stale   | see
//           | row u32 | slice   | bucket u32    | u32     | (late rows) | row u32 | ordinal | slice   | u32     | below
//           +---------+---------+---------------+---------+-------------+---------+---------+---------+---------+------
//
//           with inverses: for each call u32, in how many rows it has a value; else: the image of the window's row,
//           which is stale when what it is made of has changed
//
// A row has its place in its table (ordinal) and the low half of its slice's index not with it, but where it is linked
// from: what goes out is read in order, and nothing else is.
import { block_alloc, block_free, block_size, state_force } from "../memory";
import { PAGE_HEADER, PAGE_NEXT, pageUsed } from "../state/table";
import { spaceGive } from "../state/space";
import { directDrop, directSet } from "./hop_direct";
import { pairMake } from "./hop_pair";
import { Pool, poolFree, poolGive } from "./hop_pool";
import { sliceAt, slicePosition, tableAt } from "./slice";
import { Aggregation } from "./spec";
import { versionEntry, versionSetEntry } from "./version";

@unmanaged
export class Hop {
  entries: Pool;
  late: Pool;
  slices: i64; // of a window
  step: i64; // slices from a window to the next
  endMax: i64; // no slice from here on is linked in any group
  version: u64; // of the aggregation when a listing that is not the fire took over
  owner: u32; // the cursor that the windows are made for
  entryAt: u32; // where an entry goes on behind its image
  scratch: u32; // room for a group's work: address, bytes
  scratchBytes: u32;
  pairAt: u32; // PAIR (hop_pair.ts): offset in a row; 0 = the calls are others
  pairBit: u32; // that its sum has a value
  pairWraps: u32; // offset in a row of the wraps of its sum; 0 = they are in the flags
  pairRows: u32; // offset in an entry of how many rows have one
  direct: u32; // entries by key (hop_direct.ts): address and count; 0 = there are none
  directSlots: u32;
  directBase: i64;
}

/** What a key group has under way. */
@unmanaged
export class HopGroup {
  start: i64; // slices before have gone out
  end: i64; // slices from here on have not come in
  boundary: i64; // hop_fold.ts
  window: i64; // made last
  buckets: u32; // of entries by key; 0 = none
  mask: u32;
  order: u32; // of entries (hop_order.ts): address, capacity, first and count of those in use
  capacity: u32;
  first: u32;
  count: u32;
  late: u32; // list of rows to be looked at (hop_late.ts)
  unused: u32;
}

// The last word of LINKS
export const ENTRY_AT: usize = 12;
const IS_OUT: u32 = 1;
const HAS_VERSION: u32 = 2;
/** Bits of the last word of LINKS that a row has for which more is to be looked at than its entry. */
export const IS_APART: u32 = IS_OUT | HAS_VERSION;
const ADDRESS: u32 = ~15;

// Pools lie behind the fields, groups behind the pools
const POOLS_AT: u32 = 96;
const HEADER: u32 = 128;
const GROUP_BYTES: u32 = 64;
/** Of an entry, between the image and what depends on its calls. */
export const ENTRY_FIELDS_BYTES: u32 = 40;
const HOP_BYTES: u32 = HEADER + 128 * GROUP_BYTES;

@inline export function hopOf(a: Aggregation): Hop {
  return changetype<Hop>(<usize>a.hop);
}

@inline export function hopGroupAt(a: Aggregation, group: u32): HopGroup {
  return changetype<HopGroup>(<usize>a.hop + HEADER + <usize>(group * GROUP_BYTES));
}

// Fields of LINKS
@inline export function nextOf(a: Aggregation, row: usize): usize {
  return load<u32>(row + a.links);
}
@inline export function nextOrdinal(a: Aggregation, row: usize): u32 {
  return load<u32>(row + a.links, 4);
}
@inline export function nextSlice(a: Aggregation, row: usize): u32 {
  return load<u32>(row + a.links, 8);
}
@inline export function setNext(a: Aggregation, row: usize, next: usize, ordinal: u32, slice: u32): void {
  const at = row + a.links;
  store<u32>(at, <u32>next);
  store<u32>(at, ordinal, 4);
  store<u32>(at, slice, 8);
}
@inline export function entryOfRow(a: Aggregation, row: usize): usize {
  const word = load<u32>(row + a.links, ENTRY_AT);
  return (word & HAS_VERSION ? versionEntry(word & ADDRESS) : word) & ADDRESS;
}
@inline export function setEntry(a: Aggregation, row: usize, entry: usize): void {
  const word = load<u32>(row + a.links, ENTRY_AT);
  if (word & HAS_VERSION) versionSetEntry(word & ADDRESS, <u32>entry);
  else store<u32>(row + a.links, <u32>entry | (word & IS_OUT), ENTRY_AT);
}
/** The row is in a list of late rows, and what it has is in no entry. */
@inline export function isOut(a: Aggregation, row: usize): bool {
  return (load<u32>(row + a.links, ENTRY_AT) & IS_OUT) != 0;
}
@inline export function setOut(a: Aggregation, row: usize, out: bool): void {
  store<u32>(row + a.links, (load<u32>(row + a.links, ENTRY_AT) & ~IS_OUT) | u32(out), ENTRY_AT);
}
/** Address of the newest version of a row; 0 = it has none. */
@inline export function versionOf(a: Aggregation, row: usize): u32 {
  const word = load<u32>(row + a.links, ENTRY_AT);
  return word & HAS_VERSION ? word & ADDRESS : 0;
}
/** Makes another version the newest one of a row, or none; its entry goes with it. */
export function setVersion(a: Aggregation, row: usize, version: u32): void {
  const entry = <u32>entryOfRow(a, row), out = load<u32>(row + a.links, ENTRY_AT) & IS_OUT;
  if (version) versionSetEntry(version, entry);
  store<u32>(row + a.links, (version ? version | HAS_VERSION : entry) | out, ENTRY_AT);
}

// Fields of an ENTRY
export const ENTRY_FIRST: usize = 24;
@inline export function firstOf(hop: Hop, entry: usize): usize {
  return load<u32>(entry + hop.entryAt, ENTRY_FIRST);
}
@inline export function firstOrdinal(hop: Hop, entry: usize): u32 {
  return load<u32>(entry + hop.entryAt, ENTRY_FIRST + 4);
}
@inline export function firstSlice(hop: Hop, entry: usize): u32 {
  return load<u32>(entry + hop.entryAt, ENTRY_FIRST + 8);
}
@inline export function setFirst(hop: Hop, entry: usize, row: usize, ordinal: u32, slice: u32): void {
  const at = entry + hop.entryAt;
  store<u32>(at, <u32>row, ENTRY_FIRST);
  store<u32>(at, ordinal, ENTRY_FIRST + 4);
  store<u32>(at, slice, ENTRY_FIRST + 8);
}
@inline export function lastOf(hop: Hop, entry: usize): usize {
  return load<u32>(entry + hop.entryAt);
}
@inline export function lastSlice(hop: Hop, entry: usize): u32 {
  return load<u32>(entry + hop.entryAt, 4);
}
@inline export function setLast(hop: Hop, entry: usize, row: usize, slice: u32): void {
  store<u64>(entry + hop.entryAt, <u64>row | (<u64>slice << 32));
}
/** The image of the window's row has to be made anew. */
@inline export function isStale(hop: Hop, entry: usize): bool {
  return load<u32>(entry + hop.entryAt, 36) != 0;
}
@inline export function setStale(hop: Hop, entry: usize, stale: bool): void {
  store<u32>(entry + hop.entryAt, u32(stale), 36);
}
/** The image of the window's row. */
@inline export function madeRow(hop: Hop, entry: usize): usize {
  return entry + hop.entryAt + ((ENTRY_FIELDS_BYTES + 15) & ~15);
}
/** The window for which late rows were folded in. */
@inline export function foldedOf(hop: Hop, entry: usize): i64 {
  return load<i64>(entry + hop.entryAt, 16);
}
@inline export function setFolded(hop: Hop, entry: usize, window: i64): void {
  store<i64>(entry + hop.entryAt, window, 16);
}

/** Memory for a group's work, counted as state; 0 when the memory's maximum is reached. */
export function hopTake(a: Aggregation, bytes: u32): usize {
  const address = state_force(bytes);
  if (address) a.bytes += <u32>block_size(bytes);
  return address;
}

/** Room of at least `bytes` until the next call; 0 when the memory's maximum is reached. */
export function hopScratch(a: Aggregation, bytes: u32): usize {
  const hop = hopOf(a);
  if (hop.scratchBytes >= bytes) return hop.scratch;
  const room = hopTake(a, bytes);
  if (!room) return 0;
  if (hop.scratchBytes) spaceGive(a, hop.scratch, hop.scratchBytes);
  hop.scratch = <u32>room;
  hop.scratchBytes = <u32>block_size(bytes);
  return room;
}

/** Makes the part of an aggregation that hops; false when there is no memory. */
export function hopMake(a: Aggregation): bool {
  const address = block_alloc(HOP_BYTES);
  if (!address) return false;
  memory.fill(address, 0, HOP_BYTES);
  a.hop = <u32>address;
  const hop = hopOf(a);
  hop.entries = changetype<Pool>(address + POOLS_AT);
  hop.late = changetype<Pool>(address + POOLS_AT + 16);
  hop.slices = a.size / a.width;
  hop.step = a.slide / a.width;
  hop.entryAt = a.madeBytes;
  const more = a.suffixAt ? ((ENTRY_FIELDS_BYTES + 15) & ~15) - ENTRY_FIELDS_BYTES + a.imageBytes : a.calls << 2;
  hop.entries.itemBytes = (a.madeBytes + ENTRY_FIELDS_BYTES + more + 15) & ~15;
  hop.late.itemBytes = 16;
  pairMake(a, hop, a.madeBytes + ENTRY_FIELDS_BYTES);
  hopClear(a);
  return true;
}

/** Gives back what a group has of its own. */
export function hopGroupRelease(a: Aggregation, g: HopGroup): void {
  if (g.buckets) spaceGive(a, g.buckets, (g.mask + 1) << 2);
  if (g.order) spaceGive(a, g.order, g.capacity << 4);
  g.buckets = 0;
  g.order = 0;
  g.capacity = 0;
  g.first = 0;
  g.count = 0;
}

function groupClear(g: HopGroup): void {
  g.late = 0;
  g.start = i64.MIN_VALUE;
  g.end = i64.MIN_VALUE;
  g.boundary = i64.MIN_VALUE;
  g.window = i64.MIN_VALUE;
}

/** Frees all entries and lists; the links of rows stay as they are. */
function hopClear(a: Aggregation): void {
  const hop = hopOf(a);
  for (let group: u32 = 0; group < 128; group++) {
    const g = hopGroupAt(a, group);
    hopGroupRelease(a, g);
    groupClear(g);
  }
  poolFree(a, hop.entries);
  poolFree(a, hop.late);
  directDrop(a, hop);
  if (hop.scratchBytes) spaceGive(a, hop.scratch, hop.scratchBytes);
  hop.scratch = 0;
  hop.scratchBytes = 0;
  hop.owner = 0;
  hop.endMax = i64.MIN_VALUE;
}

/** Forgets the windows under way: they are made from the slices again when somebody asks. */
export function hopReset(a: Aggregation): void {
  if (hopOf(a).owner) {
    for (let i: u32 = 0; i < a.sliceCount; i++) {
      for (let group = a.groupFrom; group < a.groupTo; group++) unlinkTable(a, i, group);
    }
  }
  hopClear(a);
}

/** The same of one key group. */
export function hopGroupForget(a: Aggregation, group: u32): void {
  const hop = hopOf(a), g = hopGroupAt(a, group), end = g.end;
  if (end == i64.MIN_VALUE) return;
  for (let i: u32 = 0; i < a.sliceCount && sliceAt(a, i).index < end; i++) unlinkTable(a, i, group);
  for (let late: usize = g.late; late;) {
    const next: usize = load<u32>(late);
    poolGive(hop.late, late);
    late = next;
  }
  for (let i: u32 = 0; i < g.count; i++) {
    const entry: usize = load<u32>(<usize>g.order + (<usize>(g.first + i) << 4), 8);
    directSet(hop, entry, 0);
    poolGive(hop.entries, entry);
  }
  hopGroupRelease(a, g);
  groupClear(g);
  for (let other: u32 = 0; other < 128; other++) if (hopGroupAt(a, other).count) return;
  poolFree(a, hop.entries);
}

function unlinkTable(a: Aggregation, position: u32, group: u32): void {
  const table = tableAt(a, sliceAt(a, position), group);
  if (!changetype<usize>(table)) return;
  for (let page: usize = table.first; page; page = load<u32>(page, PAGE_NEXT)) {
    const end = page + PAGE_HEADER + pageUsed(table, page);
    for (let row = page + PAGE_HEADER; row < end; row += a.rowBytes) {
      setEntry(a, row, 0);
      setOut(a, row, false);
    }
  }
}

/** With the aggregation. */
export function hopFree(a: Aggregation): void {
  if (!a.hop) return;
  hopClear(a);
  block_free(a.hop, HOP_BYTES);
  a.hop = 0;
}

// Positions in the list of slices that were asked for last: all key groups of a window ask for the same
const KNOWN: usize = memory.data(4 * 16, 16);

/** To be called when slices may have come or gone. */
export function positionsForget(): void {
  for (let i: usize = 0; i < 4; i++) store<u32>(KNOWN + (i << 4), <u32>-1, 8);
}

/** slicePosition, from a memo. */
export function positionOf(a: Aggregation, index: i64): u32 {
  const at = KNOWN + (<usize>(<u32>index & 3) << 4);
  if (load<u32>(at, 8) == <u32>-1 || load<i64>(at) != index) {
    store<i64>(at, index);
    store<u32>(at, slicePosition(a, index), 8);
  }
  return load<u32>(at, 8);
}
