import { bitmap_word } from "./bitmap";
import { mark_ill_formed } from "./utf8";

// Vectors in memory, 16 bytes each: V8 builds constants anew at each use inside a loop, and loads are cheaper
const VECTORS: usize = memory.data<u8>([
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21,
  0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c, 0x5c,
  15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
  // Classes of errors by the high nibble of the last byte, its low nibble, and the high nibble of this byte
  2, 2, 2, 2, 2, 2, 2, 2, 128, 128, 128, 128, 0x21, 1, 0x15, 0x49,
  0xe7, 0xa3, 0x83, 0x83, 0x8b, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xcb, 0xdb, 0xcb, 0xcb,
  1, 1, 1, 1, 1, 1, 1, 1, 0xe6, 0xae, 0xba, 0xba, 1, 1, 1, 1,
  0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60, 0x60,
  0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70, 0x70,
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
], 16);

/**
 * A bit for each byte below 0x20, quote or backslash, and also for each byte from 0x80 on: with bit 1 flipped, a quote
 * falls to 0x20 and what lies below it stays there, so that one signed comparison finds both.
 */
@inline function specials(bytes: v128, two: v128, limit: v128, backslash: v128): u64 {
  return <u64><u32>i8x16.bitmask(v128.or(i8x16.lt_s(v128.xor(bytes, two), limit), i8x16.eq(bytes, backslash)));
}

@inline function highBits(bytes: v128): u64 {
  return <u64><u32>i8x16.bitmask(bytes);
}

/**
 * Errors in the 16 bytes at `at` (Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte", 2020).
 */
@inline function ill16(at: usize): v128 {
  const bytes = v128.load(at), last = v128.load(at - 1), low = v128.load(VECTORS, 48);
  const byHigh = i8x16.swizzle(v128.load(VECTORS, 64), v128.and(i16x8.shr_u(last, 4), low));
  const byLow = i8x16.swizzle(v128.load(VECTORS, 80), v128.and(last, low));
  const byNext = i8x16.swizzle(v128.load(VECTORS, 96), v128.and(i16x8.shr_u(bytes, 4), low));
  const third = i8x16.sub_sat_u(v128.load(at - 2), v128.load(VECTORS, 112));
  const fourth = i8x16.sub_sat_u(v128.load(at - 3), v128.load(VECTORS, 128));
  const expected = v128.and(v128.or(third, fourth), v128.load(VECTORS, 144));
  return v128.xor(expected, v128.and(v128.and(byHigh, byLow), byNext));
}

function isIll64(at: usize): bool {
  return v128.any_true(v128.or(v128.or(ill16(at), ill16(at + 16)), v128.or(ill16(at + 32), ill16(at + 48))));
}

@inline function highOf64(at: usize): u32 {
  const low = v128.or(v128.load(at), v128.load(at, 16)), high = v128.or(v128.load(at, 32), v128.load(at, 48));
  return <u32>i8x16.bitmask(v128.or(low, high));
}

/**
 * Writes the bitmap of [from, end) of the text at `input`, 64 bytes at a time. UTF-8 is looked at only in and behind blocks that are not
 * ASCII; the first block, before which lies what is not the text, always byte by byte.
 */
export function stage1_simd(from: usize, end: usize, input: usize): void {
  const two = v128.load(VECTORS), limit = v128.load(VECTORS, 16), backslash = v128.load(VECTORS, 32);
  let word = bitmap_word(from), before: u32 = from > input ? highOf64(from - 64) : 0;
  for (let block = from; block < end; block += 64, word += 8) {
    const a = v128.load(block), b = v128.load(block, 16), c = v128.load(block, 32), d = v128.load(block, 48);
    let bits = specials(a, two, limit, backslash) | (specials(b, two, limit, backslash) << 16) |
      (specials(c, two, limit, backslash) << 32) | (specials(d, two, limit, backslash) << 48);
    const high = <u32>i8x16.bitmask(v128.or(v128.or(a, b), v128.or(c, d)));
    if (high | before) {
      bits &= ~(highBits(a) | (highBits(b) << 16) | (highBits(c) << 32) | (highBits(d) << 48));
      store<u64>(word, bits);
      if (block == input || isIll64(block)) mark_ill_formed(block, input);
    } else store<u64>(word, bits);
    before = high;
  }
}
