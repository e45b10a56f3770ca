import { DOUBLE } from "../layout";
import { power_of_ten } from "../text/decimal";
import { double_bits } from "../text/double";
import { COLUMN_STATE_DATA, COLUMN_STATE_PRECISION, COLUMN_STATE_SCALE } from "./layout";
import { fractionDigits as fractionDigitsScalar, short_digits_scalar } from "./short_decimal_scalar";
import { fractionDigits as fractionDigitsSimd, short_digits_simd } from "./short_decimal_simd";
import { cell } from "./state";

@inline function shortDigits(end: usize, count: u32): i64 {
  if (ASC_FEATURE_SIMD) return short_digits_simd(end, count);
  else return short_digits_scalar(end, count);
}

@inline function fractionDigits(): i32 {
  if (ASC_FEATURE_SIMD) return fractionDigitsSimd;
  else return fractionDigitsScalar;
}

/**
 * Stores a number like 12.34 or -7 in [at, end), of up to 16 digits and point, in a double or decimal column. False
 * if it is not of this form or does not fit: then the long way decides.
 */
export function store_short_decimal(column: usize, type: i32, at: usize, end: usize): bool {
  const negative = load<u8>(at) == 0x2d;
  at += <usize>negative;
  const count = <u32>(end - at);
  if (count - 1 > 15 || (load<u8>(at) == 0x30 && count > 1 && load<u8>(at, 1) != 0x2e)) return false;
  const digits = shortDigits(end, count);
  if (digits < 0) return false;
  const out = cell(load<u32>(column, COLUMN_STATE_DATA)), fraction = fractionDigits();
  if (type == DOUBLE) {
    store<u64>(out, double_bits(digits, -fraction) | (<u64>negative << 63));
    return true;
  }
  const missing = load<i32>(column, COLUMN_STATE_SCALE) - fraction;
  if (missing < 0) return false;
  const limit = <i64>power_of_ten(load<i32>(column, COLUMN_STATE_PRECISION) - missing);
  if (load<i32>(column, COLUMN_STATE_PRECISION) < missing || digits >= limit) return false;
  const scaled = digits * <i64>power_of_ten(missing);
  store<i64>(out, negative ? -scaled : scaled);
  return true;
}
