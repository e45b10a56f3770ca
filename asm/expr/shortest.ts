// The shortest decimal that reads back as a double, and among those the nearest: Schubfach (Giulietti, "The Schubfach
// way to render doubles", 2020). Its powers of ten are those of asm/text/powers.ts, rounded up.
import { need_powers, power_high, power_low } from "../text/powers";
import { high, low, multiply128 } from "./int128";

const HIDDEN: u64 = 0x0010000000000000;
const FRACTION: u64 = 0x000fffffffffffff;

/** What shortest() found: digits * 10^exponent. */
export let digits: u64 = 0;
export let exponent: i32 = 0;

let powerHigh: u64 = 0;
let powerLow: u64 = 0;

@inline function floorLog2Pow10(e: i32): i32 {
  return (e * 1741647) >> 19;
}

/** 10^k as a 128-bit mantissa, rounded up where it is not exact. */
@inline function takePower(k: i32): void {
  const up = <u64>(k < -27 || k > 55); // the table has these truncated, the others exact or rounded up
  powerLow = power_low(k) + up;
  powerHigh = power_high(k) + <u64>(powerLow < up);
}

/** The upper 64 bits of power * x / 2^64, with a sticky last bit. */
@inline function roundToOdd(x: u64): u64 {
  multiply128(powerLow, x);
  const carried = high;
  multiply128(powerHigh, x);
  const middle = low + carried;
  return (high + <u64>(middle < carried)) | <u64>(middle > 1);
}

/** Finds `digits` and `exponent` of a finite magnitude other than 0. `digits` may end with zeros. */
export function shortest(bits: u64): void {
  need_powers();
  const biased = <i32>(bits >> 52) & 0x7ff, fraction = bits & FRACTION;
  const mantissa = biased ? fraction | HIDDEN : fraction, q = biased ? biased - 1075 : -1074;
  const odd = mantissa & 1, narrow = fraction == 0 && biased > 1; // the gap below a power of two is half as wide
  const k = narrow ? (q * 1262611 - 524031) >> 22 : (q * 1262611) >> 22;
  takePower(-k);
  const shift = <u64>(q + floorLog2Pow10(-k) + 1), four = mantissa << 2;
  const lower = roundToOdd((four - (narrow ? 1 : 2)) << shift) + odd;
  const value = roundToOdd(four << shift);
  const upper = roundToOdd((four + 2) << shift) - odd;
  const s = value >> 2;
  if (s >= 10) {
    const tens = s / 10, downFits = lower <= 40 * tens, upFits = 40 * tens + 40 <= upper;
    if (downFits != upFits) {
      digits = tens + <u64>upFits;
      exponent = k + 1;
      return;
    }
  }
  const downFits = lower <= value - (value & 3), upFits = (s << 2) + 4 <= upper, middle = (s << 2) + 2;
  const up = downFits != upFits ? upFits : value > middle || (value == middle && (s & 1) != 0);
  digits = s + <u64>up;
  exponent = k;
}
