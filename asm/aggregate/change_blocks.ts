// CHANGE BLOCKS: which stretches of memory (256 bytes) have rows that have changed since a listing for a checkpoint, so that the next one looks at the rows of those
// alone. A row's block is that of its head, and has a byte in a map, at its number modulo how many bytes there are: blocks that share one, and memory that is of
// something else meanwhile, lead to a look that finds nothing. To note a change is a store without a load.
//
//   changed   what has changed since the listing at hand, or the last one, has begun
//   round     what had changed in front of it
//
// Rows that are new since a table was listed need nothing: they are behind the rows that were (rowsStored of state/order.ts). Where most blocks have changed, the
// listing looks at all rows, which is faster then.
import { block_alloc, block_free, block_size } from "../memory";
import { Aggregation } from "./spec";

const BLOCK_BITS: usize = 8;
const BYTES_MIN: u32 = 256;
/** Maps that are so many times too small are made anew. */
const SMALL_TIMES: u32 = 2;
/** With one changed block in so many, all rows are looked at. */
const BLOCKS_A_CHANGED: u32 = 2;

/** Where those note their changes of which nobody lists any. */
const NOWHERE: usize = memory.data(8);

// The map of the aggregation that rows are pushed to
let map: usize = NOWHERE;
let mask: usize = 0;

/** Rows are pushed to the aggregation from now on. */
export function changeBlocksUse(a: Aggregation): void {
  map = a.changedBlocks ? <usize>a.changedBlocks : NOWHERE;
  mask = a.changedBlocks ? <usize>a.blocksBytes - 1 : 0;
}

/** The head of a row that was there has changed. */
@inline export function blockChanged(row: usize): void {
  store<u8>(map + ((row >>> BLOCK_BITS) & mask), 1);
}

/** Where the maps have the row's block. */
@inline export function blockAt(row: usize, bytesMask: usize): usize {
  return (row >>> BLOCK_BITS) & bytesMask;
}

/** Where the row's block ends. */
@inline export function blockEnd(row: usize): usize {
  return ((row >>> BLOCK_BITS) + 1) << BLOCK_BITS;
}

/** The first place from `row` on, before `end`, that lies in a block that has changed in front of the round or since; `end` if there is none. */
export function blockNext(a: Aggregation, row: usize, end: usize): usize {
  const mask = <usize>a.blocksBytes - 1, round = <usize>a.roundBlocks, changed = <usize>a.changedBlocks;
  // Eight bytes of the map at once, of the first ones those that are not before the row
  for (let block = row >>> BLOCK_BITS; block << BLOCK_BITS < end; block = (block | 7) + 1) {
    const at = (block & mask) & ~7, some = (load<u64>(round + at) | load<u64>(changed + at)) >>> (<u64>(block & 7) << 3);
    if (some) return min<usize>(end, max<usize>(row, block + (<usize>ctz(some) >>> 3) << BLOCK_BITS));
  }
  return end;
}

export function changeBlocksFree(a: Aggregation): void {
  if (a.changedBlocks) block_free(a.changedBlocks, a.blocksBytes);
  if (a.roundBlocks) block_free(a.roundBlocks, a.blocksBytes);
  a.changedBlocks = 0;
  a.roundBlocks = 0;
  a.blocksBytes = 0;
  changeBlocksUse(a);
}

/** Empty maps that fit the state; without memory there are none. */
function renew(a: Aggregation): void {
  changeBlocksFree(a);
  const bytes = <u32>block_size(max<u32>(BYTES_MIN, a.bytes >>> <u32>BLOCK_BITS));
  a.blocksBytes = bytes;
  a.changedBlocks = <u32>block_alloc(bytes);
  a.roundBlocks = a.changedBlocks ? <u32>block_alloc(bytes) : 0;
  if (!a.roundBlocks) {
    changeBlocksFree(a);
    return;
  }
  memory.fill(a.changedBlocks, 0, bytes);
  memory.fill(a.roundBlocks, 0, bytes);
}

/** Whether so many blocks have changed that it is faster to look at all rows. */
function hasMany(a: Aggregation): bool {
  let changed: u64 = 0;
  for (let at: u32 = 0; at < a.blocksBytes; at += 8) changed += popcnt(load<u64>(a.roundBlocks + at));
  return changed * BLOCKS_A_CHANGED > min<u32>(a.blocksBytes, a.bytes >>> <u32>BLOCK_BITS);
}

/** A listing begins. `again`: the one before was left, and this one goes on with what that one had to look at. */
export function changeBlocksRound(a: Aggregation, again: bool): void {
  if (!a.changedBlocks || a.blocksBytes < (a.bytes >>> <u32>BLOCK_BITS) / SMALL_TIMES) {
    // Nobody knows what has changed until then
    renew(a);
    a.allBlocks = true;
    return;
  }
  const round = a.changedBlocks, changed = a.roundBlocks, bytes = a.blocksBytes;
  for (let at: u32 = 0; again && at < bytes; at += 8) {
    store<u64>(round + at, load<u64>(round + at) | load<u64>(changed + at));
  }
  memory.fill(changed, 0, bytes);
  a.roundBlocks = round;
  a.changedBlocks = changed;
  a.allBlocks = (again && a.allBlocks) || hasMany(a);
}
