import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { Known } from "./expression.ts";
import { decimalOf, fitted, isDecimal, toDouble } from "./value.ts";

/** The type that two arguments can both be brought to without a cast. */
export function common(a: Known, b: Known): DataType {
  if (a.untyped) return b.type;
  if (b.untyped || a.type.kind === b.type.kind && !isDecimal(a.type)) return a.type;
  const kinds = [a.type.kind, b.type.kind];
  if (kinds.includes("double")) return { kind: "double" };
  const [p1, s1, p2, s2] = [a.type.precision ?? 19, a.type.scale ?? 0, b.type.precision ?? 19, b.type.scale ?? 0];
  const scale = Math.max(s1, s2);
  return decimalOf(Math.min(38, Math.max(p1 - s1, p2 - s2) + scale), scale);
}

/** The argument brought to a wider type. */
export function widen(value: Known, type: DataType): Known {
  const from = value.type;
  if (value.untyped) return { type, of: () => null };
  if (from.kind === type.kind && from.scale === type.scale) return value;
  return { type, of: (row) => convert(value.of(row), from, type) };
}

/** CAST: what cannot be converted is NULL. */
export function cast(value: Known, type: DataType): Known {
  return widen(value, type);
}

function convert(value: Value, from: DataType, to: DataType): Value {
  if (value === null) return null;
  switch (to.kind) {
    case "double":
      return toDouble(value, from);
    case "decimal":
    case "decimal128": {
      const by = (to.scale ?? 0) - (from.scale ?? 0);
      if (typeof value !== "bigint" || by < 0) break;
      return fitted(value * 10n ** BigInt(by), to);
    }
    case "int64":
      if (typeof value === "bigint") return value / 10n ** BigInt(from.scale ?? 0);
      if (typeof value === "boolean") return value ? 1n : 0n;
      if (typeof value === "number") return Number.isFinite(value) ? fitted(BigInt(Math.trunc(value)), to) : null;
      break;
    case "timestamp":
      if (typeof value === "bigint") return value;
      if (typeof value === "string") return BigInt(Date.parse(value.replace(" ", "T") + "Z"));
      break;
    case "string":
      return text(value, from);
  }
  throw new Error(`The reference engine cannot cast ${from.kind} to ${to.kind}`);
}

function text(value: Value, from: DataType): string {
  if (from.kind === "timestamp") return new Date(Number(value)).toISOString();
  if (from.kind === "double") throw new Error("The reference engine writes no doubles");
  if (!isDecimal(from)) return String(value);
  const scale = from.scale ?? 0, digits = String(value).replace("-", "").padStart(scale + 1, "0");
  const sign = (value as bigint) < 0n ? "-" : "", point = digits.length - scale;
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
