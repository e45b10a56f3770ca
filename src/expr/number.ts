import { DECIMAL_DIGITS_MAX } from "../core/schema.ts";

/** Powers of ten that a literal may be written with. */
const EXPONENT_MAX = 400;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** A decimal number, exactly: digits / 10^scale, with the smallest scale of 0 or more. */
export interface Exact {
  readonly digits: bigint;
  readonly scale: number;
}

/** Reads a decimal number with an optional point and exponent; null if it is none. */
export function parseExact(text: string): Exact | null {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (!match) return null;
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const power = Number(exponent);
  if (whole + fraction === "" || Math.abs(power) > EXPONENT_MAX) return null;
  let digits = BigInt(whole + fraction), scale = fraction.length - power;
  if (scale < 0) {
    digits *= 10n ** BigInt(-scale);
    scale = 0;
  }
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale--;
  }
  return { digits: sign === "-" ? -digits : digits, scale };
}

/** `exact` as a cell of a decimal of `scale`; null if it has more places or more than 38 digits. */
export function scaledTo(exact: Exact, scale: number): bigint | null {
  if (exact.scale > scale) return null;
  const cell = exact.digits * 10n ** BigInt(scale - exact.scale);
  return countDigits(cell) <= DECIMAL_DIGITS_MAX ? cell : null;
}

export function fitsInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

/** Decimal digits of the magnitude, at least 1. */
export function countDigits(value: bigint): number {
  return String(value < 0n ? -value : value).length;
}

/** A double as constants write it: like `String`, but -0 keeps its sign. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
