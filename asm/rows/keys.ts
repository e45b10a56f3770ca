// Keys of batches and of stored rows. A key is a list of column numbers (u32 each); the hash of a batch is made
// column by column, for blocks of rows whose states stay in the L1 cache.
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, DOUBLE } from "../layout";
import { GROUP_WORD_NULL, group_add, group_end, group_word_bytes, hash_groups } from "../hash/group";
import { canonical_f64, hash_bytes, hash_combine, hash_i64 } from "../hash/keyed";
import { NULL_WORD } from "../state/row";
import { bitAt, cellsEqual, columnAt, columnCell, columnIsNull } from "./cell";
import { rowCell, rowIsNull } from "./row";
import { Store, isText, storeType } from "./store";

const BLOCK_ROWS: u32 = 256;
const STATES: usize = memory.data(2048, 16);

/** The hash of a key that equals no other, since one of its columns is NULL and NULLs are not equal. */
export const HASH_NONE: u32 = 0;
/** The hash of a key without columns: all rows are equal. */
const HASH_EMPTY: u32 = 1;

@inline export function keyColumn(list: usize, i: u32): u32 {
  return load<u32>(list + (<usize>i << 2));
}

/** A hash as rows and indices have it. */
@inline function finish(state: u64): u32 {
  const hash = <u32>state;
  return hash ? hash : 1;
}

@inline function cellHash64(type: u32, cell: u64, seed: u64): u64 {
  if (isText(type)) return hash_bytes(<usize><u32>cell, <u32>(cell >> 32), seed);
  return hash_i64(type == DOUBLE ? canonical_f64(cell) : cell, seed);
}

/** Adds one column to the states of a block; `first`: there is none before it. */
function addColumn(column: usize, rows: usize, from: u32, count: u32, seed: u64, first: bool): void {
  const type = load<u32>(column, COLUMN_TYPE), validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  for (let i: u32 = 0; i < count; i++) {
    const row = rows ? load<u32>(rows + (<usize>(from + i) << 2)) : from + i, state = STATES + (<usize>i << 3);
    const isNull = validity != 0 && !bitAt(validity, row);
    const hash = isNull ? NULL_WORD : cellHash64(type, columnCell(column, type, row), seed);
    store<u64>(state, first ? hash : hash_combine(load<u64>(state), hash));
  }
}

/** Takes the hash from rows whose value in `column` is NULL. */
function dropNulls(column: usize, rows: usize, count: u32, out: usize): void {
  const validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  if (!validity) return;
  for (let i: u32 = 0; i < count; i++) {
    const row = rows ? load<u32>(rows + (<usize>i << 2)) : i;
    if (!bitAt(validity, row)) store<u32>(out + (<usize>i << 2), HASH_NONE);
  }
}

/** One column of i64 cells without NULLs, the commonest key. */
function hashCells(data: usize, rows: usize, count: u32, seed: u64, out: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const row = rows ? load<u32>(rows + (<usize>i << 2)) : i;
    store<u32>(out + (<usize>i << 2), finish(hash_i64(load<u64>(data + (<usize>row << 3)), seed)));
  }
}

/**
 * Hashes the keys of `count` rows of a batch, those that `rows` lists (i32 each; 0: the first ones), to u32 each at
 * `out`. `nullsEqual` false: a key with NULL has HASH_NONE.
 */
export function keysHash(
  columns: usize, list: usize, keys: u32, nullsEqual: bool, rows: usize, count: u32, seed: u64, out: usize,
): void {
  const one = columnAt(columns, keys ? keyColumn(list, 0) : 0);
  if (keys == 1 && !load<u32>(one, COLUMN_VALIDITY)) {
    const type = load<u32>(one, COLUMN_TYPE);
    if (!isText(type) && type != BOOL && type != DOUBLE) {
      hashCells(load<u32>(one, COLUMN_DATA), rows, count, seed, out);
      return;
    }
  }
  for (let from: u32 = 0; from < count; from += BLOCK_ROWS) {
    const block = min<u32>(BLOCK_ROWS, count - from), to = out + (<usize>from << 2);
    for (let i: u32 = 0; i < keys; i++) {
      addColumn(columnAt(columns, keyColumn(list, i)), rows, from, block, seed, i == 0);
    }
    for (let i: u32 = 0; i < block; i++) {
      store<u32>(to + (<usize>i << 2), keys ? finish(load<u64>(STATES + (<usize>i << 3))) : HASH_EMPTY);
    }
  }
  if (nullsEqual) return;
  for (let i: u32 = 0; i < keys; i++) dropNulls(columnAt(columns, keyColumn(list, i)), rows, count, out);
}

/** The same hash, of a stored row. */
export function rowKeyHash(s: Store, row: usize, list: usize, keys: u32, nullsEqual: bool): u32 {
  let state: u64 = 0;
  if (!keys) return HASH_EMPTY;
  for (let i: u32 = 0; i < keys; i++) {
    const column = keyColumn(list, i), isNull = rowIsNull(s, row, column);
    if (isNull && !nullsEqual) return HASH_NONE;
    const hash = isNull ? NULL_WORD : cellHash64(storeType(s, column), rowCell(s, row, column), s.seed);
    state = i ? hash_combine(state, hash) : hash;
  }
  return finish(state);
}

/** True when a stored row has the key of a row of a batch. NULL equals NULL. */
@inline export function keyEqualsBatch(
  s: Store, row: usize, list: usize, columns: usize, batchList: usize, keys: u32, r: u32,
): bool {
  for (let i: u32 = 0; i < keys; i++) {
    const own = keyColumn(list, i), other = columnAt(columns, keyColumn(batchList, i));
    const isNull = rowIsNull(s, row, own);
    if (isNull != columnIsNull(other, r)) return false;
    const type = storeType(s, own);
    if (!isNull && !cellsEqual(type, rowCell(s, row, own), columnCell(other, type, r))) return false;
  }
  return true;
}

/** True when two stored rows, of one or of two stores, have the same key. NULL equals NULL. */
@inline export function keyEqualsRow(
  s: Store, row: usize, list: usize, other: Store, otherRow: usize, otherList: usize, keys: u32,
): bool {
  for (let i: u32 = 0; i < keys; i++) {
    const a = keyColumn(list, i), b = keyColumn(otherList, i);
    const isNull = rowIsNull(s, row, a);
    if (isNull != rowIsNull(other, otherRow, b)) return false;
    if (!isNull && !cellsEqual(storeType(s, a), rowCell(s, row, a), rowCell(other, otherRow, b))) return false;
  }
  return true;
}

/** KEY_COLUMNS_MAX of core/limits.ts COLUMNs, side by side. */
const KEY_COLUMNS: usize = memory.data(256, 16);

/**
 * Key groups of `count` rows of a batch, those that `rows` lists (0: the first ones), to one byte each at `out`; without
 * keys all are 0.
 */
export function keysGroups(columns: usize, list: usize, keys: u32, rows: usize, count: u32, out: usize): void {
  for (let i: u32 = 0; i < keys; i++) {
    memory.copy(KEY_COLUMNS + i * COLUMN_SIZE, columnAt(columns, keyColumn(list, i)), COLUMN_SIZE);
  }
  hash_groups(KEY_COLUMNS, keys, count, rows, count, out);
}

/** The key group of a stored row. */
export function rowKeyGroup(s: Store, row: usize, list: usize, keys: u32): u32 {
  let state: u64 = 0;
  for (let i: u32 = 0; i < keys; i++) {
    const column = keyColumn(list, i), type = storeType(s, column), cell = rowCell(s, row, column);
    let word = cell;
    if (rowIsNull(s, row, column)) word = GROUP_WORD_NULL;
    else if (isText(type)) word = group_word_bytes(<usize><u32>cell, <u32>(cell >> 32));
    else if (type == DOUBLE) word = canonical_f64(cell);
    state = group_add(state, word);
  }
  return group_end(state);
}
