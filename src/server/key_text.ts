import { withPoint } from "../core/cell_text.ts";
import type { DataType } from "../core/schema.ts";
import { formatTime } from "../core/time_text.ts";
import { readTime } from "./parameters.ts";

const WHOLE = /^[+-]?\d+$/, DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/**
 * A value of a key column, as a request has it, in the form in which views write values of the type; null when no value of
 * the type can be meant. `null` stands for NULL, whatever the type.
 */
export function keyText(type: DataType, text: string): string | null {
  if (text === "null" || type.nested) return text;
  switch (type.kind) {
    case "bool":
      return text === "true" || text === "false" ? text : null;
    case "int64":
      return wholeText(text);
    case "decimal":
    case "decimal128":
      return decimalText(text, type.scale ?? 0);
    case "double":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? String(Number(text)) : null;
    case "timestamp":
      return timeText(text);
    case "bytes":
      return isBase64(text) ? text : null;
    case "string":
      return text;
  }
}

function wholeText(text: string): string | null {
  if (!WHOLE.test(text)) return null;
  const value = BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, value) === value ? String(value) : null;
}

/** A number with more places than the column has is no value of it, but a number: no row has it. */
function decimalText(text: string, scale: number): string | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, whole, places = ""] = match, kept = places.slice(0, scale).padEnd(scale, "0");
  if (/[1-9]/.test(places.slice(scale))) return text;
  const digits = BigInt(`${whole}${kept}`);
  return withPoint(String(sign === "-" ? -digits : digits), scale);
}

function timeText(text: string): string | null {
  const time = readTime(text);
  return time === null ? null : formatTime(time);
}

function isBase64(text: string): boolean {
  try {
    return btoa(atob(text)) === text;
  } catch {
    return false;
  }
}
