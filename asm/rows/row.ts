// ROW: one row of a stream in state memory, row-major, with the bytes of its strings behind its cells.
//
//  0          4          8           12          14         15         16        24           …            …
//  +----------+----------+-----------+-----------+----------+----------+---------+------------+------------+--------------+------
//  | next u32 | prev u32 | hash u32  | place u16 | class u8 | group u8 | seq u64 | words,     | null bits, | cells,       | bytes
//  |          |          |           |           |          |          |         | u32 each   | u32 each   | 8 bytes each |
//  +----------+----------+-----------+-----------+----------+----------+---------+------------+------------+--------------+------
//
//  next   the row behind it in the chain of its key; 0 = it is the last
//  prev   the row in front of it; of the first row, the last one (a row alone: itself)
//  hash   keyed, of its key; 0 = a key with NULL that equals no other (no index has the row)
//  place  (row − page) / 16, and flags in its upper 4 bits (touch.ts); class: the size of its place (slab.ts). Nobody but the
//         store writes them.
//  group  the key group of its key, unseeded
//  seq    arrival: rows of one store are told apart and ordered by it
//  words  what the operator keeps with the row; how many is said when the store is made
//  nulls  bit c: column c is NULL; its cell is then 0
//  cells  i64 or f64 bits as they came (−0 and any NaN stay), bool 0 or 1, or a REF to the row's own bytes
import { Store } from "./store";

export const ROW_NEXT: usize = 0;
export const ROW_PREV: usize = 4;
export const ROW_HASH: usize = 8;
export const ROW_PLACE: usize = 12;
/** What of the place word says where the row lies. */
export const ROW_PLACE_MASK: u32 = 0x0fff;
/** There is a row in the place. */
export const ROW_ALIVE: u32 = 0x1000;
/** It has changed since the last cut (changes.ts). */
export const ROW_CHANGED: u32 = 0x2000;
/** A drain has handed it out: when it goes, that is told. */
export const ROW_STORED: u32 = 0x4000;
/** Somebody has asked for its key since the hand came by (shelf.ts): it is the first of its chain, as long as rows leave. */
export const ROW_HOT: u32 = 0x8000;
export const ROW_CLASS: usize = 14;
export const ROW_GROUP: usize = 15;
export const ROW_SEQ: usize = 16;
/** Where the words of the operator start. */
export const ROW_WORDS: usize = 24;

@inline export function rowCell(s: Store, row: usize, column: u32): u64 {
  return load<u64>(row + s.cellsAt + (<usize>column << 3));
}

@inline export function rowIsNull(s: Store, row: usize, column: u32): bool {
  return ((load<u32>(row + s.nullsAt + ((<usize>column >>> 5) << 2)) >> (column & 31)) & 1) != 0;
}

/** Arrivals stay below it: a row's name has its key group in the bits from there on. */
export const ARRIVAL_END: u64 = 1 << 57;

/** (key group, arrival) as one number that sorts. */
@inline export function rowOrder(row: usize): u64 {
  return (<u64>load<u8>(row, ROW_GROUP) << 57) | load<u64>(row, ROW_SEQ);
}
