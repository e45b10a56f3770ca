// Assigns the rows of a block to slices, row by row in log order. A row meets the watermark that the rows before it
// have made:
//
//   watermark = min(others, max(before, greatest time of the rows before it in the chunk) − delay)
//
// and never one below an earlier one.
//
//   at or after slice.lastFire    all windows of the row have fired: it is late, counted and left out
//   at or after slice.firstFire   some windows have fired, and must not change any more (version.ts)
import { noteLate } from "../batch/late";
import { COLUMN_DATA, COLUMN_VALIDITY } from "../layout";
import { arena_alloc } from "../memory";
import { blockRows, blockSet, blockSlices } from "./block";
import { Push, STOP_FULL, STOP_MEMORY, STOP_NONE } from "./input";
import { sliceSeal } from "./seal";
import { Slice, sliceFind, sliceMake } from "./slice";
import { Aggregation } from "./spec";
import {
  TIME_START, fireTime, firstWindow, isTime, lastFired, lastWindow, sliceOf, sliceStart, timeOf,
} from "./window";

/** Selected rows that the block takes, kept or not; it may end before the count it was given. */
export let assignTaken: u32 = 0;
/**
 * Rows of the block belong to windows that have fired and have not been pulled; then all its rows see the same last
 * fired window.
 */
export let assignPassed: bool = false;
export let assignFired: i64 = 0;
/** Rows of the block belong to slices of which a window has fired: they may be linked (hop.ts). */
export let assignBehind: bool = false;

// What a push knows of watermarks
let before: i64 = 0;
let others: i64 = 0;
export let delay: i64 = 0;

/** A block of which the first `taken` rows are assigned, and none to slices of which a window has fired. */
export function assignTook(taken: u32): void {
  assignTaken = taken;
  assignPassed = false;
  assignBehind = false;
}

/** Begins a push. */
export function assignBegin(push: Push): void {
  before = timeOf(push.before);
  others = timeOf(push.others);
  delay = timeOf(push.delay);
}

@inline export function validAt(validity: usize, row: u32): bool {
  return !validity || ((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1) != 0;
}

/** The watermark that the row meets; it never falls from row to row. */
@inline function watermarkAt(a: Aggregation, push: Push, row: u32): i64 {
  let own = before - delay;
  if (push.running) {
    const running = load<i64>(<usize>push.running + (<usize>row << 3)) - delay;
    if (running > own) own = running;
  } else if (push.epochs) {
    const epoch = load<i64>(<usize>push.epochs + (<usize>row << 3));
    // The least watermark of this epoch stands for all of them: windows only fire where an epoch begins
    const running = epoch == i64.MIN_VALUE ? TIME_START : sliceStart(a, epoch) - 1;
    if (running > own) own = running;
  }
  if (others < own) own = others;
  return own > a.watermark ? own : a.watermark;
}

@inline export function rowAt(selection: usize, position: u32): u32 {
  return selection ? load<u32>(selection + (<usize>position << 2)) : position;
}

function withinScalar(times: usize, count: u32, start: i64, width: i64): bool {
  const last = start + width - 1;
  let outside: i64 = 0;
  for (const end = times + (<usize>count << 3); times < end; times += 8) {
    const t = load<i64>(times);
    outside |= (t - start) | (last - t);
  }
  return outside >= 0;
}

function withinSimd(times: usize, count: u32, start: i64, width: i64): bool {
  const low = i64x2.splat(start), high = i64x2.splat(start + width - 1);
  let outside = i64x2.splat(0);
  const end = times + ((<usize>count & ~1) << 3);
  for (; times < end; times += 16) {
    const t = v128.load(times);
    outside = v128.or(outside, v128.or(i64x2.sub(t, low), i64x2.sub(high, t)));
  }
  if ((i64x2.extract_lane(outside, 0) | i64x2.extract_lane(outside, 1)) < 0) return false;
  return (count & 1) == 0 || withinScalar(times, 1, start, width);
}

/**
 * True when all times lie in the slice. A difference that overflows for a wild time makes the other one negative, so
 * the sign of
 * either tells (|start| < 2^54).
 */
@inline export function within(times: usize, count: u32, start: i64, width: i64): bool {
  if (ASC_FEATURE_SIMD) {
    return withinSimd(times, count, start, width);
  } else {
    return withinScalar(times, count, start, width);
  }
}

/**
 * The usual block: every row selected, none without a time, all in one slice that no watermark of the block has
 * reached. Watermarks never fall, those that partial aggregates meet included, since these come by epoch: the last
 * row's tells.
 */
function assignUniform(a: Aggregation, push: Push, first: u32, count: u32): bool {
  const times = <usize>load<u32>(push.time, COLUMN_DATA) + (<usize>first << 3);
  const t = load<i64>(times);
  if (!isTime(t)) return false;
  const slice = sliceFind(a, sliceOf(a, t));
  if (!changetype<usize>(slice) || !within(times, count, slice.start, a.width)) return false;
  if (watermarkAt(a, push, first + count - 1) >= slice.firstFire) return false;
  blockSet(count, true, first, changetype<usize>(slice));
  assignTaken = count;
  return true;
}

function addLate(push: Push, row: u32): bool {
  if (!push.lateSelection) {
    push.lateSelection = <u32>arena_alloc(<usize>push.selected << 2);
    if (!push.lateSelection) return false;
  }
  store<u32>(<usize>push.lateSelection + (<usize>push.late << 2), row);
  noteLate(row);
  push.late++;
  push.lateRows += push.counts ? <f64>load<i64>(<usize>push.counts + (<usize>row << 3)) : 1;
  return true;
}

/** Assigns `count` selected rows from position `first`; returns why it stopped before the last. */
export function assignBlock(a: Aggregation, push: Push, first: u32, count: u32): u32 {
  const selection = <usize>push.selection, validity = <usize>load<u32>(push.time, COLUMN_VALIDITY);
  assignPassed = false;
  assignBehind = false;
  if (!selection && !validity && assignUniform(a, push, first, count)) return STOP_NONE;
  const times = <usize>load<u32>(push.time, COLUMN_DATA), rows = blockRows(), slices = blockSlices();
  let kept: u32 = 0, stop = STOP_NONE, i: u32 = 0, uniform: usize = 0, mixed = false;
  let slice = changetype<Slice>(0), index: i64 = 0, start: i64 = 0, width: i64 = 0;
  let firstFire: i64 = 0, lastFire: i64 = 0;
  for (; i < count; i++) {
    const row = rowAt(selection, first + i);
    const t = load<i64>(times + (<usize>row << 3));
    if (!validAt(validity, row) || (!push.epochs && !isTime(t))) {
      push.nullTime++;
      continue;
    }
    if (<u64>(t - start) >= <u64>width) {
      index = sliceOf(a, t);
      start = sliceStart(a, index);
      width = a.width;
      firstFire = fireTime(a, firstWindow(a, index));
      lastFire = fireTime(a, lastWindow(a, index));
      slice = sliceFind(a, index);
    }
    const watermark = watermarkAt(a, push, row);
    if (watermark >= firstFire) {
      if (watermark >= lastFire) {
        if (addLate(push, row)) continue;
        stop = STOP_MEMORY;
        break;
      }
      if (changetype<usize>(slice) && !sliceSeal(a, slice)) {
        stop = STOP_FULL;
        break;
      }
      const fired = lastFired(a, watermark);
      assignBehind = true;
      if (fired > a.drained) {
        if (fired != (assignPassed ? assignFired : lastFired(a, watermarkAt(a, push, rowAt(selection, first))))) break;
        assignPassed = true;
        assignFired = fired;
      }
    }
    if (!changetype<usize>(slice)) {
      slice = sliceMake(a, index);
      if (!changetype<usize>(slice)) {
        stop = STOP_FULL;
        break;
      }
    }
    const address = changetype<usize>(slice);
    if (!uniform) uniform = address;
    mixed = mixed || address != uniform;
    store<u32>(rows + (<usize>kept << 2), row);
    store<u32>(slices + (<usize>kept << 2), <u32>address);
    kept++;
  }
  const dense = kept == count && !selection;
  blockSet(kept, dense, first, mixed ? 0 : uniform);
  assignTaken = i;
  return stop;
}
