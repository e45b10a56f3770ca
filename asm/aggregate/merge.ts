// Merges partial aggregates. Counts, sums and averages are added column at a time. With other calls each row of the
// batch becomes the image of a state row, which is then combined like any other.
//
// State columns of the calls, in order (state.ts of emission writes the same):
//   count                 count
//   sum of integers       low, wraps            low is NULL without a value
//   sum of doubles        sum
//   avg of integers       low, wraps, count
//   avg of doubles        sum, count
//   min, max              value
//   first, last           value, ordinal
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, DOUBLE } from "../layout";
import { bytesReserve } from "../state/bytes";
import { ROW_FLAGS, ROW_MARK, rowCopy } from "../state/row";
import { validAt } from "./assign";
import { blockAddresses, blockImage, rowNumber, rowSlice } from "./block";
import { blockChanged } from "./change_blocks";
import { combineNeeds, combineRow } from "./combine";
import { nullMask } from "./keys";
import { sortable } from "./order";
import { Slice } from "./slice";
import {
  Aggregation, Call, OP_AVG_DOUBLE, OP_AVG_INT, OP_COUNT, OP_FIRST, OP_FIRST_BYTES, OP_LAST, OP_LAST_BYTES, OP_MAX,
  OP_MIN, OP_SUM_INT, callAt, isWide, setPresent,
} from "./spec";
import { tableOf } from "./update_bytes";
import { wideAdd, wrapsAdd } from "./wide";

/** Columns that the state of a call takes. */
export function stateColumns(op: u32): u32 {
  if (op == OP_AVG_INT) return 3;
  const two = op == OP_SUM_INT || op == OP_AVG_DOUBLE || op == OP_FIRST || op == OP_LAST || op == OP_FIRST_BYTES ||
    op == OP_LAST_BYTES;
  return two ? 2 : 1;
}

@inline function cellAt(column: usize, row: u32): i64 {
  return load<i64>(<usize>load<u32>(column, COLUMN_DATA) + (<usize>row << 3));
}

function valueAt(call: Call, column: usize, row: u32): i64 {
  if (load<u32>(column, COLUMN_TYPE) == BOOL) {
    const data = <usize>load<u32>(column, COLUMN_DATA);
    return <i64>((load<u8>(data + (row >> 3)) >> <u8>(row & 7)) & 1);
  }
  const value = cellAt(column, row);
  const flips = call.type == DOUBLE && (call.op == OP_MIN || call.op == OP_MAX);
  return flips ? sortable(value) : value;
}

function imageCall(a: Aggregation, image: usize, call: Call, column: usize, row: u32, ordinal: i64): void {
  const cell = image + call.cell, op = call.op;
  if (!validAt(load<u32>(column, COLUMN_VALIDITY), row)) return;
  store<i64>(cell, valueAt(call, column, row));
  if (op == OP_COUNT) return;
  setPresent(a, call, image);
  const second = column + COLUMN_SIZE;
  if (isWide(op)) wrapsAdd(image, call.wraps, cellAt(second, row));
  if (op == OP_AVG_INT) store<i64>(cell, cellAt(second + COLUMN_SIZE, row), 8);
  if (op == OP_AVG_DOUBLE) store<i64>(cell, cellAt(second, row), 8);
  if (stateColumns(op) == 2 && op >= OP_FIRST) store<i64>(cell, cellAt(second, row) + ordinal, 8);
}

function imageRow(a: Aggregation, states: usize, row: u32, ordinal: i64): void {
  const image = blockImage();
  rowCopy(image, a.template, a.rowBytes);
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i);
    imageCall(a, image, call, states, row, ordinal);
    states += stateColumns(call.op) * COLUMN_SIZE;
  }
}

/** Makes the calls of a row as they are before their first value. */
export function rowReset(a: Aggregation, row: usize): void {
  const flags = load<u32>(row, ROW_FLAGS) & nullMask(a);
  store<u32>(row + a.presentAt, 0);
  store<u32>(row, flags, ROW_FLAGS);
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i), two = stateColumns(call.op) > 1 && !(call.op == OP_SUM_INT);
    store<i64>(row + call.cell, load<i64>(<usize>a.template + call.cell));
    if (two) store<i64>(row + call.cell, 0, 8);
    if (call.wraps) store<i64>(row + call.wraps, 0);
  }
}

/** Adds the cells of a column to one cell of the rows they were resolved to. */
function addCells(column: usize, rows: u32, cell: u32): void {
  for (let i: u32 = 0; i < rows; i++) {
    const at = <usize>load<u32>(blockAddresses() + (<usize>i << 2)) + cell;
    store<i64>(at, load<i64>(at) + cellAt(column, rowNumber(i)));
  }
}

function addDoubles(column: usize, rows: u32, cell: u32): void {
  for (let i: u32 = 0; i < rows; i++) {
    const at = <usize>load<u32>(blockAddresses() + (<usize>i << 2)) + cell;
    store<f64>(at, load<f64>(at) + reinterpret<f64>(cellAt(column, rowNumber(i))));
  }
}

/** Adds sums of integers: their low halves, and their wraps where there are any. */
function addSums(column: usize, rows: u32, cell: u32, wrapsCell: u32): void {
  for (let i: u32 = 0; i < rows; i++) {
    const row: usize = load<u32>(blockAddresses() + (<usize>i << 2)), number = rowNumber(i);
    const wraps = cellAt(column + COLUMN_SIZE, number);
    wideAdd(row, cell, wrapsCell, cellAt(column, number));
    if (wraps) wrapsAdd(row, wrapsCell, wraps);
  }
}

@inline function markRow(a: Aggregation, row: usize): void {
  if (load<u32>(row, ROW_MARK) == a.mark) return;
  store<u32>(row, a.mark, ROW_MARK);
  blockChanged(row);
}

function setBits(a: Aggregation, rows: u32, bits: u32): void {
  for (let i: u32 = 0; i < rows; i++) {
    const row: usize = load<u32>(blockAddresses() + (<usize>i << 2));
    markRow(a, row);
    store<u32>(row + a.presentAt, load<u32>(row + a.presentAt) | bits);
  }
}

/** All calls are counts, sums or averages, and none of their states is NULL. */
function areAdded(a: Aggregation, states: usize): bool {
  for (let i: u32 = 0; i < a.calls; i++) {
    const op = callAt(a, i).op;
    if (op > OP_AVG_DOUBLE || load<u32>(states, COLUMN_VALIDITY)) return false;
    states += stateColumns(op) * COLUMN_SIZE;
  }
  return true;
}

function addRows(a: Aggregation, states: usize, rows: u32): void {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i), op = call.op, columns = stateColumns(op);
    bits |= call.bit;
    if (op == OP_COUNT) addCells(states, rows, call.cell);
    else if (isWide(op)) addSums(states, rows, call.cell, call.wraps);
    else addDoubles(states, rows, call.cell);
    const count = states + (columns - 1) * COLUMN_SIZE;
    if (op == OP_AVG_INT || op == OP_AVG_DOUBLE) addCells(count, rows, call.cell + 8);
    states += columns * COLUMN_SIZE;
  }
  setBits(a, rows, bits);
}

/**
 * Combines the first `rows` resolved rows with what they were resolved to; returns how many were done before memory
 * ran out.
 */
export function mergeRows(a: Aggregation, states: usize, rows: u32, ordinal: i64): u32 {
  if (!a.restoring && areAdded(a, states)) {
    addRows(a, states, rows);
    return rows;
  }
  const image = blockImage();
  for (let i: u32 = 0; i < rows; i++) {
    const row: usize = load<u32>(blockAddresses() + (<usize>i << 2));
    const table = tableOf(a, changetype<Slice>(rowSlice(i)), row);
    imageRow(a, states, rowNumber(i), ordinal);
    if (a.restoring) rowReset(a, row);
    const bytes = a.variable ? combineNeeds(a, row, image) : 0;
    if (bytes && !bytesReserve(a, table, bytes)) return i;
    combineRow(a, row, image, table);
    markRow(a, row);
  }
  return rows;
}
