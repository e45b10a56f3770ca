import { RdxError } from "../../core/errors.ts";
import { type Column, type DataType, formatType, isDecimal } from "../../core/schema.ts";

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * The whole number that is the cell of an int64, timestamp or decimal, or null for what is none: whole numbers and bigints, for a timestamp also dates and ISO 8601 (without a zone it is
 * UTC), for a decimal numbers and text with at most its scale of digits behind the point. A bigint is a decimal's value, not its cell.
 */
export function cellOf(type: DataType, value: unknown): bigint | null {
  const { kind, precision = 18, scale = 0 } = type;
  if (isDecimal(type)) return decimalOf(value, precision, scale);
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? value : null;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : null;
  return kind === "timestamp" ? timeOf(value) : null;
}

function timeOf(value: unknown): bigint | null {
  const match = typeof value === "string" ? TIME.exec(value) : null;
  const ms = value instanceof Date
    ? value.getTime()
    : match
    ? Date.parse(`${match[1]}T${match[2] ?? "00:00"}${match[3] ?? "Z"}`)
    : NaN;
  return Number.isNaN(ms) ? null : BigInt(ms);
}

function decimalOf(value: unknown, precision: number, scale: number): bigint | null {
  if (typeof value !== "bigint" && typeof value !== "number" && typeof value !== "string") return null;
  const match = /^(-?)(\d+)(?:\.(\d*))?$/.exec(String(value)), fraction = match?.[3] ?? "";
  if (!match || /[^0]/.test(fraction.slice(scale))) return null;
  const cell = BigInt(match[2] + fraction.slice(0, scale).padEnd(scale, "0"));
  return cell < 10n ** BigInt(precision) ? match[1] ? -cell : cell : null;
}

/** The bytes that base64 stands for, or null. */
export function readBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

/** The error of a value that its column cannot hold. */
export function misfit({ name, type }: Column, value: unknown): RdxError {
  const shown = value instanceof Uint8Array ? "bytes" : `${typeof value} ${String(value).slice(0, 100)}`;
  return new RdxError("invalid", `Cannot put ${shown} into column ${JSON.stringify(name)} of type ${formatType(type)}`);
}
