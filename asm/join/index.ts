// Join room: rows of two inputs meet by equal keys. A batch is pushed and worked on in steps; a step makes records
// (records.ts) of what meets, the residual condition runs over them outside, and `join_decide` makes rows of output of
// what it lets through, which `join_emit` gathers. Between a step and the next all rows that it named stay.
import { arena_alloc } from "../memory";
import { COLUMN_SIZE } from "../layout";
import { rowsGather } from "../rows/gather";
import { heapTime } from "../rows/heap";
import { TIME_END, timeOf } from "../aggregate/window";
import { decide, recordsToLists } from "./decide";
import { stepInterval, stepLeave } from "./interval";
import { expire, setNow } from "./keep";
import { PUSH_BUSY, Push, pushBegin } from "./push";
import { clearGraves } from "./records";
import { stepRegular } from "./regular";
import { INTERVAL, Join, REGULAR, SEMI, WINDOW, heapOf, joinFree, joinMake, joinResume, recordsFor, storeOf } from "./spec";
import { stepTemporal, takeTemporal } from "./temporal";
import { stepWindow, takeWindow } from "./window";

export { join_hold, join_release } from "./due";
export { join_begun, join_shelf, join_shelf_begin } from "./shelf";
export { join_put_scalars, join_restored, join_scalars, join_side } from "./state";

/** Rows of a side that one step drops at most because their time to live has passed: more than a batch brings. */
const EXPIRED_ROWS: u32 = 16384;

@inline function joinAt(join: usize): Join {
  return changetype<Join>(join);
}

/** A join from a SPEC (spec.ts); 0 when there is no memory. */
export function join_create(spec: usize): usize {
  return joinMake(spec);
}

/** Goes on with the rows of a join whose plan has changed: RESUME_DONE, or why that cannot be (spec.ts). */
export function join_resume(join: usize, ttl: f64, where: bool, leftUnique: bool, rightUnique: bool): u32 {
  return joinResume(joinAt(join), ttl, where, leftUnique, rightUnique);
}

export function join_free(join: usize): void {
  joinFree(joinAt(join));
}

/** Nothing of the batch at hand is left to be done. */
@inline function batchDone(j: Join): bool {
  return j.next == j.selected && (!j.open || j.mode > REGULAR && j.mode != INTERVAL);
}

/** Takes a batch (push.ts): PUSH_DONE, or why it is not taken. */
export function join_push(join: usize, push: usize): u32 {
  const j = joinAt(join);
  return batchDone(j) ? pushBegin(j, changetype<Push>(push)) : PUSH_BUSY;
}

/** The watermark has come to `ms`. */
export function join_advance(join: usize, ms: f64): void {
  const j = joinAt(join), time = timeOf(ms);
  j.due = true;
  if (time <= j.watermark) return;
  j.watermark = time;
  setNow(j, time);
}

/** Works on the batch at hand. Negative: no memory; 1: there is more to do. */
function stepBatch(j: Join, most: u32): i32 {
  let done: bool;
  if (j.mode == REGULAR) done = stepRegular(j, most);
  else if (j.mode == INTERVAL) done = stepInterval(j, most);
  else done = j.mode == WINDOW ? takeWindow(j) : takeTemporal(j);
  return done ? 1 : -1;
}

/**
 * Works on what the watermark has passed; 0 = there is nothing left. What a batch brings that it has passed already waits
 * for the next advance: else it would show where batches were cut.
 */
function stepWatermark(j: Join, most: u32): i32 {
  if (!j.due || j.mode == REGULAR) return 0;
  if (j.mode == INTERVAL) j.due = stepLeave(j, most);
  else j.due = j.mode == WINDOW ? stepWindow(j, most) : stepTemporal(j, most);
  return i32(j.due);
}

/**
 * Makes records for up to `rowsMax` rows of output and frees what the step before this one named. 1: there may be more to
 * do; 0: there is no more for now, behind these records; −1: the memory's maximum is reached.
 */
export function join_step(join: usize, rowsMax: u32): i32 {
  const j = joinAt(join), most = recordsFor(j, rowsMax);
  clearGraves(j.left);
  clearGraves(j.right);
  j.recordCount = 0;
  if (!batchDone(j)) return stepBatch(j, most);
  j.columns = 0;
  j.made = true;
  if (j.ttl) {
    expire(j, j.left, EXPIRED_ROWS);
    expire(j, j.right, EXPIRED_ROWS);
  }
  const more = stepWatermark(j, most);
  if (more || j.recordCount) return more;
  clearGraves(j.left);
  clearGraves(j.right);
  return more;
}

/**
 * Of an interval join, the least time at which a row that waits leaves, of sides whose rows may come out then: +∞ when none
 * waits. It comes out at the first watermark above that.
 */
export function join_leaves_at(join: usize): f64 {
  const j = joinAt(join), left = j.left, right = j.right;
  let least = TIME_END;
  if (left.alone && heapOf(left).size) least = heapTime(heapOf(left));
  if (right.alone && heapOf(right).size) least = min(least, heapTime(heapOf(right)));
  return least == TIME_END ? Infinity : <f64>least;
}

/** Records that the step has made. */
export function join_records(join: usize): u32 {
  return joinAt(join).recordCount;
}

/** Brings the entries of the records into lists, for join_gather. */
export function join_lists(join: usize): void {
  recordsToLists(joinAt(join));
}

/** Gathers the columns that `picks` names (u32 each) of a side's rows in the records, as COLUMNs at `out`; false without memory. */
export function join_gather(join: usize, isRight: bool, picks: usize, picked: u32, out: usize): bool {
  const j = joinAt(join), side = isRight ? j.right : j.left, list = isRight ? j.rightList : j.leftList;
  const columns: usize = j.side == u32(isRight) ? j.columns : 0;
  return rowsGather(storeOf(side), columns, list, j.recordCount, picks, picked, out, false);
}

/** Makes rows of output of the records (decide.ts) and returns how many. */
export function join_decide(join: usize, bits: usize, validity: usize): u32 {
  return decide(joinAt(join), bits, validity);
}

/**
 * Writes COLUMNs of the output to `out`, behind u32 address of the kinds (0: all are inserts) and u32 address of the
 * causes (0: the watermark) at `head`; false without memory.
 */
export function join_emit(join: usize, out: usize, head: usize): bool {
  const j = joinAt(join), rows = j.outRows, left = storeOf(j.left), right = storeOf(j.right);
  const leftColumns: usize = j.side == 0 ? j.columns : 0, rightColumns: usize = j.side == 1 ? j.columns : 0;
  if (!rowsGather(left, leftColumns, j.leftList, rows, 0, 0, out, false)) return false;
  const behind = out + <usize>left.columns * COLUMN_SIZE;
  if (j.type < SEMI && !rowsGather(right, rightColumns, j.rightList, rows, 0, 0, behind, false)) return false;
  const kinds = j.anyKind ? arena_alloc(rows) : 0, causes = j.made ? 0 : arena_alloc(<usize>rows << 2);
  if ((j.anyKind && !kinds) || (!j.made && !causes)) return false;
  if (kinds) memory.copy(kinds, j.kinds, rows);
  if (causes) memory.copy(causes, j.causes, <usize>rows << 2);
  store<u32>(head, <u32>kinds);
  store<u32>(head, <u32>causes, 4);
  return true;
}

/** Rows that came late, and rows without a time, since this was asked last. */
export function join_late(join: usize): u32 {
  const j = joinAt(join), late = j.late;
  j.late = 0;
  return late;
}

export function join_null_time(join: usize): u32 {
  const j = joinAt(join), count = j.nullTime;
  j.nullTime = 0;
  return count;
}

export function join_state_rows(join: usize): u32 {
  const j = joinAt(join);
  return storeOf(j.left).rows + storeOf(j.right).rows;
}

export function join_state_bytes(join: usize): u32 {
  const j = joinAt(join);
  return storeOf(j.left).bytes + storeOf(j.right).bytes;
}
