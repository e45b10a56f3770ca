@inline function digit(value: u32): u32 {
  if (value < 26) return value + 65;
  if (value < 52) return value + 71;
  if (value < 62) return value - 4;
  return value == 62 ? 0x2b : 0x2f;
}

/** Writes the bytes of [at, end) as padded base64 (RFC 4648, section 4) at `out`; returns how many characters. */
export function write_base64(at: usize, end: usize, out: usize): i32 {
  const start = out;
  for (; at < end; at += 3, out += 4) {
    const left = end - at;
    const second: u32 = left > 1 ? load<u8>(at, 1) : 0, third: u32 = left > 2 ? load<u8>(at, 2) : 0;
    const bits = (<u32>load<u8>(at) << 16) | (second << 8) | third;
    store<u8>(out, digit(bits >>> 18));
    store<u8>(out, digit((bits >>> 12) & 63), 1);
    store<u8>(out, left > 1 ? digit((bits >>> 6) & 63) : 0x3d, 2);
    store<u8>(out, left > 2 ? digit(bits & 63) : 0x3d, 3);
  }
  return <i32>(out - start);
}
