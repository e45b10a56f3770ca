// A number at hand: a sign and a magnitude of 256 bits, which products of two decimals and dividends of their quotients
// take. What is not told of fits.
import { divideStep, high, low, multiply128, rest128 } from "../expr/int128";
import { hasDigits, storeMagnitude, wideHigh, wideLow } from "./cell";
import { divideLong, rest0, rest1, rest2, rest3, quotient0, quotient1, quotient2, quotient3 } from "./divide";
import { powerLow } from "./powers";

export const HALF_UP: u32 = 0;
export const TRUNCATE: u32 = 1;
export const FLOOR: u32 = 2;
export const CEIL: u32 = 3;

export let negative: bool = false;
export let m0: u64 = 0;
export let m1: u64 = 0;
export let m2: u64 = 0;
export let m3: u64 = 0;

@inline export function takeMagnitude(sign: bool, third: u64, second: u64, first: u64, zeroth: u64): void {
  negative = sign;
  m3 = third;
  m2 = second;
  m1 = first;
  m0 = zeroth;
}

@inline export function takeInt(x: i64): void {
  takeMagnitude(x < 0, 0, 0, 0, x < 0 ? 0 - <u64>x : <u64>x);
}

/** Takes the wide decimal at `at`. */
@inline export function takeWide(at: usize): void {
  let top = <u64>wideHigh(at), bottom = wideLow(at);
  const below = <i64>top < 0;
  if (below) {
    bottom = ~bottom + 1;
    top = ~top + u64(bottom == 0);
  }
  takeMagnitude(below, 0, 0, top, bottom);
}

/** Takes a cell: the address of a REF of 16 bytes where it is wide, else 8 bytes. */
@inline export function takeCell(at: usize, wide: bool): void {
  if (wide) takeWide(load<u32>(at));
  else takeInt(load<i64>(at));
}

/** Times a factor; false when it is beyond 256 bits. */
function scaleBy(factor: u64): bool {
  multiply128(m0, factor);
  m0 = low;
  if (!(m1 | m2 | m3)) {
    m1 = high;
    return true;
  }
  let carry = high;
  multiply128(m1, factor);
  m1 = low + carry;
  carry = high + u64(m1 < low);
  multiply128(m2, factor);
  m2 = low + carry;
  carry = high + u64(m2 < low);
  multiply128(m3, factor);
  m3 = low + carry;
  return !(high + u64(m3 < low));
}

/** Times 10^power; false when it is beyond 256 bits. */
export function scaleUp(power: u32): bool {
  for (; power > 19; power -= 19) if (!scaleBy(powerLow(19))) return false;
  return !power || scaleBy(powerLow(power));
}

/** Divides by `d`, truncated; the rest is in `rest128`. */
function shrinkBy(d: u64): void {
  let rest: u64 = 0;
  if (m3) {
    const limb = m3;
    m3 = limb / d;
    rest = limb - m3 * d;
  }
  if (m2 | rest) {
    m2 = divideStep(rest, m2, d);
    rest = rest128;
  }
  if (m1 | rest) {
    m1 = divideStep(rest, m1, d);
    rest = rest128;
  }
  m0 = divideStep(rest, m0, d);
}

/** One more. */
@inline function addOne(): void {
  if (++m0) return;
  if (++m1) return;
  if (!++m2) m3++;
}

/** Divides by 10^power: halves away from zero, truncated, or down or up. */
export function scaleDown(power: u32, mode: u32): void {
  if (!power) return;
  let lost = false;
  // Floors nest, and a half is told by the first digit that goes
  for (; power > 18; power -= 17) {
    shrinkBy(powerLow(17));
    lost = lost || rest128 != 0;
  }
  if (mode == HALF_UP) {
    shrinkBy(powerLow(power - 1));
    shrinkBy(10);
    if (rest128 >= 5) addOne();
    return;
  }
  shrinkBy(powerLow(power));
  lost = lost || rest128 != 0;
  if (lost && ((mode == FLOOR && negative) || (mode == CEIL && !negative))) addOne();
}

/** Adds a number to the one at hand. */
export function addTo(sign: bool, third: u64, second: u64, first: u64, zeroth: u64): void {
  if (sign == negative) {
    m0 += zeroth;
    let carry = u64(m0 < zeroth);
    m1 += first + carry;
    carry = u64(m1 < first || (carry && m1 == first));
    m2 += second + carry;
    carry = u64(m2 < second || (carry && m2 == second));
    m3 += third + carry;
    return;
  }
  if (orderOf(third, second, first, zeroth) >= 0) {
    subtract(third, second, first, zeroth);
    return;
  }
  const s0 = m0, s1 = m1, s2 = m2, s3 = m3;
  takeMagnitude(sign, third, second, first, zeroth);
  subtract(s3, s2, s1, s0);
}

/** Takes a magnitude away that is not larger. */
@inline function subtract(third: u64, second: u64, first: u64, zeroth: u64): void {
  let borrow = u64(m0 < zeroth);
  m0 -= zeroth;
  let next = u64(m1 < first || (borrow && m1 == first));
  m1 -= first + borrow;
  borrow = next;
  next = u64(m2 < second || (borrow && m2 == second));
  m2 -= second + borrow;
  m3 -= third + next;
}

/** The order of the magnitude at hand and another. */
export function orderOf(third: u64, second: u64, first: u64, zeroth: u64): i32 {
  if (m3 != third) return m3 < third ? -1 : 1;
  if (m2 != second) return m2 < second ? -1 : 1;
  if (m1 != first) return m1 < first ? -1 : 1;
  return m0 == zeroth ? 0 : m0 < zeroth ? -1 : 1;
}

@inline export function isZero(): bool {
  return !(m0 | m1 | m2 | m3);
}

/** Multiplies the number at hand by another; both are below 2^128. */
export function multiplyBy(sign: bool, first: u64, zeroth: u64): void {
  const a0 = m0, a1 = m1;
  negative = negative != sign;
  multiply128(a0, zeroth);
  m0 = low;
  m1 = high;
  m2 = m3 = 0;
  if (!(a1 | first)) return;
  multiply128(a1, zeroth);
  m1 += low;
  m2 = high + u64(m1 < low);
  multiply128(a0, first);
  m1 += low;
  const carry = high + u64(m1 < low);
  m2 += carry;
  m3 = u64(m2 < carry);
  multiply128(a1, first);
  m2 += low;
  m3 += high + u64(m2 < low);
}

/** Divides the number at hand by another that is not 0: half away from zero. */
export function divideBy(sign: bool, first: u64, zeroth: u64): void {
  const below = negative != sign;
  divideLong(m3, m2, m1, m0, 0, 0, first, zeroth);
  // The rest is at least the half where it is not below what is left of the divisor
  takeMagnitude(false, 0, 0, first, zeroth);
  subtract(rest3, rest2, rest1, rest0);
  const up = orderOf(rest3, rest2, rest1, rest0) <= 0;
  takeMagnitude(below, quotient3, quotient2, quotient1, quotient0);
  if (up) addOne();
}

/** The rest of the number at hand by a magnitude that is not 0, with the sign of the number. */
export function restOf(third: u64, second: u64, first: u64, zeroth: u64): void {
  divideLong(m3, m2, m1, m0, third, second, first, zeroth);
  takeMagnitude(negative, rest3, rest2, rest1, rest0);
}

/** Writes the number as a wide decimal; whether it has more than `precision` digits. */
@inline export function giveWide(out: usize, precision: u32): bool {
  storeMagnitude(out, negative, m1, m0);
  return (m3 | m2) != 0 || !hasDigits(m1, m0, precision);
}

/** Writes the number as 8 bytes; whether it has more than `precision` digits (0: does not fit them). */
@inline export function giveInt(out: usize, precision: u32): bool {
  store<i64>(out, <i64>(negative ? 0 - m0 : m0));
  if (m1 | m2 | m3) return true;
  return precision ? m0 >= powerLow(precision) : m0 > <u64>i64.MAX_VALUE + <u64>negative;
}
