// Windows that end: a row whose key has the end of its window waits in that window's list until the watermark passes
// it, leaves by (key group, arrival), and is freed: at once, or after the lateness that is allowed. Where each change
// has come already, rows are freed alone.
//
//   WINDOW   0          8           12         16          20
//            +----------+-----------+----------+-----------+-----------+
//            | end i64  | first u32 | last u32 | count u32 | fired u32 |      ascending by end
//            +----------+-----------+----------+-----------+-----------+
import { block_alloc, block_free } from "../memory";
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY } from "../layout";
import { spaceGive, spaceTake } from "../state/space";
import { freeRow } from "./drop";
import { NO_MEMORY, DONE, outColumns, putKeys, setBit } from "./push";
import { bits, noRoom, readResult, resultBegin, there } from "./result";
import { FLAG_FINAL, FLAG_WINDOWED, Group, ROW_ALIVE, ROW_FIRED, ROW_GROUP, ROW_NEWER, callAt, has, keyCell } from "./spec";

const WINDOW: u32 = 24;
const FIRST: usize = 8;
const LAST: usize = 12;
const COUNT: usize = 16;
const FIRED: usize = 20;
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
  return load<i64>(data + (<usize>number << 3)) - 1 + g.lateness <= g.watermark;
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
  // What comes to a window that has passed is told at once, whichever rows came before it
  store<u32>(at, u32(has(g, FLAG_FINAL) && end - 1 <= g.watermark), FIRED);
  g.endCount++;
  return at;
}

/** Windows that the watermark has passed are out, where results are final. */
export function firedRestore(g: Group): void {
  if (!has(g, FLAG_FINAL)) return;
  for (let i: u32 = 0; i < g.endCount; i++) {
    const window = windowAt(g, i);
    if (load<i64>(window) - 1 > g.watermark) return;
    store<u32>(window, 1, FIRED);
    for (let row: usize = load<u32>(window, FIRST); row; row = load<u32>(row, ROW_NEWER)) store<u32>(row, 1, ROW_FIRED);
  }
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
  store<u32>(row, load<u32>(window, FIRED), ROW_FIRED);
  return true;
}

/** Rows of the window by key group, those of one group as they came, as u32 at `list`. */
function sortRows(window: usize, list: usize): void {
  memory.fill(STARTS, 0, (KEY_GROUPS + 1) << 2);
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
    store<u32>(row, 1, ROW_FIRED);
    store<u32>(start, at + 1);
  }
}

/** Lists the rows of a window that is to be handed out; false when there is no memory. */
function freeze(g: Group, window: usize): bool {
  const count = load<u32>(window, COUNT), list = block_alloc(<usize>(count + 1) << 2);
  if (!list) return false;
  sortRows(window, list);
  store<u32>(window, 1, FIRED);
  g.firing = <u32>list;
  g.firingAt = 0;
  g.firingCount = count;
  return true;
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

/** Frees the rows of windows to which nothing can come any more, once they are out. */
function forget(g: Group): void {
  let gone: u32 = 0;
  for (; gone < g.endCount; gone++) {
    const window = windowAt(g, gone), out = load<u32>(window, FIRED) || !has(g, FLAG_FINAL);
    if (!out || load<i64>(window) - 1 + g.lateness > g.watermark) break;
    for (let row: usize = load<u32>(window, FIRST); row;) {
      const next: usize = load<u32>(row, ROW_NEWER);
      freeRow(g, row);
      row = next;
    }
  }
  if (!gone) return;
  g.endCount -= gone;
  memory.copy(g.ends, windowAt(g, gone), g.endCount * WINDOW);
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
    if (g.firing && g.firingAt == g.firingCount) {
      block_free(g.firing, <usize>(g.firingCount + 1) << 2);
      g.firing = 0;
    }
    if (!g.firing) {
      forget(g);
      const window = has(g, FLAG_FINAL) ? nextWindow(g) : 0;
      if (!window) return DONE;
      if (!freeze(g, window)) return NO_MEMORY;
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
  if (g.firing) block_free(g.firing, <usize>(g.firingCount + 1) << 2);
  if (g.ends) spaceGive(g, g.ends, g.endCapacity * WINDOW);
}
