// Keys of a block, column at a time: first as 8-byte cells in which equal keys are equal bits (bytes: as REFs), then,
// for the rows that need them, as keyed hashes and key groups.
import { BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, DOUBLE } from "../layout";
import { GROUP_WORD_NULL, group_add, group_end, group_word_bytes } from "../hash/group";
import { canonical_f64, hash_bytes, hash_combine, hash_i64 } from "../hash/keyed";
import { bytesEqual } from "../state/bytes";
import { NULL_WORD, ROW_FLAGS, ROW_KEYS, cellHash } from "../state/row";
import { validAt } from "./assign";
import {
  blockDense, blockFirst, blockGroups, blockHashes, blockKept, blockKeyColumns, blockKeyRoom, blockMisses,
  blockNullKeys, blockNulls, blockSetNullKeys, blockStates, blockValues, rowNumber,
} from "./block";
import { Aggregation, isBytes, keyType } from "./spec";

@inline export function keyColumn(i: u32): usize {
  return load<u32>(blockKeyColumns() + (<usize>i << 2));
}

function setColumn(i: u32, address: usize): void {
  store<u32>(blockKeyColumns() + (<usize>i << 2), <u32>address);
}

@inline function bitAt(data: usize, row: u32): u64 {
  return <u64>((load<u8>(data + (row >> 3)) >> <u8>(row & 7)) & 1);
}

/** One column into its room; NULLs become 0, and a bit in the row's mask. */
function gatherKey(i: u32, type: u32, data: usize, validity: usize): void {
  const room = blockKeyRoom(i), nulls = blockNulls();
  for (let j: u32 = 0; j < blockKept; j++) {
    const row = rowNumber(j);
    let cell: u64 = 0;
    if (!validAt(validity, row)) {
      store<u32>(nulls + (<usize>j << 2), load<u32>(nulls + (<usize>j << 2)) | (1 << i));
    } else if (type == BOOL) {
      cell = bitAt(data, row);
    } else {
      cell = load<u64>(data + (<usize>row << 3));
      if (type == DOUBLE) cell = canonical_f64(cell);
    }
    store<u64>(room + (<usize>j << 3), cell);
  }
  setColumn(i, room);
}

/** Brings the keys of the kept rows into cells. A column whose cells are fit as they are is not copied. */
export function keysGather(a: Aggregation, columns: usize): void {
  let some = false;
  for (let i: u32 = 0; i < a.keys; i++) some = some || load<u32>(columns + i * COLUMN_SIZE, COLUMN_VALIDITY) != 0;
  blockSetNullKeys(some);
  if (some) memory.fill(blockNulls(), 0, <usize>blockKept << 2);
  for (let i: u32 = 0; i < a.keys; i++) {
    const column = columns + i * COLUMN_SIZE, type = load<u32>(column, COLUMN_TYPE);
    const data = <usize>load<u32>(column, COLUMN_DATA), validity = <usize>load<u32>(column, COLUMN_VALIDITY);
    if (blockDense && !validity && type != BOOL && type != DOUBLE) setColumn(i, data + (<usize>blockFirst << 3));
    else gatherKey(i, type, data, validity);
  }
  if (a.keys == 0) {
    memory.fill(blockKeyRoom(0), 0, <usize>blockKept << 3);
    setColumn(0, blockKeyRoom(0));
  }
}

@inline export function nullsAt(i: u32): u32 {
  return blockNullKeys ? load<u32>(blockNulls() + (<usize>i << 2)) : 0;
}

/** The usual key: one column of fixed size. */
function hashFixed(a: Aggregation, misses: u32): void {
  const list = blockMisses(), hashes = blockHashes(), groups = blockGroups(), cells = keyColumn(0), seed = a.seed;
  const keyed = a.keys != 0;
  for (let j: usize = 0; j < <usize>misses; j++) {
    const i = load<u32>(list + (j << 2)), cell = load<u64>(cells + (<usize>i << 3));
    const isNull = nullsAt(i) != 0;
    store<u32>(hashes + (j << 2), cellHash(cell, isNull, seed));
    store<u32>(groups + (j << 2), keyed ? group_end(group_add(0, isNull ? GROUP_WORD_NULL : cell)) : 0);
  }
}

/** Adds one column to the hash (blockStates) and group state (blockValues) of each miss. */
function hashColumn(a: Aggregation, column: u32, misses: u32): void {
  const list = blockMisses(), states = blockStates(), groups = blockValues(), cells = keyColumn(column), seed = a.seed;
  const bytes = isBytes(keyType(a, column)), mask: u32 = 1 << column;
  for (let j: usize = 0; j < <usize>misses; j++) {
    const i = load<u32>(list + (j << 2)), cell = cells + (<usize>i << 3);
    let hash: u64, word: u64;
    if (nullsAt(i) & mask) {
      hash = NULL_WORD;
      word = GROUP_WORD_NULL;
    } else if (bytes) {
      const at = <usize>load<u32>(cell), length = load<u32>(cell, 4);
      hash = hash_bytes(at, length, seed);
      word = group_word_bytes(at, length);
    } else {
      word = load<u64>(cell);
      hash = hash_i64(word, seed);
    }
    store<u64>(states + (j << 3), column ? hash_combine(load<u64>(states + (j << 3)), hash) : hash);
    store<u64>(groups + (j << 3), group_add(column ? load<u64>(groups + (j << 3)) : 0, word));
  }
}

/** Hash and key group of each miss. */
export function keysHash(a: Aggregation, misses: u32): void {
  if (a.fixedKey) {
    hashFixed(a, misses);
    return;
  }
  for (let i: u32 = 0; i < a.keys; i++) hashColumn(a, i, misses);
  const states = blockStates(), groupStates = blockValues(), hashes = blockHashes(), groups = blockGroups();
  for (let j: usize = 0; j < <usize>misses; j++) {
    store<u32>(hashes + (j << 2), <u32>load<u64>(states + (j << 3)));
    store<u32>(groups + (j << 2), group_end(load<u64>(groupStates + (j << 3))));
  }
}

/** The flags that say which keys are NULL. */
@inline export function nullMask(a: Aggregation): u32 {
  return (1 << a.keys) - 1;
}

/** True when the state row has the key of kept row `i`, whose hash is `hash`. */
@inline export function keysEqual(a: Aggregation, row: usize, i: u32, hash: u32): bool {
  if ((load<u32>(row, ROW_FLAGS) & nullMask(a)) != nullsAt(i)) return false;
  if (a.fixedKey) return load<u64>(row, ROW_KEYS) == load<u64>(keyColumn(0) + (<usize>i << 3));
  return load<u32>(row + a.hashAt) == hash && cellsEqual(a, row + ROW_KEYS, i);
}

function cellsEqual(a: Aggregation, cells: usize, i: u32): bool {
  for (let k: u32 = 0; k < a.keys; k++) {
    const own = load<u64>(cells + (<usize>k << 3)), other = load<u64>(keyColumn(k) + (<usize>i << 3));
    if (!isBytes(keyType(a, k))) {
      if (own != other) return false;
    } else {
      const length = <u32>(own >> 32);
      if (length != <u32>(other >> 32) || !bytesEqual(<usize><u32>own, <usize><u32>other, length)) return false;
    }
  }
  return true;
}
