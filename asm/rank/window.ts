// Windows that are open: the rows whose key has the window's end, in the order of their arrival.
//
//   WINDOW   0          8             12            16
//            +----------+-------------+-------------+------------+----------+
//            | end i64  | oldest u32  | newest u32  | fired u32  | unused   |      ascending by end
//            +----------+-------------+-------------+------------+----------+
//
//   fired   rows of key groups in front of it have come out. Where rows leave memory (shelf.ts), those of a window come out in several parts, each in
//           front of a key group.
import { block_alloc, block_free } from "../memory";
import { List, listNewer, listRemove } from "../rows/list";
import { indexNext, indexRemove } from "../rows/index_rows";
import { rowFree } from "../rows/encode";
import { ROW_GROUP } from "../rows/row";
import { rowsSortByTime } from "../rows/sort";
import { storeGive, storeTake } from "../rows/store";
import { rowForget } from "../rows/touch";
import { INSERT, OUT_ROWS, emitBegin, emitStored } from "./emit";
import { handOutShared } from "./runs";
import { FLAG_SHARED, FLAG_TIES, LIST_AT, Rank, has, indexOf, isHead, storeOf } from "./spec";

const WINDOW: u32 = 24;
const OLDEST: usize = 8;
const FIRED: usize = 16;
const CAPACITY_MIN: u32 = 16;
const KEY_GROUPS: u32 = 128;

@inline function windowAt(rank: Rank, i: u32): usize {
  return <usize>rank.ends + i * WINDOW;
}

function grow(rank: Rank): bool {
  const more = rank.endCapacity ? rank.endCapacity << 1 : CAPACITY_MIN, fresh = storeTake(storeOf(rank), more * WINDOW);
  if (!fresh) return false;
  if (rank.ends) {
    memory.copy(fresh, rank.ends, rank.endCount * WINDOW);
    storeGive(storeOf(rank), rank.ends, rank.endCapacity * WINDOW);
  }
  rank.ends = <u32>fresh;
  rank.endCapacity = more;
  return true;
}

/** The list of the window with this end, which is made when there is none; null when there is no memory. */
export function windowList(rank: Rank, end: i64): List {
  let i = rank.endCount;
  while (i > 0 && load<i64>(windowAt(rank, i - 1)) > end) i--;
  if (i > 0 && load<i64>(windowAt(rank, i - 1)) == end) return changetype<List>(windowAt(rank, i - 1) + OLDEST);
  if (rank.endCount == rank.endCapacity && !grow(rank)) return changetype<List>(0);
  const at = windowAt(rank, i);
  memory.copy(at + WINDOW, at, (rank.endCount - i) * WINDOW);
  memory.fill(at, 0, WINDOW);
  store<i64>(at, end);
  rank.endCount++;
  return changetype<List>(at + OLDEST);
}

/** Rows of key groups in front of it may come out. */
function groupsReady(rank: Rank, end: i64): u32 {
  if (!rank.held || end < rank.until) return KEY_GROUPS;
  return end == rank.until ? rank.untilGroup : 0;
}

@inline function isReady(rank: Rank, row: usize): bool {
  return <u32>load<u8>(row, ROW_GROUP) < rank.fired;
}

/** Lists the first rows of the window's chains that may come out by key group and arrival; false when there is no memory. */
function freeze(rank: Rank, window: usize): bool {
  let rows: u32 = 0, count: u32 = 0;
  rank.fired = groupsReady(rank, load<i64>(window));
  for (let row: usize = load<u32>(window, OLDEST); row; row = listNewer(row, LIST_AT)) rows += u32(isReady(rank, row) && isHead(row));
  const list = block_alloc(<usize>(rows + 1) << 2);
  if (!list) return false;
  for (let row: usize = load<u32>(window, OLDEST); row; row = listNewer(row, LIST_AT)) {
    if (!isReady(rank, row) || !isHead(row)) continue;
    store<u32>(list + (<usize>count << 2), <u32>row);
    count++;
  }
  if (!rowsSortByTime(list, rows, 0)) {
    block_free(list, <usize>(rows + 1) << 2);
    return false;
  }
  store<u32>(window, rank.fired, FIRED);
  rank.heads = <u32>list;
  rank.headCount = rows;
  rank.headAt = 0;
  rank.current = 0;
  return true;
}

/** Frees rows of the first window that have been handed out, and it when these are all. */
function drop(rank: Rank): void {
  block_free(rank.heads, <usize>(rank.headCount + 1) << 2);
  rank.heads = 0;
  const window = windowAt(rank, 0);
  for (let row: usize = load<u32>(window, OLDEST); row;) {
    const next = listNewer(row, LIST_AT);
    if (!isReady(rank, row)) {
      row = next;
      continue;
    }
    if (rank.fired < KEY_GROUPS) listRemove(changetype<List>(window + OLDEST), row, LIST_AT);
    indexRemove(indexOf(rank), row);
    rowForget(row); // with all rows whose window ends at or before it
    rowFree(storeOf(rank), row);
    row = next;
  }
  if (rank.fired < KEY_GROUPS) return;
  rank.endCount--;
  memory.copy(window, window + WINDOW, rank.endCount * WINDOW);
}

/** Puts rows of the frozen chains out until the batch is full. */
function handOut(rank: Rank): void {
  const ties = has(rank, FLAG_TIES);
  while (rank.used < OUT_ROWS) {
    if (!rank.current) {
      if (rank.headAt == rank.headCount) return;
      rank.current = load<u32>(<usize>rank.heads + (<usize>rank.headAt << 2));
      rank.headAt++;
      rank.position = 1;
    }
    if (rank.position >= rank.from) emitStored(rank, INSERT, rank.current, rank.position, 0);
    rank.current = ties || rank.position < rank.to ? <u32>indexNext(indexOf(rank), rank.current) : 0;
    rank.position++;
  }
}

/** Begins to hand out rows of windows that the watermark has passed: 1 = there are some in the list, 0 = none, −1 = no memory. */
export function windowsFire(rank: Rank): i32 {
  while (true) {
    if (rank.heads && rank.headAt == rank.headCount && !rank.current) drop(rank);
    if (!rank.heads) {
      if (!rank.endCount || load<i64>(windowAt(rank, 0)) - 1 > rank.watermark) return 0;
      if (groupsReady(rank, load<i64>(windowAt(rank, 0))) <= load<u32>(windowAt(rank, 0), FIRED)) return 0;
      if (!freeze(rank, windowAt(rank, 0))) return -1;
    }
    if (!emitBegin(rank)) return -1;
    if (has(rank, FLAG_SHARED)) handOutShared(rank);
    else handOut(rank);
    if (rank.used) return 1;
  }
}

export function windowsFree(rank: Rank): void {
  if (rank.heads) block_free(rank.heads, <usize>(rank.headCount + 1) << 2);
  if (rank.ends) storeGive(storeOf(rank), rank.ends, rank.endCapacity * WINDOW);
}
