// Functions of JSON in texts by JSON.parse, which keeps the last of equal keys too.
import type { Value } from "../../../src/core/value.ts";

/** A number as it was written. */
export class Written {
  constructor(readonly text: string) {}
}

export type Json = null | boolean | string | Written | Json[] | { [key: string]: Json };

/** The value of a text, numbers as written; undefined if it is no JSON. */
export function parse(text: string): Json | undefined {
  const keep = (_key: string, value: unknown, context?: { source: string }) =>
    typeof value === "number" ? new Written(context!.source) : value;
  try {
    return JSON.parse(text, keep as (key: string, value: unknown) => unknown) as Json;
  } catch {
    return undefined;
  }
}

const isComposed = (value: Json) => typeof value === "object" && value !== null && !(value instanceof Written);

/** Where steps lead: a value, nothing, or something wrong. */
export function follow(text: string, steps: readonly (string | number)[], strict: boolean): Json | "nothing" | "wrong" {
  let value = parse(text);
  if (value === undefined) return "wrong";
  for (const step of steps) {
    const next: Json | undefined = typeof step === "number"
      ? Array.isArray(value) ? value[step] : undefined
      : isComposed(value) && !Array.isArray(value) && Object.hasOwn(value as object, step)
      ? (value as { [key: string]: Json })[step]
      : undefined;
    if (next === undefined) return strict ? "wrong" : "nothing";
    value = next;
  }
  // Strings that say so are told from states by being objects
  return typeof value === "string" ? new Said(value) as unknown as Json : value;
}

/** A string that was found. */
export class Said {
  constructor(readonly text: string) {}
}

/** A scalar as a text; undefined for anything else. */
export function scalarText(value: Json | Said): string | undefined {
  if (value instanceof Said) return value.text.toWellFormed();
  if (typeof value === "string") return value.toWellFormed();
  if (value instanceof Written) return value.text;
  return typeof value === "boolean" ? String(value) : undefined;
}

/** The whole number that a number is, however it is written; null: it is none. Exponents of more than a thousand give none but 0. */
export function wholeOf({ text }: Written): bigint | null {
  const [, sign, whole, part = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text)!;
  const digits = BigInt(`${sign}${whole}${part}`), exponent = Number(power) - part.length;
  if (digits === 0n) return 0n;
  if (Math.abs(exponent) > 1000) return null;
  const by = 10n ** BigInt(Math.abs(exponent));
  return exponent >= 0 ? digits * by : digits % by === 0n ? digits / by : null;
}

/** What can be compared: without white space, numbers as written, strings by what they say. */
export function compact(value: Json | Said): string {
  if (value instanceof Said) return JSON.stringify(value.text.toWellFormed());
  if (value instanceof Written) return value.text;
  if (Array.isArray(value)) return `[${value.map(compact).join()}]`;
  if (typeof value !== "object" || value === null) {
    return typeof value === "string" ? JSON.stringify(value.toWellFormed()) : String(value);
  }
  return `{${
    Object.entries(value).map(([key, one]) => `${JSON.stringify(key.toWellFormed())}:${compact(one)}`).join()
  }}`;
}

export function jsonValue(text: string, steps: readonly (string | number)[], strict: boolean): Value {
  const found = follow(text, steps, strict);
  return found === "nothing" || found === "wrong" ? null : scalarText(found) ?? null;
}

/** Items of an array; null if the text is none. */
export function items(text: string): Json[] | null {
  const value = parse(text);
  return Array.isArray(value) ? value : null;
}

export { isComposed };
