import { mark } from "./bitmap";

@inline function isContinuation(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80;
}

/** The length of the well-formed UTF-8 sequence at `at` (Unicode 15, table 3-7), or 0. */
export function sequence_length(at: usize): usize {
  const lead = <u32>load<u8>(at), second = <u32>load<u8>(at, 1);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || (second & 0xc0) != 0x80) return 0;
  if (lead < 0xe0) return 2;
  if (!isContinuation(at + 2)) return 0;
  if (lead < 0xf0) return (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ? 0 : 3;
  if (!isContinuation(at + 3)) return 0;
  return (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f) ? 0 : 4;
}

/**
 * Marks each ill-formed sequence that begins in the 64 bytes at `block` or in the three bytes before it. What lies
 * before `input` does not belong to the text.
 */
export function mark_ill_formed(block: usize, input: usize): void {
  let at = block;
  if (block > input) {
    at = block - 3;
    while (at < block && isContinuation(at)) at++; // its lead lies further back and was looked at with the last block
  }
  const end = block + 64;
  while (at < end) {
    const length = sequence_length(at);
    if (length) at += length;
    else mark(at++);
  }
}
