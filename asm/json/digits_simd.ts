// Vectors in memory, 16 bytes each
const VECTORS: usize = memory.data<u8>([
  48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48,
  0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, // 9 + 0x76 = 0x7f
  10, 0, 10, 0, 10, 0, 10, 0, 10, 0, 10, 0, 10, 0, 10, 0,
  255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0,
  100, 0, 1, 0, 100, 0, 1, 0, 100, 0, 1, 0, 100, 0, 1, 0,
  0x10, 0x27, 1, 0, 0x10, 0x27, 1, 0, 0x10, 0x27, 1, 0, 0x10, 0x27, 1, 0,
  // A load at MASKS + n keeps the last n of 16 bytes
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
], 16);
const MASKS: usize = 96;

/** Where code finds the vectors above. */
export function json_digit_vectors(): usize {
  return VECTORS;
}

/** The number of digits at `at`, 16 at most. */
@inline export function digit_run_simd(at: usize): u32 {
  const digits = i8x16.sub(v128.load(at), v128.load(VECTORS));
  const others = <u32>i8x16.bitmask(i8x16.add_sat_u(digits, v128.load(VECTORS, 16)));
  return ctz(others | 0x10000);
}

/**
 * The value of 16 digits (bytes 0 to 9), as the digits' weights are folded: pairs, fours, eights (Muła, "SIMD-ized
 * conversion of strings to integers").
 */
@inline export function value_of_digits(digits: v128): u64 {
  const pairs = v128.and(
    i16x8.add(i16x8.mul(digits, v128.load(VECTORS, 32)), i16x8.shr_u(digits, 8)),
    v128.load(VECTORS, 48),
  );
  const fours = i32x4.dot_i16x8_s(pairs, v128.load(VECTORS, 64));
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_u(fours, fours), v128.load(VECTORS, 80));
  return <u64><u32>i32x4.extract_lane(eights, 0) * 100000000 + <u64><u32>i32x4.extract_lane(eights, 1);
}

/** Not 0 if one of the last digits_before_simd's bytes was not a digit. */
export let nonDigits: u32 = 0;

/**
 * The value of the `count` (1 to 8) digits that end at `end`, folded in one u64 (Lemire, "Quickly parsing eight
 * digits", 2018). Sets nonDigits.
 */
@inline function fewDigits(end: usize, count: u32): u64 {
  // Shifted so that the last digit is the highest byte: what lies behind it is gone, and zeros come before the first
  let digits = (load<u64>(end - count) ^ 0x3030303030303030) << (64 - (<u64>count << 3));
  nonDigits = <u32>((((digits + 0x7676767676767676) | digits) & 0x8080808080808080) != 0);
  digits = (digits * 2561) >> 8;
  digits = ((digits & 0x00ff00ff00ff00ff) * 6553601) >> 16;
  return ((digits & 0x0000ffff0000ffff) * 42949672960001) >> 32;
}

/** The value of the `count` (1 to 16) digits that end at `end`. Sets nonDigits. */
@inline export function digits_before_simd(end: usize, count: u32): u64 {
  if (count <= 8) return fewDigits(end, count);
  const bytes = i8x16.sub(v128.load(end - 16), v128.load(VECTORS));
  const digits = v128.and(bytes, v128.load(VECTORS + <usize>count, MASKS));
  nonDigits = <u32>i8x16.bitmask(i8x16.add_sat_u(digits, v128.load(VECTORS, 16)));
  return value_of_digits(digits);
}
