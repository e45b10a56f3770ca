import { compare_digits } from "./big";
import { need_powers, power_high, power_low, POWER_MAX, POWER_MIN } from "./powers";
import { TEXT_MALFORMED, TEXT_OK, TEXT_RANGE } from "./status";

const INFINITE: u64 = 0x7ff0000000000000;
const FRACTION_MASK: u64 = 0x000fffffffffffff;
/** Digits that always fit u64. */
const DIGITS_MAX: i32 = 19;
/** Where written exponents stop to grow. */
const EXPONENT_MAX: i32 = 100_000_000;
const EXACT_POWERS: usize = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);

/** Where code finds the powers of ten that are exact doubles, from 1 on. */
export function json_exact_powers(): usize {
  return EXACT_POWERS;
}

let productHigh: u64 = 0;
let productLow: u64 = 0;

/** a * b in 128 bits, into productHigh and productLow. */
function multiply(a: u64, b: u64): void {
  const aLow = a & 0xffffffff, aHigh = a >> 32, bLow = b & 0xffffffff, bHigh = b >> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >> 32);
  const cross = aLow * bHigh + (middle & 0xffffffff);
  productHigh = aHigh * bHigh + (middle >> 32) + (cross >> 32);
  productLow = (cross << 32) | (low & 0xffffffff);
}

/**
 * The bits of the double nearest to w * 10^q (ties to even; INFINITE beyond the largest): Eisel-Lemire as in Lemire,
 * "Number Parsing at a Gigabyte per Second" (2021), with the proof of Mushtak and Lemire, "Fast Number Parsing Without
 * Fallback" (2023), that the product of 128 bits always suffices.
 */
function nearestDouble(w: u64, q: i32): u64 {
  if (w == 0 || q < POWER_MIN) return 0;
  if (q > POWER_MAX) return INFINITE;
  need_powers();
  const zeros = <i32>clz<u64>(w);
  w <<= zeros;
  multiply(w, power_low(q));
  const second = productHigh;
  multiply(w, power_high(q));
  if ((productHigh & 0x1ff) == 0x1ff) {
    productLow += second;
    if (productLow < second) productHigh++;
  }
  const upper = <i32>(productHigh >> 63);
  const shift = <u64>(upper + 9);
  let mantissa = productHigh >> shift;
  let exponent = ((217706 * q) >> 16) + 63 + upper - zeros + 1023;
  if (exponent <= 0) {
    if (exponent <= -63) return 0;
    mantissa >>= <u64>(1 - exponent);
    mantissa += mantissa & 1;
    return mantissa >> 1; // a carry into the exponent field is the smallest normal number
  }
  // Exactly in the middle: to even. Only for small powers can the product be exact.
  if (productLow <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << shift == productHigh) mantissa &= ~1;
  mantissa += mantissa & 1;
  mantissa >>= 1;
  if (mantissa >= <u64>1 << 53) {
    mantissa = <u64>1 << 52;
    exponent++;
  }
  if (exponent >= 0x7ff) return INFINITE;
  return (<u64>exponent << 52) | (mantissa & FRACTION_MASK);
}

/** The double nearest to digits * 10^q, by Clinger's exact path where both are exact doubles. */
export function double_bits(digits: u64, q: i32): u64 {
  if (digits <= <u64>1 << 53 && q >= -22 && q <= 22) {
    const value = <f64>digits;
    if (q < 0) return reinterpret<u64>(value / load<f64>(EXACT_POWERS + (<usize>(-q) << 3)));
    return reinterpret<u64>(value * load<f64>(EXACT_POWERS + (<usize>q << 3)));
  }
  return nearestDouble(digits, q);
}

/** The bits for more digits than u64 holds: `digits` are the first 19, from `first` on, times 10^q. */
function longDouble(first: usize, end: usize, digits: u64, q: i32): u64 {
  const lower = nearestDouble(digits, q), upper = nearestDouble(digits + 1, q);
  if (lower == upper) return lower;
  // Neighbours: the middle between them decides
  const exponent = <i32>(lower >> 52);
  const mantissa = (lower & FRACTION_MASK) | (exponent ? <u64>1 << 52 : 0);
  const order = compare_digits(first, end, q + DIGITS_MAX - 1, (mantissa << 1) | 1, (exponent ? exponent : 1) - 1076);
  return order > 0 || (order == 0 && lower & 1) ? upper : lower;
}

/**
 * Reads the number in [at, end) into an f64 at `out`, correctly rounded (ties to even). The form is an optional sign,
 * digits with an optional point among or around them, an optional exponent. Beyond the largest double: TEXT_RANGE;
 * too small: 0.
 */
export function parse_double(at: usize, end: usize, out: usize): i32 {
  let negative = false;
  if (at < end && (load<u8>(at) == 0x2d || load<u8>(at) == 0x2b)) negative = load<u8>(at++) == 0x2d;
  let digits: u64 = 0, taken = 0, dropped = 0, q = 0, seen = false, first = at;
  let point: usize = 0;
  for (; at < end; at++) {
    const digit = <u32>load<u8>(at) - 48;
    if (digit < 10) {
      seen = true;
      if (taken < DIGITS_MAX) {
        if (taken == 0) first = at;
        digits = digits * 10 + <u64>digit;
        taken += <i32>(digits != 0);
        q -= <i32>(point != 0);
      } else {
        dropped |= digit;
        q += <i32>(point == 0);
      }
    } else if (digit == -2 && !point) point = at; // '.' is 0x2e
    else break;
  }
  if (!seen) return TEXT_MALFORMED;
  const digitsEnd = at;
  if (at < end) {
    if ((load<u8>(at) | 32) != 0x65) return TEXT_MALFORMED;
    at++;
    let minus = false, exponent = 0;
    if (at < end && (load<u8>(at) == 0x2b || load<u8>(at) == 0x2d)) minus = load<u8>(at++) == 0x2d;
    if (at == end) return TEXT_MALFORMED;
    for (; at < end; at++) {
      const digit = <u32>load<u8>(at) - 48;
      if (digit > 9) return TEXT_MALFORMED;
      if (exponent < EXPONENT_MAX) exponent = exponent * 10 + <i32>digit;
    }
    q += minus ? -exponent : exponent;
  }
  const bits = dropped ? longDouble(first, digitsEnd, digits, q) : double_bits(digits, q);
  if (bits == INFINITE) return TEXT_RANGE;
  store<u64>(out, bits | (<u64>negative << 63));
  return TEXT_OK;
}
