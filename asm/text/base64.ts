import { TEXT_MALFORMED } from "./status";

/** The value of one base64 digit (RFC 4648, section 4), or 64. */
@inline function digitOf(c: u32): u32 {
  if (c - 65 < 26) return c - 65;
  if (c - 97 < 26) return c - 71;
  if (c - 48 < 10) return c + 4;
  if (c == 0x2b) return 62;
  return c == 0x2f ? 63 : 64;
}

/**
 * Decodes base64 (RFC 4648, section 4; padding may be left out, no white space, unused bits 0) in [at, end) to the
 * bytes at `out`, which has room for 3/4 of the text, rounded up. Returns how many bytes there are, or
 * TEXT_MALFORMED. `out` may be `at`.
 */
export function parse_base64(at: usize, end: usize, out: usize): i32 {
  const length = end - at;
  if ((length & 3) == 0 && length && load<u8>(end - 1) == 0x3d) end -= 1 + <usize>(load<u8>(end - 2) == 0x3d);
  const start = out;
  for (; end - at >= 4; at += 4, out += 3) {
    const a = digitOf(load<u8>(at)), b = digitOf(load<u8>(at, 1));
    const c = digitOf(load<u8>(at, 2)), d = digitOf(load<u8>(at, 3));
    if ((a | b | c | d) & 64) return TEXT_MALFORMED;
    store<u8>(out, (a << 2) | (b >> 4));
    store<u8>(out, (b << 4) | (c >> 2), 1);
    store<u8>(out, (c << 6) | d, 2);
  }
  const rest = end - at;
  if (rest == 0) return <i32>(out - start);
  if (rest == 1) return TEXT_MALFORMED;
  const a = digitOf(load<u8>(at)), b = digitOf(load<u8>(at, 1)), c = rest == 3 ? digitOf(load<u8>(at, 2)) : 0;
  if ((a | b | c) & 64) return TEXT_MALFORMED;
  if (rest == 2 ? b & 15 : c & 3) return TEXT_MALFORMED;
  store<u8>(out++, (a << 2) | (b >> 4));
  if (rest == 3) store<u8>(out++, (b << 4) | (c >> 2));
  return <i32>(out - start);
}
