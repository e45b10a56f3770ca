// Times of the rows of a batch, and the watermark that each meets.
import { COLUMN_DATA, COLUMN_VALIDITY } from "../layout";
import { bitAt, columnAt } from "../rows/cell";
import { isTime } from "../aggregate/window";
import { Join, Side } from "./spec";

/** The watermark that a row of the batch meets: rows before it have moved it, rows behind it have not. */
@inline export function watermarkAt(j: Join, row: u32): i64 {
  if (!j.running) return j.watermark;
  const running = load<i64>(<usize>j.running + (<usize>row << 3)), greatest = max(j.before, running);
  return max(j.watermark, min(greatest - j.delay, j.others));
}

/** The time of the row that timeOfRow looked at, and the watermark that it meets. */
export let rowTime: i64 = 0;
export let rowWatermark: i64 = 0;

/** Reads a row's time; false when it is NULL or no time. */
export function timeOfRow(j: Join, side: Side, row: u32): bool {
  const column = columnAt(j.columns, side.time), validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  if (!validity || bitAt(validity, row)) {
    rowTime = load<i64>(<usize>load<u32>(column, COLUMN_DATA) + (<usize>row << 3));
    if (isTime(rowTime)) {
      rowWatermark = watermarkAt(j, row);
      return true;
    }
  }
  return false;
}
