// Windows that end: a row whose key has the end of its window waits in that window's list until the watermark passes
// it, leaves by (key group, arrival), and is freed.
//
//   WINDOW   0          8           12         16          20
//            +----------+-----------+----------+-----------+----------+
//            | end i64  | first u32 | last u32 | count u32 | unused   |      ascending by end
//            +----------+-----------+----------+-----------+----------+
import { block_alloc, block_free } from "../memory";
import { COLUMN_DATA, COLUMN_SIZE, COLUMN_VALIDITY, BOOL, COLUMN_TYPE } from "../layout";
import { TIME_END } from "../aggregate/window";
import { spaceGive, spaceTake } from "../state/space";
import { freeRow } from "./drop";
import { NO_MEMORY, DONE, outColumns, putKeys, setBit } from "./push";
import { bits, noRoom, readResult, resultBegin, there } from "./result";
import { Group, ROW_ALIVE, ROW_GROUP, ROW_NEWER, callAt, keyCell } from "./spec";

const WINDOW: u32 = 24;
const END: usize = 0;
const FIRST: usize = 8;
const LAST: usize = 12;
const COUNT: usize = 16;
const CAPACITY_MIN: u32 = 16;
const FIRE_ROWS_MAX: u32 = 8192;
const KEY_GROUPS: u32 = 128;
const STARTS: usize = memory.data(129 * 4, 16);

@inline function windowAt(g: Group, i: u32): usize {
  return <usize>g.ends + i * WINDOW;
}

/** Whether the watermark has passed the window that a row of input belongs to. */
@inline export function isLate(g: Group, keys: usize, number: u32): bool {
  const data: usize = load<u32>(keys + g.endKey * COLUMN_SIZE, COLUMN_DATA);
  return load<i64>(data + (<usize>number << 3)) - 1 <= g.watermark;
}

function grow(g: Group): bool {
  const more = g.endCapacity ? g.endCapacity << 1 : CAPACITY_MIN, fresh = spaceTake(g, more * WINDOW);
  if (!fresh) return false;
  if (g.ends) {
    memory.copy(fresh, g.ends, g.endCount * WINDOW);
    spaceGive(g, g.ends, g.endCapacity * WINDOW);
  }
  g.ends = <u32>fresh;
  g.endCapacity = more;
  return true;
}

/** The window with this end, made when there is none; 0 when there is no memory. Mostly it is one of the last. */
function windowOf(g: Group, end: i64): usize {
  let i = g.endCount;
  while (i > 0 && load<i64>(windowAt(g, i - 1)) > end) i--;
  if (i > 0 && load<i64>(windowAt(g, i - 1)) == end) return windowAt(g, i - 1);
  if (g.endCount == g.endCapacity && !grow(g)) return 0;
  const at = windowAt(g, i);
  memory.copy(at + WINDOW, at, (g.endCount - i) * WINDOW);
  memory.fill(at, 0, WINDOW);
  store<i64>(at, end);
  g.endCount++;
  return at;
}

/** Puts a new row into the list of its window; false when there is no memory. */
export function openWindow(g: Group, row: usize): bool {
  const window = windowOf(g, load<i64>(row + keyCell(g.endKey)));
  if (!window) return false;
  const last: usize = load<u32>(window, LAST);
  if (last) store<u32>(last, <u32>row, ROW_NEWER);
  else store<u32>(window, <u32>row, FIRST);
  store<u32>(window, <u32>row, LAST);
  store<u32>(window, load<u32>(window, COUNT) + 1, COUNT);
  return true;
}

/** Lists the rows of the first window by key group, those of one group as they came; false when there is no memory. */
function freeze(g: Group): bool {
  const window = windowAt(g, 0), count = load<u32>(window, COUNT), list = block_alloc(<usize>(count + 1) << 2);
  if (!list) return false;
  memory.fill(STARTS, 0, 129 * 4);
  for (let row: usize = load<u32>(window, FIRST); row; row = load<u32>(row, ROW_NEWER)) {
    const start = STARTS + (<usize>(load<u32>(row, ROW_GROUP) + 1) << 2);
    store<u32>(start, load<u32>(start) + 1);
  }
  for (let i: u32 = 1; i <= KEY_GROUPS; i++) {
    const start = STARTS + (<usize>i << 2);
    store<u32>(start, load<u32>(start) + load<u32>(start - 4));
  }
  for (let row: usize = load<u32>(window, FIRST); row; row = load<u32>(row, ROW_NEWER)) {
    const start = STARTS + (<usize>load<u32>(row, ROW_GROUP) << 2), at = load<u32>(start);
    store<u32>(list + (<usize>at << 2), <u32>row);
    store<u32>(start, at + 1);
  }
  g.firing = <u32>list;
  g.firingAt = 0;
  g.firingDropped = 0;
  g.firingCount = count;
  g.endCount--;
  memory.copy(window, window + WINDOW, g.endCount * WINDOW);
  return true;
}

@inline function listed(g: Group, i: u32): usize {
  return load<u32>(<usize>g.firing + (<usize>i << 2));
}

/** Frees the rows that the step before has handed out. */
function dropFired(g: Group): void {
  for (; g.firingDropped < g.firingAt; g.firingDropped++) freeRow(g, listed(g, g.firingDropped));
  if (!g.firing || g.firingAt < g.firingCount) return;
  block_free(g.firing, <usize>(g.firingCount + 1) << 2);
  g.firing = 0;
}

function putResults(g: Group, row: usize, to: u32): void {
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i), out = <usize>g.out + <usize>(g.keys + i) * COLUMN_SIZE;
    readResult(g, call, row + call.cell);
    const data: usize = load<u32>(out, COLUMN_DATA), validity: usize = load<u32>(out, COLUMN_VALIDITY);
    if (load<u32>(out, COLUMN_TYPE) != BOOL) store<i64>(data + (<usize>to << 3), there ? bits : 0);
    else if (there && bits) setBit(data, to);
    if (validity && there) setBit(validity, to);
  }
}

/** Rows of windows that the watermark has passed, in COLUMNs; DONE without any. */
export function group_fire(group: usize): i32 {
  const g = changetype<Group>(group);
  while (true) {
    dropFired(g);
    if (!g.firing) {
      if (!g.endCount || load<i64>(windowAt(g, 0)) - 1 > g.watermark) return DONE;
      if (!freeze(g)) return NO_MEMORY;
    }
    const most = min<u32>(FIRE_ROWS_MAX, g.firingCount - g.firingAt);
    if (!outColumns(g, most)) return NO_MEMORY;
    resultBegin();
    let rows: u32 = 0;
    for (let i: u32 = 0; i < most; i++) {
      const row = listed(g, g.firingAt + i);
      // All of its rows may have been taken back
      if (load<i64>(row, ROW_ALIVE) == 0) continue;
      putKeys(g, row, rows);
      putResults(g, row, rows);
      rows++;
    }
    if (noRoom) return NO_MEMORY;
    g.firingAt += most;
    if (rows) return <i32>rows;
  }
}

/** Frees the lists. */
export function windowsFree(g: Group): void {
  if (g.firing) block_free(g.firing, <usize>(g.firingCount + 1) << 2);
  if (g.ends) spaceGive(g, g.ends, g.endCapacity * WINDOW);
}
