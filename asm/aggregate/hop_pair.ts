// Count and sum of integers as the only calls, the usual pair: spec.ts lays their cells side by side, so that a row is
// added to its entry, or taken from it, in one step without a look at the calls.
//
//   PAIR   0           8             16
//          +-----------+-------------+-------------------+
//          | count i64 | sum's low   | sum's wraps i64   |
//          |           | half i64    | (wide.ts)         |     wraps: of an entry; those of a row may be in its flags
//          +-----------+-------------+-------------------+
import { Hop } from "./hop";
import { Aggregation, Call, OP_COUNT, OP_SUM_INT, callAt } from "./spec";
import { wrapsFor } from "./wide";

const LOW: usize = 8;
const WRAPS: usize = 16;

@inline function makesPair(count: Call, sum: Call): bool {
  return count.op == OP_COUNT && sum.op == OP_SUM_INT && sum.cell == count.cell + <u32>LOW &&
    sum.madeWraps == count.cell + <u32>WRAPS;
}

/** Finds out whether the calls are a pair; entries count at `presence`, a u32 for each call, where it has a value. */
export function pairMake(a: Aggregation, hop: Hop, presence: u32): void {
  if (a.calls != 2) return;
  const countFirst = callAt(a, 0).op == OP_COUNT;
  const count = callAt(a, countFirst ? 0 : 1), sum = callAt(a, countFirst ? 1 : 0);
  if (!makesPair(count, sum)) return;
  hop.pairAt = count.cell;
  hop.pairBit = sum.bit;
  hop.pairWraps = sum.wraps;
  hop.pairRows = presence + (countFirst ? 4 : 0);
}

/** Adds to the wraps of the entry's sum; hardly ever there is something to add. */
@inline function wrapsMove(to: usize, more: i64): void {
  if (more) store<i64>(to, load<i64>(to, WRAPS) + more, WRAPS);
}

/** Adds the image of a row to its entry. */
@inline export function pairAdd(a: Aggregation, hop: Hop, entry: usize, from: usize): void {
  pairAddAt(entry, from, hop.pairAt, hop.pairBit, hop.pairWraps, hop.pairRows, a.presentAt);
}

/** The same, with the places of all that as they are in `hop` and `a`. */
@inline export function pairAddAt(
  entry: usize, from: usize, pair: usize, bit: u32, wraps: u32, rows: usize, present: usize,
): void {
  const to = entry + pair, image = from + pair;
  if (!(load<u32>(from + present) & bit)) {
    store<i64>(to, load<i64>(to) + load<i64>(image));
    return;
  }
  let carry: i64;
  if (ASC_FEATURE_SIMD) {
    const old = v128.load(to), more = v128.load(image), now = i64x2.add(old, more);
    v128.store(to, now);
    const value = i64x2.extract_lane(more, 1);
    // The sign bit of the sum when it has passed an end, which it does when its sign differs from that of both
    carry = i64x2.bitmask(v128.and(v128.xor(old, now), v128.xor(more, now))) & 2 ? (value >> 63) | 1 : 0;
  } else {
    const low = load<i64>(to, LOW), value = load<i64>(image, LOW), sum = low + value;
    store<i64>(to, load<i64>(to) + load<i64>(image));
    store<i64>(to, sum, LOW);
    carry = ((low ^ sum) & (value ^ sum)) < 0 ? (value >> 63) | 1 : 0;
  }
  wrapsMove(to, wrapsFor(from, wraps) + carry);
  const before = load<u32>(entry + rows);
  store<u32>(entry + rows, before + 1);
  if (!before) store<u32>(entry + present, load<u32>(entry + present) | bit);
}

/** Takes the image of a row from its entry. */
@inline export function pairTake(a: Aggregation, hop: Hop, entry: usize, from: usize): void {
  pairTakeAt(entry, from, hop.pairAt, hop.pairBit, hop.pairWraps, hop.pairRows, a.presentAt);
}

/** The same, with the places of all that as they are in `hop` and `a`. */
@inline export function pairTakeAt(
  entry: usize, from: usize, pair: usize, bit: u32, wraps: u32, rows: usize, present: usize,
): void {
  const to = entry + pair, image = from + pair;
  if (!(load<u32>(from + present) & bit)) {
    store<i64>(to, load<i64>(to) - load<i64>(image));
    return;
  }
  let carry: i64;
  if (ASC_FEATURE_SIMD) {
    const old = v128.load(to), less = v128.load(image), rest = i64x2.sub(old, less);
    v128.store(to, rest);
    const value = i64x2.extract_lane(less, 1);
    carry = i64x2.bitmask(v128.and(v128.xor(old, less), v128.xor(old, rest))) & 2 ? (value >> 63) | 1 : 0;
  } else {
    const low = load<i64>(to, LOW), value = load<i64>(image, LOW), rest = low - value;
    store<i64>(to, load<i64>(to) - load<i64>(image));
    store<i64>(to, rest, LOW);
    carry = ((low ^ value) & (low ^ rest)) < 0 ? (value >> 63) | 1 : 0;
  }
  wrapsMove(to, -(wrapsFor(from, wraps) + carry));
  const left = load<u32>(entry + rows) - 1;
  store<u32>(entry + rows, left);
  if (!left) store<u32>(entry + present, load<u32>(entry + present) & ~bit);
}
