// How many different values there are: HyperLogLog (Flajolet et al. 2007) with 4,096 registers, whose standard error is
// 1.04 / √4096 = 1.6 %, read by the estimator of Ertl (2017, "New cardinality estimation algorithms for HyperLogLog
// sketches", algorithm 6), which needs no corrections. The first 32 values are kept by their hashes and counted exactly.
//
//   SKETCH   few    0            8 …                       dense   0             8 …                    4104
//            +------------+--------------              +-------------+------------------------+-----------+
//            | count u64  | hashes u64 …                | ~0 u64      | registers u8 × 4096    | dirty u32 |
//            +------------+--------------              +-------------+------------------------+-----------+
//
//   pages (details.ts): 0 the few hashes, empty once there are registers; from 1 on 256 registers each
//   dirty               a bit for each page that has changed since it was handed out
//
// Registers are merged by their maximum.
import { block_size } from "../memory";
import { Space, spaceGive, spaceTake } from "../state/space";

const FEW: u32 = 32;
const FEW_BYTES: u32 = 8 + FEW * 8;
const BITS: u32 = 12;
const REGISTERS: u32 = 1 << BITS;
const DIRTY: usize = 8 + REGISTERS;
const DENSE_BYTES: u32 = 16 + REGISTERS;
const PAGE_LOG: u32 = 8;
const PAGE_BYTES: u32 = 1 << PAGE_LOG;
const PAGES: u32 = REGISTERS >>> PAGE_LOG;
const DENSE: u64 = u64.MAX_VALUE;
/** Ranks that a register can have: 1 to RANKS. */
const RANKS: u32 = 64 - BITS + 1;
const HISTOGRAM: usize = memory.data(64 * 4, 16);

function raise(at: usize, hash: u64): void {
  const register = at + 8 + <usize>(hash >> (64 - BITS));
  const rest = hash << BITS, rank: u32 = rest ? <u32>clz(rest) + 1 : RANKS;
  if (rank <= load<u8>(register)) return;
  store<u8>(register, <u8>rank);
  store<u32>(at, load<u32>(at, DIRTY) | (2 << <u32>(hash >> (64 - BITS + PAGE_LOG))), DIRTY);
}

/** A sketch of registers in the place of what there was; 0 without memory. */
function denseMake(space: Space, cell: usize): usize {
  const dense = spaceTake(space, DENSE_BYTES);
  if (!dense) return 0;
  memory.fill(dense, 0, DENSE_BYTES);
  store<u64>(dense, DENSE);
  store<u32>(dense, 1, DIRTY);
  if (load<u32>(cell)) spaceGive(space, load<u32>(cell), FEW_BYTES);
  store<u32>(cell, <u32>dense);
  return dense;
}

/** A sketch without values; 0 without memory. */
function fewMake(space: Space, cell: usize): usize {
  const at = spaceTake(space, FEW_BYTES);
  if (!at) return 0;
  store<u64>(at, 0);
  store<u32>(cell, <u32>at);
  return at;
}

function makeDense(space: Space, cell: usize): bool {
  const few: usize = load<u32>(cell);
  store<u32>(cell, 0);
  const dense = denseMake(space, cell);
  if (!dense) {
    store<u32>(cell, <u32>few);
    return false;
  }
  for (let i: u32 = 0; i < FEW; i++) raise(dense, load<u64>(few + 8 + (<usize>i << 3)));
  spaceGive(space, few, FEW_BYTES);
  return true;
}

/** Bytes by which one value makes a sketch longer at most, and what one of few values takes. */
export function distinctGrowth(): u32 {
  return <u32>block_size(DENSE_BYTES);
}

export function distinctLeast(): u32 {
  return <u32>block_size(FEW_BYTES);
}

/** Counts a value by its hash; false when there is no memory. */
export function distinctAdd(space: Space, cell: usize, hash: u64): bool {
  let at: usize = load<u32>(cell);
  if (!at) at = fewMake(space, cell);
  if (!at) return false;
  const count = load<u64>(at);
  if (count != DENSE) {
    for (let i: u64 = 0; i < count; i++) if (load<u64>(at + 8 + (<usize>i << 3)) == hash) return true;
    if (count < FEW) {
      store<u64>(at + 8 + (<usize>count << 3), hash);
      store<u64>(at, count + 1);
      return true;
    }
    if (!makeDense(space, cell)) return false;
    at = load<u32>(cell);
  }
  raise(at, hash);
  return true;
}

function sigma(ratio: f64): f64 {
  let x = ratio, y = 1.0, z = x, before: f64;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (z != before);
  return z;
}

function tau(ratio: f64): f64 {
  if (ratio == 0 || ratio == 1) return 0;
  let x = ratio, y = 1.0, z = 1 - x, before: f64;
  do {
    x = sqrt<f64>(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (z != before);
  return z / 3;
}

/** How many different values there were. */
export function distinctEstimate(cell: usize): i64 {
  const at: usize = load<u32>(cell), count = load<u64>(at);
  if (count != DENSE) return <i64>count;
  memory.fill(HISTOGRAM, 0, 64 * 4);
  for (let i: usize = 0; i < REGISTERS; i++) {
    const bin = HISTOGRAM + (<usize>load<u8>(at + 8 + i) << 2);
    store<u32>(bin, load<u32>(bin) + 1);
  }
  const m = <f64>REGISTERS;
  let z = m * tau(1 - <f64>load<u32>(HISTOGRAM + (<usize>RANKS << 2)) / m);
  for (let k = RANKS - 1; k >= 1; k--) z = 0.5 * (z + <f64>load<u32>(HISTOGRAM + (<usize>k << 2)));
  z += m * sigma(<f64>load<u32>(HISTOGRAM) / m);
  return <i64>nearest<f64>(m * m / (2 * Math.LN2 * z));
}

export function distinctFree(space: Space, cell: usize): void {
  const at: usize = load<u32>(cell);
  spaceGive(space, at, load<u64>(at) == DENSE ? DENSE_BYTES : FEW_BYTES);
}

/** The first page from `from` on that there is, or that has changed unless `whole`; −1 = there is none. */
export function distinctPage(cell: usize, from: u32, whole: bool): i32 {
  const at: usize = load<u32>(cell);
  if (load<u64>(at) != DENSE) return from == 0 ? 0 : -1;
  const dirty = load<u32>(at, DIRTY);
  for (let page = whole ? max<u32>(from, 1) : from; page <= PAGES; page++) if (whole || ((dirty >>> page) & 1)) return <i32>page;
  return -1;
}

/** The last page that there may be. */
export function distinctPages(cell: usize): u32 {
  return load<u64>(<usize>load<u32>(cell)) == DENSE ? PAGES : 0;
}

/** How long a page is, which is copied to `to`; it is as it was handed out from now on. */
export function distinctTell(cell: usize, page: u32, to: usize): u32 {
  const at: usize = load<u32>(cell), count = load<u64>(at);
  if (count != DENSE) {
    memory.copy(to, at + 8, <usize>count << 3);
    return <u32>count << 3;
  }
  store<u32>(at, load<u32>(at, DIRTY) & ~(1 << page), DIRTY);
  if (!page) return 0;
  memory.copy(to, at + 8 + (<usize>(page - 1) << PAGE_LOG), PAGE_BYTES);
  return PAGE_BYTES;
}

/** Takes a page in, after those before it: 0, or 1: it cannot be; 2: there is no memory. */
export function distinctTake(space: Space, cell: usize, page: u32, from: usize, bytes: u32): i32 {
  let at: usize = load<u32>(cell);
  if (!page) {
    if (at || bytes > FEW << 3 || (bytes & 7)) return 1;
    if (!bytes) return 0;
    at = fewMake(space, cell);
    if (!at) return 2;
    store<u64>(at, bytes >>> 3);
    memory.copy(at + 8, from, bytes);
    return 0;
  }
  if (page > PAGES || bytes != PAGE_BYTES) return 1;
  for (let i: usize = 0; i < PAGE_BYTES; i++) if (<u32>load<u8>(from + i) > RANKS) return 1;
  if (!at || load<u64>(at) != DENSE) at = denseMake(space, cell);
  if (!at) return 2;
  store<u32>(at, 0, DIRTY);
  memory.copy(at + 8 + (<usize>(page - 1) << PAGE_LOG), from, PAGE_BYTES);
  return 0;
}

/** Bytes of the sketch as it leaves memory. */
export function distinctImageBytes(cell: usize): u32 {
  const count = load<u64>(<usize>load<u32>(cell));
  return count == DENSE ? DENSE_BYTES : 8 + (<u32>count << 3);
}

/** It comes back; `settled`: all of it was handed out. False without memory. */
export function distinctAdmit(space: Space, cell: usize, from: usize, settled: bool): bool {
  const count = load<u64>(from), at = count == DENSE ? denseMake(space, cell) : fewMake(space, cell);
  if (!at) return false;
  memory.copy(at, from, count == DENSE ? DENSE_BYTES : 8 + (<usize>count << 3));
  if (settled && count == DENSE) store<u32>(at, 0, DIRTY);
  return true;
}
