// JSON texts as short as they can be: no blanks between their parts, strings with as few escapes as they need. Numbers stay as they are
// written. Equal values that differ in nothing but how they were written so become equal texts.

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;
const REPLACEMENT: u32 = 0xfffd;
const ONES: u64 = 0x0101010101010101;
const HIGHS: u64 = 0x8080808080808080;

/** For each byte of a word its high bit where the byte is 0; bits behind such a byte may be wrong. */
@inline function zeroBytes(word: u64): u64 {
  return (word - ONES) & ~word & HIGHS;
}

/** Whether nothing in the valid text [at, end) may have to go: no blank and no escape. Blanks in strings count as well. Reads up to 7 bytes behind. */
export function is_surely_short(at: usize, end: usize): bool {
  for (; at < end; at += 8) {
    const word = load<u64>(at), left = end - at;
    // A byte below 0x21 is a blank here; those with a high bit are not.
    const blanks = (word - ONES * 0x21) & ~word & HIGHS, slashes = zeroBytes(word ^ (ONES * BACKSLASH));
    const found = blanks | slashes;
    if (found && (left >= 8 || <usize>(ctz(found) >> 3) < left)) return false;
  }
  return true;
}

@inline function hexValue(byte: u32): u32 {
  return byte < 58 ? byte - 48 : (byte | 32) - 87;
}

/** The code unit of the four digits at `at`. */
@inline function unitAt(at: usize): u32 {
  return (hexValue(load<u8>(at)) << 12) | (hexValue(load<u8>(at, 1)) << 8) | (hexValue(load<u8>(at, 2)) << 4) |
    hexValue(load<u8>(at, 3));
}

/** Letters of control characters that have one, from 8 on. */
const LETTERS: usize = memory.data<u8>([0x62, 0x74, 0x6e, 0, 0x66, 0x72]);

@inline function smallDigit(value: u32): u32 {
  return value < 10 ? value + 48 : value + 87;
}

/** Writes a control character, a quote or a backslash as strings have them; returns the address behind it. */
export function write_escape(code: u32, out: usize): usize {
  store<u8>(out, BACKSLASH);
  if (code >= 0x20) {
    store<u8>(out, code, 1);
    return out + 2;
  }
  const letter = code - 8 < 6 ? <u32>load<u8>(LETTERS + <usize>(code - 8)) : 0;
  if (letter) {
    store<u8>(out, letter, 1);
    return out + 2;
  }
  store<u8>(out, 0x75, 1);
  store<u8>(out, 48, 2);
  store<u8>(out, 48, 3);
  store<u8>(out, smallDigit(code >>> 4), 4);
  store<u8>(out, smallDigit(code & 15), 5);
  return out + 6;
}

@inline export function needs_escape(code: u32): bool {
  return code < 0x20 || code == QUOTE || code == BACKSLASH;
}

/** Writes a character as a string has it. */
function writeCharacter(code: u32, out: usize): usize {
  if (needs_escape(code)) return write_escape(code, out);
  if (code < 0x80) {
    store<u8>(out, code);
    return out + 1;
  }
  if (code < 0x800) {
    store<u8>(out, 0xc0 | (code >> 6));
    store<u8>(out, 0x80 | (code & 63), 1);
    return out + 2;
  }
  if (code < 0x10000) {
    store<u8>(out, 0xe0 | (code >> 12));
    store<u8>(out, 0x80 | ((code >> 6) & 63), 1);
    store<u8>(out, 0x80 | (code & 63), 2);
    return out + 3;
  }
  store<u8>(out, 0xf0 | (code >> 18));
  store<u8>(out, 0x80 | ((code >> 12) & 63), 1);
  store<u8>(out, 0x80 | ((code >> 6) & 63), 2);
  store<u8>(out, 0x80 | (code & 63), 3);
  return out + 4;
}

let read: usize = 0;

/** The character that the escape whose backslash is at `at` stands for; `read` is then behind it. Half a surrogate pair is U+FFFD. */
function escapeAt(at: usize, end: usize): u32 {
  const letter = <u32>load<u8>(at, 1);
  read = at + 2;
  if (letter != 0x75) {
    switch (letter) {
      case 0x62: return 8;
      case 0x66: return 12;
      case 0x6e: return 10;
      case 0x72: return 13;
      case 0x74: return 9;
      default: return letter;
    }
  }
  const code = unitAt(at + 2);
  read = at + 6;
  if ((code & 0xf800) != 0xd800) return code;
  if (code >= 0xdc00 || end - read < 6 || load<u16>(read) != 0x755c) return REPLACEMENT;
  const low = unitAt(read + 2);
  if ((low & 0xfc00) != 0xdc00) return REPLACEMENT;
  read += 6;
  return 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
}

/** Writes the string whose quote is at `at`; `read` is then behind it. */
function shortenString(at: usize, end: usize, out: usize): usize {
  store<u8>(out++, QUOTE);
  at++;
  while (true) {
    const byte = <u32>load<u8>(at);
    if (byte == BACKSLASH) {
      out = writeCharacter(escapeAt(at, end), out);
      at = read;
      continue;
    }
    store<u8>(out++, byte);
    at++;
    if (byte == QUOTE) break;
  }
  read = at;
  return out;
}

/**
 * Writes the valid JSON text [at, end) as short as it can be to `out`, which has room for as many bytes. Returns the address behind what
 * was written.
 */
export function shorten_json(at: usize, end: usize, out: usize): usize {
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) {
      out = shortenString(at, end, out);
      at = read;
      continue;
    }
    if (byte > 0x20) store<u8>(out++, byte);
    at++;
  }
  return out;
}
