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

/** Adds the image of a row to its entry. */
@inline export function pairAdd(a: Aggregation, hop: Hop, entry: usize, from: usize): void {
  const to = entry + hop.pairAt, image = from + hop.pairAt, bit = hop.pairBit;
  store<i64>(to, load<i64>(to) + load<i64>(image));
  if (!(load<u32>(from + a.presentAt) & bit)) return;
  const low = load<i64>(to, LOW), value = load<i64>(image, LOW), sum = low + value;
  // −1, 0 or 1: it passed an end when its sign differs from that of both
  const carry = (((low ^ sum) & (value ^ sum)) >> 63) & ((value >> 63) | 1);
  store<i64>(to, sum, LOW);
  store<i64>(to, load<i64>(to, WRAPS) + wrapsFor(from, hop.pairWraps) + carry, WRAPS);
  store<u32>(entry + hop.pairRows, load<u32>(entry + hop.pairRows) + 1);
  store<u32>(entry + a.presentAt, load<u32>(entry + a.presentAt) | bit);
}

/** Takes the image of a row from its entry. */
@inline export function pairTake(a: Aggregation, hop: Hop, entry: usize, from: usize): void {
  const to = entry + hop.pairAt, image = from + hop.pairAt, bit = hop.pairBit;
  store<i64>(to, load<i64>(to) - load<i64>(image));
  if (!(load<u32>(from + a.presentAt) & bit)) return;
  const low = load<i64>(to, LOW), value = load<i64>(image, LOW), rest = low - value;
  const carry = (((low ^ value) & (low ^ rest)) >> 63) & ((value >> 63) | 1);
  store<i64>(to, rest, LOW);
  store<i64>(to, load<i64>(to, WRAPS) - wrapsFor(from, hop.pairWraps) - carry, WRAPS);
  const rows = load<u32>(entry + hop.pairRows) - 1;
  store<u32>(entry + hop.pairRows, rows);
  if (!rows) store<u32>(entry + a.presentAt, load<u32>(entry + a.presentAt) & ~bit);
}
