// What the kernels of strings share.

/** The largest buffer that one instruction may write its characters to. */
export const CHARS_MAX: u64 = 1 << 30;

@inline export function setRef(at: usize, address: usize, length: usize): void {
  store<u32>(at, <u32>address);
  store<u32>(at, <u32>length, 4);
}

@inline export function refAddress(at: usize): usize {
  return load<u32>(at);
}

@inline export function refLength(at: usize): usize {
  return load<u32>(at, 4);
}

/** Whether n bytes are equal. */
export function sameBytes(a: usize, b: usize, n: usize): bool {
  if (n >= 8) {
    const last = n - 8;
    for (let i: usize = 0; i < last; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
    return load<u64>(a + last) == load<u64>(b + last);
  }
  if (n >= 4) return load<u32>(a) == load<u32>(b) && load<u32>(a + n - 4) == load<u32>(b + n - 4);
  for (let i: usize = 0; i < n; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** The order of two byte strings: negative, 0 or positive. For UTF-8 that is the order of code points. */
export function orderBytes(a: usize, aLength: usize, b: usize, bLength: usize): i32 {
  const shared = min(aLength, bLength);
  let i: usize = 0;
  for (; i + 8 <= shared; i += 8) {
    const x = load<u64>(a + i), y = load<u64>(b + i);
    if (x != y) return bswap(x) < bswap(y) ? -1 : 1;
  }
  for (; i < shared; i++) {
    const x = load<u8>(a + i), y = load<u8>(b + i);
    if (x != y) return x < y ? -1 : 1;
  }
  return aLength == bLength ? 0 : aLength < bLength ? -1 : 1;
}

/** Whether the byte is the first of a code point. */
@inline export function isLead(byte: u32): bool {
  return (byte & 0xc0) != 0x80;
}

/** Code points of the UTF-8 in [at, end). */
export function codePoints(at: usize, end: usize): i64 {
  let count: i64 = 0;
  if (ASC_FEATURE_SIMD) {
    // Bytes that continue are the least of all as signed ones, up to 0xbf
    const least = i8x16.splat(<i8>0xbf);
    for (; at + 16 <= end; at += 16) count += <i64>popcnt(i8x16.bitmask(i8x16.gt_s(v128.load(at), least)));
  }
  for (; at + 8 <= end; at += 8) {
    const x = load<u64>(at);
    // A byte that continues has bit 7 set and bit 6 clear
    count += 8 - popcnt(x & ~(x << 1) & 0x8080808080808080);
  }
  for (; at < end; at++) count += <i64>isLead(load<u8>(at));
  return count;
}

/** The address behind `count` code points from `at`, at most `end`. */
export function skipCodePoints(at: usize, end: usize, count: i64): usize {
  for (; count > 0 && at < end; count--) {
    at++;
    while (at < end && !isLead(load<u8>(at))) at++;
  }
  return at;
}
