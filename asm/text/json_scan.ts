// A strict scanner of JSON (RFC 8259) that skips what it is not asked for.

/** Nesting that the scanner follows; deeper text is none for it. */
const DEPTH_MAX: u32 = 1000;
/** For each open value a bit: 1 an object, 0 an array. */
const OPEN: usize = memory.data(128, 16);

const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;

@inline function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09;
}

/** The first byte from `at` on that is no white space. */
@inline export function skipSpace(at: usize, end: usize): usize {
  while (at < end && isSpace(load<u8>(at))) at++;
  return at;
}

/** The first quote, backslash or control character in [at, end); `end` if there is none. SIMD reads up to 15 bytes behind. */
function firstSpecial(at: usize, end: usize): usize {
  if (ASC_FEATURE_SIMD) {
    const quote = i8x16.splat(<i8>QUOTE), slash = i8x16.splat(<i8>BACKSLASH), control = i8x16.splat(0x20);
    for (; at < end; at += 16) {
      const x = v128.load(at);
      const found = v128.or(v128.or(i8x16.eq(x, quote), i8x16.eq(x, slash)), i8x16.lt_u(x, control));
      const bits = <u32>i8x16.bitmask(found);
      if (bits) return min(end, at + <usize>ctz(bits));
    }
    return end;
  } else {
    while (at < end) {
      const byte = <u32>load<u8>(at);
      if (byte == QUOTE || byte == BACKSLASH || byte < 0x20) break;
      at++;
    }
    return at;
  }
}

@inline function isHex(byte: u32): bool {
  return byte - 48 < 10 || (byte | 32) - 97 < 6;
}

/** Behind the string whose quote is at `at`; 0 if it is none. */
export function skipString(at: usize, end: usize): usize {
  at++;
  while (true) {
    at = firstSpecial(at, end);
    if (at >= end || load<u8>(at) < 0x20) return 0;
    if (<u32>load<u8>(at) == QUOTE) return at + 1;
    if (end - at < 2) return 0;
    const letter = <u32>load<u8>(at, 1);
    at += 2;
    if (letter == 0x75) {
      if (end - at < 4) return 0;
      for (let i = 0; i < 4; i++) if (!isHex(load<u8>(at++))) return 0;
    } else if (
      letter != QUOTE && letter != BACKSLASH && letter != 0x2f && letter != 0x62 && letter != 0x66 && letter != 0x6e &&
      letter != 0x72 && letter != 0x74
    ) {
      return 0;
    }
  }
}

@inline function skipDigits(at: usize, end: usize): usize {
  while (at < end && <u32>load<u8>(at) - 48 < 10) at++;
  return at;
}

/** Behind the number at `at`; 0 if it is none. */
function skipNumber(at: usize, end: usize): usize {
  if (load<u8>(at) == 0x2d) at++;
  const whole = at;
  at = skipDigits(at, end);
  if (at == whole || (load<u8>(whole) == 48 && at > whole + 1)) return 0;
  if (at < end && load<u8>(at) == 0x2e) {
    const fraction = ++at;
    at = skipDigits(at, end);
    if (at == fraction) return 0;
  }
  if (at < end && (load<u8>(at) | 32) == 0x65) {
    at++;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) at++;
    const exponent = at;
    at = skipDigits(at, end);
    if (at == exponent) return 0;
  }
  return at;
}

/** Behind the string, number or word at `at`; 0 if there is none. */
function skipScalar(at: usize, end: usize): usize {
  const byte = <u32>load<u8>(at);
  if (byte == QUOTE) return skipString(at, end);
  if (byte == 0x2d || byte - 48 < 10) return skipNumber(at, end);
  if (end - at < 4) return 0;
  const word = load<u32>(at);
  if (word == 0x65757274 || word == 0x6c6c756e) return at + 4; // true, null
  return word == 0x736c6166 && end - at > 4 && load<u8>(at, 4) == 0x65 ? at + 5 : 0; // false
}

/** Behind the key at `at` and its colon; 0 if they are none. */
export function skipKey(at: usize, end: usize): usize {
  if (at >= end || <u32>load<u8>(at) != QUOTE) return 0;
  at = skipString(at, end);
  if (!at) return 0;
  at = skipSpace(at, end);
  return at < end && load<u8>(at) == 0x3a ? at + 1 : 0;
}

@inline function setOpen(depth: u32, object: bool): void {
  const at = OPEN + <usize>(depth >>> 3), bit = <u32>1 << (depth & 7), value = <u32>load<u8>(at);
  store<u8>(at, object ? value | bit : value & ~bit);
}

@inline function isObject(depth: u32): bool {
  return <bool>((load<u8>(OPEN + <usize>(depth >>> 3)) >> (depth & 7)) & 1);
}

/** Behind the value that begins at `at` or after white space there; 0 if there is none. */
export function skipValue(at: usize, end: usize): usize {
  let depth: u32 = 0;
  while (true) {
    at = skipSpace(at, end);
    if (at >= end) return 0;
    const byte = <u32>load<u8>(at), object = byte == 0x7b;
    if (object || byte == 0x5b) {
      at = skipSpace(at + 1, end);
      if (at < end && <u32>load<u8>(at) == byte + 2) {
        at++; // empty
      } else {
        if (depth == DEPTH_MAX) return 0;
        setOpen(depth++, object);
        if (object) at = skipKey(at, end);
        if (!at) return 0;
        continue;
      }
    } else {
      at = skipScalar(at, end);
      if (!at) return 0;
    }
    // Behind a value
    while (true) {
      if (!depth) return at;
      at = skipSpace(at, end);
      if (at >= end) return 0;
      const next = <u32>load<u8>(at++), inObject = isObject(depth - 1);
      if (next == 0x2c) {
        if (inObject) at = skipKey(skipSpace(at, end), end);
        if (!at) return 0;
        break;
      }
      if (next != (inObject ? 0x7d : 0x5d)) return 0;
      depth--;
    }
  }
}

/** Where the one value of a text begins, if it is JSON; 0 if it is not. Its end is in `valueEnd`. */
export function openText(at: usize, end: usize): usize {
  at = skipSpace(at, end);
  valueEnd = skipValue(at, end);
  return valueEnd && skipSpace(valueEnd, end) == end ? at : 0;
}

/** Behind the value that was found last. */
export let valueEnd: usize = 0;

export function setValueEnd(end: usize): void {
  valueEnd = end;
}
