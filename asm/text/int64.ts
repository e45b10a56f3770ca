import { parse_scaled } from "./decimal";
import { TEXT_OK } from "./status";

/**
 * Reads the whole number in [at, end) into an i64 at `out`. `1.0` and `1e3` are whole too; a fraction is
 * TEXT_INEXACT, a value beyond int64 TEXT_RANGE.
 */
export function parse_int64(at: usize, end: usize, out: usize): i32 {
  const negative = at < end && load<u8>(at) == 0x2d;
  let digit = at + <usize>negative;
  if (digit < end && end - digit <= 18) {
    let magnitude: i64 = 0;
    for (; digit < end; digit++) {
      const value = <u32>load<u8>(digit) - 48;
      if (value > 9) return parse_scaled(at, end, out, 0);
      magnitude = magnitude * 10 + <i64>value;
    }
    store<i64>(out, negative ? -magnitude : magnitude);
    return TEXT_OK;
  }
  return parse_scaled(at, end, out, 0);
}
