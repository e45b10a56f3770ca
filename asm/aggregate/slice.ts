// SLICE: the rows of all windows that share a stretch of event time, one table for each key group that has rows.
// Slices are kept in a list ascending by index, with a direct-mapped memo in front of the search.
import { block_alloc, block_free } from "../memory";
import { spaceGive, spaceTake } from "../state/space";
import { Table, tableFree } from "../state/table";
import { Aggregation, MODE_PARTIAL } from "./spec";
import { directEnd, directStart } from "./direct";
import { chunksFree, slabStart, spareFree } from "./seal";
import { slabChoose, slabEnd } from "./slab";
import { fireTime, firstWindow, lastWindow, sliceStart } from "./window";

/** OPEN_SLICES_MAX of core/limits.ts. */
const OPEN_SLICES_MAX: u32 = 65_536;
const MEMO_ENTRIES: u32 = 256;
export const MEMO_BYTES: u32 = MEMO_ENTRIES << 2;

@unmanaged
export class Slice {
  index: i64;
  epoch: i64; // of the rows, in partial aggregates (partial.ts)
  start: i64; // event time
  firstFire: i64; // watermark at which its first window fires: later rows of the slice miss that window
  lastFire: i64; // watermark at which its last window fires: later rows of the slice are late
  slabBase: i64; // see slab.ts
  directBase: i64; // direct index, see direct.ts
  keyMin: i64;
  keyMax: i64;
  direct: u32;
  directEntries: u32;
  directOff: bool;
  directWhole: bool;
  rows: u32;
  mark: u32; // of the row that changed last
  slab: u32;
  slabBytes: u32;
  slabSlots: u32;
  slabOff: bool;
  strays: u32; // rows of the last block whose keys are not the slab's
  nextBase: i64; // slab to come
  next: u32;
  nextSlots: u32;
  nextCleared: u32; // bytes of it that are clear
  nextStep: u32; // bytes to clear between two blocks
  grow: u32; // direct index that is being made (direct_grow.ts), or 0
  growEntries: u32;
  growBase: i64;
  growCleared: u32; // bytes of it that are clear
  growStep: u32; // bytes to clear between two blocks
  growCursors: u32;
  growGroup: u32; // where it goes on
  chunks: u32; // list of memory that pages of its tables lie in (seal.ts)
  moves: u8; // rows are on their way into the slab or out of it (slab_move.ts)
  moveGroup: u32; // the first key group whose rows have not moved
  taken: u64; // rows of the log, where rows may lie in slabs
  coldLow: u64; // a bit for each key group of which rows are in a file (cold.ts)
  coldHigh: u64;
}

const SLICE_HEADER: u32 = (<u32>offsetof<Slice>() + 15) & ~15;

@inline function sliceBytes(a: Aggregation): u32 {
  return SLICE_HEADER + ((a.groupTo - a.groupFrom) << 2);
}

@inline export function sliceAt(a: Aggregation, position: u32): Slice {
  return changetype<Slice>(<usize>load<u32>(<usize>a.slices + (position << 2)));
}

/** The table of a key group, which lies in [groupFrom, groupTo); null before its first row. */
@inline export function tableAt(a: Aggregation, slice: Slice, group: u32): Table {
  return changetype<Table>(<usize>load<u32>(changetype<usize>(slice) + ((group - a.groupFrom) << 2), SLICE_HEADER));
}

@inline export function tableSet(a: Aggregation, slice: Slice, group: u32, table: Table): void {
  store<u32>(changetype<usize>(slice) + ((group - a.groupFrom) << 2), <u32>changetype<usize>(table), SLICE_HEADER);
}

/** Whether rows of a key group of the slice are in a file. */
@inline export function isCold(slice: Slice, group: u32): bool {
  return (((group & 64 ? slice.coldHigh : slice.coldLow) >>> <u64>(group & 63)) & 1) != 0;
}

export function setCold(a: Aggregation, slice: Slice, group: u32): void {
  if (isCold(slice, group)) return;
  if (group & 64) slice.coldHigh |= (<u64>1) << <u64>(group & 63);
  else slice.coldLow |= (<u64>1) << <u64>(group & 63);
  a.coldParts++;
}

export function setWarm(a: Aggregation, slice: Slice, group: u32): void {
  if (!isCold(slice, group)) return;
  if (group & 64) slice.coldHigh &= ~((<u64>1) << <u64>(group & 63));
  else slice.coldLow &= ~((<u64>1) << <u64>(group & 63));
  a.coldParts--;
}

/** Whether rows of a key group of some slice of the window are in a file. */
export function isColdWindow(a: Aggregation, window: i64, group: u32): bool {
  const first = window * (a.slide / a.width), end = first + a.size / a.width;
  for (let i = slicePosition(a, first); i < a.sliceCount; i++) {
    const slice = sliceAt(a, i);
    if (slice.index >= end) return false;
    if (isCold(slice, group)) return true;
  }
  return false;
}

/** Position of the first slice whose index is at least `index`. */
export function slicePosition(a: Aggregation, index: i64): u32 {
  let low: u32 = 0, high = a.sliceCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sliceAt(a, middle).index < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the memo has the address of a slice of this index, or that of another one, or 0. */
@inline export function memoOf(a: Aggregation, index: i64): usize {
  return <usize>a.memo + ((<u32>index & (MEMO_ENTRIES - 1)) << 2);
}

/** The slice, or null when it has no rows. */
export function sliceFind(a: Aggregation, index: i64): Slice {
  const memo = memoOf(a, index);
  const known: usize = load<u32>(memo);
  if (known && changetype<Slice>(known).index == index) return changetype<Slice>(known);
  const position = slicePosition(a, index);
  if (position == a.sliceCount || sliceAt(a, position).index != index) return changetype<Slice>(0);
  const slice = sliceAt(a, position);
  store<u32>(memo, <u32>changetype<usize>(slice));
  return slice;
}

function listReserve(a: Aggregation): bool {
  if (a.sliceCount < a.sliceCapacity) return true;
  const capacity: u32 = a.sliceCapacity ? a.sliceCapacity << 1 : 16;
  const list = block_alloc(<usize>capacity << 2);
  if (!list) return false;
  if (a.sliceCapacity) {
    memory.copy(list, a.slices, a.sliceCount << 2);
    block_free(a.slices, <usize>a.sliceCapacity << 2);
  }
  a.slices = <u32>list;
  a.sliceCapacity = capacity;
  return true;
}

/** A new slice in its place; null when there are too many or there is no memory. */
export function sliceMake(a: Aggregation, index: i64): Slice {
  if (a.sliceCount >= OPEN_SLICES_MAX) return changetype<Slice>(0);
  return sliceMakeAt(a, index, slicePosition(a, index));
}

/** A new slice at a position of the list; null when there is no memory. */
export function sliceMakeAt(a: Aggregation, index: i64, position: u32): Slice {
  if (!listReserve(a)) return changetype<Slice>(0);
  const address = spaceTake(a, sliceBytes(a));
  if (!address) return changetype<Slice>(0);
  memory.fill(address, 0, sliceBytes(a));
  const slice = changetype<Slice>(address);
  slice.index = index;
  slice.start = sliceStart(a, index);
  slice.firstFire = fireTime(a, firstWindow(a, index));
  slice.lastFire = fireTime(a, lastWindow(a, index));
  slice.keyMin = i64.MAX_VALUE;
  slice.keyMax = i64.MIN_VALUE;
  const at = <usize>a.slices + (position << 2);
  memory.copy(at + 4, at, (a.sliceCount - position) << 2);
  store<u32>(at, <u32>address);
  a.sliceCount++;
  store<u32>(memoOf(a, index), <u32>address);
  if (a.slabs && position) {
    slabChoose(a, sliceAt(a, position - 1));
    slabStart(a, slice, sliceAt(a, position - 1));
  }
  directStart(a, slice);
  return slice;
}

/**
 * Rows that a new table may expect: as many as the slice before has in that group, or the one that was dropped last;
 * of partial aggregates, as agg_clear has left it.
 */
export function rowsExpected(a: Aggregation, slice: Slice, group: u32): u32 {
  const position = a.mode == MODE_PARTIAL ? 0 : slicePosition(a, slice.index);
  if (position) {
    const table = tableAt(a, sliceAt(a, position - 1), group);
    if (changetype<usize>(table)) return table.rows;
  }
  return load<u32>(<usize>a.hints + ((group - a.groupFrom) << 2));
}

function sliceFree(a: Aggregation, slice: Slice): void {
  directEnd(a, slice);
  slabEnd(a, slice);
  for (let group = a.groupFrom; group < a.groupTo; group++) {
    const table = tableAt(a, slice, group), known = changetype<usize>(table) != 0;
    store<u32>(<usize>a.hints + ((group - a.groupFrom) << 2), known ? table.rows : 0);
    if (known) tableFree(a, table);
  }
  chunksFree(a, slice);
  a.coldParts -= <u32>(popcnt(slice.coldLow) + popcnt(slice.coldHigh));
  const memo = memoOf(a, slice.index);
  if (load<u32>(memo) == <u32>changetype<usize>(slice)) store<u32>(memo, 0);
  spaceGive(a, changetype<usize>(slice), sliceBytes(a));
}

/** Frees the slices whose last window is not after `window`. */
export function slicesDrop(a: Aggregation, window: i64): void {
  let gone: u32 = 0;
  while (gone < a.sliceCount && lastWindow(a, sliceAt(a, gone).index) <= window) sliceFree(a, sliceAt(a, gone++));
  if (!gone) return;
  a.sliceCount -= gone;
  memory.copy(a.slices, <usize>a.slices + (gone << 2), a.sliceCount << 2);
  if (!a.sliceCount) spareFree(a);
}

/** Frees all slices. */
export function slicesClear(a: Aggregation): void {
  for (let i: u32 = 0; i < a.sliceCount; i++) sliceFree(a, sliceAt(a, i));
  a.sliceCount = 0;
  spareFree(a);
}

/** Frees all slices and their list. */
export function slicesFree(a: Aggregation): void {
  slicesClear(a);
  if (a.sliceCapacity) block_free(a.slices, <usize>a.sliceCapacity << 2);
  a.sliceCapacity = 0;
}

/** The first window from `window` on that has a slice with rows; i64.MAX_VALUE without any. */
export function nextWindow(a: Aggregation, window: i64): i64 {
  const position = slicePosition(a, window * (a.slide / a.width));
  if (position == a.sliceCount) return i64.MAX_VALUE;
  const first = firstWindow(a, sliceAt(a, position).index);
  return first > window ? first : window;
}
