// Rank room: the first rows of each key by an order.
//
//   PUSH   0            4             8           12
//          +------------+-------------+-----------+-----------+
//          | columns    | selection   | selected  | kinds     |      u32 each; COLUMNs of the store
//          +------------+-------------+-----------+-----------+
import { arena_alloc } from "../memory";
import { COLUMN_DATA, COLUMN_SCALE, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, INT64 } from "../layout";
import { TIME_END, TIME_START, timeOf } from "../aggregate/window";
import { noteLate } from "../batch/late";
import { columnAt, columnIsNull } from "../rows/cell";
import { rowCompareBatch } from "../rows/compare";
import { rowsGather } from "../rows/gather";
import { indexFind, indexFindRow, indexNext } from "../rows/index_rows";
import { keysGroups, keysHash } from "../rows/keys";
import { ROW_HASH } from "../rows/row";
import { rowFree } from "../rows/encode";
import { chainInsert, chainRemove, doom, dropDoomed, findEqual, findPlace, place } from "./chain";
import { changeByInsert, changeByRemove } from "./change";
import { BEFORE, DELETE, OUT_ROWS, emitBegin } from "./emit";
import {
  FLAG_EXPIRES, FLAG_NUMBER, FLAG_RETRACTS, FLAG_SHARED, FLAG_TIES, FLAG_WINDOWED, Rank, has, indexOf, isOld, lengthOf, specFree, specRead,
  storeOf,
} from "./spec";
import { runForgetIn } from "./runs";
import { insertShared, removeShared, walk } from "./shared";
import { windowsFire, windowsFree } from "./window";

export { rank_hold, rank_release, rank_shelf } from "./shelf";
export { rank_index, rank_put_scalars, rank_restored, rank_scalars, rank_settle, rank_store } from "./state";

const NO_MEMORY: i32 = -1;
const DONE: i32 = -2;
const STATE_FULL: i32 = -3;
/** Rows that one step forgets, so that no step is long. */
const EXPIRE_ROWS: u32 = 4096;

export function rank_create(spec: usize): usize {
  const address = specRead(spec);
  if (address) changetype<Rank>(address).ttl = timeOf(load<f64>(spec, 24));
  return address;
}

/** Begins with a batch; false when there is no memory. */
export function rank_push(address: usize, push: usize): bool {
  const rank = changetype<Rank>(address), count = load<u32>(push, 8), columns: usize = load<u32>(push);
  const selection: usize = load<u32>(push, 4);
  rank.input = <u32>push;
  rank.next = 0;
  rank.hashes = <u32>arena_alloc(<usize>count << 2);
  rank.groups = <u32>arena_alloc(count);
  if (!rank.hashes || !rank.groups) return false;
  keysHash(columns, rank.keyList, rank.keys, true, selection, count, storeOf(rank).seed, rank.hashes);
  if (has(rank, FLAG_WINDOWED)) keysGroups(columns, rank.keyList, rank.keys, selection, count, rank.groups);
  return true;
}

/** Takes row `r` back; nothing happens when it is not there. */
function remove(rank: Rank, head: usize, columns: usize, r: u32, end: i64): void {
  const row = head ? findEqual(rank, head, columns, r) : 0;
  if (!row) {
    rank.unknown++;
    return;
  }
  if (!has(rank, FLAG_WINDOWED)) changeByRemove(rank, head, lengthOf(head), place, r);
  chainRemove(rank, head, row, end);
  doom(rank, row);
}

/** Adds row `r`; false when there is no memory. */
function insert(rank: Rank, head: usize, columns: usize, r: u32, at: u32, end: i64): bool {
  const behind = findPlace(rank, head, columns, r), p = place, length = head ? lengthOf(head) : 0;
  const keepsAll = has(rank, FLAG_RETRACTS);
  if (!keepsAll && p > rank.to) return true;
  if (!has(rank, FLAG_WINDOWED)) changeByInsert(rank, head, length, p, r);
  const hash = load<u32>(<usize>rank.hashes + (<usize>at << 2)), group = load<u8>(<usize>rank.groups + at);
  const row = chainInsert(rank, head, behind, columns, r, hash, group, end);
  if (!row) return false;
  if (keepsAll || length < rank.to) return true;
  const first = behind == head ? row : head, last: usize = load<u32>(first, 4);
  chainRemove(rank, first, last, end);
  doom(rank, last);
  return true;
}

/** Adds row `r` where it is as good as the first row of its key, or takes the place of all rows of the key where it is better. */
function insertTie(rank: Rank, head: usize, columns: usize, r: u32, at: u32, end: i64): bool {
  if (hasNull(rank, columns, r)) return true;
  const order = head ? rowCompareBatch(storeOf(rank), head, columns, r, rank.order, rank.orders) : 0;
  if (order < 0) return true;
  for (let row = order > 0 ? head : 0; row;) {
    const next = indexNext(indexOf(rank), row);
    chainRemove(rank, row, row, end);
    rowFree(storeOf(rank), row);
    row = next;
  }
  const hash = load<u32>(<usize>rank.hashes + (<usize>at << 2)), group = load<u8>(<usize>rank.groups + at);
  return chainInsert(rank, order > 0 ? 0 : head, 0, columns, r, hash, group, end) != 0;
}

/** Whether a column of the order is NULL in row `r`. */
function hasNull(rank: Rank, columns: usize, r: u32): bool {
  for (let i: u32 = 0; i < rank.orders; i++) {
    if (columnIsNull(columnAt(columns, load<u32>(<usize>rank.order + (<usize>i << 3))), r)) return true;
  }
  return false;
}

/** One row of the batch; false when there is no memory. */
function take(rank: Rank, at: u32): bool {
  const push: usize = rank.input, selection: usize = load<u32>(push, 4), kinds: usize = load<u32>(push, 12);
  const r = selection ? load<u32>(selection + (<usize>at << 2)) : at, columns: usize = load<u32>(push);
  let end: i64 = 0;
  if (has(rank, FLAG_WINDOWED)) {
    end = load<i64>(<usize>load<u32>(columnAt(columns, rank.endColumn), COLUMN_DATA) + (<usize>r << 3));
    if (end - 1 <= rank.watermark) {
      rank.late++;
      noteLate(r);
      return true;
    }
  }
  const head = indexFind(indexOf(rank), load<u32>(<usize>rank.hashes + (<usize>at << 2)), columns, rank.keyList, r);
  const kind = kinds ? load<u8>(kinds + r) : 0;
  const shared = has(rank, FLAG_SHARED);
  if (kind == BEFORE || kind == DELETE) {
    if (shared) removeShared(rank, head, columns, r, end);
    else remove(rank, head, columns, r, end);
    return true;
  }
  if (shared) {
    const hash = load<u32>(<usize>rank.hashes + (<usize>at << 2)), group = load<u8>(<usize>rank.groups + at);
    return insertShared(rank, head, columns, r, hash, group, end);
  }
  return has(rank, FLAG_TIES) ? insertTie(rank, head, columns, r, at, end) : insert(rank, head, columns, r, at, end);
}

/** Rows that one row of input may put out; where ranks are shared: before it is asked for more of them. */
@inline function fanOut(rank: Rank): u32 {
  return has(rank, FLAG_NUMBER) && !has(rank, FLAG_SHARED) ? 2 * (rank.to - rank.from + 1) : 2;
}

/**
 * Works the batch in until its end, or until there are enough results: how many rows there are, for rank_out. Then the rows of windows
 * that the watermark has passed. DONE when there are no more.
 */
export function rank_pull(address: usize): i32 {
  const rank = changetype<Rank>(address);
  dropDoomed(rank);
  const windowed = has(rank, FLAG_WINDOWED), count = rank.input ? load<u32>(rank.input, 8) : 0;
  while (rank.input) {
    if (!windowed && !emitBegin(rank)) return NO_MEMORY;
    let told = walk(rank);
    while (told && rank.next < count && (windowed || rank.used + fanOut(rank) <= OUT_ROWS)) {
      if (!take(rank, rank.next)) return STATE_FULL;
      rank.next++;
      told = walk(rank);
    }
    if (told && rank.next == count) rank.input = 0;
    if (!windowed && rank.used) return <i32>rank.used;
  }
  if (!windowed) return DONE;
  const fired = windowsFire(rank);
  return fired < 0 ? NO_MEMORY : fired ? <i32>rank.used : DONE;
}

/**
 * Gathers what the last pull found: the columns of the store that `picks` names as COLUMNs at `out`, behind them the rank, where it is asked
 * for. `columns`: those of the batch. Addresses of kinds and causes go to `to`. False when there is no memory.
 */
export function rank_out(address: usize, columns: usize, picks: usize, picked: u32, out: usize, to: usize): bool {
  const rank = changetype<Rank>(address);
  store<u32>(to, rank.kinds);
  store<u32>(to, rank.causes, 4);
  if (has(rank, FLAG_NUMBER)) {
    const number = out + picked * COLUMN_SIZE;
    store<u32>(number, INT64, COLUMN_TYPE);
    store<u32>(number, rank.ranks, COLUMN_DATA);
    store<u32>(number, 0, COLUMN_VALIDITY);
    store<u32>(number, 0, COLUMN_SCALE);
  }
  return rowsGather(storeOf(rank), columns, rank.entries, rank.used, picks, picked, out, false);
}

/** Moves the watermark. The end of the input passes every time to live, also where it is the first one. */
export function rank_advance(address: usize, watermark: f64): void {
  const rank = changetype<Rank>(address), time = timeOf(watermark);
  dropDoomed(rank);
  if (time <= rank.watermark) return;
  if (rank.begun <= TIME_START && time > TIME_START) rank.begun = min(time, TIME_END - rank.ttl);
  rank.watermark = time;
}

/** The first watermark, from which what came before it lives; −∞: there was none yet. */
export function rank_begun(address: usize): f64 {
  const begun = changetype<Rank>(address).begun;
  return begun <= TIME_START ? -Infinity : <f64>begun;
}

/** Forgets some of the rows that are older than the time to live; true when there may be more. */
export function rank_expire(address: usize): bool {
  const rank = changetype<Rank>(address), s = storeOf(rank);
  if (!has(rank, FLAG_EXPIRES)) return false;
  for (let i: u32 = 0; i < EXPIRE_ROWS; i++) {
    const row: usize = rank.oldest;
    if (!row || !isOld(rank, row)) return false;
    const head = indexFindRow(indexOf(rank), load<u32>(row, ROW_HASH), s, row, rank.keyList);
    if (has(rank, FLAG_SHARED)) runForgetIn(rank, head, row);
    chainRemove(rank, head, row, 0);
    rowFree(s, row);
  }
  return true;
}

export function rank_state_rows(address: usize): u32 {
  return storeOf(changetype<Rank>(address)).rows;
}

export function rank_state_bytes(address: usize): u32 {
  return storeOf(changetype<Rank>(address)).bytes;
}

/** Rows that came behind the end of their window. */
export function rank_late(address: usize): u32 {
  return changetype<Rank>(address).late;
}

/** Rows that were taken back without being there. */
export function rank_unknown(address: usize): u32 {
  return changetype<Rank>(address).unknown;
}

/** Frees everything. */
export function rank_free(address: usize): void {
  const rank = changetype<Rank>(address);
  windowsFree(rank);
  specFree(rank);
}
