// Assigns the rows of a block to the slices of partial aggregates, one for each pair of slice and epoch. The epoch is
// the slice in which the next watermark, running − delay + 1, lies: watermarks of one epoch have passed the same
// windows, so that rows of one slice and epoch are late together, or none is. Whether they are is for the merge to
// say; every row with a time is kept here.
import { COLUMN_DATA, COLUMN_VALIDITY } from "../layout";
import { assignTook, delay, rowAt, validAt, within } from "./assign";
import { blockRows, blockSet, blockSlices } from "./block";
import { Push, STOP_FULL, STOP_NONE } from "./input";
import { EPOCH_NONE, partialSlice } from "./partial";
import { Slice } from "./slice";
import { Aggregation } from "./spec";
import { TIME_START, isTime, sliceOf, sliceStart } from "./window";

@inline function runningAt(push: Push, row: u32): i64 {
  return push.running ? load<i64>(<usize>push.running + (<usize>row << 3)) : TIME_START;
}

@inline function epochOf(a: Aggregation, running: i64): i64 {
  return running == TIME_START ? EPOCH_NONE : sliceOf(a, running - delay + 1);
}

/** Rows from `first` on, at most `count`, that no time comes before in the chunk: one, when all have a time. */
function leadingRows(push: Push, first: u32, count: u32): u32 {
  let rows: u32 = 0;
  while (rows < count && runningAt(push, first + rows) == TIME_START) rows++;
  return rows;
}

/**
 * The usual block: every row selected, none without a time, all in one slice and one epoch. Running times never fall
 * within a chunk, so the first and the last tell of the epochs of all. The first row of a chunk, whose epoch is its
 * own, is a block by itself.
 */
function assignUniform(a: Aggregation, push: Push, first: u32, count: u32): bool {
  const times = <usize>load<u32>(push.time, COLUMN_DATA) + (<usize>first << 3);
  const t = load<i64>(times), epoch = epochOf(a, runningAt(push, first));
  if (!isTime(t)) return false;
  const rows = epoch == EPOCH_NONE ? leadingRows(push, first, count) : count;
  if (epochOf(a, runningAt(push, first + rows - 1)) != epoch) return false;
  const index = sliceOf(a, t);
  if (!within(times, rows, sliceStart(a, index), a.width)) return false;
  const slice = partialSlice(a, index, epoch);
  if (!changetype<usize>(slice)) return false;
  blockSet(rows, true, first, changetype<usize>(slice));
  assignTook(rows);
  return true;
}

/** Assigns `count` selected rows from position `first`, or fewer; returns why it stopped when there is no memory. */
export function assignPartial(a: Aggregation, push: Push, first: u32, count: u32): u32 {
  const selection = <usize>push.selection, validity = <usize>load<u32>(push.time, COLUMN_VALIDITY);
  if (!selection && !validity && assignUniform(a, push, first, count)) return STOP_NONE;
  const times = <usize>load<u32>(push.time, COLUMN_DATA), rows = blockRows(), slices = blockSlices();
  let kept: u32 = 0, stop = STOP_NONE, i: u32 = 0, uniform: usize = 0, mixed = false;
  let slice = changetype<Slice>(0), start: i64 = 0, width: i64 = 0, runningStart: i64 = 0;
  for (; i < count; i++) {
    const row = rowAt(selection, first + i), t = load<i64>(times + (<usize>row << 3));
    if (!validAt(validity, row) || !isTime(t)) {
      push.nullTime++;
      continue;
    }
    const running = runningAt(push, row);
    if (<u64>(t - start) >= <u64>width || <u64>(running - runningStart) >= <u64>width) {
      const index = sliceOf(a, t), epoch = epochOf(a, running);
      slice = partialSlice(a, index, epoch);
      if (!changetype<usize>(slice)) {
        stop = STOP_FULL;
        break;
      }
      start = slice.start;
      width = a.width;
      // No time is near TIME_START
      runningStart = epoch == EPOCH_NONE ? TIME_START : sliceStart(a, epoch) + delay - 1;
    }
    const address = changetype<usize>(slice);
    if (!uniform) uniform = address;
    mixed = mixed || address != uniform;
    store<u32>(rows + (<usize>kept << 2), row);
    store<u32>(slices + (<usize>kept << 2), <u32>address);
    kept++;
  }
  blockSet(kept, kept == count && !selection, first, mixed ? 0 : uniform);
  assignTook(i);
  return stop;
}
