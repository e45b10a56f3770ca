// Strings of JSON: what they say, and how they are written.
import { putByte, room, to, wrote } from "../writer";
import { hexDigit } from "../encoding/hex";
import { putCodePoint } from "../text/measure";

const BACKSLASH: u32 = 0x5c;
const REPLACEMENT: u32 = 0xfffd;

/** Whether a string of n bytes between its quotes has an escape. */
export function hasEscape(at: usize, n: usize): bool {
  for (const end = at + n; at < end; at++) if (<u32>load<u8>(at) == BACKSLASH) return true;
  return false;
}

/** The code unit of \uXXXX at `at`. */
@inline function unitAt(at: usize): u32 {
  const high = (hexDigit(load<u8>(at, 2)) << 4) | hexDigit(load<u8>(at, 3));
  return (high << 8) | (hexDigit(load<u8>(at, 4)) << 4) | hexDigit(load<u8>(at, 5));
}

/** The character of a letter behind a backslash. */
@inline function escaped(letter: u32): u32 {
  switch (letter) {
    case 0x62: return 8;
    case 0x66: return 12;
    case 0x6e: return 10;
    case 0x72: return 13;
    case 0x74: return 9;
    default: return letter;
  }
}

/** Appends what a valid string says, given what is between its quotes; half a surrogate pair is U+FFFD. */
export function putUnescaped(at: usize, end: usize): bool {
  if (!room(end - at)) return false;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte != BACKSLASH) {
      putByte(byte);
      at++;
    } else if (load<u8>(at, 1) != 0x75) {
      putByte(escaped(load<u8>(at, 1)));
      at += 2;
    } else {
      let code = unitAt(at);
      at += 6;
      if ((code & 0xf800) == 0xd800) {
        const paired = code < 0xdc00 && end - at >= 6 && load<u16>(at) == 0x755c, low = paired ? unitAt(at) : 0;
        if ((low & 0xfc00) == 0xdc00) {
          code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
          at += 6;
        } else {
          code = REPLACEMENT;
        }
      }
      putCodePoint(code);
    }
  }
  return true;
}

/** Letters of control characters that have one, from 8 on. */
const LETTERS: usize = memory.data<u8>([0x62, 0x74, 0x6e, 0, 0x66, 0x72]);

@inline function smallDigit(value: u32): u32 {
  return value < 10 ? value + 48 : value + 87;
}

/** Appends a text as a string of JSON, with its quotes. */
export function putQuoted(at: usize, end: usize): bool {
  if (!room((end - at) * 6 + 2)) return false;
  putByte(0x22);
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte >= 0x20 && byte != 0x22 && byte != BACKSLASH) {
      putByte(byte);
      continue;
    }
    putByte(BACKSLASH);
    const letter = byte - 8 < 6 ? <u32>load<u8>(LETTERS + <usize>(byte - 8)) : 0;
    if (byte >= 0x20) putByte(byte);
    else if (letter) putByte(letter);
    else {
      putByte(0x75);
      putByte(48);
      putByte(48);
      putByte(smallDigit(byte >>> 4));
      putByte(smallDigit(byte & 15));
    }
  }
  putByte(0x22);
  return true;
}

/** Appends a valid value without the white space between its parts. */
export function putCompact(at: usize, end: usize): bool {
  if (!room(end - at)) return false;
  let inside = false, out = to;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (!inside && (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09)) continue;
    store<u8>(out++, byte);
    if (byte == 0x22) {
      inside = !inside;
    } else if (inside && byte == BACKSLASH) {
      store<u8>(out++, load<u8>(++at));
    }
  }
  wrote(out);
  return true;
}
