import { next_special } from "./bitmap";
import { fail } from "./failure";
import { REASON_CONTROL, REASON_ESCAPE, REASON_UNTERMINATED, REASON_UTF8 } from "./layout";
import { limit, newlineIsSpace } from "./state";

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const REPLACEMENT: u32 = 0xfffd;

// What each character behind a backslash stands for; 0 = no escape. 'u' is apart.
const ESCAPES: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0x22, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x2f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5c, 0, 0, 0,
  0, 0, 8, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 13, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

/** Whether the last string that string_end went through has escapes. */
export let escaped: bool = false;

/** The value of four hexadecimal digits at `at`, or -1. */
function hex4(at: usize): i32 {
  let value = 0;
  for (let i: usize = 0; i < 4; i++) {
    const c = <u32>load<u8>(at + i);
    let digit = c - 48;
    if (digit > 9) {
      digit = (c | 32) - 97;
      if (digit > 5) return -1;
      digit += 10;
    }
    value = (value << 4) | digit;
  }
  return value;
}

/** fail() at a marked byte that is neither quote nor backslash. */
function failInside(at: usize): usize {
  const c = load<u8>(at);
  if (c >= 0x80) return fail(at, REASON_UTF8);
  return fail(at, at >= limit || (c == 10 && !newlineIsSpace) ? REASON_UNTERMINATED : REASON_CONTROL);
}

/**
 * The closing quote of the string in which `at` lies (not behind half an escape), or 0 after fail(). Sets `escaped`.
 */
export function string_end(at: usize): usize {
  escaped = false;
  while (true) {
    at = next_special(at);
    const c = <u32>load<u8>(at);
    if (c == QUOTE) return at;
    if (c != BACKSLASH) return failInside(at);
    escaped = true;
    const kind = <u32>load<u8>(at, 1);
    if (kind == 0x75) {
      if (hex4(at + 2) < 0) return fail(at, REASON_ESCAPE);
      at += 6;
    } else {
      if (kind >= 0x80 || load<u8>(ESCAPES + kind) == 0) return fail(at, REASON_ESCAPE);
      at += 2;
    }
  }
}

/** Writes `c` as UTF-8; returns the address behind it. */
function encode(out: usize, c: u32): usize {
  if (c < 0x80) {
    store<u8>(out, c);
    return out + 1;
  }
  if (c < 0x800) {
    store<u8>(out, 0xc0 | (c >> 6));
    store<u8>(out, 0x80 | (c & 63), 1);
    return out + 2;
  }
  if (c < 0x10000) {
    store<u8>(out, 0xe0 | (c >> 12));
    store<u8>(out, 0x80 | ((c >> 6) & 63), 1);
    store<u8>(out, 0x80 | (c & 63), 2);
    return out + 3;
  }
  store<u8>(out, 0xf0 | (c >> 18));
  store<u8>(out, 0x80 | ((c >> 12) & 63), 1);
  store<u8>(out, 0x80 | ((c >> 6) & 63), 2);
  store<u8>(out, 0x80 | (c & 63), 3);
  return out + 4;
}

/**
 * Writes the text of a string that string_end accepted to `out`: at most `end - at` bytes, and up to 16 more may be
 * overwritten behind them. A surrogate without its other half becomes U+FFFD. Returns the address behind the text.
 */
export function unescape(at: usize, end: usize, out: usize): usize {
  while (true) {
    // Inside an accepted string only backslashes are marked
    const next = next_special(at), run = (next < end ? next : end) - at;
    for (let i: usize = 0; i < run; i += 16) {
      store<u64>(out + i, load<u64>(at + i));
      store<u64>(out + i, load<u64>(at + i, 8), 8);
    }
    out += run;
    if (next >= end) return out;
    at = next + 2;
    const kind = <u32>load<u8>(next, 1);
    if (kind != 0x75) {
      store<u8>(out++, load<u8>(ESCAPES + kind));
      continue;
    }
    let c = <u32>hex4(at);
    at += 4;
    if ((c & 0xfc00) == 0xd800 && load<u16>(at) == 0x755c) {
      const low = <u32>hex4(at + 2);
      if ((low & 0xfc00) == 0xdc00) {
        c = 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
        at += 6;
      }
    }
    out = encode(out, (c & 0xf800) == 0xd800 && c < 0x10000 ? REPLACEMENT : c);
  }
}
