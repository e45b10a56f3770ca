// Single bytes in texts, 16 at a time. SIMD reads up to 15 bytes behind the end.

/** Bits of the bytes from `at` on that equal `byte`, those before `end` alone. */
@inline function equalBits(at: usize, end: usize, byte: v128): u32 {
  const bits = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), byte)), left = end - at;
  return left >= 16 ? bits : bits & ((<u32>1 << <u32>left) - 1);
}

/** How many bytes of [at, end) equal `byte`. */
export function countByte(at: usize, end: usize, byte: u8): i64 {
  let count: i64 = 0;
  if (ASC_FEATURE_SIMD) {
    const all = i8x16.splat(<i8>byte);
    for (; at < end; at += 16) count += <i64>popcnt(equalBits(at, end, all));
  } else {
    for (; at < end; at++) count += <i64>(load<u8>(at) == byte);
  }
  return count;
}

/** The address of the byte of [at, end) that equals `byte` and has n such before it; 0 if there is none. */
export function nthByte(at: usize, end: usize, byte: u8, n: i64): usize {
  if (ASC_FEATURE_SIMD) {
    const all = i8x16.splat(<i8>byte);
    for (; at < end; at += 16) {
      let bits = equalBits(at, end, all);
      const found = <i64>popcnt(bits);
      if (found <= n) {
        n -= found;
        continue;
      }
      for (; n > 0; n--) bits &= bits - 1;
      return at + <usize>ctz(bits);
    }
  } else {
    for (; at < end; at++) if (load<u8>(at) == byte && n-- == 0) return at;
  }
  return 0;
}
