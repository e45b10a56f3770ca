// Updates the cells of a block that refer to bytes, row by row: memory may run out at any of them, and then the row
// must be as it was.
import { COLUMN_DATA, COLUMN_SIZE, COLUMN_VALIDITY, REF_SIZE } from "../layout";
import { bytesCompare, bytesNeeded, bytesReserve, bytesWrite } from "../state/bytes";
import { Table } from "../state/table";
import { validAt } from "./assign";
import { blockAddresses, rowNumber, rowSlice } from "./block";
import { groupOfRow } from "./insert";
import { Slice, tableAt } from "./slice";
import {
  Aggregation, Call, OP_FIRST_BYTES, OP_LAST_BYTES, OP_MAX_BYTES, OP_MIN_BYTES, callAt, isPresent, setPresent,
} from "./spec";

/** The table that a state row lies in. */
@inline export function tableOf(a: Aggregation, slice: Slice, row: usize): Table {
  return tableAt(a, slice, groupOfRow(a, row));
}

/** Whether the bytes that the REF at `ref` speaks of take the place of the cell's. */
export function bytesReplace(a: Aggregation, call: Call, row: usize, ref: usize): bool {
  if (!isPresent(a, call, row)) return true;
  if (call.op == OP_FIRST_BYTES) return false;
  if (call.op == OP_LAST_BYTES) return true;
  const cell = row + call.cell;
  const order = bytesCompare(load<u32>(ref), load<u32>(ref, 4), load<u32>(cell), load<u32>(cell, 4));
  return call.op == OP_MIN_BYTES ? order < 0 : order > 0;
}

/** The REF of the call's argument in the row, or 0 when it is NULL. */
@inline function refAt(column: usize, row: u32): usize {
  if (!validAt(load<u32>(column, COLUMN_VALIDITY), row)) return 0;
  return <usize>load<u32>(column, COLUMN_DATA) + <usize>row * REF_SIZE;
}

/** Updates the first `rows` resolved rows; returns how many were done before memory ran out. */
export function updateBytes(a: Aggregation, args: usize, rows: u32, ordinal: i64): u32 {
  for (let i: u32 = 0; i < rows; i++) {
    const row: usize = load<u32>(blockAddresses() + (<usize>i << 2)), number = rowNumber(i);
    const table = tableOf(a, changetype<Slice>(rowSlice(i)), row);
    let bytes: u64 = 0;
    for (let c: u32 = 0; c < a.calls; c++) {
      const call = callAt(a, c);
      if (call.op < OP_MIN_BYTES) continue;
      const ref = refAt(args + c * COLUMN_SIZE, number);
      if (!ref || !bytesReplace(a, call, row, ref)) continue;
      bytes += bytesNeeded(row + call.cell, isPresent(a, call, row), load<u32>(ref, 4));
    }
    if (bytes && !bytesReserve(a, table, bytes)) return i;
    for (let c: u32 = 0; c < a.calls; c++) {
      const call = callAt(a, c);
      if (call.op < OP_MIN_BYTES) continue;
      const ref = refAt(args + c * COLUMN_SIZE, number);
      if (!ref || !bytesReplace(a, call, row, ref)) continue;
      bytesWrite(table, row + call.cell, isPresent(a, call, row), load<u32>(ref), load<u32>(ref, 4));
      if (call.op > OP_MAX_BYTES) store<i64>(row + call.cell, ordinal + <i64>number, 8);
      setPresent(a, call, row);
    }
  }
  return rows;
}
