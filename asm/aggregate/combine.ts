// Combines two state rows of one key: slices of a window, or a partial aggregate with what is there.
import { bytesNeeded, bytesWrite } from "../state/bytes";
import { Table } from "../state/table";
import {
  Aggregation, Call, OP_AVG_DOUBLE, OP_AVG_INT, OP_COUNT, OP_FIRST, OP_FIRST_BYTES, OP_LAST, OP_LAST_BYTES, OP_MAX,
  OP_MIN, OP_MIN_BYTES, OP_SUM_DOUBLE, callAt, isPresent, isWide, setPresent,
} from "./spec";
import { bytesReplace } from "./update_bytes";
import { wideMerge } from "./wide";

@inline function addI64(to: usize, from: usize): void {
  store<i64>(to, load<i64>(to) + load<i64>(from));
}

@inline function addF64(to: usize, from: usize): void {
  store<f64>(to, load<f64>(to) + load<f64>(from));
}

/**
 * Whether the value at `from` (its cell, then its ordinal) takes the place of the one in `row`; first and last go by
 * the log.
 */
function replaces(a: Aggregation, call: Call, row: usize, from: usize): bool {
  if (!isPresent(a, call, row)) return true;
  const own = load<i64>(row + call.cell, 8), other = load<i64>(from, 8);
  if (call.op == OP_FIRST || call.op == OP_FIRST_BYTES) return other < own;
  if (call.op == OP_LAST || call.op == OP_LAST_BYTES) return other > own;
  return bytesReplace(a, call, row, from);
}

/** Bytes that combining may write. */
export function combineNeeds(a: Aggregation, row: usize, from: usize): u64 {
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < a.calls; i++) {
    const call = callAt(a, i), cell = call.cell;
    if (call.op < OP_MIN_BYTES || !isPresent(a, call, from) || !replaces(a, call, row, from + cell)) continue;
    bytes += bytesNeeded(row + cell, isPresent(a, call, row), load<u32>(from + cell, 4));
  }
  return bytes;
}

function combineBytes(a: Aggregation, call: Call, row: usize, from: usize, table: Table): void {
  const cell = row + call.cell, other = from + call.cell;
  if (!replaces(a, call, row, other)) return;
  if (changetype<usize>(table)) bytesWrite(table, cell, isPresent(a, call, row), load<u32>(other), load<u32>(other, 4));
  else store<u64>(cell, load<u64>(other));
  if (call.op == OP_FIRST_BYTES || call.op == OP_LAST_BYTES) store<i64>(cell, load<i64>(other, 8), 8);
}

function combineCall(a: Aggregation, call: Call, row: usize, from: usize, table: Table): void {
  const op = call.op, cell = row + call.cell, other = from + call.cell;
  if (op == OP_COUNT) {
    addI64(cell, other);
    return;
  }
  if (!isPresent(a, call, from)) return;
  if (isWide(op)) wideMerge(row, from, call.cell, call.wraps, call.wraps);
  if (op == OP_SUM_DOUBLE || op == OP_AVG_DOUBLE) addF64(cell, other);
  if (op == OP_AVG_INT || op == OP_AVG_DOUBLE) addI64(cell + 8, other + 8);
  if (op == OP_MIN && load<i64>(other) < load<i64>(cell)) store<i64>(cell, load<i64>(other));
  if (op == OP_MAX && load<i64>(other) > load<i64>(cell)) store<i64>(cell, load<i64>(other));
  if ((op == OP_FIRST || op == OP_LAST) && replaces(a, call, row, other)) {
    store<i64>(cell, load<i64>(other));
    store<i64>(cell, load<i64>(other, 8), 8);
  }
  if (op >= OP_MIN_BYTES) combineBytes(a, call, row, from, table);
  setPresent(a, call, row);
}

/**
 * Adds the state of `from` to `row`. Bytes are copied into `table`, after bytesReserve of combineNeeds; without a
 * table the row refers to the bytes of the other.
 */
export function combineRow(a: Aggregation, row: usize, from: usize, table: Table): void {
  for (let i: u32 = 0; i < a.calls; i++) combineCall(a, callAt(a, i), row, from, table);
}
