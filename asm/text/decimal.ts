import { TEXT_INEXACT, TEXT_MALFORMED, TEXT_OK, TEXT_RANGE } from "./status";

const DIGITS_MAX: i32 = 18;
/** Where written exponents stop to grow: far beyond what any text of this memory's size can make up for. */
const EXPONENT_MAX: i64 = 1 << 40;

const POWERS: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
  10000000000000000000,
]);

/** 10 to the power of n, for n of 0 to 19. */
@inline export function power_of_ten(n: i32): u64 {
  return load<u64>(POWERS + (<usize>n << 3));
}

@inline function isDigit(at: usize): bool {
  return <u32>load<u8>(at) - 48 < 10;
}

// What readExponent leaves behind
let exponent: i64 = 0;

/** Reads `e5`, `E+5`, `e-5` up to `end` into `exponent`; false if it is none. */
function readExponent(at: usize, end: usize): bool {
  at++;
  let negative = false;
  if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) negative = load<u8>(at++) == 0x2d;
  if (at >= end) return false;
  exponent = 0;
  for (; at < end; at++) {
    if (!isDigit(at)) return false;
    if (exponent < EXPONENT_MAX) exponent = exponent * 10 + <i64>(load<u8>(at) - 48);
  }
  if (negative) exponent = -exponent;
  return true;
}

/**
 * Reads the number in [at, end) times 10^scale into an i64 at `out`, exactly. The form is that of every number here:
 * an optional sign, digits with an optional point among or around them, an optional exponent.
 */
export function parse_scaled(at: usize, end: usize, out: usize, scale: i32): i32 {
  let negative = false;
  if (at < end && (load<u8>(at) == 0x2d || load<u8>(at) == 0x2b)) negative = load<u8>(at++) == 0x2d;
  let point: usize = 0, first: usize = 0, last: usize = 0, digits: usize = 0;
  for (; at < end; at++) {
    const c = <u32>load<u8>(at);
    if (c - 48 < 10) {
      digits++;
      if (c != 48) {
        if (!first) first = at;
        last = at;
      }
    } else if (c == 0x2e && !point) point = at;
    else break;
  }
  if (!digits) return TEXT_MALFORMED;
  if (!point) point = at;
  exponent = 0;
  if (at < end && ((load<u8>(at) | 32) != 0x65 || !readExponent(at, end))) return TEXT_MALFORMED;
  if (!first) {
    store<u64>(out, 0);
    return TEXT_OK;
  }
  // Powers of ten of the first and the last digit that is not 0
  const shift = exponent + <i64>scale;
  const high = <i64>point - <i64>first - <i64>(first < point) + shift;
  const low = <i64>point - <i64>last - <i64>(last < point) + shift;
  if (low < 0) return TEXT_INEXACT;
  if (high > DIGITS_MAX) return TEXT_RANGE;
  let magnitude: u64 = 0;
  for (let digit = first; digit <= last; digit++) {
    if (digit != point) magnitude = magnitude * 10 + <u64>(load<u8>(digit) - 48);
  }
  magnitude *= power_of_ten(<i32>low);
  if (magnitude > <u64>i64.MAX_VALUE + <u64>negative) return TEXT_RANGE;
  store<u64>(out, negative ? 0 - magnitude : magnitude);
  return TEXT_OK;
}

/**
 * Reads [at, end) as decimal(precision, scale) into a scaled i64 at `out`: TEXT_INEXACT when digits other than 0
 * stand behind the scale, TEXT_RANGE when there are more than `precision` digits.
 */
export function parse_decimal_within(at: usize, end: usize, out: usize, scale: i32, precision: i32): i32 {
  const status = parse_scaled(at, end, out, scale);
  if (status != TEXT_OK) return status;
  const value = load<i64>(out);
  const limit = <i64>power_of_ten(precision);
  return value < limit && value > -limit ? TEXT_OK : TEXT_RANGE;
}

/** Reads [at, end) as decimal(18, scale). */
export function parse_decimal(at: usize, end: usize, out: usize, scale: i32): i32 {
  return parse_decimal_within(at, end, out, scale, DIGITS_MAX);
}
