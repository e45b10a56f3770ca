import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";

/*
 * Values as the tests of Flink print them: as Java's `toString` does.
 */

/** A row as comma-joined values. */
export function rowText(values: readonly Value[], types: readonly DataType[]): string {
  return values.map((value, i) => valueText(value, types[i])).join(",");
}

function valueText(value: Value, type: DataType): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "timestamp":
      return timeText(Number(value));
    case "decimal":
    case "decimal128":
      return decimalText(value as bigint, type.scale ?? 0);
    case "double":
      return doubleText(value as number);
    default:
      return String(value);
  }
}

/** `LocalDateTime.toString`: seconds and their fraction only where they are not zero. */
export function timeText(ms: number): string {
  const iso = new Date(ms).toISOString();
  if (ms % 1000 !== 0) return iso.slice(0, 23);
  return ms % 60_000 === 0 ? iso.slice(0, 16) : iso.slice(0, 19);
}

export function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0"), point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return value < 0n ? `-${text}` : text;
}

/** `Double.toString`: with a point in plain form between 10^-3 and 10^7, with an exponent beyond. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) {
    const text = Object.is(value, -0) ? "-0" : String(value);
    return text.includes(".") ? text : `${text}.0`;
  }
  const [digits, exponent] = value.toExponential().split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
}
