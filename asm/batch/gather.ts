// Rows of one batch, or of several with equal column types, gathered into new columns in the arena.
//
// Row i of the result is row `rows[i]` (u32) of set `which[i]` (u8; no address: of the only set). Column c of set s is
// the COLUMN at sets + (s × ncols + c) × COLUMN_SIZE.
import { bit_at } from "../frame/bits";
import { NO_MEMORY } from "../frame/status";
import { BOOL, COLUMN_DATA, COLUMN_SCALE, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY } from "../layout";
import { arena_alloc } from "../memory";

@inline function rowAt(rows: usize, i: u32): u32 {
  return load<u32>(rows + (<usize>i << 2));
}

/** Bytes of a bitmap of so many rows, readable to the next multiple of 64. */
@inline function bitmapBytes(count: u32): usize {
  return (<usize>(count + 63) >>> 6) << 3;
}

/** The column `column` of the set that row i of the result comes from. */
@inline function columnOf(column: usize, stride: usize, which: usize, i: u32): usize {
  return which ? column + <usize>load<u8>(which + i) * stride : column;
}

/** Gathers 8-byte cells: i64, f64 and references alike. */
function gatherCells(column: usize, stride: usize, which: usize, rows: usize, count: u32, out: usize): void {
  if (!which) {
    const data = <usize>load<u32>(column, COLUMN_DATA);
    for (let i: u32 = 0; i < count; i++) {
      store<u64>(out + (<usize>i << 3), load<u64>(data + (<usize>rowAt(rows, i) << 3)));
    }
    return;
  }
  for (let i: u32 = 0; i < count; i++) {
    const data = <usize>load<u32>(columnOf(column, stride, which, i), COLUMN_DATA);
    store<u64>(out + (<usize>i << 3), load<u64>(data + (<usize>rowAt(rows, i) << 3)));
  }
}

/** Gathers the bitmaps whose addresses are at `field` of the COLUMNs; a set without one has only ones. */
function gatherBits(
  column: usize, stride: usize, which: usize, rows: usize, count: u32, field: i32, out: usize,
): void {
  let byte: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const bits = <usize>load<u32>(columnOf(column, stride, which, i) + field);
    byte |= (bits ? bit_at(bits, rowAt(rows, i)) : 1) << (i & 7);
    if ((i & 7) != 7) continue;
    store<u8>(out + (i >>> 3), byte);
    byte = 0;
  }
  if (count & 7) store<u8>(out + (count >>> 3), byte);
}

function anyValidity(column: usize, stride: usize, sets: u32): bool {
  for (let s: u32 = 0; s < sets; s++) if (load<u32>(column + s * stride, COLUMN_VALIDITY)) return true;
  return false;
}

/** Gathers `count` rows of `ncols` columns of `sets` sets and writes their COLUMNs to `out`. Returns 0 or NO_MEMORY. */
export function batch_gather(
  columns: usize, sets: u32, ncols: u32, which: usize, rows: usize, count: u32, out: usize,
): i32 {
  const stride = <usize>ncols * COLUMN_SIZE;
  for (let c: u32 = 0; c < ncols; c++, columns += COLUMN_SIZE, out += COLUMN_SIZE) {
    const type = load<u32>(columns, COLUMN_TYPE), bits = bitmapBytes(count);
    const data = arena_alloc(type == BOOL ? bits : bits << 6);
    if (!data) return NO_MEMORY;
    let validity: usize = 0;
    if (anyValidity(columns, stride, sets)) {
      validity = arena_alloc(bits);
      if (!validity) return NO_MEMORY;
      gatherBits(columns, stride, which, rows, count, COLUMN_VALIDITY, validity);
    }
    if (type == BOOL) gatherBits(columns, stride, which, rows, count, COLUMN_DATA, data);
    else gatherCells(columns, stride, which, rows, count, data);
    store<u32>(out, type, COLUMN_TYPE);
    store<u32>(out, <u32>data, COLUMN_DATA);
    store<u32>(out, <u32>validity, COLUMN_VALIDITY);
    store<u32>(out, load<u32>(columns, COLUMN_SCALE), COLUMN_SCALE);
  }
  return 0;
}

/** Gathers row kinds to `out`, one byte a row. `kinds`: for each set a u32 address, 0 = all its rows are inserts. */
export function batch_kinds(kinds: usize, which: usize, rows: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = <usize>load<u32>(which ? kinds + (<usize>load<u8>(which + i) << 2) : kinds);
    store<u8>(out + i, at ? load<u8>(at + rowAt(rows, i)) : 0);
  }
}

/**
 * Ends a batch of copies of rows: their kinds, when the batch at `kinds` (a u32 address, 0 = none) has some, and then the row
 * numbers of their origins, to `facts` (two u32 addresses). Returns how many rows there are, or NO_MEMORY.
 */
export function batchCopied(kinds: usize, rows: usize, count: u32, facts: usize): i32 {
  store<u32>(facts, 0);
  store<u32>(facts, <u32>rows, 4);
  if (!load<u32>(kinds)) return <i32>count;
  const copied = arena_alloc(count);
  if (!copied) return NO_MEMORY;
  batch_kinds(kinds, 0, rows, count, copied);
  store<u32>(facts, <u32>copied);
  return <i32>count;
}

/** Gathers i64 of the rows that caused others (u32 row numbers) to `out`. */
export function batch_times(times: usize, causes: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    store<i64>(out + (<usize>i << 3), load<i64>(times + (<usize>rowAt(causes, i) << 3)));
  }
}
