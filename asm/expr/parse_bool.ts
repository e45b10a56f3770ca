// The words that SQL casts to bool, in any case: t, true, y, yes, 1 and f, false, n, no, 0.
const WORDS: usize = memory.data<u8>([
  4, 116, 114, 117, 101, 0, 0, 0, 3, 121, 101, 115, 0, 0, 0, 0, 1, 116, 0, 0, 0, 0, 0, 0, 1, 121, 0, 0, 0, 0, 0, 0,
  1, 49, 0, 0, 0, 0, 0, 0, 5, 102, 97, 108, 115, 101, 0, 0, 2, 110, 111, 0, 0, 0, 0, 0, 1, 102, 0, 0, 0, 0, 0, 0,
  1, 110, 0, 0, 0, 0, 0, 0, 1, 48, 0, 0, 0, 0, 0, 0,
]);
const WORD_BYTES: usize = 8;
const WORD_COUNT: usize = 10;
const TRUE_COUNT: usize = 5;

/** 1 true, 0 false, -1 neither. */
export function parse_bool(at: usize, end: usize): i32 {
  const length = end - at;
  for (let i: usize = 0; i < WORD_COUNT; i++) {
    const word = WORDS + i * WORD_BYTES;
    if (<usize>load<u8>(word) != length) continue;
    let same = true;
    for (let j: usize = 0; j < length; j++) {
      const c = <u32>load<u8>(at + j);
      // Bit 5 is the case of letters; digits have it set already
      same = same && (c | (<u32>(c >= 0x41) << 5)) == <u32>load<u8>(word + 1 + j);
    }
    if (same) return <i32>(i < TRUE_COUNT);
  }
  return -1;
}
