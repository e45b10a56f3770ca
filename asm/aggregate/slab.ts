// SLAB: the rows of a slice by key, for one fixed-size key whose values are dense: row (key − base) of one block of
// memory. A key is found without an index, with one cache line where there were two. The tables of the key groups
// keep the order of all rows, and the rows of other keys (strays: NULL, and what lies outside).
//
//   slab    base                              base + slots
//           +---------+---------+---------+---
//           | row     | mark 0  | row     | …     mark 0 = there is no such row
//           +---------+---------+---------+---
//
// A slice begins without a slab and gets one when it has been seen to be dense, at once when its keys lie where those
// of the slice before it did. In a large slab every new row costs a cache miss to write and another one to read: where
// most rows are new, the next slice keeps to tables, with a direct index (table_fuse.ts). Rows of hopping windows lie in
// slabs only until a window of theirs fires (seal.ts). Keys that ascend leave each slab behind: a slice that has become large goes on
// with tables. Rows of tumbling slices are on their way over many pushes (slab_move.ts).
import { block_is_new, block_size, state_room } from "../memory";
import { spaceGive, spaceTake } from "../state/space";
import { Table, tableFree, tableMake } from "../state/table";
import { BLOCK_ROWS, blockKept, blockTargets } from "./block";
import { directFree, directLeave, directRenew } from "./direct";
import { freshTake } from "./fresh";
import { isNarrow } from "./fuse";
import { chunksFree, hotAdd, hotRemove, spareFree } from "./seal";
import { MOVES_IN, MOVES_OUT, moveRows, moveSome } from "./slab_move";
import { Slice, tableAt, tableSet } from "./slice";
import { Aggregation, COUNT, SUM, callAt } from "./spec";

/** To move the rows of a larger one takes long. */
const BYTES_MAX: u32 = 1 << 26;
/** The same of hopping windows, whose rows move at once when the first window fires. */
const HOP_BYTES_MAX: u32 = 1 << 22;
/** Slices of one aggregation that have a slab at a time, so that many open windows leave the state its room. */
export const SLABS_MAX: u32 = 4;
/** Keys that the range of a slab may have for each row. */
export const KEYS_A_ROW_MAX: u32 = 16;
/** Rows of a slice that is worth a slab. */
const ROWS_MIN: u32 = 32;
/** A slice with one row for so many of the slots that the last slab had gets the same. */
const HINT_SLOTS_A_ROW: u32 = 1024;
/** Strays in one block beyond which the slab is made anew, or given up. */
const STRAYS_MAX: u32 = BLOCK_ROWS >>> 3;
/** Bytes that memory.fill clears by plain stores. */
const CLEAR_BYTES: usize = 1024;
/** Bytes that are cleared between two blocks: no push waits for a whole slab, least of all for new memory. */
const STEP_BYTES: u32 = 1 << 21;
const NEW_STEP_BYTES: u32 = 1 << 18;
/** Bytes of state rows in a slice that tables may be the better way for. */
const MANY_BYTES_MIN: u32 = 1 << 22;
/** Rows of the log for each new one, up to which the next slice takes to tables, and up to which it stays with them. */
const BEGIN_ROWS_A_NEW: u64 = 2;
const STAY_ROWS_A_NEW: u64 = 3;
/** Rows of a slice that stays with tables: to move all of them is not worth it any more. */
const BEGIN_ROWS_MAX: u32 = 1 << 17;
/** The same of hopping windows, whose rows move at once. */
const HOP_BEGIN_ROWS_MAX: u32 = 1 << 15;
/**
 * Rows of a slice that gets no larger slab when its keys leave the one that it has: keys that ascend would leave one after the other, and
 * all rows move at once.
 */
const RENEW_ROWS_MAX: u32 = 1 << 14;
/** New tables of the slice, listed by group at blockTargets(); false without memory, and then there are none. */
function moveTables(a: Aggregation, slice: Slice, slab: usize, base: i64, slots: u32): bool {
  const made = blockTargets(), groups = a.groupTo - a.groupFrom;
  for (let g: u32 = 0; g < groups; g++) {
    const old = tableAt(a, slice, a.groupFrom + g), known = changetype<usize>(old) != 0;
    const table = known ? tableMake(a) : changetype<Table>(0);
    store<u32>(made + (<usize>g << 2), <u32>changetype<usize>(table));
    if (!known) continue;
    if (changetype<usize>(table)) {
      table.expected = slab ? 0 : old.rows;
      if (moveRows(a, slice, old, table, slab, base, slots)) continue;
    }
    for (let made = g + 1; made > 0; made--) {
      const address: usize = load<u32>(blockTargets() + (<usize>(made - 1) << 2));
      if (address) tableFree(a, changetype<Table>(address));
    }
    return false;
  }
  return true;
}

/** Clears memory piece by piece, after which it is in the caches: a long memory.fill goes past them. */
function clear(at: usize, end: usize): void {
  for (; at < end; at += CLEAR_BYTES) memory.fill(at, 0, min<usize>(CLEAR_BYTES, end - at));
}

/** Makes a block the slab to come, of which `cleared` bytes are clear. */
function take(a: Aggregation, slice: Slice, block: u32, base: i64, slots: u32, cleared: u32): void {
  a.slabCount++;
  slice.next = block;
  slice.nextBase = base;
  slice.nextSlots = slots;
  slice.nextCleared = cleared;
  hotAdd(a, slice);
}

/** Takes memory for a slab of `slots` rows, which slabAdapt clears step by step; without it there is none for good. */
function prepare(a: Aggregation, slice: Slice, base: i64, slots: u32): void {
  const bytes = slots * a.slotBytes;
  if (a.spare && base == a.spareBase && slots == a.spareSlots) {
    take(a, slice, a.spare, base, slots, bytes);
    a.spare = 0;
    return;
  }
  spareFree(a);
  const next = state_room() < <usize>block_size(bytes) << 1 ? 0 : spaceTake(a, bytes);
  if (!next) {
    slice.slabOff = true;
    return;
  }
  take(a, slice, <u32>next, base, slots, 0);
  slice.nextStep = block_is_new() ? NEW_STEP_BYTES : STEP_BYTES;
}

/** Clears a piece of the slab to come; true when that was the last. */
function clearStep(a: Aggregation, slice: Slice): bool {
  const bytes = slice.nextSlots * a.slotBytes, from = slice.nextCleared, more = min<u32>(bytes - from, slice.nextStep);
  const end = from + (slice.nextStep == NEW_STEP_BYTES ? freshTake(more) : more);
  clear(<usize>slice.next + from, <usize>slice.next + end);
  slice.nextCleared = end;
  return end == bytes;
}

/** Gives back the slab that the slice has, or the one to come. */
export function slabGive(a: Aggregation, address: usize, slots: u32): void {
  if (!address) return;
  spaceGive(a, address, slots * a.slotBytes);
  a.slabCount--;
}

/** Moves the rows of the slice to the slab to come, in place of the one that it has, if any; without memory they stay. */
function move(a: Aggregation, slice: Slice): void {
  const next: usize = slice.next, slots = slice.nextSlots;
  slice.next = 0;
  slice.nextSlots = 0;
  if (!moveTables(a, slice, next, slice.nextBase, slots)) {
    slabGive(a, next, slots);
    slice.slabOff = true;
    if (!slice.slab) hotRemove(a, slice);
    return;
  }
  for (let group = a.groupFrom; group < a.groupTo; group++) {
    const old = tableAt(a, slice, group);
    if (changetype<usize>(old)) tableFree(a, old);
    tableSet(a, slice, group, changetype<Table>(<usize>load<u32>(blockTargets() + ((group - a.groupFrom) << 2))));
  }
  chunksFree(a, slice);
  slabGive(a, slice.slab, slice.slabSlots);
  directFree(a, slice);
  enter(a, slice, <u32>next, slots);
}

/** Makes memory that is clear, or has the slice's rows, its slab. */
function enter(a: Aggregation, slice: Slice, slab: u32, slots: u32): void {
  slice.slab = slab;
  slice.slabBytes = slots * a.slotBytes;
  slice.slabBase = slice.nextBase;
  slice.slabSlots = slots;
  a.hintSlots = slots;
  a.hintSlabBase = slice.slabBase;
}

/** The slab to come is clear: rows go there, at once or from now on. */
function begins(a: Aggregation, slice: Slice): void {
  if (slice.slab || a.hop) {
    move(a, slice);
    return;
  }
  directLeave(a, slice);
  enter(a, slice, slice.next, slice.nextSlots);
  slice.next = 0;
  slice.nextSlots = 0;
  slice.moves = MOVES_IN;
  slice.moveGroup = a.groupFrom;
}

/** Goes on with rows that are on their way. */
function moveOn(a: Aggregation, slice: Slice): void {
  if (!moveSome(a, slice)) return;
  const isIn = slice.moves == MOVES_IN;
  slice.moves = 0;
  if (isIn) {
    directFree(a, slice);
    return;
  }
  slabGive(a, slice.slab, slice.slabSlots);
  slice.slab = 0;
  slice.slabSlots = 0;
  slice.slabBytes = 0;
  hotRemove(a, slice);
  directRenew(a, slice);
}

/** Prepares a slab around the keys of the slice; false when they are not dense enough. */
function prepareDense(a: Aggregation, slice: Slice): bool {
  const range = <u64>(slice.keyMax - slice.keyMin) + 1;
  if (slice.rows > (a.hop ? HOP_BEGIN_ROWS_MAX : BEGIN_ROWS_MAX) || slice.keyMin > slice.keyMax) return false;
  if (range - 1 >= <u64>slice.rows * KEYS_A_ROW_MAX) return false;
  if (range * a.slotBytes > (a.hop ? HOP_BYTES_MAX : BYTES_MAX)) return false;
  const slots = <u32>block_size(<u32>range * a.slotBytes) / a.slotBytes;
  prepare(a, slice, slice.keyMin - <i64>((slots - <u32>range) >>> 1), slots);
  return true;
}

@inline function isHinted(a: Aggregation, key: i64): bool {
  return <u64>(key - a.hintSlabBase) < <u64>a.hintSlots;
}

/** Prepares a slab for a slice that has none, if it is the better way. */
function begin(a: Aggregation, slice: Slice): void {
  if (!slice.rows || a.manyNew || a.slabCount == SLABS_MAX) return;
  if (slice.rows >= a.hintSlots / HINT_SLOTS_A_ROW && isHinted(a, slice.keyMin) && isHinted(a, slice.keyMax)) {
    prepare(a, slice, a.hintSlabBase, a.hintSlots);
  } else if (slice.rows >= ROWS_MIN) {
    prepareDense(a, slice);
  }
}

/** Prepares another slab for a slice with too many strays, or moves its rows to tables for good. */
function renew(a: Aggregation, slice: Slice): void {
  const strays = slice.strays;
  slice.strays = 0;
  if (strays <= STRAYS_MAX || (slice.rows < RENEW_ROWS_MAX && prepareDense(a, slice))) return;
  slice.slabOff = true;
  slice.moves = MOVES_OUT;
  slice.moveGroup = a.groupFrom;
  a.hintSlots = 0;
}

/** Looks, between two blocks, whether the slice is better off with a slab, with another one, or without. */
export function slabAdapt(a: Aggregation, slice: Slice): void {
  slice.taken += blockKept;
  if (slice.moves) moveOn(a, slice);
  if (slice.slabOff || slice.moves) return;
  if (!slice.next) {
    if (slice.slab) renew(a, slice);
    else begin(a, slice);
  }
  if (slice.next && clearStep(a, slice)) begins(a, slice);
  if (slice.moves) moveOn(a, slice);
}

/** The calls are a count and a sum: fuseTables may take them. */
function isCountAndSum(a: Aggregation): bool {
  if (a.calls != 2 || !isNarrow(a)) return false;
  const one = callAt(a, 0).fn, other = callAt(a, 1).fn;
  return (one == COUNT && other == SUM) || (one == SUM && other == COUNT);
}

/** Chooses between slabs and tables for the slice that comes after this one. */
export function slabChoose(a: Aggregation, slice: Slice): void {
  const large = slice.rows >= MANY_BYTES_MIN / a.rowBytes, rows = <u64>slice.rows;
  if (a.manyNew) {
    a.manyNew = large && rows * STAY_ROWS_A_NEW >= slice.taken;
  } else if (slice.slab && large && rows * BEGIN_ROWS_A_NEW >= slice.taken && isCountAndSum(a)) {
    a.manyNew = true;
    a.hintEntries = slice.slabSlots;
    a.hintBase = slice.slabBase;
    a.hintSlots = 0;
  }
}

/** The slice ends. A slab that was hardly used is no model for the next one. */
export function slabEnd(a: Aggregation, slice: Slice): void {
  if (slice.slab && slice.slabSlots / KEYS_A_ROW_MAX > slice.rows) a.hintSlots = 0;
  slabChoose(a, slice);
  hotRemove(a, slice);
  slabGive(a, slice.slab, slice.slabSlots);
  slabGive(a, slice.next, slice.nextSlots);
}
