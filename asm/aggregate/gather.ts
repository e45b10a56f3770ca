// The argument of one call for the rows of a block: values and the state rows they go to, side by side, without
// NULLs. A column that is fit as it is is not copied.
import { BOOL, COLUMN_DATA, COLUMN_TYPE, COLUMN_VALIDITY, DOUBLE } from "../layout";
import { validAt } from "./assign";
import { blockAddresses, blockDense, blockFirst, blockStates, blockTargets, blockValues, rowNumber } from "./block";
import { sortable } from "./order";

/** u32 address of the state row of each value. */
export let targets: usize = 0;
/** 8 bytes each. */
export let values: usize = 0;
/** How many. */
export let valueCount: u32 = 0;

/** State rows of the rows in which the argument is not NULL. */
export function gatherTargets(column: usize, rows: u32): void {
  const validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  targets = blockAddresses();
  valueCount = rows;
  if (!validity) return;
  const out = blockTargets();
  let count: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    store<u32>(out + (<usize>count << 2), load<u32>(targets + (<usize>i << 2)));
    count += u32(validAt(validity, rowNumber(i)));
  }
  targets = out;
  valueCount = count;
}

/** Ordinals in the log of the rows in which the argument is not NULL, to blockStates(). */
export function gatherOrdinals(column: usize, rows: u32, base: i64): void {
  const validity = <usize>load<u32>(column, COLUMN_VALIDITY), out = blockStates();
  let count: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const row = rowNumber(i);
    store<i64>(out + (<usize>count << 3), base + <i64>row);
    count += u32(validAt(validity, row));
  }
}

/** Values that are not NULL, with gatherTargets. `ordered`: doubles in the form that sorts. */
export function gatherValues(column: usize, rows: u32, ordered: bool): void {
  gatherTargets(column, rows);
  const type = load<u32>(column, COLUMN_TYPE), data = <usize>load<u32>(column, COLUMN_DATA);
  const validity = <usize>load<u32>(column, COLUMN_VALIDITY), flips = ordered && type == DOUBLE;
  if (!validity && blockDense && type != BOOL && !flips) {
    values = data + (<usize>blockFirst << 3);
    return;
  }
  values = blockValues();
  let count: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const row = rowNumber(i);
    if (!validAt(validity, row)) continue;
    let value: i64;
    if (type == BOOL) value = <i64>((load<u8>(data + (row >> 3)) >> <u8>(row & 7)) & 1);
    else value = load<i64>(data + (<usize>row << 3));
    store<i64>(values + (<usize>count << 3), flips ? sortable(value) : value);
    count++;
  }
}
