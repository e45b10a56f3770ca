// Windows that end: a row whose key has the end of its window waits in that window's list until the watermark passes
// it, leaves by (key group, arrival), and is freed: at once, or after the lateness that is allowed. Where each change
// has come already, rows are freed alone. Of a window whose rows have left memory, those of some key groups come out at a time (group_hold).
import { block_alloc, block_free } from "../memory";
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY } from "../layout";
import { rowsSortByNumber } from "../rows/sort";
import { freeRow } from "./drop";
import { NO_MEMORY, DONE, outColumns, putKeys, setBit } from "./push";
import { bits, noRoom, readResult, resultBegin, there } from "./result";
import { FLAG_FINAL, FLAG_WINDOWED, Group, ROW_ALIVE, ROW_FIRED, ROW_GROUP, ROW_NEWER, callAt, has } from "./spec";
import { COUNT, FIRED, FIRST, MIXED, endsFree, leaveWindow, windowAt, windowsGone } from "./windows";

const FIRE_ROWS_MAX: u32 = 8192;
const KEY_GROUPS: u32 = 128;
const STARTS: usize = memory.data(129 * 4, 16);

/** Rows whose (time, key group) come before this place are in memory: what is at the place or behind it waits. `time` +∞: all are. */
export function group_hold(group: usize, time: f64, keyGroup: u32): void {
  const g = changetype<Group>(group);
  g.holdTime = time == Infinity ? i64.MAX_VALUE : time == -Infinity ? i64.MIN_VALUE : i64(time);
  g.holdGroup = keyGroup;
}

/** Key groups of a window that may come out, the first ones. */
function limitOf(g: Group, window: usize): u32 {
  const time = load<i64>(window) - 1;
  return time < g.holdTime ? KEY_GROUPS : time == g.holdTime ? g.holdGroup : 0;
}

/** Rows of the window that may come out and are not, as u32 at `list`, in the order in which they were made; how many. */
function listRows(g: Group, window: usize, limit: u32, list: usize): i32 {
  let found: u32 = 0;
  for (let row: usize = load<u32>(window, FIRST); row; row = load<u32>(row, ROW_NEWER)) {
    if (load<u32>(row, ROW_FIRED) || load<u8>(row, ROW_GROUP) >= limit) continue;
    store<u32>(list + (<usize>found << 2), <u32>row);
    found++;
  }
  if (load<u32>(window, MIXED) && !rowsSortByNumber(list, found, g.nameAt)) return NO_MEMORY;
  return <i32>found;
}

/** Rows by key group, those of one group in their order, as u32 at `to`. */
function sortRows(list: usize, count: u32, to: usize): void {
  memory.fill(STARTS, 0, (KEY_GROUPS + 1) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const start = STARTS + (<usize>(load<u8>(<usize>load<u32>(list + (<usize>i << 2)), ROW_GROUP) + 1) << 2);
    store<u32>(start, load<u32>(start) + 1);
  }
  for (let i: u32 = 1; i <= KEY_GROUPS; i++) {
    const start = STARTS + (<usize>i << 2);
    store<u32>(start, load<u32>(start) + load<u32>(start - 4));
  }
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(list + (<usize>i << 2)), start = STARTS + (<usize>load<u8>(row, ROW_GROUP) << 2);
    const at = load<u32>(start);
    store<u32>(to + (<usize>at << 2), <u32>row);
    store<u32>(row, 1, ROW_FIRED);
    store<u32>(start, at + 1);
  }
}

/** Lists the rows of a window that are to be handed out; how many, −1 when there is no memory. */
function freeze(g: Group, window: usize, limit: u32): i32 {
  const room = load<u32>(window, COUNT) + 1, list = block_alloc(<usize>room << 3);
  if (!list) return NO_MEMORY;
  g.firing = <u32>list;
  g.firingRoom = room;
  g.firingAt = g.firingCount = 0;
  const given = list + (<usize>room << 2), count = listRows(g, window, limit, given);
  if (count < 0) return NO_MEMORY;
  sortRows(given, count, list);
  if (limit == KEY_GROUPS) store<u32>(window, 1, FIRED);
  g.firingCount = count;
  return count;
}

/** The list has been handed out. */
function thaw(g: Group): void {
  if (g.firing) block_free(g.firing, <usize>g.firingRoom << 3);
  g.firing = 0;
}

/** The first window that the watermark has passed and that is not out; 0 = there is none. */
function nextWindow(g: Group): usize {
  for (let i: u32 = 0; i < g.endCount; i++) {
    const window = windowAt(g, i);
    if (load<i64>(window) - 1 > g.watermark) return 0;
    if (!load<u32>(window, FIRED)) return window;
  }
  return 0;
}

/** Frees rows to which nothing can come any more, once they are out, and windows of which no row is left. */
function forget(g: Group): void {
  let gone: u32 = 0;
  for (; gone < g.endCount; gone++) {
    const window = windowAt(g, gone), isOut = load<u32>(window, FIRED) || !has(g, FLAG_FINAL);
    const time = load<i64>(window) - 1 + g.lateness;
    if (time > g.watermark) break;
    for (let row: usize = load<u32>(window, FIRST); row;) {
      const next: usize = load<u32>(row, ROW_NEWER);
      if (isOut || load<u32>(row, ROW_FIRED)) {
        leaveWindow(g, window, row);
        freeRow(g, row);
      }
      row = next;
    }
    if (!isOut || time >= g.holdTime) break;
  }
  if (gone) windowsGone(g, gone);
}

@inline function listed(g: Group, i: u32): usize {
  return load<u32>(<usize>g.firing + (<usize>i << 2));
}

/** Writes the results of a row into row `to` of the batch of results. */
export function putResults(g: Group, row: usize, to: u32): void {
  for (let i: u32 = 0; i < g.calls; i++) {
    const call = callAt(g, i), out = <usize>g.out + <usize>(g.keys + i) * COLUMN_SIZE;
    readResult(g, call, row + call.cell);
    const data: usize = load<u32>(out, COLUMN_DATA), validity: usize = load<u32>(out, COLUMN_VALIDITY);
    if (load<u32>(out, COLUMN_TYPE) != BOOL) store<i64>(data + (<usize>to << 3), there ? bits : 0);
    else if (there && bits) setBit(data, to);
    if (validity && there) setBit(validity, to);
  }
}

/** The next rows of the list that is being handed out; how many they are. */
function handOut(g: Group, most: u32): u32 {
  let rows: u32 = 0;
  for (let i: u32 = 0; i < most; i++) {
    const row = listed(g, g.firingAt + i);
    // All of its rows may have been taken back
    if (load<i64>(row, ROW_ALIVE) == 0) continue;
    putKeys(g, row, rows);
    putResults(g, row, rows);
    rows++;
  }
  g.firingAt += most;
  return rows;
}

/** Rows of windows that the watermark has passed, in COLUMNs; DONE without any. */
export function group_fire(group: usize): i32 {
  const g = changetype<Group>(group);
  if (!has(g, FLAG_WINDOWED)) return DONE;
  while (true) {
    if (g.firingAt == g.firingCount) thaw(g);
    if (!g.firing) {
      forget(g);
      const window = has(g, FLAG_FINAL) ? nextWindow(g) : 0, limit = window ? limitOf(g, window) : 0;
      if (!limit) return DONE;
      const count = freeze(g, window, limit);
      if (count < 0) return NO_MEMORY;
      if (!count && limit < KEY_GROUPS) {
        thaw(g);
        return DONE;
      }
    }
    const most = min<u32>(FIRE_ROWS_MAX, g.firingCount - g.firingAt);
    if (!outColumns(g, most)) return NO_MEMORY;
    resultBegin();
    const rows = handOut(g, most);
    if (noRoom) return NO_MEMORY;
    if (rows) return <i32>rows;
  }
}

/** Frees the lists. */
export function windowsFree(g: Group): void {
  thaw(g);
  endsFree(g);
}
