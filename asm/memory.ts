// Two ways to get memory, both from one linear memory that grows:
//
//   blocks  live until they are freed; sizes are powers of two from 32 bytes; freed ones wait in a list for each size
//   arena   lives until the batch ends; a row of blocks, filled from the first to the last, all free again at a reset
//
// Every address is a multiple of 32 (arena: 64), with SLACK readable bytes behind, so that SIMD loads may run over the end.

const SLACK: usize = 128;
const LOG_MIN: u32 = 5;
const LOG_MAX: u32 = 31;
const ARENA_BLOCK: usize = 1 << 20;
/** Pages of 64 KiB that memory grows by at least: each time costs a call of the system, and the host its views. */
const GROW_PAGES: i32 = 64;

// Heads of the free lists, by log2 of the size
const FREE: usize = memory.data(32 * 4, 16);
let top: usize = 0;
let isNew: bool = false;
let stateBytes: usize = 0;
let stateLimit: usize = <usize>-1;

@inline function logOf(bytes: usize): u32 {
  return bytes <= 32 ? LOG_MIN : 32 - <u32>clz<u32>(<u32>bytes - 1);
}

/** Makes the memory `pages` longer (0 and less: it is long enough), or a step more; false when its maximum is reached. */
@inline function grow(pages: i32): bool {
  if (pages <= 0) return true;
  return (pages < GROW_PAGES && memory.grow(GROW_PAGES) >= 0) || memory.grow(pages) >= 0;
}

/** Takes a block of at least `bytes`; 0 when the memory's maximum is reached. The contents are undefined. */
export function block_alloc(bytes: usize): usize {
  if (bytes > (<usize>1 << (LOG_MAX - 1))) return 0;
  const log = logOf(bytes);
  const head = FREE + (<usize>log << 2);
  const first = <usize>load<u32>(head);
  isNew = !first;
  if (first) {
    store<u32>(head, load<u32>(first));
    return first;
  }
  if (!top) top = (__heap_base + SLACK + 63) & ~63;
  const size = <usize>1 << log;
  const address = top;
  const end = address + size + SLACK;
  // Behind the last whole page, rounding up would come out at 0
  if (end < address || end > <usize>-65536) return 0;
  if (!grow(<i32>((end + 65535) >>> 16) - memory.size())) return 0;
  top = address + size;
  return address;
}

/** The block that was taken last has never been used: all its bytes are 0. */
export function block_is_new(): bool {
  return isNew;
}

/** Gives a block back; `bytes` as it was asked for. */
export function block_free(address: usize, bytes: usize): void {
  const head = FREE + (<usize>logOf(bytes) << 2);
  store<u32>(address, load<u32>(head));
  store<u32>(head, <u32>address);
}

/** What a block of `bytes` really takes. */
export function block_size(bytes: usize): usize {
  return <usize>1 << logOf(bytes);
}

/** Bounds what state_alloc hands out in all. */
export function state_limit(bytes: usize): void {
  stateLimit = bytes;
}

/** Bytes that state_alloc has handed out and not got back. */
export function state_bytes(): usize {
  return stateBytes;
}

/** Bytes that state_alloc may still hand out. */
export function state_room(): usize {
  return stateBytes < stateLimit ? stateLimit - stateBytes : 0;
}

/** A block that counts as keyed state; 0 when the state's bound or the memory's maximum is reached. */
export function state_alloc(bytes: usize): usize {
  const size = block_size(bytes);
  if (stateBytes > stateLimit || size > stateLimit - stateBytes) return 0;
  const address = block_alloc(bytes);
  if (address) stateBytes += size;
  return address;
}

/**
 * A block that counts as keyed state and does not heed its bound: what draining needs, since only draining makes room.
 * 0 when the memory's maximum is reached.
 */
export function state_force(bytes: usize): usize {
  const address = block_alloc(bytes);
  if (address) stateBytes += block_size(bytes);
  return address;
}

export function state_free(address: usize, bytes: usize): void {
  stateBytes -= block_size(bytes);
  block_free(address, bytes);
}

// ARENA_HEADER in front of each arena block: next block u32, end of this block u32, address that was taken for it u32, 52 bytes unused
const ARENA_HEADER: usize = 64;
let arenaFirst: usize = 0;
let arenaBlock: usize = 0;
let arenaAt: usize = 0;
let arenaEnd: usize = 0;

@inline function enter(block: usize): void {
  arenaBlock = block;
  arenaAt = block + ARENA_HEADER;
  arenaEnd = load<u32>(block, 4);
}

/** Takes memory that lives until arena_reset; aligned to 64. 0 when the memory's maximum is reached. */
export function arena_alloc(bytes: usize): usize {
  const size = (bytes + SLACK + 63) & ~63;
  while (true) {
    if (arenaBlock && size <= arenaEnd - arenaAt) {
      const address = arenaAt;
      arenaAt += size;
      return address;
    }
    const next = arenaBlock ? <usize>load<u32>(arenaBlock) : arenaFirst;
    if (!next) break;
    enter(next);
  }
  const want = size + ARENA_HEADER + 64 > ARENA_BLOCK ? size + ARENA_HEADER + 64 : ARENA_BLOCK;
  const raw = block_alloc(want);
  if (!raw) return 0;
  const block = (raw + 63) & ~63; // blocks are aligned to 32 only when they are smaller than 64
  store<u32>(block, 0);
  store<u32>(block, <u32>(raw + block_size(want)), 4);
  store<u32>(block, <u32>raw, 8);
  if (arenaBlock) store<u32>(arenaBlock, <u32>block);
  else arenaFirst = block;
  enter(block);
  const address = arenaAt;
  arenaAt += size;
  return address;
}

/** Frees all that arena_alloc handed out. */
export function arena_reset(): void {
  if (arenaFirst) enter(arenaFirst);
}

/**
 * Where the arena stands: `arena_release` with it gives back what was taken since, and what was taken before stays.
 * Marks nest; giving back to one ends those that were taken after it. Both addresses are multiples of 64 below 2^32,
 * so that a double holds them exactly: block / 64 × 2^26 + at / 64; 0 before the first block.
 */
export function arena_mark(): f64 {
  return <f64>(((<u64>arenaBlock >>> 6) << 26) | (<u64>arenaAt >>> 6));
}

/** Frees what arena_alloc has handed out since the mark. */
export function arena_release(mark: f64): void {
  const both = <u64>mark;
  if (!both) {
    arena_reset();
    return;
  }
  enter(<usize>(both >>> 26) << 6);
  arenaAt = (<usize>both & 0x3ffffff) << 6;
}

/**
 * Takes another arena, of which the 16 bytes at `place` know, in place of the one at hand, which they know from now on; 0s: an empty one. What is
 * taken from it lives over marks and resets of the other.
 */
export function arena_swap(place: usize): void {
  const first = load<u32>(place), block = load<u32>(place, 4), at = load<u32>(place, 8), end = load<u32>(place, 12);
  store<u32>(place, <u32>arenaFirst);
  store<u32>(place, <u32>arenaBlock, 4);
  store<u32>(place, <u32>arenaAt, 8);
  store<u32>(place, <u32>arenaEnd, 12);
  arenaFirst = first;
  arenaBlock = block;
  arenaAt = at;
  arenaEnd = end;
}

/** Gives the blocks of the arena at `place` back. */
export function arena_close(place: usize): void {
  for (let block: usize = load<u32>(place); block;) {
    const next: usize = load<u32>(block), raw: usize = load<u32>(block, 8);
    block_free(raw, load<u32>(block, 4) - raw);
    block = next;
  }
  memory.fill(place, 0, 16);
}
