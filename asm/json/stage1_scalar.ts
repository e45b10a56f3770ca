import { bitmap_word } from "./bitmap";
import { mark_ill_formed } from "./utf8";

@inline function isHigh64(block: usize): bool {
  let seen: u32 = 0;
  for (let i: usize = 0; i < 64; i++) seen |= <u32>load<u8>(block + i);
  return (seen & 0x80) != 0;
}

/** Writes the bitmap of [from, end) of the text at `input` byte by byte: the twin of stage1_simd that can be read. */
export function stage1_scalar(from: usize, end: usize, input: usize): void {
  let before = from > input && isHigh64(from - 64);
  for (let block = from; block < end; block += 64) {
    let word: u64 = 0, seen: u32 = 0;
    for (let i: usize = 0; i < 64; i++) {
      const c = <u32>load<u8>(block + i);
      seen |= c;
      word |= <u64>(c < 0x20 || c == 0x22 || c == 0x5c) << <u64>i;
    }
    store<u64>(bitmap_word(block), word);
    const high = (seen & 0x80) != 0;
    if (high || before) mark_ill_formed(block, input);
    before = high;
  }
}
