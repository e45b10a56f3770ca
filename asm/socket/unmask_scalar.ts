const LINE_FEED: u32 = 10;

/** See socket_unmask. `seen`: 1 << 31 where a byte before these was not ASCII, and their lines. */
export function unmask_scalar(at: usize, length: u32, mask: u32, afterFeed: u32, seen: u32 = 0): u32 {
  let high = seen >> 31, lines = seen & 0x3fffffff, after = afterFeed;
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(at + i) ^ ((mask >> ((i & 3) << 3)) & 255), feed = <u32>(byte === LINE_FEED);
    store<u8>(at + i, <u8>byte);
    high |= byte >> 7;
    lines += feed & ~after;
    after = feed;
  }
  return (high << 31) | (after << 30) | lines;
}
