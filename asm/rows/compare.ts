// What is equal and what comes first among rows: two stored ones, or a stored row and a row of a batch.
//
//   ORDER  for each column 8 bytes: column u32, flags u32 (bit 0: descending; bit 1: NULLs last, whichever direction)
import { cellsCompare, cellsEqual, columnAt, columnCell, columnIsNull } from "./cell";
import { rowCell, rowIsNull } from "./row";
import { Store, storeType } from "./store";

export const ORDER_DESC: u32 = 1;
export const ORDER_NULLS_LAST: u32 = 2;

@inline function decide(type: u32, flags: u32, aNull: bool, a: u64, bNull: bool, b: u64): i32 {
  if (aNull || bNull) {
    const order = i32(aNull) - i32(bNull);
    return flags & ORDER_NULLS_LAST ? order : -order;
  }
  const order = cellsCompare(type, a, b);
  return flags & ORDER_DESC ? -order : order;
}

/** Below, at or above 0 as row `a` comes before, with or behind row `b`, by the `count` columns of the ORDER. */
export function rowsCompare(s: Store, a: usize, b: usize, order: usize, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++, order += 8) {
    const c = load<u32>(order);
    const result = decide(
      storeType(s, c), load<u32>(order, 4), rowIsNull(s, a, c), rowCell(s, a, c), rowIsNull(s, b, c), rowCell(s, b, c),
    );
    if (result) return result;
  }
  return 0;
}

/** The same, of the stored row `a` and row `r` of a batch with the store's columns. */
export function rowCompareBatch(s: Store, a: usize, columns: usize, r: u32, order: usize, count: u32): i32 {
  for (let i: u32 = 0; i < count; i++, order += 8) {
    const c = load<u32>(order), type = storeType(s, c), column = columnAt(columns, c), isNull = columnIsNull(column, r);
    const cell = isNull ? 0 : columnCell(column, type, r);
    const result = decide(type, load<u32>(order, 4), rowIsNull(s, a, c), rowCell(s, a, c), isNull, cell);
    if (result) return result;
  }
  return 0;
}

/** Equal in the `count` columns at `list` (u32 each; 0: in all). NULL equals NULL, −0 is 0, and a NaN is any NaN. */
export function rowsEqual(s: Store, a: usize, b: usize, list: usize, count: u32): bool {
  const all = list ? count : s.columns;
  for (let i: u32 = 0; i < all; i++) {
    const c = list ? load<u32>(list + (<usize>i << 2)) : i, isNull = rowIsNull(s, a, c);
    if (isNull != rowIsNull(s, b, c)) return false;
    if (!isNull && !cellsEqual(storeType(s, c), rowCell(s, a, c), rowCell(s, b, c))) return false;
  }
  return true;
}

/** The same, of the stored row `a` and row `r` of a batch with the store's columns. */
export function rowEqualsBatch(s: Store, a: usize, columns: usize, r: u32, list: usize, count: u32): bool {
  const all = list ? count : s.columns;
  for (let i: u32 = 0; i < all; i++) {
    const c = list ? load<u32>(list + (<usize>i << 2)) : i, column = columnAt(columns, c), isNull = rowIsNull(s, a, c);
    if (isNull != columnIsNull(column, r)) return false;
    const type = storeType(s, c);
    if (!isNull && !cellsEqual(type, rowCell(s, a, c), columnCell(column, type, r))) return false;
  }
  return true;
}
