import { value_of_digits } from "./digits_simd";

// Vectors in memory, 16 bytes each
const VECTORS: usize = memory.data<u8>([
  48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48, 48,
  0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, 0x76, // 9 + 0x76 = 0x7f
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  // A load at MASKS + n keeps the last n of 16 bytes
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
], 16);
const MASKS: usize = 64;

/** Digits behind the point of the last number that short_digits_simd read. */
export let fractionDigits: i32 = 0;

/**
 * The digits, as one number, of `digits` or `digits.digits` in the `count` (2 to 16) bytes that end at `end`; -1 if
 * they are anything else. Sets fractionDigits.
 */
export function short_digits_simd(end: usize, count: u32): i64 {
  const digits = v128.and(
    i8x16.sub(v128.load(end - 16), v128.load(VECTORS)),
    v128.load(VECTORS + <usize>count, MASKS),
  );
  const others = <u32>i8x16.bitmask(i8x16.add_sat_u(digits, v128.load(VECTORS, 16)));
  if (!others) {
    fractionDigits = 0;
    return <i64>value_of_digits(digits);
  }
  const point = ctz(others), fraction = 15 - point;
  // One point, with digits on both sides
  if (others & (others - 1) || load<u8>(end - 16 + point) != 0x2e || !fraction || point == 16 - count) return -1;
  fractionDigits = fraction;
  // Bytes up to the point move one to the right, over it
  const lanes = v128.load(VECTORS, 32);
  const moved = i8x16.sub(lanes, v128.and(i8x16.le_u(lanes, i8x16.splat(<i8>point)), v128.load(VECTORS, 48)));
  return <i64>value_of_digits(i8x16.swizzle(digits, moved));
}
