import { nestedText } from "../core/json_text.ts";
import type { Column, DataType, Nested } from "../core/schema.ts";
import type { Value } from "../core/value.ts";
import { fitsPrecision, misfit, scaledOf, timeOf } from "./cells.ts";

/** A number in JSON by its digits, where a double would not hold them. */
export class NumberText {
  constructor(readonly text: string) {}
}

/** The parser of the platform, with the text of what it has parsed. */
const parse: (
  text: string,
  revive: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
) => unknown = JSON.parse;

/** Reads JSON; numbers of many digits stay as they were written. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (!/\d{15}/.test(text)) return JSON.parse(text);
  return parse(
    text,
    (_, value, context) =>
      typeof value === "number" && context?.source !== undefined ? new NumberText(context.source) : value,
  );
}

/** A value of JSON as its column says: int64 exact, decimals as numbers or strings, times as ISO 8601 or ms, bytes as base64. Throws Misfit. */
export function fromJson(value: unknown, { name, type }: Column): Value {
  if (value === null || value === undefined) return null;
  const fits = valueOf(value, type);
  if (fits === null) throw misfit(name, type, shownOf(value));
  return fits;
}

function valueOf(value: unknown, type: DataType): Value {
  const digits = value instanceof NumberText ? value.text : typeof value === "number" ? String(value) : null;
  switch (type.kind) {
    case "int64":
      return wholeOf(digits);
    case "double":
      return digits === null ? null : Number(digits);
    case "decimal":
    case "decimal128": {
      const text = digits ?? value, scaled = typeof text === "string" ? scaledOf(text, type.scale ?? 0) : null;
      return scaled !== null && fitsPrecision(scaled, type) ? scaled : null;
    }
    case "bool":
      return typeof value === "boolean" ? value : null;
    case "timestamp":
      if (digits !== null) return wholeOf(digits);
      return typeof value === "string" ? timeOf(value) : null;
    case "string":
      if (type.nested) return nestedOf(value, type.nested);
      return typeof value === "string" ? value : null;
    case "bytes":
      return typeof value === "string" ? bytesOf(value) : null;
    default:
      return null;
  }
}

const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };

/** The text of a nested value; null where it is of another shape. */
function nestedOf(value: unknown, nested: Nested): string | null {
  const digits = (_: string, part: unknown) => part instanceof NumberText ? rawJSON(part.text) : part;
  return nestedText(nested, JSON.stringify(value, digits));
}

/** A whole number of 64 bits. */
function wholeOf(digits: string | null): bigint | null {
  const whole = digits === null ? null : scaledOf(digits, 0);
  return whole !== null && BigInt.asIntN(64, whole) === whole ? whole : null;
}

function bytesOf(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function shownOf(value: unknown): string {
  if (value instanceof NumberText) return `the number ${value.text}`;
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `the ${typeof value} ${JSON.stringify(value)}`;
}
