// The bitmap that stage 1 writes: one bit for each byte of the input, set at quotes, backslashes, control characters
// and the first byte of each ill-formed UTF-8 sequence. Two words of ones end it.

let shifted: usize = 0; // the bit of the byte at p is bit p & 7 of the byte at shifted + (p >> 3)

/** Bytes of the bitmap for an input of `length` bytes (and the 64 that may be appended). */
export function bitmap_bytes(length: usize): usize {
  return (((length + 64) >>> 6) << 3) + 64;
}

/** Makes `bitmap` the bitmap of the input at `input`, which is aligned to 64. */
export function use_bitmap(bitmap: usize, input: usize): void {
  shifted = bitmap - (input >>> 3);
}

/** The address of the bitmap's 64-bit word for the 64 bytes at `block`. */
@inline export function bitmap_word(block: usize): usize {
  return shifted + (block >>> 3);
}

/** Sets the bit of the byte at `at`. */
export function mark(at: usize): void {
  const byte = shifted + (at >>> 3);
  store<u8>(byte, <u32>load<u8>(byte) | (<u32>1 << (<u32>at & 7)));
}

/** What special_from and special_far_from take as `bits`: kept in a local variable where much is looked up. */
@inline export function bitmap_bits(): usize {
  return shifted;
}

/** The first marked byte at or behind `block`, a multiple of 8. A call, so that the loop burdens no loop around it. */
function search(bits: usize, block: usize): usize {
  while (true) {
    const word = load<u64>(bits + (block >>> 3));
    if (word) return block + <usize>ctz(word);
    block += 64;
  }
}

/** The first marked byte at or behind `at`. For short distances. */
@inline export function special_from(bits: usize, at: usize): usize {
  const word = load<u64>(bits + (at >>> 3)) >> <u64>(at & 7);
  return word ? at + <usize>ctz(word) : search(bits, (at & ~7) + 64);
}

/** The first marked byte at or behind `at`. Looks at two words without a branch: for strings, whose lengths vary. */
@inline export function special_far_from(bits: usize, at: usize): usize {
  const byte = bits + (at >>> 3), skip = at & 7;
  const first = <usize>ctz(load<u64>(byte) >> <u64>skip), second = load<u64>(byte, 8);
  const distance = first + ((0 - (first >>> 6)) & (<usize>ctz(second) - skip));
  return distance < 128 - skip ? at + distance : search(bits, at - skip + 128);
}

/** special_from for a place where little is looked up. */
@inline export function next_special(at: usize): usize {
  return special_from(shifted, at);
}
