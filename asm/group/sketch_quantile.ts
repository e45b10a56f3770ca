// Quantiles with a relative error of at most 1 %: DDSketch (Masson, Rim, Lee 2019). A positive value x counts in bin
// ⌈log_γ x⌉ with γ = (1 + 0.01) / (1 − 0.01); negative ones by their opposite in bins of their own. Of more than 4,096
// bins on one side (values more than 35 orders of magnitude apart) those nearest to 0 are counted as the last of them.
// NaN and infinities are left out.
//
//   SKETCH   0            8            16          32          48
//            +------------+------------+-----------+-----------+
//            | zeros u64  | values u64 | positive  | negative  |
//            +------------+------------+-----------+-----------+
//   side     0           4               8          12
//            +-----------+---------------+----------+----------+
//            | bins u32  | first bin i32 | used u32 | room u32 |
//            +-----------+---------------+----------+----------+
//
// Sketches are merged bin by bin.
import { Space, spaceGive, spaceTake } from "../state/space";

const SKETCH_BYTES: u32 = 48;
const VALUES: usize = 8;
const POSITIVE: usize = 16;
const NEGATIVE: usize = 32;
const ROOM_MIN: u32 = 16;
const BINS_MAX: u32 = 4096;
const ACCURACY: f64 = 0.01;
const GAMMA: f64 = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA: f64 = 0.02000066670666957; // ln γ

@inline function binAt(side: usize, i: u32): usize {
  return <usize>load<u32>(side) + (<usize>i << 3);
}

/** Makes room for the bins from `first` to `last`, which are at most BINS_MAX; false when there is no memory. */
function widen(space: Space, side: usize, first: i32, last: i32): bool {
  const used = load<u32>(side, 8), oldFirst = load<i32>(side, 4), room = load<u32>(side, 12);
  const need = <u32>(last - first + 1);
  let more = room ? room : ROOM_MIN;
  while (more < need) more <<= 1;
  let bins: usize = load<u32>(side);
  const grown = more != room, fresh = grown ? spaceTake(space, more << 3) : bins;
  if (!fresh) return false;
  // Bins that lie below the first that is kept are counted in it
  let below: u64 = 0, skipped: u32 = 0;
  while (skipped < used && oldFirst + <i32>skipped < first) {
    below += load<u64>(bins + (<usize>skipped << 3));
    skipped++;
  }
  const kept = used - skipped, shift = kept ? oldFirst + <i32>skipped - first : 0;
  if (kept) memory.copy(fresh + (<usize>shift << 3), bins + (<usize>skipped << 3), <usize>kept << 3);
  if (shift) memory.fill(fresh, 0, <usize>shift << 3);
  const end = kept ? <u32>shift + kept : 0;
  if (end < need) memory.fill(fresh + (<usize>end << 3), 0, <usize>(need - end) << 3);
  store<u64>(fresh, load<u64>(fresh) + below);
  if (grown && bins) spaceGive(space, bins, room << 3);
  store<u32>(side, <u32>fresh);
  store<i32>(side, first, 4);
  store<u32>(side, need, 8);
  store<u32>(side, more, 12);
  return true;
}

function count(space: Space, side: usize, value: f64): bool {
  let bin = <i32>Math.ceil(Math.log(value) / LOG_GAMMA);
  const used = load<u32>(side, 8), first = load<i32>(side, 4), last = first + <i32>used - 1;
  if (!used || bin < first || bin > last) {
    let from = used ? min<i32>(first, bin) : bin;
    const to = used ? max<i32>(last, bin) : bin;
    if (to - from >= <i32>BINS_MAX) from = to - <i32>BINS_MAX + 1;
    if (bin < from) bin = from;
    if ((from != first || to != last || !used) && !widen(space, side, from, to)) return false;
  }
  const at = binAt(side, bin - load<i32>(side, 4));
  store<u64>(at, load<u64>(at) + 1);
  return true;
}

/** Adds a value; false when there is no memory. */
export function quantileAdd(space: Space, cell: usize, value: f64): bool {
  if (!isFinite<f64>(value)) return true;
  let at: usize = load<u32>(cell);
  if (!at) {
    at = spaceTake(space, SKETCH_BYTES);
    if (!at) return false;
    memory.fill(at, 0, SKETCH_BYTES);
    store<u32>(cell, <u32>at);
  }
  store<u64>(at, load<u64>(at, VALUES) + 1, VALUES);
  if (value > 0) return count(space, at + POSITIVE, value);
  if (value < 0) return count(space, at + NEGATIVE, -value);
  store<u64>(at, load<u64>(at) + 1);
  return true;
}

/** The middle of a bin. */
@inline function middle(bin: i32): f64 {
  return 2 * Math.pow(GAMMA, <f64>bin) / (GAMMA + 1);
}

/** The value of rank ⌊p (n − 1)⌋ from below, within 1 %; NaN when there are none. */
export function quantileOf(cell: usize, p: f64): f64 {
  const at: usize = load<u32>(cell), all = load<u64>(at, VALUES);
  if (!all) return NaN;
  const rank = <u64>Math.floor(p * <f64>(all - 1));
  let seen: u64 = 0;
  const negative = at + NEGATIVE, positive = at + POSITIVE;
  for (let i = <i32>load<u32>(negative, 8) - 1; i >= 0; i--) {
    seen += load<u64>(binAt(negative, i));
    if (seen > rank) return -middle(load<i32>(negative, 4) + i);
  }
  seen += load<u64>(at);
  if (seen > rank) return 0;
  for (let i: u32 = 0; i < load<u32>(positive, 8); i++) {
    seen += load<u64>(binAt(positive, i));
    if (seen > rank) return middle(load<i32>(positive, 4) + <i32>i);
  }
  return NaN;
}

export function quantileFree(space: Space, cell: usize): void {
  const at: usize = load<u32>(cell);
  for (let side = at + POSITIVE; side <= at + NEGATIVE; side += 16) {
    if (load<u32>(side)) spaceGive(space, load<u32>(side), load<u32>(side, 12) << 3);
  }
  spaceGive(space, at, SKETCH_BYTES);
}
