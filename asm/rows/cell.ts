// Cells of batches, and what is equal and what comes first among cells: i64 or f64 bits, bool 0 or 1, or a REF.
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_VALIDITY, DOUBLE } from "../layout";
import { canonical_f64 } from "../hash/keyed";
import { bytesCompare, bytesEqual } from "../state/bytes";
import { isText } from "./store";

@inline export function columnAt(columns: usize, column: u32): usize {
  return columns + <usize>column * COLUMN_SIZE;
}

@inline export function bitAt(bitmap: usize, row: u32): u32 {
  return <u32>(load<u8>(bitmap + (row >>> 3)) >> <u8>(row & 7)) & 1;
}

/** True when the value of a row is NULL; `column` is a COLUMN. */
@inline export function columnIsNull(column: usize, row: u32): bool {
  const validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  return validity != 0 && !bitAt(validity, row);
}

/** The cell of a value that is not NULL. */
@inline export function columnCell(column: usize, type: u32, row: u32): u64 {
  const data = <usize>load<u32>(column, COLUMN_DATA);
  return type == BOOL ? <u64>bitAt(data, row) : load<u64>(data + (<usize>row << 3));
}

/** Equal as keys are: −0 is 0, and a NaN is any NaN. */
@inline export function cellsEqual(type: u32, a: u64, b: u64): bool {
  if (isText(type)) {
    const length = <u32>(a >> 32);
    return length == <u32>(b >> 32) && bytesEqual(<usize><u32>a, <usize><u32>b, length);
  }
  return a == b || (type == DOUBLE && canonical_f64(a) == canonical_f64(b));
}

/** Below, at or above 0; −0 is 0, NaN is the greatest double, false is below true. */
export function cellsCompare(type: u32, a: u64, b: u64): i32 {
  if (isText(type)) return bytesCompare(<usize><u32>a, <u32>(a >> 32), <usize><u32>b, <u32>(b >> 32));
  if (type != DOUBLE) return i32(<i64>a > <i64>b) - i32(<i64>a < <i64>b);
  const x = reinterpret<f64>(a), y = reinterpret<f64>(b);
  if (x != x || y != y) return i32(x != x) - i32(y != y);
  return i32(x > y) - i32(x < y);
}
