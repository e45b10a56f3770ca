// Wide decimals from text and as text.
import { divide128, high, low, multiply128, rest128, set128 } from "../expr/int128";
import { TEXT_INEXACT, TEXT_MALFORMED, TEXT_OK, TEXT_RANGE } from "../text/status";
import { hasDigits, storeMagnitude, wideHigh, wideLow } from "./cell";
import { DIGITS_MAX, powerLow } from "./powers";

/** Bytes of the longest text: a sign, a zero and a point, and all digits. */
export const WIDE_TEXT_BYTES: usize = 48;
/** Where written exponents stop to grow: far beyond what any text of this memory's size can make up for. */
const EXPONENT_MAX: i64 = 1 << 40;
/** Digits that are taken into 64 bits before they go into 128. */
const CHUNK_DIGITS: u32 = 18;

@inline function isDigit(at: usize): bool {
  return <u32>load<u8>(at) - 48 < 10;
}

// What readExponent and readForm leave behind
let exponent: i64 = 0;
let point: usize = 0;
let first: usize = 0;
let last: usize = 0;
let digitsEnd: usize = 0;

/** Reads `e5`, `E+5`, `e-5` up to `end`; false if it is none. */
function readExponent(at: usize, end: usize): bool {
  at++;
  let negative = false;
  if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) negative = load<u8>(at++) == 0x2d;
  if (at >= end) return false;
  for (; at < end; at++) {
    if (!isDigit(at)) return false;
    if (exponent < EXPONENT_MAX) exponent = exponent * 10 + <i64>(load<u8>(at) - 48);
  }
  if (negative) exponent = -exponent;
  return true;
}

/** Finds the first and the last digit that is not 0 (0: there is none), the point and the exponent; false if it is no number. */
function readForm(at: usize, end: usize): bool {
  point = first = last = 0;
  exponent = 0;
  let any = false;
  for (; at < end; at++) {
    const c = <u32>load<u8>(at);
    if (c - 48 < 10) {
      any = true;
      if (c == 48) continue;
      if (!first) first = at;
      last = at;
    } else if (c == 0x2e && !point) point = at;
    else break;
  }
  if (!any) return false;
  digitsEnd = at;
  if (!point) point = at;
  return at == end || ((load<u8>(at) | 32) == 0x65 && readExponent(at, end));
}

/** (high, low) × 10^count + chunk, which fits. */
function take(chunk: u64, count: u32): void {
  const top = high * powerLow(count);
  multiply128(low, powerLow(count));
  const sum = low + chunk;
  set128(high + top + u64(sum < chunk), sum);
}

/** The digits from the first on, down to the power 0, into (high, low); `power` is that of the first, below 38. */
function takeDigits(power: i32): void {
  let chunk: u64 = 0, count: u32 = 0;
  set128(0, 0);
  for (let at = first; at < digitsEnd && power >= 0; at++) {
    if (at == point) continue;
    chunk = chunk * 10 + <u64>(load<u8>(at) - 48);
    power--;
    if (++count == CHUNK_DIGITS) {
      take(chunk, count);
      chunk = 0;
      count = 0;
    }
  }
  take(chunk, count);
  // Digits ran out before the last place
  for (power++; power > 0; power -= 18) take(0, min<u32>(power, 18));
}

/** Whether the digit behind the last place is 5 or more; `power` is that of the first digit. */
function roundsUp(power: i64): bool {
  for (let at = first; at < digitsEnd && power >= -1; at++) {
    if (at == point) continue;
    if (power == -1) return load<u8>(at) >= 53;
    power--;
  }
  return false;
}

/**
 * Reads the number in [at, end) as decimal(precision, scale) into a cell of 16 bytes at `out`. Digits other than 0 behind the
 * scale are rounded, halves away from zero, or TEXT_INEXACT. TEXT_RANGE when there are more than `precision` digits.
 */
export function parse_wide(at: usize, end: usize, out: usize, scale: i32, precision: i32, rounds: bool): i32 {
  let negative = false;
  if (at < end && (load<u8>(at) == 0x2d || load<u8>(at) == 0x2b)) negative = load<u8>(at++) == 0x2d;
  if (!readForm(at, end)) return TEXT_MALFORMED;
  if (!first) {
    storeMagnitude(out, false, 0, 0);
    return TEXT_OK;
  }
  // Powers of ten of the first and the last digit that is not 0
  const shift = exponent + <i64>scale;
  const top = <i64>point - <i64>first - i64(first < point) + shift;
  const bottom = <i64>point - <i64>last - i64(last < point) + shift;
  if (bottom < 0 && !rounds) return TEXT_INEXACT;
  if (top >= <i64>DIGITS_MAX) return TEXT_RANGE;
  takeDigits(top < 0 ? -1 : <i32>top);
  if (bottom < 0 && roundsUp(top)) set128(high + u64(low + 1 == 0), low + 1);
  storeMagnitude(out, negative, high, low);
  return hasDigits(high, low, precision) ? TEXT_OK : TEXT_RANGE;
}

/** Writes `count` digits of x that end at `end`, zeros in front. */
@inline function writeBefore(end: usize, x: u64, count: u32): void {
  for (; count > 0; count--) {
    const rest = x / 10;
    store<u8>(--end, 48 + <u8>(x - rest * 10));
    x = rest;
  }
}

/** How many digits (high, low) has, at least one. */
function countDigits(): u32 {
  let count: u32 = 1;
  while (count < DIGITS_MAX && !hasDigits(high, low, count)) count++;
  return count;
}

/** Writes the wide decimal at `cell` with all places of its scale at `at`; returns the end. */
export function write_wide(at: usize, cell: usize, scale: u32): usize {
  let top = <u64>wideHigh(cell), bottom = wideLow(cell);
  if (<i64>top < 0) {
    store<u8>(at++, 0x2d);
    bottom = ~bottom + 1;
    top = ~top + u64(bottom == 0);
  }
  set128(top, bottom);
  const count = max<u32>(countDigits(), scale + 1), end = at + count;
  let left = count;
  for (let to = end; left > 0;) {
    const part = min<u32>(left, CHUNK_DIGITS);
    divide128(powerLow(CHUNK_DIGITS));
    writeBefore(to, rest128, part);
    to -= part;
    left -= part;
  }
  if (!scale) return end;
  const before = end - scale;
  memory.copy(before + 1, before, scale);
  store<u8>(before, 0x2e);
  return end + 1;
}
