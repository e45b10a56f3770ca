// Keys of a block: hashed column by column, then found in the index or put there.
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, DOUBLE } from "../layout";
import { GROUP_WORD_NULL, group_add, group_end, group_word_bytes } from "../hash/group";
import { canonical_f64, hash_bytes, hash_combine, hash_i64 } from "../hash/keyed";
import { bytesEqual } from "../state/bytes";
import { NULL_WORD } from "../state/row";
import { spaceGive, spaceTake } from "../state/space";
import { batchForget } from "./batch";
import { hashOf, numbers, setHash, setStateRow, stateRow } from "./block";
import { indexAdd, indexFind, indexFirst, indexNext, indexRemove } from "./index_table";
import { rowFree } from "./dirty";
import { poolTake } from "./pool";
import {
  Group, ROW_ALIVE, ROW_FIRED, ROW_GONE, ROW_GROUP, ROW_HASH, ROW_KEYS, ROW_NEWER, ROW_NULLS, ROW_OLDER, ROW_STATE, ROW_STORED, isBytes, keyCell, keyType, rowPool,
} from "./spec";

@inline export function validAt(validity: usize, row: u32): bool {
  return !validity || ((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1) != 0;
}

/** The 8 bytes of a value in which equal values are equal bits; not of strings and bytes. */
@inline export function cellOf(column: usize, type: u32, row: u32): u64 {
  const data: usize = load<u32>(column, COLUMN_DATA);
  if (type == BOOL) return <u64>((load<u8>(data + (row >> 3)) >> <u8>(row & 7)) & 1);
  const bits = load<u64>(data + (<usize>row << 3));
  return type == DOUBLE ? canonical_f64(bits) : bits;
}

@inline export function refOf(column: usize, row: u32): usize {
  return <usize>load<u32>(column, COLUMN_DATA) + (<usize>row << 3);
}

/** The keyed hash of one value. */
@inline export function hashValue(column: usize, type: u32, row: u32, seed: u64): u64 {
  if (!validAt(load<u32>(column, COLUMN_VALIDITY), row)) return hash_i64(NULL_WORD, seed);
  if (!isBytes(type)) return hash_i64(cellOf(column, type, row), seed);
  const ref = refOf(column, row);
  return hash_bytes(load<u32>(ref), load<u32>(ref, 4), seed);
}

/** Rows from which on they no longer lie in the fast caches. */
const MANY_ROWS: u32 = 2048;
const LINE: u32 = 64;

/** Holds what was read for nothing but the cache, so that it is read. */
let touched: u64 = 0;

/** Reads the rows that the block's keys may be those of: waits for memory overlap, since none depends on another. */
export function touchRows(g: Group, count: u32): void {
  if (g.rows < MANY_ROWS) return;
  let sum: u64 = 0;
  for (let i: u32 = 0; i < count; i++) setStateRow(i, indexFirst(g.rowsIndex, <u32>hashOf(i)));
  for (let i: u32 = 0; i < count; i++) {
    const row = stateRow(i);
    if (!row) continue;
    for (let at: u32 = 0; at < g.rowBytes; at += LINE) sum += load<u64>(row + at);
  }
  for (let k: u32 = 0; k < g.keys; k++) {
    if (!isBytes(keyType(g, k))) continue;
    for (let i: u32 = 0; i < count; i++) if (stateRow(i)) sum += load<u8>(load<u32>(stateRow(i) + keyCell(k)));
  }
  touched = sum;
}

/** Hashes the keys of the first `count` rows of the block. */
export function hashKeys(g: Group, columns: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) setHash(i, 0);
  for (let k: u32 = 0; k < g.keys; k++) {
    const column = columns + k * COLUMN_SIZE, type = load<u32>(column, COLUMN_TYPE);
    for (let i: u32 = 0; i < count; i++) {
      setHash(i, hash_combine(hashOf(i), hashValue(column, type, numbers(i), g.seed)));
    }
  }
}

/** Whether the stored cell is the column's value. */
@inline export function sameValue(cell: usize, column: usize, type: u32, row: u32): bool {
  if (!isBytes(type)) return load<u64>(cell) == cellOf(column, type, row);
  const ref = refOf(column, row), length = load<u32>(ref, 4);
  return load<u32>(cell, 4) == length && bytesEqual(load<u32>(cell), load<u32>(ref), length);
}

export function sameKey(g: Group, row: usize, columns: usize, number: u32): bool {
  const nulls = load<u32>(row, ROW_NULLS);
  for (let k: u32 = 0; k < g.keys; k++) {
    const column = columns + k * COLUMN_SIZE, isNull = (nulls >>> k) & 1;
    if (u32(!validAt(load<u32>(column, COLUMN_VALIDITY), number)) != isNull) return false;
    if (!isNull && !sameValue(row + keyCell(k), column, load<u32>(column, COLUMN_TYPE), number)) return false;
  }
  return true;
}

/** Copies bytes into state of their own and makes `cell` refer to them; false when there is no memory. */
export function ownBytes(g: Group, cell: usize, from: usize, length: u32): bool {
  let to: usize = 0;
  if (length) {
    to = spaceTake(g, length);
    if (!to) return false;
    memory.copy(to, from, length);
  }
  store<u32>(cell, <u32>to);
  store<u32>(cell, length, 4);
  return true;
}

/** Gives back what ownBytes took. */
export function freeBytes(g: Group, cell: usize): void {
  const length = load<u32>(cell, 4);
  if (length) spaceGive(g, load<u32>(cell), length);
}

/** Writes the key into a new row; false when there is no memory. */
function writeKey(g: Group, row: usize, columns: usize, number: u32): bool {
  let nulls: u32 = 0, state: u64 = 0;
  for (let k: u32 = 0; k < g.keys; k++) {
    const column = columns + k * COLUMN_SIZE, type = load<u32>(column, COLUMN_TYPE), cell = row + keyCell(k);
    store<u64>(cell, 0);
    if (!validAt(load<u32>(column, COLUMN_VALIDITY), number)) {
      nulls |= 1 << k;
      state = group_add(state, GROUP_WORD_NULL);
    } else if (isBytes(type)) {
      const ref = refOf(column, number), length = load<u32>(ref, 4);
      if (!ownBytes(g, cell, load<u32>(ref), length)) return false;
      state = group_add(state, group_word_bytes(load<u32>(ref), length));
    } else {
      const bits = cellOf(column, type, number);
      store<u64>(cell, bits);
      state = group_add(state, bits);
    }
  }
  store<u32>(row, nulls, ROW_NULLS);
  store<u8>(row, <u8>(g.keys ? group_end(state) : 0), ROW_GROUP);
  return true;
}

export function freeKey(g: Group, row: usize): void {
  for (let k: u32 = 0; k < g.keys; k++) if (isBytes(keyType(g, k))) freeBytes(g, row + keyCell(k));
}

/** A row with undefined contents; 0 when there is no memory. */
export function takeRoom(g: Group): usize {
  return poolTake(g, rowPool(g));
}

function addRow(g: Group, hash: u32, columns: usize, number: u32): usize {
  const row = takeRoom(g);
  if (!row) return 0;
  memory.fill(row, 0, g.rowBytes);
  store<u32>(row, hash, ROW_HASH);
  if (!writeKey(g, row, columns, number) || !indexAdd(g, g.rowsIndex, hash, row)) {
    freeKey(g, row);
    rowFree(g, row);
    return 0;
  }
  if (g.nameAt) store<u64>(row + g.nameAt, g.seq++);
  g.rows++;
  return row;
}

/** A row was added by the last `resolve`. */
export let isNew: bool = false;

/** The row of the key at position `i` of the block, which is added if it is not there; 0 when there is no memory. */
@inline export function resolve(g: Group, columns: usize, i: u32): usize {
  const hash = <u32>hashOf(i), number = numbers(i);
  isNew = false;
  for (let row = indexFind(g.rowsIndex, hash); row; row = indexNext(g.rowsIndex, hash, row)) {
    if (sameKey(g, row, columns, number)) {
      setStateRow(i, row);
      return row;
    }
  }
  const row = addRow(g, hash, columns, number);
  isNew = true;
  setStateRow(i, row);
  return row;
}

/** The row of the key at position `i` of the block, or 0. */
export function find(g: Group, columns: usize, i: u32): usize {
  const hash = <u32>hashOf(i), number = numbers(i);
  for (let row = indexFind(g.rowsIndex, hash); row; row = indexNext(g.rowsIndex, hash, row)) {
    if (sameKey(g, row, columns, number)) return row;
  }
  return 0;
}

/** The hash of the key of a row, as hashKeys makes it. */
export function rowHash(g: Group, row: usize): u64 {
  const nulls = load<u32>(row, ROW_NULLS);
  let hash: u64 = 0;
  for (let k: u32 = 0; k < g.keys; k++) {
    const cell = row + keyCell(k);
    let one: u64;
    if ((nulls >>> k) & 1) one = hash_i64(NULL_WORD, g.seed);
    else if (isBytes(keyType(g, k))) one = hash_bytes(load<u32>(cell), load<u32>(cell, 4), g.seed);
    else one = hash_i64(load<u64>(cell), g.seed);
    hash = hash_combine(hash, one);
  }
  return hash;
}

/** Takes a row out of the index and gives its memory back, or keeps its key until a drain has told that it is gone; what its calls hold is freed before. */
export function dropRow(g: Group, row: usize): void {
  indexRemove(g.rowsIndex, load<u32>(row, ROW_HASH), row);
  g.rows--;
  batchForget(g, row);
  if (load<u32>(row, ROW_STATE) & ROW_STORED) {
    store<u32>(row, load<u32>(row, ROW_STATE) | ROW_GONE, ROW_STATE);
    store<u32>(row, g.gone, ROW_NEWER);
    g.gone = <u32>row;
    return;
  }
  freeKey(g, row);
  rowFree(g, row);
}

/** Forgets what is gone, and gives its memory back. */
export function forgetGone(g: Group): void {
  forgetTold(g);
  g.goneTold = g.gone;
  g.gone = 0;
  forgetTold(g);
}

/** The same of what was told. */
export function forgetTold(g: Group): void {
  while (g.goneTold) {
    const row: usize = g.goneTold;
    g.goneTold = load<u32>(row, ROW_NEWER);
    freeKey(g, row);
    rowFree(g, row);
  }
}

/** The next row that is gone, which is forgotten later; 0 = all were told. */
export function tellGone(g: Group): usize {
  const row: usize = g.gone;
  if (!row) return 0;
  g.gone = load<u32>(row, ROW_NEWER);
  store<u32>(row, g.goneTold, ROW_NEWER);
  g.goneTold = <u32>row;
  return row;
}
