// ASSIGN: how windows lie, the batch that is being assigned, and where in it the next row comes from.

export const KIND_HOP: u32 = 0;
export const KIND_CUMULATE: u32 = 1;

@unmanaged
export class Assign {
  kind: u32;
  lateness: i64; // windows take rows for so long after they have passed; i64.MAX_VALUE = for ever
  columns: u32; // COLUMNs of the input
  time: u32; // COLUMN
  selection: u32;
  selected: u32;
  running: u32; // i64 a row, or 0
  kinds: u32; // bytes, or 0
  position: u32; // of the selected row that comes next
  window: u32; // of that row's windows the next one; those that are closed are passed already
  ncols: u32;
  size: i64;
  step: i64;
  offset: i64;
  watermark: i64; // of the operator, as it was told last
  before: i64;
  others: i64;
  delay: i64;
  late: f64; // rows that windows had closed for, each window for itself, since the start
  nullTime: f64; // rows without a time since the start
}
