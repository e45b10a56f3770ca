// What comes out: a list of rows, stored or of the batch (rows/gather.ts), with the kind, cause and rank of each.
import { arena_alloc } from "../memory";
import { batchEntry } from "../rows/gather";
import { Rank } from "./spec";

/** Rows of one batch of results. */
export const OUT_ROWS: u32 = 8192;

export const INSERT: u8 = 0;
export const BEFORE: u8 = 1;
export const AFTER: u8 = 2;
export const DELETE: u8 = 3;

/** Room for a batch of results; false when there is no memory. */
export function emitBegin(rank: Rank): bool {
  rank.used = 0;
  rank.entries = <u32>arena_alloc(<usize>OUT_ROWS << 2);
  rank.kinds = <u32>arena_alloc(OUT_ROWS);
  rank.causes = <u32>arena_alloc(<usize>OUT_ROWS << 2);
  rank.ranks = <u32>arena_alloc(<usize>OUT_ROWS << 3);
  return rank.entries != 0 && rank.kinds != 0 && rank.causes != 0 && rank.ranks != 0;
}

@inline function emit(rank: Rank, kind: u8, entry: u32, position: u32, cause: u32): void {
  const i: usize = rank.used;
  rank.used++;
  store<u32>(<usize>rank.entries + (i << 2), entry);
  store<u8>(<usize>rank.kinds + i, kind);
  store<u32>(<usize>rank.causes + (i << 2), cause);
  store<u64>(<usize>rank.ranks + (i << 3), position);
}

/** A stored row. */
export function emitStored(rank: Rank, kind: u8, row: usize, position: u32, cause: u32): void {
  emit(rank, kind, <u32>row, position, cause);
}

/** A row of the batch. */
export function emitBatch(rank: Rank, kind: u8, r: u32, position: u32, cause: u32): void {
  emit(rank, kind, batchEntry(r), position, cause);
}
