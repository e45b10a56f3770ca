// Where one byte string is in another.
import { sameBytes } from "./text";

function searchScalar(at: usize, last: usize, needle: usize, length: usize): usize {
  const first = load<u8>(needle);
  for (; at <= last; at++) if (load<u8>(at) == first && sameBytes(at, needle, length)) return at;
  return 0;
}

/**
 * Candidates are where the first and the last byte fit, 16 places at a time (Muła, "SIMD-friendly algorithms for
 * substring searching").
 */
function searchSimd(at: usize, last: usize, needle: usize, length: usize): usize {
  const first = i8x16.splat(load<i8>(needle)), final = i8x16.splat(load<i8>(needle + length - 1));
  for (; at <= last; at += 16) {
    const fits = v128.and(i8x16.eq(v128.load(at), first), i8x16.eq(v128.load(at + length - 1), final));
    for (let bits = i8x16.bitmask(fits); bits; bits &= bits - 1) {
      const place = at + <usize>ctz(bits);
      if (place > last) return 0;
      if (sameBytes(place, needle, length)) return place;
    }
  }
  return 0;
}

/** The address of the first `needle` in [at, end), or 0. SIMD reads up to 16 bytes behind `end`. */
export function search(at: usize, end: usize, needle: usize, length: usize): usize {
  if (length == 0) return at;
  if (end - at < length) return 0;
  if (ASC_FEATURE_SIMD) return searchSimd(at, end - length, needle, length);
  else return searchScalar(at, end - length, needle, length);
}
