// Columns of keys, results and states.
import { isWideNumber, storeWide, WIDE_BYTES } from "../decimal/cell";
import { DECIMAL128, DOUBLE, INT64 } from "../layout";
import { ROW_FLAGS } from "../state/row";
import {
  AS_DOUBLE, AS_IS, AS_SORTABLE, emitBitmap, emitCell, emitColumn, emitList, emitRoom, emitRow, emitRowCount, emitSetBit,
} from "./emit";
import { canonicalNan } from "./order";
import {
  Aggregation, Call, OP_AVG_DOUBLE, OP_AVG_INT, OP_COUNT, OP_FIRST, OP_FIRST_BYTES, OP_LAST,
  OP_LAST_BYTES, OP_MAX, OP_MIN, OP_SUM_DOUBLE, OP_SUM_INT, callAt, isDecimal, isPresent, keyCell, keyScale,
  keyType, powerOfTen,
} from "./spec";
import { wideToDouble, wrapsOf } from "./wide";

/** All key columns; false when there is no memory. */
export function emitKeys(a: Aggregation): bool {
  for (let i: u32 = 0; i < a.keys; i++) {
    if (!emitCell(keyType(a, i), keyScale(a, i), keyCell(i), AS_IS, ROW_FLAGS, 1 << i, true)) return false;
  }
  return true;
}

/** True when the row's sum of int64 is one. */
@inline function fits(call: Call, row: usize): bool {
  return wrapsOf(row, call.madeWraps) == 0;
}

/** The sums themselves; false when one of them is NULL or may not fit. */
function copySums(a: Aggregation, call: Call, room: usize): bool {
  const cell = <usize>call.cell, wraps = call.madeWraps, presentAt = <usize>a.presentAt, bit = call.bit;
  const end: i64 = i64.MAX_VALUE, rows = <usize>emitRowCount(), list = emitList();
  // No branch for each row
  let wrong: u32 = 0;
  for (let i: usize = 0; i < rows; i++) {
    const row: usize = load<u32>(list + (i << 2)), low = load<i64>(row + cell);
    store<i64>(room + (i << 3), low);
    wrong |= ((load<u32>(row + presentAt) & bit) ^ bit) | u32(wrapsOf(row, wraps) != 0) | u32(low >= end) | u32(low <= -end);
  }
  return !wrong;
}

/** A sum of decimals, which has 38 digits. */
function emitDecimalSum(a: Aggregation, call: Call): bool {
  const rows = emitRowCount(), room = emitRoom(rows), bitmap = emitBitmap();
  let to = emitRoom(rows << 1);
  if (!room || !bitmap || !to) return false;
  for (let i: u32 = 0; i < rows; i++, to += WIDE_BYTES) {
    const row = emitRow(i), low = load<i64>(row + call.cell), high = wrapsOf(row, call.madeWraps) + (low >> 63);
    storeWide(to, high, <u64>low);
    store<u64>(room + (<usize>i << 3), <u64>to | (<u64>WIDE_BYTES << 32));
    if (!isPresent(a, call, row)) continue;
    if (isWideNumber(high, <u64>low)) emitSetBit(bitmap, i);
    else a.overflowRows++;
  }
  return emitColumn(DECIMAL128, call.scale, room, bitmap);
}

/** A sum of int64; NULL, and counted, where it does not fit. */
function emitSum(a: Aggregation, call: Call): bool {
  if (isDecimal(call)) return emitDecimalSum(a, call);
  const rows = emitRowCount(), room = emitRoom(rows);
  if (!room) return false;
  if (copySums(a, call, room)) return emitColumn(INT64, 0, room, 0);
  const bitmap = emitBitmap();
  if (!bitmap) return false;
  for (let i: u32 = 0; i < rows; i++) {
    const row = emitRow(i);
    if (!isPresent(a, call, row)) continue;
    if (fits(call, row)) emitSetBit(bitmap, i);
    else a.overflowRows++;
  }
  return emitColumn(INT64, 0, room, bitmap);
}

function emitAverage(a: Aggregation, call: Call): bool {
  const rows = emitRowCount(), room = emitRoom(rows), bitmap = emitBitmap();
  if (!room || !bitmap) return false;
  const power = isDecimal(call) ? powerOfTen(call.scale) : 1.0, wide = call.op == OP_AVG_INT;
  for (let i: u32 = 0; i < rows; i++) {
    const row = emitRow(i), cell = row + call.cell;
    const sum = wide ? wideToDouble(row, call.cell, call.madeWraps) : load<f64>(cell);
    const average = sum / (<f64>load<i64>(cell, 8) * power);
    store<i64>(room + (<usize>i << 3), canonicalNan(reinterpret<i64>(average)));
    if (isPresent(a, call, row)) emitSetBit(bitmap, i);
  }
  return emitColumn(DOUBLE, 0, room, bitmap);
}

function emitResult(a: Aggregation, call: Call): bool {
  const op = call.op;
  if (op == OP_COUNT) return emitCell(INT64, 0, call.cell, AS_IS, 0, 0, false);
  if (op == OP_SUM_INT) return emitSum(a, call);
  if (op == OP_AVG_INT || op == OP_AVG_DOUBLE) return emitAverage(a, call);
  return emitValue(a, call);
}

/** A call whose first cell is its value. */
function emitValue(a: Aggregation, call: Call): bool {
  const double = call.type == DOUBLE, ordered = call.op == OP_MIN || call.op == OP_MAX;
  const form = !double ? AS_IS : ordered ? AS_SORTABLE : AS_DOUBLE;
  return emitCell(call.type, call.scale, call.cell, form, a.presentAt, call.bit, false);
}

/** A result of each call. */
export function emitResults(a: Aggregation): bool {
  for (let i: u32 = 0; i < a.calls; i++) if (!emitResult(a, callAt(a, i))) return false;
  return true;
}

function emitWord(cell: u32): bool {
  return emitCell(INT64, 0, cell, AS_IS, 0, 0, false);
}

function emitWraps(call: Call): bool {
  const rows = emitRowCount(), room = emitRoom(rows);
  if (!room) return false;
  for (let i: u32 = 0; i < rows; i++) store<i64>(room + (<usize>i << 3), wrapsOf(emitRow(i), call.wraps));
  return emitColumn(INT64, 0, room, 0);
}

function emitState(a: Aggregation, call: Call): bool {
  const op = call.op, cell = call.cell;
  if (op == OP_COUNT) return emitWord(cell);
  if (op == OP_SUM_INT || op == OP_AVG_INT) {
    if (!emitCell(INT64, 0, cell, AS_IS, a.presentAt, call.bit, false) || !emitWraps(call)) return false;
    return op == OP_SUM_INT || emitWord(cell + 8);
  }
  if (op == OP_SUM_DOUBLE || op == OP_AVG_DOUBLE) {
    if (!emitCell(DOUBLE, 0, cell, AS_DOUBLE, a.presentAt, call.bit, false)) return false;
    return op == OP_SUM_DOUBLE || emitWord(cell + 8);
  }
  if (!emitValue(a, call)) return false;
  const ordered = op == OP_FIRST || op == OP_LAST || op == OP_FIRST_BYTES || op == OP_LAST_BYTES;
  return !ordered || emitWord(cell + 8);
}

/** The state columns of each call, as merge.ts lists them. */
export function emitStates(a: Aggregation): bool {
  for (let i: u32 = 0; i < a.calls; i++) if (!emitState(a, callAt(a, i))) return false;
  return true;
}
