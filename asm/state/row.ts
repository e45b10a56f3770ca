// ROW: one key of one slice, row-major. Cells are 8 bytes; which are where is the operator's choice. What most rows
// do without is behind the cells: a key, a count and a sum take 32 bytes, half a cache line.
//
//  0          4                     8
//  +----------+---------------------+--------------+-----------------+--------------------+----------------+
//  | mark u32 | flags u32           | key cells    | aggregate cells | hash u32, group u8 | present u32    |
//  |          | key nulls, present, | 8 bytes each | 8 bytes each    | unless the key is  | when flags are |
//  |          | wraps               |              |                 | one cell           | too narrow     |
//  +----------+---------------------+--------------+-----------------+--------------------+----------------+
//
//  mark       number of the checkpoint interval in which the row last changed
//  key nulls  a bit for each key, from bit 0: it is NULL
//  present    a bit for each aggregate that can be NULL: it has seen a value
//  wraps      bits 16 to 31, where one aggregate has use for them: see wide.ts
//  key cells  i64 or f64 bits (bool: 0 or 1; NULL: 0), or a REF to bytes that the row's table owns
//  hash       keyed, of the key; the same in all slices, and never part of a result
//
// Rows are aligned to ROW_ALIGN, so that an index entry has room for a tag beside the address.
import { hash_i64 } from "../hash/keyed";
import { Space } from "./space";

/** Grows with every change of what a row means. */
export const STATE_SCHEMA_VERSION: u32 = 1;

export const ROW_MARK: usize = 0;
export const ROW_FLAGS: usize = 4;
export const ROW_KEYS: usize = 8;
export const ROW_ALIGN: u32 = 16;

/** Hashed in place of a key that is NULL. */
export const NULL_WORD: u64 = 0x2545F4914F6CDD1D;

/** The hash of a key of one cell. */
@inline export function cellHash(cell: u64, isNull: bool, seed: u64): u32 {
  return <u32>hash_i64(isNull ? NULL_WORD : cell, seed);
}

/** The hash of a row's key. */
@inline export function rowHash(space: Space, row: usize): u32 {
  if (space.hashAt) return load<u32>(row + space.hashAt);
  return cellHash(load<u64>(row, ROW_KEYS), (load<u32>(row, ROW_FLAGS) & 1) != 0, space.seed);
}

/** Copies the `bytes` of a row, a multiple of 16. */
@inline export function rowCopy(to: usize, from: usize, bytes: u32): void {
  for (const end = to + bytes; to < end; to += 16, from += 16) {
    const low = load<u64>(from), high = load<u64>(from, 8);
    store<u64>(to, low);
    store<u64>(to, high, 8);
  }
}
