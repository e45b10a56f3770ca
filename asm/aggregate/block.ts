// BLOCK: rows are taken in blocks of BLOCK_ROWS, column at a time; what a step knows of them stays in the L1 and L2
// caches. The scratch arrays are shared by all instances, since no step leaves anything in them for later.
import { block_alloc } from "../memory";

export const BLOCK_ROWS: u32 = 1024;
/** KEY_COLUMNS_MAX of core/limits.ts. */
const KEYS_MAX: u32 = 16;

const WORDS: u32 = BLOCK_ROWS << 2;
const CELLS: u32 = BLOCK_ROWS << 3;
const AT_ROWS: u32 = 0;
const AT_SLICES: u32 = AT_ROWS + WORDS;
const AT_ADDRESSES: u32 = AT_SLICES + WORDS;
const AT_MISSES: u32 = AT_ADDRESSES + WORDS;
const AT_HASHES: u32 = AT_MISSES + WORDS;
const AT_GROUPS: u32 = AT_HASHES + WORDS;
const AT_NULLS: u32 = AT_GROUPS + WORDS;
const AT_ENTRIES: u32 = AT_NULLS + WORDS;
const AT_INSERTED: u32 = AT_ENTRIES + WORDS;
const AT_TARGETS: u32 = AT_INSERTED + WORDS;
const AT_STATES: u32 = AT_TARGETS + WORDS;
const AT_VALUES: u32 = AT_STATES + CELLS;
const AT_KEYS: u32 = AT_VALUES + CELLS;
const AT_COLUMNS: u32 = AT_KEYS + KEYS_MAX * CELLS;
const AT_IMAGE: u32 = AT_COLUMNS + 128;
const BYTES: u32 = AT_IMAGE + 2048;

let base: usize = 0;

/** Kept rows of the block. */
export let blockKept: u32 = 0;
/** Their row numbers are blockFirst, blockFirst + 1, …; blockRows() is not filled. */
export let blockDense: bool = false;
export let blockFirst: u32 = 0;
/** Address of the slice that all kept rows belong to; 0: blockSlices() has one for each. */
export let blockSlice: usize = 0;
/** A key of the block is NULL; else blockNulls() is not filled. */
export let blockNullKeys: bool = false;

export function blockSet(kept: u32, dense: bool, first: u32, slice: usize): void {
  blockKept = kept;
  blockDense = dense;
  blockFirst = first;
  blockSlice = slice;
}

export function blockSetNullKeys(some: bool): void {
  blockNullKeys = some;
}

/** Gets the scratch arrays at the first use; false when there is no memory. */
export function blockReady(): bool {
  if (!base) base = block_alloc(BYTES);
  return base != 0;
}

/** i32 row number of each kept row. */
@inline export function blockRows(): usize { return base + AT_ROWS; }
/** u32 address of the slice of each kept row. */
@inline export function blockSlices(): usize { return base + AT_SLICES; }
/** u32 address of the state row of each kept row. */
@inline export function blockAddresses(): usize { return base + AT_ADDRESSES; }
/** u32 positions of kept rows that are not resolved yet. */
@inline export function blockMisses(): usize { return base + AT_MISSES; }
/** u32 keyed hash of each miss. */
@inline export function blockHashes(): usize { return base + AT_HASHES; }
/** u32 key group of each miss. */
@inline export function blockGroups(): usize { return base + AT_GROUPS; }
/** u32 mask of NULL keys of each kept row. */
@inline export function blockNulls(): usize { return base + AT_NULLS; }
/** u32 index entry, then state row, that each miss looks at first. */
@inline export function blockEntries(): usize { return base + AT_ENTRIES; }
/** u32 positions of kept rows whose key was inserted in this block. */
@inline export function blockInserted(): usize { return base + AT_INSERTED; }
/** u32 state row of each value of the aggregate at hand. */
@inline export function blockTargets(): usize { return base + AT_TARGETS; }
/** u64 a row, for whatever step is at work. */
@inline export function blockStates(): usize { return base + AT_STATES; }
/** 8 bytes for each value of the aggregate at hand. */
@inline export function blockValues(): usize { return base + AT_VALUES; }
/** Room for the cells of key column i. */
@inline export function blockKeyRoom(i: u32): usize { return base + AT_KEYS + i * CELLS; }
/** u32 address of the cells of each key column: the room, or the column itself. */
@inline export function blockKeyColumns(): usize { return base + AT_COLUMNS; }
/** Room for one row. */
@inline export function blockImage(): usize { return base + AT_IMAGE; }

/** The row number of a kept row. */
@inline export function rowNumber(i: u32): u32 {
  return blockDense ? blockFirst + i : load<u32>(blockRows() + (<usize>i << 2));
}

/** The slice of a kept row. */
@inline export function rowSlice(i: u32): usize {
  return blockSlice ? blockSlice : <usize>load<u32>(blockSlices() + (<usize>i << 2));
}
