import { digit_run_scalar, digits_before_scalar, nonDigits as nonDigitsScalar } from "./digits_scalar";
import { digit_run_simd, digits_before_simd, nonDigits as nonDigitsSimd } from "./digits_simd";

/** The number of digits at `at`, 16 at most. */
@inline export function digit_run(at: usize): u32 {
  if (ASC_FEATURE_SIMD) return digit_run_simd(at);
  else return digit_run_scalar(at);
}

/** The value of the `count` (0 to 16) digits that end at `end`; non_digits() then tells whether they all are. */
@inline export function digits_before(end: usize, count: u32): u64 {
  if (ASC_FEATURE_SIMD) return digits_before_simd(end, count);
  else return digits_before_scalar(end, count);
}

/** Not 0 if one of the last digits_before's bytes was not a digit. */
@inline export function non_digits(): u32 {
  if (ASC_FEATURE_SIMD) return nonDigitsSimd;
  else return nonDigitsScalar;
}
