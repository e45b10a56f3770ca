// Running maxima of event time over the rows of a chunk, across its batches.
import { COLUMN_DATA, COLUMN_VALIDITY } from "../layout";
import { validAt } from "./assign";
import { TIME_END, TIME_START, isTime } from "./window";

// RUNNING, 32 bytes: 0 greatest time so far i64, 8 least i64, 16 flags u32 (1 = never out of order), 24 unused
const GREATEST: usize = 0;
const LEAST: usize = 8;
const SORTED: usize = 16;

export function running_begin(at: usize): void {
  store<i64>(at, TIME_START, GREATEST);
  store<i64>(at, TIME_END, LEAST);
  store<u32>(at, 1, SORTED);
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
