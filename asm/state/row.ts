// ROW: one key of one slice, row-major. Cells are 8 bytes; which are where is the operator's choice.
//
//  0         4             8          12          14         15        16
//  +---------+-------------+----------+-----------+----------+---------+-------------+-----------------+
//  | mark    | present     | hash     | key nulls | key      | unused  | key cells   | aggregate cells |
//  | u32     | u32, a bit  | u32      | u16, a bit| group u8 |         | 8 bytes     | 8 bytes each    |
//  |         | an aggregate|          | a key     |          |         | each        |                 |
//  +---------+-------------+----------+-----------+----------+---------+-------------+-----------------+
//
//  mark      number of the checkpoint interval in which the row last changed
//  present   1 = the aggregate has seen a value; 0 = its result is NULL
//  hash      keyed, of the key; the same in all slices, and never part of a result
//  key cells i64 or f64 bits (bool: 0 or 1; NULL: 0), or a REF to bytes that the row's table owns
//
// Rows are aligned to ROW_ALIGN, so that an index entry has room for a tag beside the address.

/** Grows with every change of what a row means. */
export const STATE_SCHEMA_VERSION: u32 = 1;

export const ROW_MARK: usize = 0;
export const ROW_PRESENT: usize = 4;
export const ROW_HASH: usize = 8;
export const ROW_NULLS: usize = 12;
export const ROW_GROUP: usize = 14;
export const ROW_KEYS: usize = 16;
export const ROW_ALIGN: u32 = 16;

/** Copies the `bytes` of a row, a multiple of 16. */
@inline export function rowCopy(to: usize, from: usize, bytes: u32): void {
  for (const end = to + bytes; to < end; to += 16, from += 16) {
    const low = load<u64>(from), high = load<u64>(from, 8);
    store<u64>(to, low);
    store<u64>(to, high, 8);
  }
}
