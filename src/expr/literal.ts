import { reasonOf } from "../core/errors.ts";
import { nestedText } from "../core/json_text.ts";
import { BOOL, type DataType, DOUBLE, formatType, INT64, parseType, STRING } from "../core/schema.ts";
import type { LiteralExpression } from "./expression.ts";
import { countDigits, doubleText, fitsInt64, parseExact, scaledTo } from "./number.ts";
import { parseIsoTimestamp } from "./timestamp.ts";

/** A literal that was understood, or why it was not. */
export type ReadLiteral =
  | { readonly type: DataType | null; readonly text: string | null }
  | { readonly reason: string; readonly hint?: string };

/** Reads a literal: its type and its cell as constants write it. */
export function readLiteral({ literal, type }: LiteralExpression): ReadLiteral {
  if (type === undefined) return readUntyped(literal);
  let parsed: DataType;
  try {
    parsed = parseType(String(type));
  } catch (thrown) {
    return { reason: reasonOf(thrown) };
  }
  if (literal === null) return { type: parsed, text: null };
  const text = cellText(parsed, literal);
  if (text !== null) return { type: parsed, text };
  return {
    reason: `Cannot read ${JSON.stringify(literal) ?? typeof literal} as ${formatType(parsed)}`,
    hint: parsed.nested ? "Write JSON, or its text as a string" : FORMS[parsed.kind],
  };
}

/** What a literal of a type may look like. */
const FORMS: Record<DataType["kind"], string> = {
  int64: "Write a whole number from -2^63 to 2^63 - 1; as a string beyond 2^53",
  double: 'Write a number, or "NaN", "Infinity", "-Infinity"',
  decimal: "Write a number with no more digits than the type has, before and behind the point",
  decimal128: "Write a number with no more digits than the type has, before and behind the point, as a string",
  bool: "Write true or false",
  timestamp: "Write ISO 8601 such as 2026-01-31T12:00:00.000Z, or epoch milliseconds",
  string: "Write a string",
  bytes: "Write base64",
};

function readUntyped(literal: unknown): ReadLiteral {
  if (literal === null) return { type: null, text: null };
  if (typeof literal === "boolean") return { type: BOOL, text: String(literal) };
  if (typeof literal === "string") return { type: STRING, text: literal };
  if (typeof literal !== "number" || !Number.isFinite(literal)) {
    return { reason: `Cannot use a literal of ${typeof literal}`, hint: "Write a number, a string, a boolean or null" };
  }
  if (!Number.isInteger(literal) || Object.is(literal, -0)) return { type: DOUBLE, text: doubleText(literal) };
  if (Number.isSafeInteger(literal)) return { type: INT64, text: String(literal) };
  return {
    reason: `Cannot use ${literal}: whole numbers beyond 2^53 are not exact in JSON`,
    hint: 'Write it as a string with "type":"int64", or give it "type":"double"',
  };
}

/** The cell of `value` as `type`; null if it is no such value. */
export function cellText(type: DataType, value: unknown): string | null {
  if (type.nested) return nestedText(type.nested, typeof value === "string" ? value : JSON.stringify(value) ?? "");
  switch (type.kind) {
    case "int64":
      return wholeText(value);
    case "double":
      return readDouble(value);
    case "decimal":
    case "decimal128":
      return readDecimal(type, value);
    case "bool":
      return value === true || value === "true" ? "true" : value === false || value === "false" ? "false" : null;
    case "timestamp":
      return wholeText(value) ?? (typeof value === "string" ? isoText(value) : null);
    case "string":
      return typeof value === "string" ? value : null;
    case "bytes":
      return typeof value === "string" && isBase64(value) ? value : null;
  }
}

function wholeText(value: unknown): string | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value + 0) : null;
  if (typeof value !== "string" || !/^[+-]?\d{1,19}$/.test(value)) return null;
  const cell = BigInt(value.replace("+", ""));
  return fitsInt64(cell) ? String(cell) : null;
}

function isoText(value: string): string | null {
  const ms = parseIsoTimestamp(value);
  return ms === null ? null : String(ms);
}

function readDouble(value: unknown): string | null {
  if (typeof value === "number") return doubleText(value);
  if (typeof value !== "string") return null;
  if (/^(NaN|-?Infinity)$/.test(value)) return value;
  return parseExact(value) === null ? null : doubleText(Number(value));
}

function readDecimal({ precision = 0, scale = 0 }: DataType, value: unknown): string | null {
  if (typeof value !== "number" && typeof value !== "string") return null;
  const exact = parseExact(String(value));
  const cell = exact && scaledTo(exact, scale);
  return cell !== null && countDigits(cell) <= precision ? String(cell) : null;
}

function isBase64(value: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value);
}
