// The way of a batch into state: blocks of rows are assigned to slices, resolved to state rows, and added to them.
import { COLUMN_DATA, COLUMN_VALIDITY } from "../layout";
import { assignBegin, assignBehind, assignBlock, assignFired, assignPassed, assignTaken, validAt } from "./assign";
import { assignPartial } from "./assign_partial";
import { BLOCK_ROWS, blockKept, blockReady, blockSlice, rowNumber } from "./block";
import { changeBlocksUse } from "./change_blocks";
import { directTend } from "./direct";
import { freshBegin } from "./fresh";
import { fuseStop } from "./fuse";
import { lateNew, lateOld, lateReserve } from "./hop_late";
import { Push, STOP_FULL, STOP_MEMORY, STOP_NONE } from "./input";
import { insertUndo } from "./insert";
import { keysGather } from "./keys";
import { mergeRows } from "./merge";
import { markSlices, resolveBlock, resolved } from "./resolve";
import { slabAdapt } from "./slab";
import { movesBegin } from "./slab_move";
import { Slice } from "./slice";
import { Aggregation, MODE_PARTIAL } from "./spec";
import { updateBytes } from "./update_bytes";
import { resolveAndUpdate, updateBegin, updateFixed, updatesWhileResolving } from "./update";
import { versionsSave, versionsUndo } from "./version";
import { isTime } from "./window";

/** Rows of a log between two batches of partial aggregates; more than a chunk has. */
const ORDINALS_A_MERGE: i64 = 1 << 32;

/** Resolves the kept rows of the block and adds them to state; returns how many before memory ran out, or all. */
function apply(a: Aggregation, push: Push): u32 {
  keysGather(a, push.keys);
  // In front of the slab, which takes the rest of the new memory that a push may have: the index is small, and helps until the slab is there
  if (a.fixedKey && blockSlice) directTend(a, changetype<Slice>(blockSlice));
  if (a.slabs && blockSlice && !assignBehind) slabAdapt(a, changetype<Slice>(blockSlice));
  if (!push.epochs && !assignPassed && !assignBehind && updatesWhileResolving(a)) {
    const done = resolveAndUpdate(a, push.args);
    push.stop = fuseStop;
    markSlices(a);
    return done;
  }
  push.stop = resolveBlock(a);
  const versions = a.versionLast, done = add(a, push);
  markSlices(a);
  if (done < resolved) {
    push.stop = STOP_FULL;
    versionsUndo(a, versions, done);
    insertUndo(a, done);
  }
  return done;
}

/** Adds the resolved rows to state; returns how many before memory ran out. */
function add(a: Aggregation, push: Push): u32 {
  if (!assignBehind) return addResolved(a, push);
  if (!lateReserve(a, resolved)) return 0;
  lateOld(a, resolved);
  const done = addResolved(a, push);
  lateNew(a, done);
  return done;
}

function addResolved(a: Aggregation, push: Push): u32 {
  let done = assignPassed ? versionsSave(a, resolved, assignFired) : resolved;
  if (push.epochs) return mergeRows(a, push.args, done, a.ordinal);
  if (a.variable) done = updateBytes(a, push.args, done, a.ordinal);
  if (done) updateFixed(a, push.args, done, a.ordinal);
  return done;
}

/** Selected rows from position `first` whose row number is below `row`. */
function positionsBelow(push: Push, first: u32, row: u32): u32 {
  if (!push.selection) return row - first;
  let i = first;
  while (load<u32>(<usize>push.selection + (<usize>i << 2)) < row) i++;
  return i - first;
}

/** Takes back what was counted of the `taken` rows from position `first` that come after the first `kept`. */
function uncount(push: Push, first: u32, kept: u32, taken: u32): void {
  const selection = <usize>push.selection;
  const validity = <usize>load<u32>(push.time, COLUMN_VALIDITY), times = <usize>load<u32>(push.time, COLUMN_DATA);
  for (let i = first + kept; i < first + taken; i++) {
    const row = selection ? load<u32>(selection + (<usize>i << 2)) : i;
    const untimed = !push.epochs && !isTime(load<i64>(times + (<usize>row << 3)));
    if (!validAt(validity, row) || untimed) push.nullTime--;
  }
  const stopped = selection ? load<u32>(selection + (<usize>(first + kept) << 2)) : first + kept;
  while (push.late) {
    const row = load<u32>(<usize>push.lateSelection + (<usize>(push.late - 1) << 2));
    if (row < stopped) return;
    push.late--;
    push.lateRows -= push.counts ? <f64>load<i64>(<usize>push.counts + (<usize>row << 3)) : 1;
  }
}

function begin(a: Aggregation, push: Push): bool {
  push.consumed = 0;
  push.late = 0;
  push.lateRows = 0;
  push.nullTime = 0;
  push.lateSelection = 0;
  push.stop = STOP_NONE;
  assignBegin(push);
  movesBegin();
  freshBegin();
  if (push.epochs && push.rowsBefore >= 0) a.ordinal += ORDINALS_A_MERGE;
  return blockReady();
}

/** Pushes a batch, or as much of it as there is room for; the fields of `push` behind `rowsBefore` are the answer. */
export function agg_push(aggregation: usize, at: usize): void {
  const a = changetype<Aggregation>(aggregation), push = changetype<Push>(at);
  if (!begin(a, push)) {
    push.stop = STOP_MEMORY;
    return;
  }
  if (!push.epochs) {
    a.ordinal += <i64>push.rowsBefore;
    updateBegin(a, push.args);
  }
  a.version++;
  changeBlocksUse(a);
  while (push.consumed < push.selected && !push.stop) {
    const first = push.consumed, left = push.selected - first;
    const count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
    const partial = a.mode == MODE_PARTIAL;
    let stop = partial ? assignPartial(a, push, first, count) : assignBlock(a, push, first, count);
    let taken = assignTaken;
    if (blockKept) {
      const done = apply(a, push);
      if (done < blockKept) {
        const kept = positionsBelow(push, first, rowNumber(done));
        uncount(push, first, kept, taken);
        taken = kept;
        stop = push.stop;
      }
    }
    push.consumed += taken;
    push.stop = stop;
  }
}
