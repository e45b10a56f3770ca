import { seeHigh } from "./high";

// The quote and the newline, 16 times each: constants inside a loop are built anew each time, loads are cheaper
const VECTORS: usize = memory.data<u8>([
  0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22,
  10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10,
], 16);

@inline function marks(bytes: v128, delimiter: v128, quote: v128, newline: v128): u64 {
  const either = v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, newline));
  return <u64><u32>i8x16.bitmask(v128.or(either, i8x16.eq(bytes, delimiter)));
}

/**
 * Writes the address of each delimiter, quote and newline in [from, end) to `out`, as u32, and returns the end of the
 * list. Up to 12 bytes behind it are overwritten, and up to 63 bytes behind `end` are read.
 */
export function stage1_simd(from: usize, end: usize, delimiter: u32, out: usize): usize {
  const commas = i8x16.splat(<i8>delimiter), quote = v128.load(VECTORS), newline = v128.load(VECTORS, 16);
  let high = v128.load(from);
  for (let block = from; block < end; block += 64) {
    const a = v128.load(block), b = v128.load(block, 16), c = v128.load(block, 32), d = v128.load(block, 48);
    high = v128.or(high, v128.or(v128.or(a, b), v128.or(c, d)));
    let bits = marks(a, commas, quote, newline) | (marks(b, commas, quote, newline) << 16) |
      (marks(c, commas, quote, newline) << 32) | (marks(d, commas, quote, newline) << 48);
    if (end - block < 64) bits &= ((<u64>1) << <u64>(end - block)) - 1;
    const count = <usize>popcnt<u64>(bits);
    // four at a time, so that the loop ends in the same turn for most blocks; what is too much is overwritten
    for (let to = out; bits; to += 16) {
      store<u32>(to, <u32>block + <u32>ctz<u64>(bits));
      bits &= bits - 1;
      store<u32>(to, <u32>block + <u32>ctz<u64>(bits), 4);
      bits &= bits - 1;
      store<u32>(to, <u32>block + <u32>ctz<u64>(bits), 8);
      bits &= bits - 1;
      store<u32>(to, <u32>block + <u32>ctz<u64>(bits), 12);
      bits &= bits - 1;
    }
    out += count << 2;
  }
  if (i8x16.bitmask(high)) seeHigh();
  return out;
}
