import { BOOL, DECIMAL128 } from "../layout";
import { WIDE_BYTES } from "../decimal/cell";
import { arena_alloc } from "../memory";
import { COLUMN_STATE_DATA, COLUMN_STATE_TYPE, COLUMN_STATE_VALIDITY } from "./layout";
import { cell, columns, columnsEnd, row } from "./state";
import { setOutOfMemory } from "./unescaped";

let rowsMax: usize = 0;

/** Bytes of a column's cells; those of wide decimals have the bytes that they refer to behind them. */
@inline function columnBytes(type: i32, rows: usize): usize {
  return type == BOOL ? rows >>> 3 : type == DECIMAL128 ? rows * (8 + WIDE_BYTES) : rows << 3;
}

/** Where the bytes of a wide decimal in the row at hand lie, whose column's cells are at `data`. */
@inline export function wide_place(data: usize): usize {
  return data + (rowsMax << 3) + row * WIDE_BYTES;
}

/** Gives every column cells for `rows` rows, and no validity bitmap. False = no memory. */
export function begin_batch(rows: usize): bool {
  rowsMax = rows;
  for (let column = columns; column < columnsEnd; column += 64) {
    const data = arena_alloc(columnBytes(load<i32>(column, COLUMN_STATE_TYPE), rows));
    if (!data) return false;
    store<u32>(column, <u32>data, COLUMN_STATE_DATA);
    store<u32>(column, 0, COLUMN_STATE_VALIDITY);
  }
  return true;
}

/** Makes the row at hand NULL in a column. Its first NULL in a batch gives the column its bitmap. */
export function set_null(column: usize): void {
  let bitmap = <usize>load<u32>(column, COLUMN_STATE_VALIDITY);
  if (!bitmap) {
    bitmap = arena_alloc(rowsMax >>> 3);
    if (!bitmap) return setOutOfMemory();
    memory.fill(bitmap, 0xff, rowsMax >>> 3);
    store<u32>(column, <u32>bitmap, COLUMN_STATE_VALIDITY);
  }
  const at = bitmap + (row >>> 3);
  store<u8>(at, <u32>load<u8>(at) & ~(<u32>1 << (<u32>row & 7)));
  // No address that means nothing is left behind
  if (load<i32>(column, COLUMN_STATE_TYPE) != BOOL) store<u64>(cell(load<u32>(column, COLUMN_STATE_DATA)), 0);
}

/** Takes back every set_null of the row at hand, which is left out. */
export function clear_nulls(): void {
  for (let column = columns; column < columnsEnd; column += 64) {
    const bitmap = <usize>load<u32>(column, COLUMN_STATE_VALIDITY);
    if (!bitmap) continue;
    const at = bitmap + (row >>> 3);
    store<u8>(at, <u32>load<u8>(at) | (<u32>1 << (<u32>row & 7)));
  }
}
