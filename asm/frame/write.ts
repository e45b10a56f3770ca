// Columns in kernel memory → FRAME. A frame is made in two calls: frame_size lays it out and writes its head,
// frame_write fills it.
import {
  BOOL, COLUMN_DATA, COLUMN_SCALE, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, FRAME_BYTES, FRAME_COLUMN_CHARS,
  FRAME_COLUMN_CHARS_BYTES, FRAME_COLUMN_DATA, FRAME_COLUMN_DATA_BYTES, FRAME_COLUMN_NULLS, FRAME_COLUMN_SCALE,
  FRAME_COLUMN_SIZE, FRAME_COLUMN_TYPE, FRAME_COLUMN_VALIDITY, FRAME_COLUMNS, FRAME_HEADER_SIZE, FRAME_KINDS,
  FRAME_MAGIC, FRAME_MAGIC_AT, FRAME_ROWS,
} from "../layout";
import { isVariable } from "../types";
import { bits_count } from "./bits";
import { chars_size, column_gather, kinds_gather, kinds_matter } from "./gather";
import { TOO_LARGE } from "./status";

@inline function align64(offset: u64): u64 {
  return (offset + 63) & ~(<u64>63);
}

/** Bytes of the header and the column entries, with the padding behind them. */
@inline function headBytes(ncols: u32): u32 {
  return <u32>align64(FRAME_HEADER_SIZE + <u64>ncols * FRAME_COLUMN_SIZE);
}

/** Lays a column out from offset `end`, fills its entry and returns the offset behind it. */
function layColumn(entry: usize, column: usize, selection: usize, selected: u32, end: u64): u64 {
  const type = load<u32>(column, COLUMN_TYPE);
  const bits = <u64>((selected + 7) >> 3);
  let validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  const nulls = validity ? selected - bits_count(validity, selection, selected) : 0;
  store<u32>(entry, type, FRAME_COLUMN_TYPE);
  store<u32>(entry, nulls, FRAME_COLUMN_NULLS);
  store<u32>(entry, load<u32>(column, COLUMN_SCALE), FRAME_COLUMN_SCALE);
  if (nulls) {
    store<u32>(entry, <u32>end, FRAME_COLUMN_VALIDITY);
    end = align64(end + bits);
  } else {
    validity = 0;
  }
  const isText = isVariable(type);
  const bytes = isText ? (<u64>selected + 1) << 2 : type == BOOL ? bits : <u64>selected << 3;
  store<u32>(entry, <u32>end, FRAME_COLUMN_DATA);
  store<u32>(entry, <u32>bytes, FRAME_COLUMN_DATA_BYTES);
  end = align64(end + bytes);
  if (isText) {
    const chars = chars_size(load<u32>(column, COLUMN_DATA), validity, selection, selected);
    store<u32>(entry, <u32>end, FRAME_COLUMN_CHARS);
    store<u32>(entry, <u32>chars, FRAME_COLUMN_CHARS_BYTES);
    end = align64(end + chars);
  }
  return end;
}

/**
 * Lays out the frame of the selected rows and writes its head to `head` (frame_head_size bytes). Event times, number
 * and schema are left 0. `selection` 0 selects the first `selected` rows, `kinds` 0 are inserts.
 * Returns the bytes of the frame, or TOO_LARGE.
 */
export function frame_size(
  head: usize, columns: usize, ncols: u32, selection: usize, selected: u32, kinds: usize,
): i32 {
  let end = <u64>headBytes(ncols);
  memory.fill(head, 0, <usize>end);
  if (kinds && kinds_matter(kinds, selection, selected)) {
    store<u32>(head, <u32>end, FRAME_KINDS);
    end = align64(end + selected);
  }
  for (let i: u32 = 0; i < ncols; i++) {
    end = layColumn(
      head + FRAME_HEADER_SIZE + i * FRAME_COLUMN_SIZE, columns + i * COLUMN_SIZE, selection, selected, end,
    );
    if (end > <u64>i32.MAX_VALUE) return TOO_LARGE;
  }
  store<u32>(head, FRAME_MAGIC, FRAME_MAGIC_AT);
  store<u32>(head, <u32>end, FRAME_BYTES);
  store<u32>(head, selected, FRAME_ROWS);
  store<u32>(head, ncols, FRAME_COLUMNS);
  return <i32>end;
}

/** Bytes of a frame's head with `ncols` columns. */
export function frame_head_size(ncols: u32): i32 {
  return <i32>headBytes(ncols);
}

/** Zeroes what lies between the end of a buffer and the next multiple of 64. */
@inline function pad(end: usize): void {
  memory.fill(end, 0, -end & 63);
}

/** Writes a column's buffers: what strings write over their end, their padding or the next column overwrites. */
function writeColumn(dst: usize, entry: usize, column: usize, selection: usize, selected: u32): void {
  const nulls = load<u32>(entry, FRAME_COLUMN_NULLS), isText = isVariable(load<u32>(column, COLUMN_TYPE));
  const validity = nulls ? dst + load<u32>(entry, FRAME_COLUMN_VALIDITY) : 0;
  const data = dst + load<u32>(entry, FRAME_COLUMN_DATA), chars = dst + load<u32>(entry, FRAME_COLUMN_CHARS);
  column_gather(column, data, chars, validity, selection, selected);
  if (nulls) pad(validity + ((selected + 7) >> 3));
  pad(data + load<u32>(entry, FRAME_COLUMN_DATA_BYTES));
  if (isText) pad(chars + load<u32>(entry, FRAME_COLUMN_CHARS_BYTES));
}

/**
 * Writes the frame whose head frame_size made to `dst`, which has the bytes it returned and 16 more. The other
 * arguments are as they were there, and the columns unchanged.
 */
export function frame_write(dst: usize, head: usize, columns: usize, selection: usize, kinds: usize): void {
  const ncols = load<u32>(head, FRAME_COLUMNS), selected = load<u32>(head, FRAME_ROWS);
  memory.copy(dst, head, headBytes(ncols));
  const kindsOffset = load<u32>(head, FRAME_KINDS);
  if (kindsOffset) {
    kinds_gather(dst + kindsOffset, kinds, selection, selected);
    pad(dst + kindsOffset + selected);
  }
  for (let i: u32 = 0; i < ncols; i++) {
    const entry = dst + FRAME_HEADER_SIZE + i * FRAME_COLUMN_SIZE;
    writeColumn(dst, entry, columns + i * COLUMN_SIZE, selection, selected);
  }
}
