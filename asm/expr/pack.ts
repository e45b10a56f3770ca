// From lane masks to bits (SIMD only).

/** Bits of 16 rows from eight masks of two 64-bit lanes each (all ones or zero), least significant bit first. */
@inline export function pack16(m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, m6: v128, m7: v128): u64 {
  const a = v128.shuffle<i32>(m0, m1, 0, 2, 4, 6), b = v128.shuffle<i32>(m2, m3, 0, 2, 4, 6);
  const c = v128.shuffle<i32>(m4, m5, 0, 2, 4, 6), d = v128.shuffle<i32>(m6, m7, 0, 2, 4, 6);
  const low = i16x8.narrow_i32x4_s(a, b), high = i16x8.narrow_i32x4_s(c, d);
  return <u64><u32>i8x16.bitmask(i8x16.narrow_i16x8_s(low, high));
}
