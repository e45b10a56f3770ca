// Sums of integers are exact: an i64 that wraps, and beside it how often it did so, as
//
//   value = low + wraps × 2^64        (low i64, wraps i64)
//
// so that a sum may pass the range of i64 and come back, whatever the order. Only a final value out of range is an overflow.

/** Adds `value` to the sum at `cell`. */
@inline export function wideAdd(cell: usize, value: i64): void {
  const low = load<i64>(cell), sum = low + value;
  store<i64>(cell, sum);
  if (((low ^ sum) & (value ^ sum)) < 0) store<i64>(cell, load<i64>(cell, 8) + (value < 0 ? -1 : 1), 8);
}

/** Adds the sum at `from` to the one at `cell`. */
@inline export function wideMerge(cell: usize, from: usize): void {
  wideAdd(cell, load<i64>(from));
  store<i64>(cell, load<i64>(cell, 8) + load<i64>(from, 8), 8);
}

/** The double that is nearest to the sum at `cell`, ties to even. */
export function wideToDouble(cell: usize): f64 {
  let low = load<u64>(cell), high = load<i64>(cell, 8) + (<i64>low >> 63);
  if (high == (<i64>low >> 63)) return <f64>(<i64>low);
  const negative = high < 0;
  if (negative) {
    low = ~low + 1;
    high = ~high + i64(low == 0);
  }
  // Its top 64 bits, the lowest of them set when anything but 0 lies behind, round as the whole does
  let shift: u64 = 0;
  while (high) {
    low = (low >> 1) | (low & 1) | (<u64>high << 63);
    high = <i64>(<u64>high >> 1);
    shift++;
  }
  let value = <f64>low;
  for (; shift; shift--) value *= 2.0;
  return negative ? -value : value;
}
