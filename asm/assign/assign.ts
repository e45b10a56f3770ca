// Assigns rows to windows: each row once for each of its windows that is still open, with window_start, window_end and
// window_time (the window's last millisecond) behind its columns. Rows come in the order of the input, and the copies
// of a row by ascending windows. A row meets the watermark that the rows before it have made:
//
//   watermark = max(advanced, min(others, max(before, greatest time of the rows before it in the chunk) − delay))
//
// and a window is closed for it when window_end − 1 + lateness ≤ watermark.
import { TIME_START, isTime, timeOf } from "../aggregate/window";
import { validAt } from "../aggregate/assign";
import { batchCopied, batch_gather } from "../batch/gather";
import { noteLate } from "../batch/late";
import { NO_MEMORY } from "../frame/status";
import { COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, TIMESTAMP } from "../layout";
import { arena_alloc, block_alloc, block_free } from "../memory";
import { Assign } from "./spec";
import { endStep, firstEnd, firstStart, startStep, windows, windowsOf } from "./window";

/** window_start, window_end, window_time */
const WINDOW_COLUMNS: u32 = 3;

export function assign_new(kind: u32, size: f64, step: f64, offset: f64, lateness: f64): usize {
  const at = block_alloc(offsetof<Assign>());
  if (!at) return 0;
  memory.fill(at, 0, offsetof<Assign>());
  const a = changetype<Assign>(at);
  a.kind = kind;
  a.lateness = isFinite(lateness) ? i64(lateness) : i64.MAX_VALUE;
  a.size = i64(size);
  a.step = i64(step);
  a.offset = i64(offset);
  a.watermark = TIME_START;
  return at;
}

export function assign_free(at: usize): void {
  block_free(at, offsetof<Assign>());
}

export function assign_advance(at: usize, watermark: f64): void {
  const a = changetype<Assign>(at), to = timeOf(watermark);
  if (to > a.watermark) a.watermark = to;
}

/** Watermark, late windows, rows without a time: i64 each. */
export function assign_scalars(at: usize, to: usize): void {
  const a = changetype<Assign>(at);
  store<i64>(to, a.watermark);
  store<i64>(to, i64(a.late), 8);
  store<i64>(to, i64(a.nullTime), 16);
}

export function assign_put_scalars(at: usize, from: usize): void {
  const a = changetype<Assign>(at);
  a.watermark = load<i64>(from);
  a.late = <f64>load<i64>(from, 8);
  a.nullTime = <f64>load<i64>(from, 16);
}

export function assign_late(at: usize): f64 {
  return changetype<Assign>(at).late;
}

export function assign_null_time(at: usize): f64 {
  return changetype<Assign>(at).nullTime;
}

/** Takes a batch; what it points to stays until assign_next has given 0. */
export function assign_push(
  at: usize, columns: u32, ncols: u32, time: u32, selection: u32, selected: u32, kinds: u32, running: u32, before: f64,
  delay: f64, others: f64,
): void {
  const a = changetype<Assign>(at);
  a.columns = columns;
  a.ncols = ncols;
  a.time = time;
  a.selection = selection;
  a.selected = selected;
  a.kinds = kinds;
  a.running = running;
  a.before = timeOf(before);
  a.delay = timeOf(delay);
  a.others = timeOf(others);
  a.position = 0;
  a.window = 0;
}

@inline function rowOf(a: Assign, position: u32): u32 {
  return a.selection ? load<u32>(<usize>a.selection + (<usize>position << 2)) : position;
}

/** The row's time, or one that is none. */
@inline function timeAt(a: Assign, row: u32): i64 {
  if (!validAt(<usize>load<u32>(a.time, COLUMN_VALIDITY), row)) return i64.MAX_VALUE;
  return load<i64>(<usize>load<u32>(a.time, COLUMN_DATA) + (<usize>row << 3));
}

@inline function watermarkAt(a: Assign, row: u32): i64 {
  let reached = a.before;
  if (a.running) {
    const running = load<i64>(<usize>a.running + (<usize>row << 3));
    if (running > reached) reached = running;
  }
  const own = reached == TIME_START ? reached : reached - a.delay, least = own < a.others ? own : a.others;
  return least > a.watermark ? least : a.watermark;
}

/** How many of the row's windows take nothing more at a watermark; `windowsOf` has told them. */
@inline function closedAt(a: Assign, reached: i64): u32 {
  if (a.lateness == i64.MAX_VALUE || reached < TIME_START + a.lateness) return 0;
  const watermark = reached - a.lateness;
  if (watermark < firstEnd - 1) return 0;
  const closed = (watermark + 1 - firstEnd) / endStep + 1;
  return closed < <i64>windows ? <u32>closed : windows;
}

/** Finds the windows of the next row, from `a.window` on. False: it has none (any more), and was counted. */
function openRow(a: Assign, row: u32): bool {
  const t = timeAt(a, row);
  if (!isTime(t)) {
    a.nullTime++;
    return false;
  }
  windowsOf(a, t);
  if (a.window) return a.window < windows;
  a.window = closedAt(a, watermarkAt(a, row));
  a.late += <f64>a.window;
  if (a.window < windows) return true;
  if (windows) noteLate(row);
  return false;
}

/** Writes the COLUMNs of the three window columns behind those of the input. */
function windowColumns(out: usize, starts: usize, ends: usize, times: usize): void {
  for (let c: u32 = 0; c < WINDOW_COLUMNS; c++, out += COLUMN_SIZE) {
    memory.fill(out, 0, COLUMN_SIZE);
    store<u32>(out, TIMESTAMP, COLUMN_TYPE);
    store<u32>(out, <u32>(c == 0 ? starts : c == 1 ? ends : times), COLUMN_DATA);
  }
}

/** Cells of so many rows, readable to the next multiple of 64. */
@inline function cells(count: u32): usize {
  return arena_alloc(((<usize>count + 63) & ~63) << 3);
}

/**
 * The next rows, at most `most`: their COLUMNs at `out`, their kinds' address at `out` behind these and the address of
 * the u32 row numbers that they come from behind that. Returns how many, or NO_MEMORY; 0 at the end of the batch.
 */
export function assign_next(at: usize, most: u32, out: usize): i32 {
  const a = changetype<Assign>(at);
  if (a.position == a.selected) return 0;
  const rows = arena_alloc(<usize>most << 2), starts = cells(most), ends = cells(most), times = cells(most);
  if (!rows || !starts || !ends || !times) return NO_MEMORY;
  let count: u32 = 0;
  while (a.position < a.selected && count < most) {
    const row = rowOf(a, a.position);
    if (openRow(a, row)) {
      let window = a.window;
      for (; window < windows && count < most; window++, count++) {
        const end = firstEnd + <i64>window * endStep;
        store<u32>(rows + (<usize>count << 2), row);
        store<i64>(starts + (<usize>count << 3), firstStart + <i64>window * startStep);
        store<i64>(ends + (<usize>count << 3), end);
        store<i64>(times + (<usize>count << 3), end - 1);
      }
      a.window = window;
      if (window < windows) break;
    }
    a.position++;
    a.window = 0;
  }
  if (!count) return 0;
  if (batch_gather(a.columns, 1, a.ncols, 0, rows, count, out) < 0) return NO_MEMORY;
  windowColumns(out + <usize>a.ncols * COLUMN_SIZE, starts, ends, times);
  const facts = out + <usize>(a.ncols + WINDOW_COLUMNS) * COLUMN_SIZE;
  return batchCopied(at + offsetof<Assign>("kinds"), rows, count, facts);
}

/**
 * Where every row has one window at most: writes the window columns of the whole batch, of `rows` rows, to the COLUMNs
 * at `out`, and to `kept` the numbers of the rows that have an open window. Returns how many, or NO_MEMORY.
 */
export function assign_dense(at: usize, rows: u32, kept: usize, out: usize): i32 {
  const a = changetype<Assign>(at), starts = cells(rows), ends = cells(rows), times = cells(rows);
  if (!starts || !ends || !times) return NO_MEMORY;
  let count: u32 = 0;
  for (; a.position < a.selected; a.position++) {
    const row = rowOf(a, a.position);
    a.window = 0;
    if (!openRow(a, row)) continue;
    store<i64>(starts + (<usize>row << 3), firstStart);
    store<i64>(ends + (<usize>row << 3), firstEnd);
    store<i64>(times + (<usize>row << 3), firstEnd - 1);
    store<u32>(kept + (<usize>count << 2), row);
    count++;
  }
  windowColumns(out, starts, ends, times);
  return <i32>count;
}
