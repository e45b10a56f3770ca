// URLs: the form of web forms, and the parts of addresses.
import { NO_MEMORY } from "../../expr/register";
import { refAddress, refLength, sameBytes, setRef } from "../../expr/text";
import { isUtf8 } from "../../expr/utf8";
import { begin, cell, fail, finish, next, result } from "../cursor";
import { countByte, nthByte } from "../text/scan";
import { keepText, openText, putByte, room, to, written } from "../writer";
import { hexDigit } from "./hex";

/** Whether the form of web forms leaves a byte as it is: letters, digits and . - * _ */
@inline function isPlain(byte: u32): bool {
  return (byte | 32) - 97 < 26 || byte - 48 < 10 || byte == 0x2e || byte == 0x2d || byte == 0x2a || byte == 0x5f;
}

@inline function capitalDigit(value: u32): u32 {
  return value < 10 ? value + 48 : value + 55;
}

function encode(at: usize, end: usize): void {
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x20) putByte(0x2b);
    else if (isPlain(byte)) putByte(byte);
    else {
      putByte(0x25);
      putByte(capitalDigit(byte >>> 4));
      putByte(capitalDigit(byte & 15));
    }
  }
}

/** False where a % has no two digits behind it. */
function decode(at: usize, end: usize): bool {
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (byte == 0x25) {
      if (end - at < 3) return false;
      const high = hexDigit(load<u8>(at, 1)), low = hexDigit(load<u8>(at, 2));
      if ((high | low) > 15) return false;
      putByte((high << 4) | low);
      at += 2;
    } else {
      putByte(byte == 0x2b ? 0x20 : byte);
    }
  }
  return true;
}

/** Codes: 0 a as web forms send it (application/x-www-form-urlencoded, UTF-8); 1 back, NULL where it is none. */
export function fn_url_code(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, 0, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a)), n = refLength(cell(a));
    openText();
    let good = room(code ? n : n * 3);
    if (good && code) good = decode(at, at + n) && isUtf8(to - written(), to);
    else if (good) encode(at, at + n);
    if (good) keepText(result());
    else fail();
  }
  return finish();
}

const HOST: u32 = 0;
const PATH: u32 = 1;
const QUERY: u32 = 2;
const REFERENCE: u32 = 3;
const PROTOCOL: u32 = 4;
const AUTHORITY: u32 = 5;
const FILE: u32 = 6;
const USER: u32 = 7;

/** What `part` found; 0 where it begins: it is not there. */
let from: usize = 0;
let behind: usize = 0;

function give(start: usize, end: usize): void {
  from = start;
  behind = end;
}

/** The end of a scheme, where its colon is; 0 if the address has none. */
function schemeEnd(at: usize, end: usize): usize {
  for (let place = at; place < end; place++) {
    const byte = <u32>load<u8>(place), letter = (byte | 32) - 97 < 26;
    if (byte == 0x3a) return place > at ? place : 0;
    if (!letter && (place == at || !(byte - 48 < 10 || byte == 0x2b || byte == 0x2d || byte == 0x2e))) return 0;
  }
  return 0;
}

/** The first such byte in [at, end), or the end. */
function firstOf(at: usize, end: usize, byte: u8): usize {
  const found = nthByte(at, end, byte, 0);
  return found ? found : end;
}

/** The host and what comes before and behind it within the authority. */
function inAuthority(code: u32, at: usize, end: usize): void {
  // A @ ends the user, the last if there are more
  const ats = countByte(at, end, 0x40), user = ats ? nthByte(at, end, 0x40, ats - 1) : 0;
  if (code == AUTHORITY) return give(at, end);
  if (code == USER) return user ? give(at, user) : give(0, 0);
  const host = user ? user + 1 : at;
  const bracket = host < end && load<u8>(host) == 0x5b ? nthByte(host, end, 0x5d, 0) : 0;
  give(host, bracket ? bracket + 1 : firstOf(host, end, 0x3a));
}

/** Finds a part of the address in [at, end). */
function part(code: u32, at: usize, end: usize): void {
  give(0, 0);
  const colon = schemeEnd(at, end);
  if (!colon) return;
  if (code == PROTOCOL) return give(at, colon);
  const hash = nthByte(colon, end, 0x23, 0), stop = hash ? hash : end;
  if (code == REFERENCE) return hash ? give(hash + 1, end) : give(0, 0);
  const mark = nthByte(colon, stop, 0x3f, 0), pathEnd = mark ? mark : stop;
  if (code == QUERY) return mark ? give(mark + 1, stop) : give(0, 0);
  let path = colon + 1;
  const hasAuthority = pathEnd - path >= 2 && load<u16>(path) == 0x2f2f, authority = path + 2;
  if (hasAuthority) path = firstOf(authority, pathEnd, 0x2f);
  if (code == PATH) return give(path, pathEnd);
  if (code == FILE) return give(path, stop);
  if (hasAuthority) inAuthority(code, authority, path);
  else if (code == HOST) give(path, path);
}

/** Narrows what was found to the value of a key in the form key=value&key=value. */
function valueOf(key: usize, length: usize): void {
  const end = behind;
  for (let at = from; at && at <= end;) {
    const stop = firstOf(at, end, 0x26), fits = stop - at > length && load<u8>(at + length) == 0x3d;
    if (fits && sameBytes(at, key, length)) return give(at + length + 1, stop);
    at = stop + 1;
  }
  give(0, 0);
}

/**
 * A part of the address a, sharing its bytes; NULL where it is not there. Codes: 0 host, 1 path, 2 query, 3 reference, 4
 * protocol, 5 authority, 6 path and query, 7 user. With b: the value of that key in the query.
 */
export function fn_parse_url(code: u32, rows: u32, out: usize, a: usize, b: usize, c: usize): i32 {
  if (!begin(rows, out, a, b, 0)) return NO_MEMORY;
  while (next()) {
    const at = refAddress(cell(a));
    part(code, at, at + refLength(cell(a)));
    if (b) valueOf(refAddress(cell(b)), refLength(cell(b)));
    if (from) setRef(result(), from, behind - from);
    else fail();
  }
  return finish();
}
