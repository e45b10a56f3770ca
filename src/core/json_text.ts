import type { Nested } from "./data_type.ts";
import { shapeOf } from "./data_type.ts";

const PART = /[ \t\n\r]+|"(?:[^"\\]|\\.)*"/g;

/**
 * JSON text as cells of nested values have it: no blanks between its parts, strings with as few escapes as they need, numbers as they are
 * written. Null for what is no JSON.
 */
export function shortJson(text: string): string | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  return text.replace(PART, (part) => part[0] === '"' ? JSON.stringify(JSON.parse(part).toWellFormed()) : "");
}

/** The same for a text that has to be a value of a nested type. */
export function nestedText(nested: Nested, text: string): string | null {
  const short = shortJson(text), shape = shapeOf(nested);
  if (short === null || shape === "any") return short;
  return short[0] === (shape === "array" ? "[" : "{") ? short : null;
}
