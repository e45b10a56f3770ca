/** A decimal number, exactly: digits / 10^scale. */
export interface Fraction {
  digits: bigint;
  scale: number;
}

/** Tests write no number of as many digits. */
const POWER_MAX = 2000;
const NUMBER = /^[+-]?(?=\d|\.\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** The number that a text stands for, or null. */
export function readFraction(text: string): Fraction | null {
  const match = NUMBER.exec(text);
  if (!match) return null;
  const fraction = match[2] ?? "", digits = BigInt(match[1] + fraction) * (text.startsWith("-") ? -1n : 1n);
  if (digits === 0n) return { digits, scale: 0 };
  // Beyond that every number is too large for any type, or too small for any place behind the point.
  const power = Math.max(-POWER_MAX, Math.min(Number(match[3] ?? 0), POWER_MAX));
  const scale = fraction.length - power;
  return scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale };
}

const magnitude = (x: bigint) => x < 0n ? -x : x;

/** a / b, halves away from zero. */
export function divideHalfUp(a: bigint, b: bigint): bigint {
  const negative = (a < 0n) !== (b < 0n), x = magnitude(a), y = magnitude(b);
  const rounded = (2n * x + y) / (2n * y);
  return negative ? -rounded : rounded;
}

/** The number as a whole number of 10^-scale, halves away from zero. */
export function roundTo(value: Fraction, scale: number): bigint {
  const by = scale - value.scale;
  return by >= 0 ? value.digits * 10n ** BigInt(by) : divideHalfUp(value.digits, 10n ** BigInt(-by));
}

export function fitsInt64(x: bigint): boolean {
  return BigInt.asIntN(64, x) === x;
}

export function fitsPrecision(x: bigint, precision: number): boolean {
  return magnitude(x) < 10n ** BigInt(precision);
}

/** A whole number of 10^-scale as text, with all its places. */
export function decimalText(cell: bigint, scale: number): string {
  const digits = String(magnitude(cell)).padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  return (cell < 0n ? "-" : "") + whole + (scale > 0 ? `.${digits.slice(-scale)}` : "");
}
