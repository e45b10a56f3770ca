// Columns from a list of rows. An entry of the list is
//
//   0                  a row of NULLs
//   even               the address of a stored row
//   row << 1 | 1       a row of a batch
//
// Blocks of 64 entries are gathered column by column: their rows stay in the L1 cache, and the validity of a column is
// one word for each block. Strings stay where they are, as REFs, unless a copy is asked for.
import { arena_alloc } from "../memory";
import { BOOL, COLUMN_DATA, COLUMN_SCALE, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY } from "../layout";
import { columnAt, columnCell, columnIsNull } from "./cell";
import { copyBytes } from "./encode";
import { rowCell, rowIsNull } from "./row";
import { Store, isText, storeScale, storeType } from "./store";

const BLOCK: u32 = 64;
const COPY_BYTES_MAX: u64 = 1 << 30;

// What the entries of the block at hand are
const ALL_STORED: u32 = 0;
const ALL_BATCH: u32 = 1;
const MIXED: u32 = 2;

@inline function entryAt(list: usize, i: u32): u32 {
  return load<u32>(list + (<usize>i << 2));
}

/** The entry of a row of a batch. */
@inline export function batchEntry(row: u32): u32 {
  return (row << 1) | 1;
}

function kindOf(list: usize, count: u32): u32 {
  let any: u32 = 0, all: u32 = 1, none: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(list, i);
    any |= entry & 1;
    all &= entry & 1;
    none |= u32(entry == 0);
  }
  if (none || (any && !all)) return MIXED;
  return any ? ALL_BATCH : ALL_STORED;
}

@inline function wordOf(isNull: bool, i: u32): u64 {
  return <u64>!isNull << <u64>i;
}

/** Cells of stored rows; returns their validity. */
function cellsStored(s: Store, column: u32, list: usize, count: u32, to: usize): u64 {
  const cellAt = s.cellsAt + (column << 3), nullsAt = s.nullsAt + ((column >>> 5) << 2), bit = column & 31;
  let nulls: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = <usize>entryAt(list, i);
    store<u64>(to + (<usize>i << 3), load<u64>(row + cellAt));
    nulls |= <u64>((load<u32>(row + nullsAt) >>> bit) & 1) << <u64>i;
  }
  return ~nulls;
}

function cellsBatch(column: usize, list: usize, count: u32, to: usize): u64 {
  const data = <usize>load<u32>(column, COLUMN_DATA), validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  for (let i: u32 = 0; i < count; i++) {
    store<u64>(to + (<usize>i << 3), load<u64>(data + (<usize>(entryAt(list, i) >>> 1) << 3)));
  }
  if (!validity) return <u64>-1;
  let valid: u64 = 0;
  for (let i: u32 = 0; i < count; i++) valid |= wordOf(columnIsNull(column, entryAt(list, i) >>> 1), i);
  return valid;
}

/** Any entries of any type: cells to `to` or, of bools, bits to the word there. */
function cellsMixed(s: Store, c: u32, column: usize, list: usize, count: u32, to: usize): u64 {
  const type = storeType(s, c);
  let valid: u64 = 0, bits: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(list, i), r = entry >>> 1;
    let cell: u64 = 0, isNull = true;
    if (entry & 1) {
      isNull = columnIsNull(column, r);
      if (!isNull) cell = columnCell(column, type, r);
    } else if (entry) {
      isNull = rowIsNull(s, entry, c);
      cell = rowCell(s, entry, c);
    }
    valid |= wordOf(isNull, i);
    if (type == BOOL) bits |= cell << <u64>i;
    else store<u64>(to + (<usize>i << 3), cell);
  }
  if (type == BOOL) store<u64>(to, bits);
  return valid;
}

/** Copies the bytes of the REFs that are valid into the arena; false when there is no memory. */
function copyTexts(refs: usize, validity: usize, count: u32): bool {
  let bytes: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const valid = (load<u64>(validity + ((i >>> 6) << 3)) >> <u64>(i & 63)) & 1;
    if (!valid) store<u64>(refs + (<usize>i << 3), 0);
    bytes += <u64>load<u32>(refs + (<usize>i << 3), 4);
  }
  if (bytes > COPY_BYTES_MAX) return false;
  let to = arena_alloc(<usize>bytes);
  if (!to) return false;
  for (let i: u32 = 0; i < count; i++) {
    const ref = refs + (<usize>i << 3), length = load<u32>(ref, 4);
    copyBytes(to, load<u32>(ref), length);
    store<u32>(ref, <u32>to);
    to += length;
  }
  return true;
}

function outColumn(s: Store, c: u32, out: usize, words: u32): bool {
  const type = storeType(s, c), validity = arena_alloc(<usize>words << 3);
  const data = arena_alloc(type == BOOL ? <usize>words << 3 : <usize>words << 9);
  store<u32>(out, type, COLUMN_TYPE);
  store<u32>(out, <u32>data, COLUMN_DATA);
  store<u32>(out, <u32>validity, COLUMN_VALIDITY);
  store<u32>(out, storeScale(s, c), COLUMN_SCALE);
  return data != 0 && validity != 0;
}

/** Leaves the validity away where all rows are valid. */
function settle(out: usize, count: u32, words: u32): void {
  const validity = <usize>load<u32>(out, COLUMN_VALIDITY), rest = count & 63;
  const behind: u64 = rest ? ~(((<u64>1) << <u64>rest) - 1) : 0;
  const last = validity + (<usize>(words - 1) << 3);
  if (words) store<u64>(last, load<u64>(last) | behind);
  let all: u64 = <u64>-1;
  for (let i: u32 = 0; i < words; i++) all &= load<u64>(validity + (<usize>i << 3));
  if (!~all) store<u32>(out, 0, COLUMN_VALIDITY);
}

/**
 * Gathers columns of the rows in `list` (u32 each, as above): the `picked` ones whose numbers are at `picks` (u32 each; 0:
 * all), as COLUMNs at `out`, with data in the batch arena. `columns`: COLUMNs of the batch, one for each of the store, that odd
 * entries mean. Strings refer to the bytes of rows and batch, which must live as long as the columns do, or to copies
 * in the arena. False when there is no memory.
 */
export function rowsGather(
  s: Store, columns: usize, list: usize, count: u32, picks: usize, picked: u32, out: usize, copy: bool,
): bool {
  const words = (count + 63) >>> 6, all = picks ? picked : s.columns;
  for (let i: u32 = 0; i < all; i++) {
    if (!outColumn(s, picks ? entryAt(picks, i) : i, out + i * COLUMN_SIZE, words)) return false;
  }
  for (let word: u32 = 0; word < words; word++) {
    const from = list + (<usize>word << 8), block = min<u32>(BLOCK, count - (word << 6));
    const kind = kindOf(from, block);
    for (let i: u32 = 0; i < all; i++) {
      const c = picks ? entryAt(picks, i) : i, to = out + i * COLUMN_SIZE, isBool = storeType(s, c) == BOOL;
      const data = <usize>load<u32>(to, COLUMN_DATA) + (<usize>word << (isBool ? 3 : 9));
      let valid: u64;
      if (isBool || kind == MIXED) valid = cellsMixed(s, c, columnAt(columns, c), from, block, data);
      else if (kind == ALL_BATCH) valid = cellsBatch(columnAt(columns, c), from, block, data);
      else valid = cellsStored(s, c, from, block, data);
      store<u64>(<usize>load<u32>(to, COLUMN_VALIDITY) + (<usize>word << 3), valid);
    }
  }
  for (let i: u32 = 0; i < all; i++) {
    const to = out + i * COLUMN_SIZE, isCopied = copy && isText(load<u32>(to, COLUMN_TYPE));
    if (isCopied && !copyTexts(load<u32>(to, COLUMN_DATA), load<u32>(to, COLUMN_VALIDITY), count)) return false;
    settle(to, count, words);
  }
  return true;
}
