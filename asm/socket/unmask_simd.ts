import { unmask_scalar } from "./unmask_scalar";

/** See socket_unmask: 16 bytes at a time, and the rest as the scalar twin does. */
export function unmask_simd(at: usize, length: u32, mask: u32, afterFeed: u32): u32 {
  const masks = i32x4.splat(mask), feed = i8x16.splat(10), end = at + (length & ~15);
  let high: u32 = 0, lines: u32 = 0, after = afterFeed;
  for (let from = at; from < end; from += 16) {
    const bytes = v128.xor(v128.load(from), masks);
    v128.store(from, bytes);
    high |= <u32>i8x16.bitmask(bytes);
    // Bit k: byte k is a line feed. Those that have none before them end a line.
    const feeds = <u32>i8x16.bitmask(i8x16.eq(bytes, feed));
    lines += popcnt(feeds & ~((feeds << 1) | after));
    after = feeds >> 15;
  }
  return unmask_scalar(end, length & 15, mask, after, (<u32>(high !== 0) << 31) | lines);
}
