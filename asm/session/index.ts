// Session room: windows that end when nothing has come for a gap.
//
//   PUSH   0          4            8           12         16           20         24          32          40
//          +----------+------------+-----------+----------+------------+----------+-----------+-----------+------------+
//          | columns  | selection  | selected  | kinds    | running    | unused   | before    | delay f64 | others f64 |
//          | u32      | u32        | u32       | u32      | u32        |          | f64       |           |            |
//          +----------+------------+-----------+----------+------------+----------+-----------+-----------+------------+
import { arena_alloc } from "../memory";
import { COLUMN_DATA, COLUMN_SCALE, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, TIMESTAMP } from "../layout";
import { isTime, timeOf } from "../aggregate/window";
import { columnAt, columnIsNull } from "../rows/cell";
import { rowFree } from "../rows/encode";
import { rowsGather } from "../rows/gather";
import { heapOrder, heapPop, heapPushAs, heapTime } from "../rows/heap";
import { MANY_ROWS, TOUCH_ROWS, indexFind, indexFirstRows, indexRemove } from "../rows/index_rows";
import { keysGroups, keysHash } from "../rows/keys";
import { rowForget } from "../rows/touch";
import { add, dropAt, earliest, giveTicket, remove, schedule } from "./add";
import {
  FIRST_ROW, KEY_SESSIONS, LAST_ROW, ROW_FOLLOWING, SESSION_ORDER, START, Sessions, TICKET_EARLIEST, TICKET_ENTRIES, TICKET_KEY, endOf, heapOf, indexOf,
  keyStoreOf, rowStoreOf, specFree, specRead,
} from "./spec";

export {
  session_changed, session_index, session_key_store, session_look, session_look_rows, session_put, session_put_scalars, session_restored, session_row_store, session_scalars,
  session_settle,
} from "./state";
export { session_aside, session_aside_begin, session_aside_end, session_sealed, session_shelf } from "./shelf";

const NO_MEMORY: i32 = -1;
const DONE: i32 = -2;
const STATE_FULL: i32 = -3;
const OUT_ROWS: u32 = 8192;
const BEFORE: u8 = 1;
const DELETE: u8 = 3;

export function session_create(spec: usize): usize {
  return specRead(spec);
}

/** Begins with a batch; false when there is no memory. */
export function session_push(address: usize, push: usize): bool {
  const s = changetype<Sessions>(address), count = load<u32>(push, 8), columns: usize = load<u32>(push);
  const selection: usize = load<u32>(push, 4);
  s.input = <u32>push;
  s.next = 0;
  s.hashes = <u32>arena_alloc(<usize>count << 2);
  s.groups = <u32>arena_alloc(count);
  if (!s.hashes || !s.groups) return false;
  keysHash(columns, s.keyList, s.keys, true, selection, count, keyStoreOf(s).seed, s.hashes);
  keysGroups(columns, s.keyList, s.keys, selection, count, s.groups);
  return true;
}

/** The watermark in front of a row. */
@inline function watermarkBefore(s: Sessions, push: usize, r: u32): i64 {
  const running: usize = load<u32>(push, 16);
  if (!running) return s.watermark;
  const most = Math.max(load<f64>(push, 24), <f64>load<i64>(running + (<usize>r << 3)));
  return max<i64>(s.watermark, timeOf(Math.min(most - load<f64>(push, 32), load<f64>(push, 40))));
}

/** One row of the batch; false when there is no memory. */
function take(s: Sessions, at: u32): bool {
  const push: usize = s.input, selection: usize = load<u32>(push, 4), kinds: usize = load<u32>(push, 12);
  const r = selection ? load<u32>(selection + (<usize>at << 2)) : at, columns: usize = load<u32>(push);
  const time = columnAt(columns, s.timeColumn), t = load<i64>(<usize>load<u32>(time, COLUMN_DATA) + (<usize>r << 3));
  if (columnIsNull(time, r) || !isTime(t)) {
    s.nullTime++;
    return true;
  }
  const hash = load<u32>(<usize>s.hashes + (<usize>at << 2));
  const key = indexFind(indexOf(s), hash, columns, s.keyList, r), kind = kinds ? load<u8>(kinds + r) : 0;
  if (kind == BEFORE || kind == DELETE) {
    remove(s, key, columns, r, t);
    return true;
  }
  return add(s, key, columns, r, hash, load<u8>(<usize>s.groups + at), t, watermarkBefore(s, push, r));
}

const TOUCHED: usize = memory.data(512, 16); // TOUCH_ROWS addresses
/** Holds what was read for nothing but the cache, so that it is read. */
let touched: u64 = 0;

/** Replaces addresses by those that lie at an offset of what they name, and reads that: waits for memory overlap, since none depends on another. */
@inline function follow(count: u32, offset: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = TOUCHED + (<usize>i << 2), thing: usize = load<u32>(at);
    if (thing) store<u32>(at, load<u32>(thing + offset));
  }
}

/** Reads what the next rows of the batch will ask for: their keys, sessions and the last rows of these; how many rows. */
function touchRows(s: Sessions, most: u32): u32 {
  const count = min<u32>(TOUCH_ROWS, most);
  if (keyStoreOf(s).rows < MANY_ROWS) return count;
  indexFirstRows(indexOf(s), <usize>s.hashes + (<usize>s.next << 2), count, TOUCHED);
  follow(count, KEY_SESSIONS);
  follow(count, LAST_ROW);
  let sum: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(TOUCHED + (<usize>i << 2));
    if (row) sum += load<u32>(row, ROW_FOLLOWING);
  }
  touched = sum;
  return count;
}

/** What came out last may no more refer to rows that have left. */
export function dropDoomed(s: Sessions): void {
  while (s.doomed) {
    const row: usize = s.doomed;
    s.doomed = load<u32>(row);
    rowFree(rowStoreOf(s), row);
  }
}

/** The first session that has ended begins to leave; false = there is none, or no memory (then `full` is true). */
let full: bool = false;

function begin(s: Sessions): bool {
  const heap = heapOf(s);
  full = false;
  while (heap.size && heapTime(heap) - 1 <= s.until) {
    const t = heapTime(heap), order = heapOrder(heap), ticket = heapPop(heap), entries = load<u32>(ticket, TICKET_ENTRIES) - 1;
    const key: usize = load<u32>(ticket, TICKET_KEY);
    store<u32>(ticket, entries, TICKET_ENTRIES);
    // Of the entries that are left none is before the one that came out
    store<i64>(ticket, i64.MAX_VALUE, TICKET_EARLIEST);
    if (!key) {
      s.orphans--;
      if (!entries) giveTicket(s, 0, ticket);
      continue;
    }
    let session: usize = load<u32>(key, KEY_SESSIONS), leaves = false;
    const at = session ? earliest(s, key) : 0;
    if (session) session = load<u32>(at);
    if (session && endOf(s, session) == t) {
      leaves = true;
      const own = load<u64>(session, SESSION_ORDER);
      if (order < own) {
        // The entry is of the time before the key began anew: it comes behind those that began before
        store<u32>(ticket, entries + 1, TICKET_ENTRIES);
        store<i64>(ticket, t, TICKET_EARLIEST);
        if (!heapPushAs(heap, t, own, ticket)) {
          full = true;
          return false;
        }
        continue;
      }
      s.leaving = load<u32>(session, FIRST_ROW);
      s.leavingStart = load<i64>(session, START);
      s.leavingEnd = t;
      dropAt(s, at);
      session = load<u32>(key, KEY_SESSIONS);
      if (session) session = load<u32>(earliest(s, key));
    }
    if (session) {
      full = !schedule(s, session);
    } else if (!entries) {
      giveTicket(s, key, ticket);
      indexRemove(indexOf(s), key);
      rowForget(key);
      rowFree(keyStoreOf(s), key);
    }
    if (full) return false;
    if (leaves) return true;
  }
  return false;
}

function outBegin(s: Sessions): bool {
  s.used = 0;
  s.entries = <u32>arena_alloc(<usize>OUT_ROWS << 2);
  s.starts = <u32>arena_alloc(<usize>OUT_ROWS << 3);
  s.ends = <u32>arena_alloc(<usize>OUT_ROWS << 3);
  return s.entries != 0 && s.starts != 0 && s.ends != 0;
}

/** Rows of the session that leaves, until there are so many. */
function leave(s: Sessions, most: u32): void {
  while (s.leaving && s.used < most) {
    const row: usize = s.leaving, i: usize = s.used;
    s.leaving = load<u32>(row, ROW_FOLLOWING);
    store<u32>(<usize>s.entries + (i << 2), <u32>row);
    store<i64>(<usize>s.starts + (i << 3), s.leavingStart);
    store<i64>(<usize>s.ends + (i << 3), s.leavingEnd);
    store<u32>(row, s.doomed);
    s.doomed = <u32>row;
    s.used++;
  }
}

/** Works the batch in, then hands out rows of sessions that have ended, `most` of them: how many, for session_out. DONE when there are no more. */
export function session_pull(address: usize, most: u32): i32 {
  const s = changetype<Sessions>(address);
  dropDoomed(s);
  if (s.input) {
    const count = load<u32>(s.input, 8);
    for (let ahead = s.next; s.next < count; s.next++) {
      if (s.next == ahead) ahead += touchRows(s, count - ahead);
      if (!take(s, s.next)) return STATE_FULL;
    }
    s.input = 0;
  }
  if (!s.leaving && (!heapOf(s).size || heapTime(heapOf(s)) - 1 > s.until)) return DONE;
  if (!outBegin(s)) return NO_MEMORY;
  most = min<u32>(most, OUT_ROWS);
  while (s.used < most) {
    if (!s.leaving && !begin(s)) break;
    leave(s, most);
  }
  if (full) return NO_MEMORY;
  return s.used ? <i32>s.used : DONE;
}

function timeColumn(out: usize, data: usize): void {
  store<u32>(out, TIMESTAMP, COLUMN_TYPE);
  store<u32>(out, <u32>data, COLUMN_DATA);
  store<u32>(out, 0, COLUMN_VALIDITY);
  store<u32>(out, 0, COLUMN_SCALE);
}

/**
 * Gathers what the last pull found: the columns that `picks` names as COLUMNs at `out`, behind them the start, the end and the last
 * millisecond of the session. False when there is no memory.
 */
export function session_out(address: usize, picks: usize, picked: u32, out: usize): bool {
  const s = changetype<Sessions>(address), times = arena_alloc(<usize>OUT_ROWS << 3), behind = out + picked * COLUMN_SIZE;
  if (!times) return false;
  for (let i: usize = 0; i < <usize>s.used; i++) {
    store<i64>(times + (i << 3), load<i64>(<usize>s.ends + (i << 3)) - 1);
  }
  timeColumn(behind, s.starts);
  timeColumn(behind + COLUMN_SIZE, s.ends);
  timeColumn(behind + 2 * COLUMN_SIZE, times);
  return rowsGather(rowStoreOf(s), 0, s.entries, s.used, picks, picked, out, false);
}

/** Moves the watermark. Sessions leave up to there, but where some are away, up to what session_until says. */
export function session_advance(address: usize, watermark: f64): void {
  const s = changetype<Sessions>(address), time = timeOf(watermark);
  dropDoomed(s);
  if (time > s.watermark) s.watermark = time;
  if (!s.shelf) s.until = s.watermark;
}

/** Sessions leave up to here: those that end until then are all in memory. */
export function session_until(address: usize, until: f64): void {
  const s = changetype<Sessions>(address), time = timeOf(until);
  if (time > s.until) s.until = min<i64>(time, s.watermark);
}

/** Of sessions that end until this watermark all rows have come out. */
export function session_out_until(address: usize): f64 {
  const s = changetype<Sessions>(address), heap = heapOf(s);
  let until = s.until;
  if (s.leaving) until = min<i64>(until, s.leavingEnd - 2);
  else if (heap.size) until = min<i64>(until, heapTime(heap) - 2);
  return <f64>until;
}

export function session_state_rows(address: usize): u32 {
  return rowStoreOf(changetype<Sessions>(address)).rows;
}

export function session_state_bytes(address: usize): u32 {
  const s = changetype<Sessions>(address);
  return rowStoreOf(s).bytes + keyStoreOf(s).bytes;
}

export function session_late(address: usize): u32 {
  return changetype<Sessions>(address).late;
}

export function session_null_time(address: usize): u32 {
  return changetype<Sessions>(address).nullTime;
}

/** Frees everything. */
export function session_free(address: usize): void {
  const s = changetype<Sessions>(address), heap = heapOf(s);
  // Sessions and tickets are blocks of their own
  while (heap.size) {
    const ticket = heapPop(heap), key: usize = load<u32>(ticket, TICKET_KEY), entries = load<u32>(ticket, TICKET_ENTRIES) - 1;
    store<u32>(ticket, entries, TICKET_ENTRIES);
    while (key && load<u32>(key, KEY_SESSIONS)) dropAt(s, key + KEY_SESSIONS);
    if (!entries) giveTicket(s, key, ticket);
  }
  specFree(s);
}
