// Running maxima of event time over the rows of a chunk, across its batches.
import { COLUMN_DATA, COLUMN_VALIDITY } from "../layout";
import { validAt } from "./assign";
import { TIME_END, TIME_START, isTime, timeOf } from "./window";

// RUNNING, 32 bytes: 0 greatest time so far i64, 8 least i64, 16 flags u32 (1 = never out of order), 24 unused
const GREATEST: usize = 0;
const LEAST: usize = 8;
const SORTED: usize = 16;

export function running_begin(at: usize): void {
  store<i64>(at, TIME_START, GREATEST);
  store<i64>(at, TIME_END, LEAST);
  store<u32>(at, 1, SORTED);
}

function running_see(at: usize, t: i64): void {
  if (t < load<i64>(at, GREATEST)) store<u32>(at, 0, SORTED);
  else store<i64>(at, t, GREATEST);
  if (t < load<i64>(at, LEAST)) store<i64>(at, t, LEAST);
}

/**
 * Writes to `out`, i64 a row, the greatest time of the rows before it in the chunk. Rows without a time change
 * nothing.
 */
export function running_add(at: usize, column: usize, rows: u32, out: usize): void {
  const data = <usize>load<u32>(column, COLUMN_DATA), validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  let greatest = load<i64>(at, GREATEST), least = load<i64>(at, LEAST), sorted = load<u32>(at, SORTED);
  for (let i: u32 = 0; i < rows; i++) {
    store<i64>(out + (<usize>i << 3), greatest);
    const t = load<i64>(data + (<usize>i << 3));
    if (!validAt(validity, i) || !isTime(t)) continue;
    if (t < greatest) sorted = 0;
    if (t > greatest) greatest = t;
    if (t < least) least = t;
  }
  store<i64>(at, greatest, GREATEST);
  store<i64>(at, least, LEAST);
  store<u32>(at, sorted, SORTED);
}

/**
 * The same for rows that may not be later than `most`, epoch ms: one that is changes nothing, as if it were not there.
 * Writes the numbers of the other rows to `kept`, unless there are none but these; returns how many these are.
 */
export function running_add_until(at: usize, column: usize, rows: u32, most: f64, out: usize, kept: usize): u32 {
  const limit = timeOf(most);
  const before = load<i64>(at, GREATEST), least = load<i64>(at, LEAST), sorted = load<u32>(at, SORTED);
  running_add(at, column, rows, out);
  if (load<i64>(at, GREATEST) <= limit) return rows;
  store<i64>(at, before, GREATEST);
  store<i64>(at, least, LEAST);
  store<u32>(at, sorted, SORTED);
  const data = <usize>load<u32>(column, COLUMN_DATA), validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  let count: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    store<i64>(out + (<usize>i << 3), load<i64>(at, GREATEST));
    const t = load<i64>(data + (<usize>i << 3)), timed = validAt(validity, i) && isTime(t);
    if (timed && t > limit) continue;
    store<u32>(kept + (<usize>count << 2), i);
    count++;
    if (timed) running_see(at, t);
  }
  return count;
}

/** Whether some cell is a time later than `most`, epoch ms; cells of rows without a value may say so too. */
export function times_beyond(column: usize, rows: u32, most: f64): bool {
  const data = <usize>load<u32>(column, COLUMN_DATA), limit = timeOf(most);
  let beyond: i64 = 0;
  // A wild time makes the difference overflow, which is told beyond or not, and changes nothing in what follows
  for (let i: u32 = 0; i < rows; i++) beyond |= limit - load<i64>(data + (<usize>i << 3));
  return beyond < 0;
}
