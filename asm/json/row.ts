import {
  COLUMN_STATE_BAD_AT, COLUMN_STATE_INDEX, COLUMN_STATE_NULLABLE, COLUMN_STATE_REASON, COLUMN_STATE_STAMP,
  COLUMN_STATE_STATE, REASON_MISSING, REASON_NULL,
} from "./layout";
import { STATE_BAD, STATE_NULL, STATE_VALUE } from "./scalar";
import { columns, columnsEnd, serial } from "./state";
import { TEMPLATE_NULL_COUNT, TEMPLATE_NULLS } from "./template_layout";
import { clear_nulls, set_null } from "./validity";

// Why the row at hand does not fit its columns, after commit_row() said so
export let misfitAt: usize = 0;
export let misfitReason: i32 = 0;
export let misfitField: i32 = -1;

@inline function stateOf(column: usize): i32 {
  return load<u32>(column, COLUMN_STATE_STAMP) == serial ? load<i32>(column, COLUMN_STATE_STATE) : 0;
}

/** Makes the first misfit in the text the row's, a missing column only if there is no other. */
function misfit(column: usize, reason: i32, at: usize): void {
  if (misfitReason && (reason == REASON_MISSING || (misfitReason != REASON_MISSING && misfitAt < at))) return;
  misfitReason = reason;
  misfitAt = at;
  misfitField = load<i32>(column, COLUMN_STATE_INDEX);
}

/**
 * Ends the row at hand, whose object begins at `start`: columns without a value become NULL. False if a value does
 * not fit or is missing; then the row is to be left out.
 */
export function commit_row(start: usize): bool {
  misfitReason = 0;
  for (let column = columns; column < columnsEnd; column += 64) {
    const state = stateOf(column);
    if (state == STATE_VALUE) continue;
    const at = <usize>load<u32>(column, COLUMN_STATE_BAD_AT);
    if (state == STATE_BAD) misfit(column, load<i32>(column, COLUMN_STATE_REASON), at);
    else if (load<u32>(column, COLUMN_STATE_NULLABLE)) set_null(column);
    else if (state == STATE_NULL) misfit(column, REASON_NULL, at);
    else misfit(column, REASON_MISSING, start);
  }
  if (!misfitReason) return true;
  clear_nulls();
  return false;
}

/** Lists the columns that are NULL in the row at hand in `template`, which was learned from it. */
export function note_nulls(template: usize): void {
  const nulls = <usize>load<u32>(template, TEMPLATE_NULLS);
  let count: u32 = 0;
  for (let column = columns; column < columnsEnd; column += 64) {
    if (stateOf(column) == STATE_VALUE) continue;
    store<u32>(nulls + (<usize>count << 2), <u32>column);
    count++;
  }
  store<u32>(template, count, TEMPLATE_NULL_COUNT);
}
