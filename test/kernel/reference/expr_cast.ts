import { type DataType, isDecimal } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { decimalText, fitsInt64, fitsPrecision, type Fraction, readFraction, roundTo } from "./expr_number.ts";
import { readIso } from "./expr_time.ts";

const TRUE = ["t", "true", "y", "yes", "1"], FALSE = ["f", "false", "n", "no", "0"];

function fractionOf(type: DataType, value: Value): Fraction | null {
  if (typeof value === "number") return Number.isFinite(value) ? readFraction(String(value)) : null;
  if (typeof value === "boolean") return { digits: value ? 1n : 0n, scale: 0 };
  if (typeof value === "bigint") return { digits: value, scale: type.scale ?? 0 };
  return null;
}

/** A value that is not NULL, cast; null where it cannot be. Spells out what the kernels do, one value at a time. */
export function castValue(from: DataType, value: Value, to: DataType): Value {
  if (from.kind === "string" && to.kind !== "string") return fromText(value as string, to);
  switch (to.kind) {
    case "string":
      return toText(from, value);
    case "bytes":
      return value;
    case "bool":
      return typeof value === "boolean" ? value : value != 0;
    case "double":
      if (typeof value === "number") return value;
      return typeof value === "bigint" && from.scale ? Number(`${value}e-${from.scale}`) : Number(value);
    case "decimal":
    case "decimal128": {
      const fraction = fractionOf(from, value), cell = fraction && roundTo(fraction, to.scale ?? 0);
      return cell !== null && fitsPrecision(cell, to.precision ?? 0) ? cell : null;
    }
    default:
      return toWhole(from, value);
  }
}

function toWhole(from: DataType, value: Value): Value {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return null;
    const whole = BigInt(Math.trunc(value));
    return fitsInt64(whole) ? whole : null;
  }
  if (typeof value === "boolean") return value ? 1n : 0n;
  const whole = (value as bigint) / 10n ** BigInt(from.scale ?? 0);
  return fitsInt64(whole) ? whole : null;
}

function toText(from: DataType, value: Value): Value {
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    } catch {
      return null;
    }
  }
  if (isDecimal(from)) return decimalText(value as bigint, from.scale ?? 0);
  if (from.kind !== "timestamp") return String(value);
  const date = new Date(Number(value as bigint));
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function fromText(text: string, to: DataType): Value {
  if (to.kind === "bytes") return new TextEncoder().encode(text);
  const trimmed = text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, "");
  if (to.kind === "timestamp") return readIso(trimmed);
  if (to.kind === "bool") {
    const word = trimmed.toLowerCase();
    return TRUE.includes(word) ? true : FALSE.includes(word) ? false : null;
  }
  const fraction = readFraction(trimmed);
  if (fraction === null) return null;
  if (to.kind === "double") {
    const value = Number(trimmed);
    return Number.isFinite(value) ? value : null;
  }
  if (isDecimal(to)) {
    const cell = roundTo(fraction, to.scale ?? 0);
    return fitsPrecision(cell, to.precision ?? 0) ? cell : null;
  }
  const scale = 10n ** BigInt(fraction.scale);
  const whole = fraction.digits / scale;
  return whole * scale === fraction.digits && fitsInt64(whole) ? whole : null;
}
