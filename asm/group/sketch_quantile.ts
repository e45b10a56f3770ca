// Quantiles with a relative error of at most 1 %: DDSketch (Masson, Rim, Lee 2019). A positive value x counts in bin
// ⌈log_γ x⌉ with γ = (1 + 0.01) / (1 − 0.01); negative ones by their opposite in bins of their own. Of more than 4,096
// bins on one side (values more than 35 orders of magnitude apart) those nearest to 0 are counted as the last of them.
// NaN and infinities are left out.
//
//   SKETCH   0            8            16          32          48                64                80
//            +------------+------------+-----------+-----------+-----------------+-----------------+
//            | zeros u64  | values u64 | positive  | negative  | dirty, positive | dirty, negative |
//            +------------+------------+-----------+-----------+-----------------+-----------------+
//   side     0           4               8          12
//            +-----------+---------------+----------+----------+
//            | bins u32  | first bin i32 | used u32 | room u32 |
//            +-----------+---------------+----------+----------+
//
//   pages (details.ts): 0 counts and places of bins; from 1 on 32 bins of the positive side each, from 129 on of the negative
//   dirty               a bit for each of these that has changed since it was handed out, 128 of a side
//
// Sketches are merged bin by bin.
import { block_size } from "../memory";
import { Space, spaceGive, spaceTake } from "../state/space";

const SKETCH_BYTES: u32 = 80;
/** From a side to what of it is dirty. */
const DIRTY: usize = 32;
const VALUES: usize = 8;
const POSITIVE: usize = 16;
const NEGATIVE: usize = 32;
const ROOM_MIN: u32 = 16;
const BINS_MAX: u32 = 4096;
const ACCURACY: f64 = 0.01;
const GAMMA: f64 = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA: f64 = 0.02000066670666957; // ln γ

const PAGE_LOG: u32 = 5;
const PAGE_BINS: u32 = 1 << PAGE_LOG;
const SIDE_PAGES: u32 = BINS_MAX >>> PAGE_LOG;
const HEAD_BYTES: u32 = 32;
/** No double has a bin beyond it. */
const BIN_MAX: i32 = 40000;

@inline function dirtyAt(side: usize, page: u32): usize {
  return side + DIRTY + (<usize>(page >>> 5) << 2);
}

@inline function isDirty(side: usize, page: u32): bool {
  return ((load<u32>(dirtyAt(side, page)) >>> (page & 31)) & 1) != 0;
}

@inline function setDirty(side: usize, page: u32): void {
  store<u32>(dirtyAt(side, page), load<u32>(dirtyAt(side, page)) | (1 << (page & 31)));
}

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
  memory.fill(side + DIRTY, 0xff, 16);
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
  const i = <u32>(bin - load<i32>(side, 4)), at = binAt(side, i);
  store<u64>(at, load<u64>(at) + 1);
  setDirty(side, i >>> PAGE_LOG);
  return true;
}

/** A sketch without values; 0 without memory. */
function sketchMake(space: Space, cell: usize): usize {
  const at = spaceTake(space, SKETCH_BYTES);
  if (!at) return 0;
  memory.fill(at, 0, SKETCH_BYTES);
  store<u32>(cell, <u32>at);
  return at;
}

/** Bytes by which one value makes a sketch longer at most, and what one of few values takes. */
export function quantileGrowth(): u32 {
  return <u32>block_size(SKETCH_BYTES) + (BINS_MAX << 3);
}

export function quantileLeast(): u32 {
  return <u32>block_size(SKETCH_BYTES) + (ROOM_MIN << 4);
}

/** Adds a value; false when there is no memory. */
export function quantileAdd(space: Space, cell: usize, value: f64): bool {
  if (!isFinite<f64>(value)) return true;
  let at: usize = load<u32>(cell);
  if (!at) at = sketchMake(space, cell);
  if (!at) return false;
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

@inline function sideOf(at: usize, page: u32): usize {
  return at + (page > SIDE_PAGES ? NEGATIVE : POSITIVE);
}

@inline function placeOf(page: u32): u32 {
  return (page - 1) & (SIDE_PAGES - 1);
}

/** The first page from `from` on that there is, or that has changed unless `whole`; −1 = there is none. */
export function quantilePage(cell: usize, from: u32, whole: bool): i32 {
  const at: usize = load<u32>(cell);
  if (!from) return 0;
  for (let page = from; page <= 2 * SIDE_PAGES; page++) {
    const side = sideOf(at, page), i = placeOf(page);
    if (i << PAGE_LOG < load<u32>(side, 8) && (whole || isDirty(side, i))) return <i32>page;
  }
  return -1;
}

/** The last page that there may be. */
export function quantilePages(cell: usize): u32 {
  const at: usize = load<u32>(cell);
  const negative = load<u32>(at, NEGATIVE + 8), positive = load<u32>(at, POSITIVE + 8);
  if (negative) return SIDE_PAGES + ((negative + PAGE_BINS - 1) >>> PAGE_LOG);
  return (positive + PAGE_BINS - 1) >>> PAGE_LOG;
}

/** How long a page is, which is copied to `to`; it is as it was handed out from now on. */
export function quantileTell(cell: usize, page: u32, to: usize): u32 {
  const at: usize = load<u32>(cell);
  if (!page) {
    store<u64>(to, load<u64>(at));
    store<u64>(to, load<u64>(at, VALUES), 8);
    store<u64>(to, load<u64>(at, POSITIVE + 4), 16);
    store<u64>(to, load<u64>(at, NEGATIVE + 4), 24);
    return HEAD_BYTES;
  }
  const side = sideOf(at, page), i = placeOf(page), first = i << PAGE_LOG;
  store<u32>(dirtyAt(side, i), load<u32>(dirtyAt(side, i)) & ~(1 << (i & 31)));
  const bytes = min<u32>(PAGE_BINS, load<u32>(side, 8) - first) << 3;
  memory.copy(to, binAt(side, first), bytes);
  return bytes;
}

/** Room for the bins of a side as page 0 says, all of them 0. */
function takeSide(space: Space, side: usize, first: i32, used: u32): i32 {
  if (used > BINS_MAX || first > BIN_MAX || first < -BIN_MAX) return 1;
  if (!used) return 0;
  let room = ROOM_MIN;
  while (room < used) room <<= 1;
  const bins = spaceTake(space, room << 3);
  if (!bins) return 2;
  memory.fill(bins, 0, <usize>room << 3);
  store<u32>(side, <u32>bins);
  store<i32>(side, first, 4);
  store<u32>(side, used, 8);
  store<u32>(side, room, 12);
  return 0;
}

/** Takes a page in, after those before it: 0, or 1: it cannot be; 2: there is no memory. */
export function quantileTake(space: Space, cell: usize, page: u32, from: usize, bytes: u32): i32 {
  let at: usize = load<u32>(cell);
  if (!page) {
    if (at || bytes != HEAD_BYTES || load<i64>(from, 8) < 0) return 1;
    at = sketchMake(space, cell);
    if (!at) return 2;
    store<u64>(at, load<u64>(from));
    store<u64>(at, load<u64>(from, 8), VALUES);
    const status = takeSide(space, at + POSITIVE, load<i32>(from, 16), load<u32>(from, 20));
    return status ? status : takeSide(space, at + NEGATIVE, load<i32>(from, 24), load<u32>(from, 28));
  }
  if (!at || page > 2 * SIDE_PAGES) return 1;
  const side = sideOf(at, page), first = placeOf(page) << PAGE_LOG, used = load<u32>(side, 8);
  if (first >= used || bytes != min<u32>(PAGE_BINS, used - first) << 3) return 1;
  memory.copy(binAt(side, first), from, bytes);
  return 0;
}

/** Bytes of the sketch as it leaves memory: its head, then the bins of both sides. */
export function quantileImageBytes(cell: usize): u32 {
  const at: usize = load<u32>(cell);
  return SKETCH_BYTES + ((load<u32>(at, POSITIVE + 8) + load<u32>(at, NEGATIVE + 8)) << 3);
}

/** Copies that to `to`. */
export function quantileImageWrite(cell: usize, to: usize): void {
  const at: usize = load<u32>(cell), positive = <usize>load<u32>(at, POSITIVE + 8) << 3;
  memory.copy(to, at, SKETCH_BYTES);
  memory.copy(to + SKETCH_BYTES, load<u32>(at, POSITIVE), positive);
  memory.copy(to + SKETCH_BYTES + positive, load<u32>(at, NEGATIVE), <usize>load<u32>(at, NEGATIVE + 8) << 3);
}

/** It comes back; `settled`: all of it was handed out. False without memory. */
export function quantileAdmit(space: Space, cell: usize, from: usize, settled: bool): bool {
  const at = sketchMake(space, cell);
  if (!at) return false;
  memory.copy(at, from, SKETCH_BYTES);
  let bins = from + SKETCH_BYTES;
  store<u32>(at, 0, POSITIVE);
  store<u32>(at, 0, NEGATIVE);
  for (let side = at + POSITIVE; side <= at + NEGATIVE; side += 16) {
    const bytes = <usize>load<u32>(side, 8) << 3, room = load<u32>(side, 12) << 3;
    if (settled) memory.fill(side + DIRTY, 0, 16);
    if (!room) continue;
    const fresh = spaceTake(space, room);
    if (!fresh) return false;
    memory.copy(fresh, bins, bytes);
    store<u32>(side, <u32>fresh);
    bins += bytes;
  }
  return true;
}

/** It is read where it lies. */
export function quantileThaw(cell: usize): void {
  const at: usize = load<u32>(cell), bins = at + SKETCH_BYTES;
  store<u32>(at, <u32>bins, POSITIVE);
  store<u32>(at, <u32>(bins + (<usize>load<u32>(at, POSITIVE + 8) << 3)), NEGATIVE);
}
