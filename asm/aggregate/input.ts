// PUSH: what TypeScript hands over with a batch, and what it gets back. Field by field beside
// src/kernel/aggregate_layout.ts.
@unmanaged
export class Push {
  // in
  keys: u32; // 0: address of COLUMNs
  args: u32; // 4: address of COLUMNs (type 0: no argument); of a merge, of the state columns
  time: u32; // 8: address of a COLUMN; of a merge, the slices' starts
  selection: u32; // 12
  selected: u32; // 16
  running: u32; // 20: address of i64 a row, or 0
  epochs: u32; // 24: of a merge, address of i64 a row
  counts: u32; // 28: of a merge, address of i64 a row: rows of each partial
  before: f64; // 32
  others: f64; // 40
  delay: f64; // 48
  rowsBefore: f64; // 56: rows of the log between row 0 of the last batch and this one's; -1 continues the last merge
  // out
  consumed: u32; // 64: selected rows taken
  late: u32; // 68: positions in the late list
  lateRows: f64; // 72: rows that were late (of a merge: the rows of late partials)
  nullTime: u32; // 80: rows without a time
  lateSelection: u32; // 84: address of i32 row numbers
  stop: u32; // 88: why not all were taken
}

/** Nothing stopped the push. */
export const STOP_NONE: u32 = 0;
/** State memory is full, or there are too many slices. */
export const STOP_FULL: u32 = 1;
/** No memory for the late list. */
export const STOP_MEMORY: u32 = 3;
/** A row of a key group that this task does not own. */
export const STOP_FOREIGN: u32 = 4;
