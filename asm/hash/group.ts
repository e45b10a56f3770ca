// Key groups: the unit in which keyed state is owned, moved and written. Which group a key belongs to is a format,
// fixed for ever: results are ordered by it, checkpoints are divided by it, and it must be the same in every batch,
// process and version.
//
// A group is defined over the values of the key columns in their order. All arithmetic is modulo 2^64, words are
// little endian.
//
//   group(values):                             A = 0x9E3779B97F4A7C15
//     state = 0                                B = 0xD6E8FEB86659FD93
//     for value in values:                     N = 0x5851F42D4C957F2D
//       state = mix((state <<< 23) + word(value))
//     return state >> 57                       # 0 to 127
//
//   mix(x):
//     x = x * A
//     x = x xor (x >> 32)
//     return x * B
//
//   word(value):
//     NULL                                     N
//     int64, decimal, timestamp                the 64 bits of the cell (decimals scaled, timestamps in epoch ms)
//     double                                   its IEEE 754 bits; −0 as 0, every NaN as 0x7FF8000000000000
//     bool                                     0 or 1
//     string, bytes                            word_of_bytes(value)
//
//   word_of_bytes(bytes):
//     w = length(bytes) * B
//     for each 8 bytes, the last ones filled up with zeros:
//       w = (w xor u64(those 8 bytes)) * A
//       w = w xor (w >> 32)
//     return w
//
// mix takes the top bits of two multiplications with a fold between, so that keys that differ in any bits spread
// evenly over groups: counters, multiples of powers of two, timestamps and whole numbers as doubles alike. It
// withstands no adversary: tables use the keyed hash of keyed.ts inside a group.
import {
  BOOL, COLUMN_DATA, COLUMN_SIZE, COLUMN_TYPE, COLUMN_VALIDITY, DECIMAL, DOUBLE, INT64, REF_SIZE, STRING, TIMESTAMP,
} from "../layout";
import { isVariable } from "../types";
import { canonical_f64 } from "./keyed";

const A: u64 = 0x9E3779B97F4A7C15;
const B: u64 = 0xD6E8FEB86659FD93;

/** The word of NULL. */
export const GROUP_WORD_NULL: u64 = 0x5851F42D4C957F2D;

/** Rows that are hashed together, column by column: their states stay in the L1 cache. */
const BLOCK_ROWS: u32 = 256;
const STATES: usize = memory.data(2048, 16);

/** Adds the word of one more key column to the state, which starts at 0. */
@inline export function group_add(state: u64, word: u64): u64 {
  let x: u64 = (rotl<u64>(state, 23) + word) * A;
  x ^= x >> 32;
  return x * B;
}

/** The group of a state to which every key column was added. */
@inline export function group_end(state: u64): u32 {
  return <u32>(state >> 57);
}

/** The word of a string or bytes value. Reads up to 7 bytes behind it. */
export function group_word_bytes(at: usize, length: u32): u64 {
  let w: u64 = <u64>length * B;
  let rest = length;
  for (; rest >= 8; rest -= 8, at += 8) {
    w = (w ^ load<u64>(at)) * A;
    w ^= w >> 32;
  }
  if (rest) {
    w = (w ^ (load<u64>(at) & (((<u64>1) << (<u64>rest << 3)) - 1))) * A;
    w ^= w >> 32;
  }
  return w;
}

@inline function wordOf(type: u32, data: usize, row: u32): u64 {
  if (isVariable(type)) {
    const ref = data + row * REF_SIZE;
    return group_word_bytes(load<u32>(ref), load<u32>(ref, 4));
  }
  if (type == BOOL) return <u64>((load<u8>(data + (row >> 3)) >> <u8>(row & 7)) & 1);
  const bits = load<u64>(data + (<usize>row << 3));
  return type == DOUBLE ? canonical_f64(bits) : bits;
}

@inline function isThere(validity: usize, row: u32): bool {
  return !validity || ((load<u8>(validity + (row >> 3)) >> <u8>(row & 7)) & 1) != 0;
}

/** The group (0 to 127) of one row's key: `ncols` COLUMN descriptors at `columns`, in the order of the key. */
export function group_of_row(columns: usize, ncols: u32, row: u32): u32 {
  let state: u64 = 0;
  for (let i: u32 = 0; i < ncols; i++) {
    const column = columns + i * COLUMN_SIZE;
    const there = isThere(load<u32>(column, COLUMN_VALIDITY), row);
    const word = there ? wordOf(load<u32>(column, COLUMN_TYPE), load<u32>(column, COLUMN_DATA), row) : GROUP_WORD_NULL;
    state = group_add(state, word);
  }
  return group_end(state);
}

/** Adds one column to the states of rows `first` to `first + count`, when none is NULL; `type` is constant. */
@inline function addDense(type: u32, data: usize, first: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const state = STATES + (<usize>i << 3);
    store<u64>(state, group_add(load<u64>(state), wordOf(type, data, first + i)));
  }
}

/** The same for the rows that `rows` lists, or from `first` on, with NULLs; `type` is constant. */
@inline function addSparse(type: u32, data: usize, validity: usize, rows: usize, first: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const state = STATES + (<usize>i << 3);
    const row = rows ? load<u32>(rows + (<usize>i << 2)) : first + i;
    const word = isThere(validity, row) ? wordOf(type, data, row) : GROUP_WORD_NULL;
    store<u64>(state, group_add(load<u64>(state), word));
  }
}

@inline function addTyped(type: u32, data: usize, validity: usize, rows: usize, first: u32, count: u32): void {
  if (rows || validity) addSparse(type, data, validity, rows, first, count);
  else addDense(type, data, first, count);
}

function addColumn(column: usize, rows: usize, first: u32, count: u32): void {
  const type = load<u32>(column, COLUMN_TYPE);
  const data = <usize>load<u32>(column, COLUMN_DATA), validity = <usize>load<u32>(column, COLUMN_VALIDITY);
  if (isVariable(type)) addTyped(STRING, data, validity, rows, first, count);
  else if (type == BOOL) addTyped(BOOL, data, validity, rows, first, count);
  else if (type == DOUBLE) addTyped(DOUBLE, data, validity, rows, first, count);
  else addTyped(0, data, validity, rows, first, count);
}

/** The groups of a single column of 8-byte cells in which nothing is NULL: the shortest way for the commonest key. */
function groupsOfCells(data: usize, selection: usize, count: u32, out: usize): void {
  if (selection) {
    for (let i: u32 = 0; i < count; i++) {
      const row = <usize>load<u32>(selection + (<usize>i << 2));
      store<u8>(out + i, group_end(group_add(0, load<u64>(data + (row << 3)))));
    }
  } else {
    for (let i: u32 = 0; i < count; i++) {
      store<u8>(out + i, group_end(group_add(0, load<u64>(data + (<usize>i << 3)))));
    }
  }
}

@inline function isPlain(column: usize): bool {
  const type = load<u32>(column, COLUMN_TYPE);
  return !load<u32>(column, COLUMN_VALIDITY) && (type == INT64 || type == TIMESTAMP || type == DECIMAL);
}

/**
 * Writes the group of each selected row's key to `out`, one byte each. `selection` 0 selects all `rows`.
 */
export function hash_groups(
  columns: usize, ncols: u32, rows: u32, selection: usize, selected: u32, out: usize,
): void {
  const all = selection ? selected : rows;
  if (ncols == 1 && isPlain(columns)) {
    groupsOfCells(load<u32>(columns, COLUMN_DATA), selection, all, out);
    return;
  }
  for (let first: u32 = 0; first < all; first += BLOCK_ROWS) {
    const count = min<u32>(BLOCK_ROWS, all - first);
    memory.fill(STATES, 0, <usize>count << 3);
    const listed = selection ? selection + (<usize>first << 2) : 0;
    for (let i: u32 = 0; i < ncols; i++) addColumn(columns + i * COLUMN_SIZE, listed, first, count);
    for (let i: u32 = 0; i < count; i++) store<u8>(out + first + i, group_end(load<u64>(STATES + (<usize>i << 3))));
  }
}
