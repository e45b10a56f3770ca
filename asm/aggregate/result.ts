// Columns of keys, results and states.
import { DECIMAL, DOUBLE, INT64 } from "../layout";
import { ROW_NULLS, ROW_PRESENT } from "../state/row";
import { AS_DOUBLE, AS_IS, AS_SORTABLE, emitBitmap, emitCell, emitColumn, emitRoom, emitRow, emitRowCount, emitSetBit } from "./emit";
import { canonicalNan } from "./order";
import {
  Aggregation, Call, DECIMAL_END, OP_AVG_DOUBLE, OP_AVG_INT, OP_COUNT, OP_FIRST, OP_FIRST_BYTES, OP_LAST, OP_LAST_BYTES, OP_MAX,
  OP_MIN, OP_SUM_DOUBLE, OP_SUM_INT, callAt, isDecimal, keyCell, keyScale, keyType, powerOfTen,
} from "./spec";
import { wideToDouble } from "./wide";

/** All key columns; false when there is no memory. */
export function emitKeys(a: Aggregation): bool {
  for (let i: u32 = 0; i < a.keys; i++) {
    if (!emitCell(keyType(a, i), keyScale(a, i), keyCell(i), AS_IS, ROW_NULLS, 1 << i, true)) return false;
  }
  return true;
}

@inline function present(call: Call, row: usize): bool {
  return (load<u32>(row, ROW_PRESENT) & call.bit) != 0;
}

/** A sum of integers; NULL, and counted, where it does not fit its type. */
function emitSum(a: Aggregation, call: Call): bool {
  const rows = emitRowCount(), room = emitRoom(rows), bitmap = emitBitmap();
  if (!room || !bitmap) return false;
  for (let i: u32 = 0; i < rows; i++) {
    const row = emitRow(i), cell = row + call.cell, low = load<i64>(cell);
    store<i64>(room + (<usize>i << 3), low);
    if (!present(call, row)) continue;
    const tooLong = isDecimal(call) && (low >= DECIMAL_END || low <= -DECIMAL_END);
    if (load<i64>(cell, 8) || tooLong) a.overflowRows++;
    else emitSetBit(bitmap, i);
  }
  return emitColumn(isDecimal(call) ? DECIMAL : INT64, call.scale, room, bitmap);
}

function emitAverage(call: Call): bool {
  const rows = emitRowCount(), room = emitRoom(rows), bitmap = emitBitmap();
  if (!room || !bitmap) return false;
  const power = isDecimal(call) ? powerOfTen(call.scale) : 1.0, wide = call.op == OP_AVG_INT;
  for (let i: u32 = 0; i < rows; i++) {
    const row = emitRow(i), cell = row + call.cell;
    const sum = wide ? wideToDouble(cell) : load<f64>(cell);
    const average = sum / (<f64>load<i64>(cell + (wide ? 16 : 8)) * power);
    store<i64>(room + (<usize>i << 3), canonicalNan(reinterpret<i64>(average)));
    if (present(call, row)) emitSetBit(bitmap, i);
  }
  return emitColumn(DOUBLE, 0, room, bitmap);
}

function emitResult(a: Aggregation, call: Call): bool {
  const op = call.op;
  if (op == OP_COUNT) return emitCell(INT64, 0, call.cell, AS_IS, 0, 0, false);
  if (op == OP_SUM_INT) return emitSum(a, call);
  if (op == OP_AVG_INT || op == OP_AVG_DOUBLE) return emitAverage(call);
  return emitValue(call);
}

/** A call whose first cell is its value. */
function emitValue(call: Call): bool {
  const double = call.type == DOUBLE, ordered = call.op == OP_MIN || call.op == OP_MAX;
  const form = !double ? AS_IS : ordered ? AS_SORTABLE : AS_DOUBLE;
  return emitCell(call.type, call.scale, call.cell, form, ROW_PRESENT, call.bit, false);
}

/** A result of each call. */
export function emitResults(a: Aggregation): bool {
  for (let i: u32 = 0; i < a.calls; i++) if (!emitResult(a, callAt(a, i))) return false;
  return true;
}

function emitWord(cell: u32): bool {
  return emitCell(INT64, 0, cell, AS_IS, 0, 0, false);
}

function emitState(call: Call): bool {
  const op = call.op, cell = call.cell;
  if (op == OP_COUNT) return emitWord(cell);
  if (op == OP_SUM_INT || op == OP_AVG_INT) {
    if (!emitCell(INT64, 0, cell, AS_IS, ROW_PRESENT, call.bit, false) || !emitWord(cell + 8)) return false;
    return op == OP_SUM_INT || emitWord(cell + 16);
  }
  if (op == OP_SUM_DOUBLE || op == OP_AVG_DOUBLE) {
    if (!emitCell(DOUBLE, 0, cell, AS_DOUBLE, ROW_PRESENT, call.bit, false)) return false;
    return op == OP_SUM_DOUBLE || emitWord(cell + 8);
  }
  if (!emitValue(call)) return false;
  const ordered = op == OP_FIRST || op == OP_LAST || op == OP_FIRST_BYTES || op == OP_LAST_BYTES;
  return !ordered || emitWord(cell + 8);
}

/** The state columns of each call, as merge.ts lists them. */
export function emitStates(a: Aggregation): bool {
  for (let i: u32 = 0; i < a.calls; i++) if (!emitState(callAt(a, i))) return false;
  return true;
}
