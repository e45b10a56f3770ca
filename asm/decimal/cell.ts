// Cells of wide decimals (19 to 38 digits): whole numbers of 10^-scale in 16 bytes, two's complement with the sign bit
// flipped, the highest byte first. So the order of bytes is the order of numbers and equal numbers are equal bytes, and
// whatever keeps, compares, hashes or sends bytes does so with them.
//
//  0                                  8                  16
//  +----------------------------------+------------------+
//  | high 64 bits, sign bit flipped   | low 64 bits      |   big endian
//  +----------------------------------+------------------+
import { DIGITS_MAX, powerHigh, powerLow } from "./powers";

/** Bytes of a cell. */
export const WIDE_BYTES: usize = 16;
const SIGN: u64 = 0x8000000000000000;

/** The high half of a cell, as two's complement. */
@inline export function wideHigh(at: usize): i64 {
  return <i64>(bswap(load<u64>(at)) ^ SIGN);
}

/** The low half of a cell. */
@inline export function wideLow(at: usize): u64 {
  return bswap(load<u64>(at, 8));
}

/** Writes (high, low) in two's complement as a cell. */
@inline export function storeWide(at: usize, high: i64, low: u64): void {
  store<u64>(at, bswap(<u64>high ^ SIGN));
  store<u64>(at, bswap(low), 8);
}

/** Writes the cell of a magnitude below 2^127 with a sign. */
@inline export function storeMagnitude(at: usize, negative: bool, high: u64, low: u64): void {
  if (negative) {
    low = ~low + 1;
    high = ~high + u64(low == 0);
  }
  storeWide(at, <i64>high, low);
}

/** Whether the magnitude (high, low) has at most `precision` digits. */
@inline export function hasDigits(high: u64, low: u64, precision: u32): bool {
  const top = powerHigh(precision);
  return high < top || (high == top && low < powerLow(precision));
}

/** Whether the number (high, low), in two's complement, is one of 38 digits. */
export function isWideNumber(high: i64, low: u64): bool {
  if (high >= 0) return hasDigits(<u64>high, low, DIGITS_MAX);
  const opposite = ~low + 1;
  return hasDigits(~(<u64>high) + u64(opposite == 0), opposite, DIGITS_MAX);
}
