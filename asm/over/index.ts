// Over room: aggregates of the rows in front of each row.
//
//   PUSH   0          4            8           12         16           20         24          32          40
//          +----------+------------+-----------+----------+------------+----------+-----------+-----------+------------+
//          | columns  | selection  | selected  | unused   | running    | unused   | before    | delay f64 | others f64 |
//          | u32      | u32        | u32       |          | u32        |          | f64       |           |            |
//          +----------+------------+-----------+----------+------------+----------+-----------+-----------+------------+
import { arena_alloc } from "../memory";
import { COLUMN_DATA } from "../layout";
import { isTime, timeOf } from "../aggregate/window";
import { noteLate } from "../batch/late";
import { columnAt, columnIsNull } from "../rows/cell";
import { rowEncode, rowFree } from "../rows/encode";
import { rowsGather } from "../rows/gather";
import { heapPush } from "../rows/heap";
import { keysGroups, keysHash } from "../rows/keys";
import { ROW_GROUP } from "../rows/row";
import { FLAG_TIMED, Over, has, heapOf, setTime, specFree, specRead, storeOf } from "./spec";
import { dropDoomed, isAsking, peerAdd, stepBegin, stepFill } from "./step";

export {
  over_absent, over_allow, over_asks, over_hold, over_next, over_release, over_shelf, over_shelf_begin, over_wakes_at,
} from "./shelf";
export { over_put_scalars, over_restored, over_scalars, over_settle, over_store } from "./state";

const NO_MEMORY: i32 = -1;
const DONE: i32 = -2;
const STATE_FULL: i32 = -3;
const ASKS: i32 = -4;

export function over_create(spec: usize): usize {
  return specRead(spec);
}

/** Begins with a batch; false when there is no memory. */
export function over_push(address: usize, push: usize): bool {
  const o = changetype<Over>(address), count = load<u32>(push, 8), columns: usize = load<u32>(push);
  const selection: usize = load<u32>(push, 4);
  o.input = <u32>push;
  o.next = 0;
  o.hashes = <u32>arena_alloc(<usize>count << 2);
  o.groups = <u32>arena_alloc(count);
  if (!o.hashes || !o.groups) return false;
  keysHash(columns, o.keyList, o.keys, true, selection, count, storeOf(o).seed, o.hashes);
  keysGroups(columns, o.keyList, o.keys, selection, count, o.groups);
  return true;
}

/** The watermark in front of a row. */
@inline function watermarkBefore(o: Over, push: usize, r: u32): i64 {
  const running: usize = load<u32>(push, 16);
  if (!running) return o.watermark;
  const most = Math.max(load<f64>(push, 24), <f64>load<i64>(running + (<usize>r << 3)));
  return max<i64>(o.watermark, timeOf(Math.min(most - load<f64>(push, 32), load<f64>(push, 40))));
}

/** One row of the batch; false when there is no memory. */
function take(o: Over, at: u32): bool {
  const push: usize = o.input, selection: usize = load<u32>(push, 4), columns: usize = load<u32>(push);
  const r = selection ? load<u32>(selection + (<usize>at << 2)) : at, timed = has(o, FLAG_TIMED);
  let t: i64 = r;
  if (timed) {
    const time = columnAt(columns, o.timeColumn);
    t = load<i64>(<usize>load<u32>(time, COLUMN_DATA) + (<usize>r << 3));
    if (columnIsNull(time, r) || !isTime(t)) {
      o.nullTime++;
      return true;
    }
    if (t <= watermarkBefore(o, push, r)) {
      o.late++;
      noteLate(r);
      return true;
    }
  }
  const row = rowEncode(storeOf(o), columns, r, load<u32>(<usize>o.hashes + (<usize>at << 2)), o.seq++);
  if (!row) return false;
  store<u8>(row, load<u8>(<usize>o.groups + at), ROW_GROUP);
  setTime(row, t);
  if (timed ? heapPush(heapOf(o), t, row) : peerAdd(o, row)) return true;
  rowFree(storeOf(o), row);
  return false;
}

/** The next step: how many rows its feed has, for over_feed and over_out. DONE when there is nothing to do, ASKS when over_allow is awaited. */
export function over_step(address: usize): i32 {
  const o = changetype<Over>(address);
  dropDoomed(o);
  if (o.input) {
    const count = load<u32>(o.input, 8);
    for (; o.next < count; o.next++) if (!take(o, o.next)) return STATE_FULL;
    o.input = 0;
  }
  if (!stepBegin(o)) return NO_MEMORY;
  stepFill(o);
  if (o.feedCount) return <i32>o.feedCount;
  return isAsking(o) ? ASKS : DONE;
}

/** Gathers the columns of the feed that `picks` names as COLUMNs at `out`; returns the address of their kinds, 0 without memory. */
export function over_feed(address: usize, picks: usize, picked: u32, out: usize): usize {
  const o = changetype<Over>(address);
  return rowsGather(storeOf(o), 0, o.feed, o.feedCount, picks, picked, out, false) ? <usize>o.feedKinds : 0;
}

/** How many rows come out with the first `fed` rows of the feed. */
export function over_shown(address: usize, fed: u32): u32 {
  const o = changetype<Over>(address);
  let low: u32 = 0, high = o.outCount;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<u32>(<usize>o.outAt + (<usize>middle << 2)) < fed) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Gathers `count` of the rows that come out, from the one at `from` on, as over_feed does. At `to`: addresses of the place of their results in
 * the feed, and of their causes. False when there is no memory.
 */
export function over_out(address: usize, from: u32, count: u32, picks: usize, picked: u32, out: usize, to: usize): bool {
  const o = changetype<Over>(address), at = <usize>from << 2;
  store<u32>(to, o.outAt + <u32>at);
  store<u32>(to, o.outCauses + <u32>at, 4);
  return rowsGather(storeOf(o), 0, <usize>o.out + at, count, picks, picked, out, false);
}

/** Moves the watermark. */
export function over_advance(address: usize, watermark: f64): void {
  const o = changetype<Over>(address), time = timeOf(watermark);
  if (time > o.watermark) o.watermark = time;
}

export function over_state_rows(address: usize): u32 {
  return storeOf(changetype<Over>(address)).rows;
}

export function over_state_bytes(address: usize): u32 {
  return storeOf(changetype<Over>(address)).bytes;
}

export function over_late(address: usize): u32 {
  return changetype<Over>(address).late;
}

export function over_null_time(address: usize): u32 {
  return changetype<Over>(address).nullTime;
}

/** Frees everything. */
export function over_free(address: usize): void {
  specFree(changetype<Over>(address));
}
