@inline function matchesSimd(at: usize, entry: usize, mask: u32): bool {
  let same = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), v128.load(entry)));
  if (mask > 0xffff) same |= <u32>i8x16.bitmask(i8x16.eq(v128.load(at, 16), v128.load(entry, 16))) << 16;
  return (~same & mask) == 0;
}

function matchesScalar(at: usize, entry: usize, mask: u32): bool {
  const length = <usize>(32 - clz(mask));
  for (let i: usize = 0; i < length; i++) {
    if (load<u8>(at + i) != load<u8>(entry + i)) return false;
  }
  return true;
}

/** Whether the literal at `entry`, of as many bytes as `mask` has bits, stands at `at`. */
@inline export function literal_matches(at: usize, entry: usize, mask: u32): bool {
  if (ASC_FEATURE_SIMD) return matchesSimd(at, entry, mask);
  else return matchesScalar(at, entry, mask);
}
