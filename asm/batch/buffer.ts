// BUFFER: rows of many small batches, copied together until they are worth a frame of their own. Columns lie as in any
// batch; strings are copied into pages, whose references the cells are.
//
//   buffer   columns u32, rows u32, kinds address u32, kinds that matter u32, page u32, page used u32, then COLUMNs
//   page     next page u32, bytes u32, then the bytes of strings; the first one stays
import { bit_at } from "../frame/bits";
import { NO_MEMORY } from "../frame/status";
import {
  BOOL, COLUMN_DATA, COLUMN_SCALE, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, REF_SIZE,
} from "../layout";
import { block_alloc, block_free } from "../memory";
import { isVariable } from "../types";

const HEAD: usize = 32;
const ROWS: usize = 4;
const KINDS: usize = 8;
const CHANGES: usize = 12;
const PAGE: usize = 16;
const PAGE_USED: usize = 20;
/** Rows of a buffer; a multiple of 64. */
const ROWS_MAX: u32 = 8192;
const BITS: usize = ROWS_MAX >>> 3;
const CELLS: usize = <usize>ROWS_MAX << 3;
const PAGE_HEAD: usize = 8;
const PAGE_BYTES: usize = 1 << 16;

@inline function columnAt(buffer: usize, column: u32): usize {
  return buffer + HEAD + column * COLUMN_SIZE;
}

@inline function dataBytes(type: u32): usize {
  return type == BOOL ? BITS : CELLS;
}

@inline function bytesOf(ncols: u32): usize {
  return HEAD + ncols * COLUMN_SIZE;
}

/** An empty buffer for columns like these; 0 without memory. */
export function batch_buffer_new(columns: usize, ncols: u32): usize {
  const buffer = block_alloc(bytesOf(ncols));
  if (!buffer) return 0;
  memory.fill(buffer, 0, bytesOf(ncols));
  store<u32>(buffer, ncols);
  let whole = true;
  for (let c: u32 = 0; c < ncols; c++) {
    const to = columnAt(buffer, c), from = columns + c * COLUMN_SIZE, type = load<u32>(from, COLUMN_TYPE);
    const data = block_alloc(dataBytes(type)), validity = block_alloc(BITS);
    store<u32>(to, type, COLUMN_TYPE);
    store<u32>(to, load<u32>(from, COLUMN_SCALE), COLUMN_SCALE);
    store<u32>(to, <u32>data, COLUMN_DATA);
    store<u32>(to, <u32>validity, COLUMN_VALIDITY);
    whole = whole && data != 0 && validity != 0;
  }
  const kinds = block_alloc(ROWS_MAX);
  store<u32>(buffer, <u32>kinds, KINDS);
  if (whole && kinds) return buffer;
  batch_buffer_free(buffer);
  return 0;
}

/** Gives pages back, all or all but the first. */
function freePages(buffer: usize, keep: bool): void {
  let page = <usize>load<u32>(buffer, PAGE);
  while (page) {
    const next = <usize>load<u32>(page);
    if (!next && keep) break;
    block_free(page, load<u32>(page, 4));
    page = next;
  }
  store<u32>(buffer, <u32>page, PAGE);
  store<u32>(buffer, <u32>PAGE_HEAD, PAGE_USED);
}

export function batch_buffer_free(buffer: usize): void {
  const ncols = load<u32>(buffer);
  freePages(buffer, false);
  for (let c: u32 = 0; c < ncols; c++) {
    const column = columnAt(buffer, c), data = <usize>load<u32>(column, COLUMN_DATA);
    const validity = <usize>load<u32>(column, COLUMN_VALIDITY);
    if (data) block_free(data, dataBytes(load<u32>(column, COLUMN_TYPE)));
    if (validity) block_free(validity, BITS);
  }
  const kinds = <usize>load<u32>(buffer, KINDS);
  if (kinds) block_free(kinds, ROWS_MAX);
  block_free(buffer, bytesOf(ncols));
}

/** Room for a string of `length` bytes; 0 without memory. */
function stringPlace(buffer: usize, length: u32): usize {
  let page = <usize>load<u32>(buffer, PAGE), used = <usize>load<u32>(buffer, PAGE_USED);
  if (!page || used + length > <usize>load<u32>(page, 4)) {
    const want = PAGE_HEAD + <usize>length, bytes = want > PAGE_BYTES ? want : PAGE_BYTES;
    const fresh = block_alloc(bytes);
    if (!fresh) return 0;
    store<u32>(fresh, <u32>page);
    store<u32>(fresh, <u32>bytes, 4);
    store<u32>(buffer, <u32>fresh, PAGE);
    page = fresh;
    used = PAGE_HEAD;
  }
  store<u32>(buffer, <u32>(used + length), PAGE_USED);
  return page + used;
}

/** Sets a bit of a bitmap whose later bits mean nothing yet. */
@inline function setBit(bits: usize, at: u32, on: u32): void {
  const byte = bits + (at >>> 3), below = <u32>load<u8>(byte) & ((1 << (at & 7)) - 1);
  store<u8>(byte, below | (on << (at & 7)));
}

/** Copies a cell; false without memory for its string. */
function addCell(buffer: usize, type: u32, data: usize, from: usize, row: u32, at: u32): bool {
  if (type == BOOL) {
    setBit(data, at, bit_at(from, row));
    return true;
  }
  const cell = data + (<usize>at << 3), source = from + (<usize>row << 3);
  if (!isVariable(type)) {
    store<u64>(cell, load<u64>(source));
    return true;
  }
  const length = load<u32>(source, 4), place = stringPlace(buffer, length);
  if (!place) return false;
  memory.copy(place, load<u32>(source), length);
  store<u32>(cell, <u32>place);
  store<u32>(cell, length, 4);
  return true;
}

/**
 * Adds the selected rows of a batch with the buffer's columns. Returns how many it has now, NO_MEMORY when there was none
 * for a string (then none of these rows is in it), or NO_MEMORY − 1 when there is no room for so many.
 */
export function batch_buffer_add(buffer: usize, columns: usize, selection: usize, selected: u32, kinds: usize): i32 {
  const ncols = load<u32>(buffer), rows = load<u32>(buffer, ROWS);
  if (rows + selected > ROWS_MAX) return NO_MEMORY - 1;
  for (let c: u32 = 0; c < ncols; c++) {
    const to = columnAt(buffer, c), from = columns + c * COLUMN_SIZE, type = load<u32>(to, COLUMN_TYPE);
    const data = <usize>load<u32>(to, COLUMN_DATA), validity = <usize>load<u32>(to, COLUMN_VALIDITY);
    const source = <usize>load<u32>(from, COLUMN_DATA), valid = <usize>load<u32>(from, COLUMN_VALIDITY);
    for (let i: u32 = 0; i < selected; i++) {
      const row = selection ? load<u32>(selection + (<usize>i << 2)) : i, there = valid ? bit_at(valid, row) : 1;
      setBit(validity, rows + i, there);
      if (there && !addCell(buffer, type, data, source, row, rows + i)) return NO_MEMORY;
    }
  }
  const to = <usize>load<u32>(buffer, KINDS) + rows;
  let changes: u32 = 0;
  for (let i: u32 = 0; i < selected; i++) {
    const row = selection ? load<u32>(selection + (<usize>i << 2)) : i;
    const kind: u8 = kinds ? load<u8>(kinds + row) : 0;
    store<u8>(to + i, kind);
    changes |= kind;
  }
  store<u32>(buffer, load<u32>(buffer, CHANGES) | changes, CHANGES);
  store<u32>(buffer, rows + selected, ROWS);
  return <i32>(rows + selected);
}

/** Where the COLUMNs of the buffer's rows are. */
export function batch_buffer_columns(buffer: usize): usize {
  return buffer + HEAD;
}

/** The kinds of the rows, 0 when all are inserts. */
export function batch_buffer_kinds(buffer: usize): usize {
  return load<u32>(buffer, CHANGES) ? <usize>load<u32>(buffer, KINDS) : 0;
}

/** Forgets all rows. */
export function batch_buffer_clear(buffer: usize): void {
  store<u32>(buffer, 0, ROWS);
  store<u32>(buffer, 0, CHANGES);
  freePages(buffer, true);
}
