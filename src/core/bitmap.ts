/** Bytes of a bitmap of `rows` bits. */
export function bitmapBytes(rows: number): number {
  return (rows + 7) >>> 3;
}

/** ORs `count` bits of `source` from bit `from` into `target` from bit `to` on; bits count from the least significant. */
export function copyBits(source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void {
  for (let done = 0; done < count;) {
    const put = to + done, take = from + done;
    const bits = Math.min(8 - (put & 7), count - done);
    const pair = source[take >> 3] | (source[(take >> 3) + 1] << 8);
    target[put >> 3] |= ((pair >> (take & 7)) & ((1 << bits) - 1)) << (put & 7);
    done += bits;
  }
}

/** Sets `count` bits from bit `from` on. */
export function setBits(target: Uint8Array, from: number, count: number): void {
  for (let done = 0; done < count;) {
    const at = from + done, bits = Math.min(8 - (at & 7), count - done);
    target[at >> 3] |= ((1 << bits) - 1) << (at & 7);
    done += bits;
  }
}

/** How many of the first `rows` bits are set. */
export function countBits(bitmap: Uint8Array, rows: number): number {
  let count = 0;
  const whole = rows >>> 3;
  for (let i = 0; i < whole; i++) count += bitsOf(bitmap[i]);
  const rest = rows & 7;
  return rest === 0 ? count : count + bitsOf(bitmap[whole] & ((1 << rest) - 1));
}

function bitsOf(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55), fours = (pairs & 0x33) + ((pairs >> 2) & 0x33);
  return (fours + (fours >> 4)) & 0x0f;
}
