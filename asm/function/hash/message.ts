// What message digests share: the padding of the last blocks, and digests as hexadecimal text.
import { putByte, room } from "../writer";

/** The last one or two blocks of a message, with its padding. */
const TAIL: usize = memory.data(256, 16);
/** Where a digest puts its words. */
export const STATE: usize = memory.data(64, 16);
/** The schedule of a block. */
export const WORDS: usize = memory.data(640, 16);

/** Where the padded end of a message is, and how many bytes. */
export let tail: usize = TAIL;
export let tailBytes: usize = 0;

/**
 * Pads what a message of n bytes has behind its whole blocks: a bit 1, zeros, and the number of its bits in the last 8
 * (in blocks of 128 bytes: 16) bytes of a block.
 */
export function pad(at: usize, n: usize, block: usize, bigEndian: bool): void {
  const rest = n & (block - 1), lengthBytes = block >>> 3;
  tailBytes = rest + 1 + lengthBytes > block ? 2 * block : block;
  memory.copy(TAIL, at + n - rest, rest);
  memory.fill(TAIL + rest, 0, tailBytes - rest);
  store<u8>(TAIL + rest, 0x80);
  const bits = <u64>n << 3;
  store<u64>(TAIL + tailBytes - 8, bigEndian ? bswap(bits) : bits);
}

/** Appends n bytes as hexadecimal digits, `base` the letter for 10; false when they do not fit. */
export function putHex(at: usize, n: usize, base: u32): bool {
  if (!room(n << 1)) return false;
  for (const end = at + n; at < end; at++) {
    const byte = <u32>load<u8>(at), high = byte >>> 4, low = byte & 15;
    putByte(high < 10 ? high + 48 : high - 10 + base);
    putByte(low < 10 ? low + 48 : low - 10 + base);
  }
  return true;
}
