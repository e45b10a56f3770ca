import { type DataType, formatType } from "../core/schema.ts";

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s?(Z|[+-]\d\d:\d\d)?)?$/;
const SHOWN_CHARS = 40;

/** A row makes no sense: there is no answer to its key. */
export class Misfit extends Error {
  override readonly name = "Misfit";
}

/** A value does not fit its column. */
export function misfit(name: string, type: DataType, found: string): Misfit {
  const shown = found.length > SHOWN_CHARS ? `${found.slice(0, SHOWN_CHARS)}…` : found;
  return new Misfit(`Column ${name} has ${shown}, and it was declared as ${formatType(type)}`);
}

/** The scaled value of a number in text; null when it is none, or has more digits behind the point than `scale`. */
export function scaledOf(text: string, scale: number): bigint | null {
  const match = NUMBER.exec(text.trim());
  if (!match || (match[2] === "" && (match[3] ?? "") === "")) return null;
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const digits = whole + fraction, places = fraction.length - Number(exponent) - scale;
  if (places <= 0) {
    const value = BigInt(digits + "0".repeat(-places));
    return sign === "-" ? -value : value;
  }
  const cut = digits.length - places, rest = cut > 0 ? digits.slice(cut) : digits;
  if (/[1-9]/.test(rest)) return null;
  const value = cut > 0 ? BigInt(digits.slice(0, cut)) : 0n;
  return sign === "-" ? -value : value;
}

/** The nearest scaled value of a double. */
export function scaledNear(value: number, scale: number): bigint | null {
  if (!Number.isFinite(value)) return null;
  return scaledOf(value.toFixed(Math.min(100, scale)), scale);
}

/** Whether a scaled value has at most `precision` digits. */
export function fitsPrecision(value: bigint, { precision = 18 }: DataType): boolean {
  const most = 10n ** BigInt(precision);
  return value < most && value > -most;
}

/** Epoch ms of a date, or a date and a time of ISO 8601, in UTC where nothing else is said; null for what is none. */
export function timeOf(text: string): bigint | null {
  const match = TIME.exec(text.trim());
  if (!match) return null;
  const [, date, time = "00:00", zone = "Z"] = match, ms = Date.parse(`${date}T${time}${zone}`);
  return Number.isNaN(ms) ? null : BigInt(ms);
}
