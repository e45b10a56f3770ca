// How many different values there are: HyperLogLog (Flajolet et al. 2007) with 4,096 registers, whose standard error is
// 1.04 / √4096 = 1.6 %, read by the estimator of Ertl (2017, "New cardinality estimation algorithms for HyperLogLog
// sketches", algorithm 6), which needs no corrections. The first 32 values are kept by their hashes and counted exactly.
//
//   SKETCH   few    0            8 …                       dense   0             8 …
//            +------------+--------------              +-------------+------------------------
//            | count u64  | hashes u64 …                | ~0 u64      | registers u8 × 4096
//            +------------+--------------              +-------------+------------------------
//
// Registers are merged by their maximum.
import { Space, spaceGive, spaceTake } from "../state/space";

const FEW: u32 = 32;
const FEW_BYTES: u32 = 8 + FEW * 8;
const BITS: u32 = 12;
const REGISTERS: u32 = 1 << BITS;
const DENSE_BYTES: u32 = 8 + REGISTERS;
const DENSE: u64 = u64.MAX_VALUE;
/** Ranks that a register can have: 1 to RANKS. */
const RANKS: u32 = 64 - BITS + 1;
const HISTOGRAM: usize = memory.data(64 * 4, 16);

function raise(at: usize, hash: u64): void {
  const register = at + 8 + <usize>(hash >> (64 - BITS));
  const rest = hash << BITS, rank: u32 = rest ? <u32>clz(rest) + 1 : RANKS;
  if (rank > load<u8>(register)) store<u8>(register, <u8>rank);
}

function makeDense(space: Space, cell: usize): bool {
  const few: usize = load<u32>(cell), dense = spaceTake(space, DENSE_BYTES);
  if (!dense) return false;
  memory.fill(dense, 0, DENSE_BYTES);
  store<u64>(dense, DENSE);
  for (let i: u32 = 0; i < FEW; i++) raise(dense, load<u64>(few + 8 + (<usize>i << 3)));
  spaceGive(space, few, FEW_BYTES);
  store<u32>(cell, <u32>dense);
  return true;
}

/** Counts a value by its hash; false when there is no memory. */
export function distinctAdd(space: Space, cell: usize, hash: u64): bool {
  let at: usize = load<u32>(cell);
  if (!at) {
    at = spaceTake(space, FEW_BYTES);
    if (!at) return false;
    store<u64>(at, 0);
    store<u32>(cell, <u32>at);
  }
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
