import type { RowKind } from "../../src/core/batch.ts";
import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";

/*
 * The reference engine: what a plan means, written to be read and not to be fast. It shares no code with the engine, only its
 * types: the JSON of plans, and how JavaScript has values (int64, decimals and timestamps are bigint, NULL is null).
 */

/** A row of a changelog. */
export interface Row {
  readonly kind: RowKind;
  readonly values: readonly Value[];
}

/** Whether the row comes (+I, +U) or goes (−U, −D). */
export function comes({ kind }: Row): boolean {
  return kind === "+I" || kind === "+U";
}

/** Text that is equal for values that group together: NULLs are one, so are the zeros, so are the NaNs. */
export function keyOf(values: readonly Value[]): string {
  return JSON.stringify(values.map((value) => {
    if (typeof value === "bigint") return `i${value}`;
    if (typeof value === "number") return `d${value === 0 ? 0 : value}`;
    return value instanceof Uint8Array ? `b${value}` : value;
  }));
}

const keys = new WeakMap<readonly Value[], string>();

/** The same of a row that is looked at often: it is remembered. */
export function rowKey(values: readonly Value[]): string {
  let key = keys.get(values);
  if (key === undefined) keys.set(values, key = keyOf(values));
  return key;
}

/** Order of two values of one type, neither NULL: strings by their bytes, false before true, NaN above all numbers. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === "string") return compareBytes(bytesOf(a), bytesOf(b as string));
  if (a instanceof Uint8Array) return compareBytes(a, b as Uint8Array);
  if (typeof a === "number" && (Number.isNaN(a) || Number.isNaN(b))) {
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  }
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** A decimal's digits, or an int64's, as a number. */
export function toDouble(value: Value, { scale = 0 }: DataType): number {
  return typeof value === "bigint" ? Number(value) / 10 ** scale : Number(value);
}

/** A decimal type; those of more than 18 digits have a kind of their own. */
export function decimalOf(precision: number, scale: number): DataType {
  return { kind: precision > 18 ? "decimal128" : "decimal", precision, scale };
}

export function isDecimal({ kind }: DataType): boolean {
  return kind === "decimal" || kind === "decimal128";
}

/** The whole number, or null if the type has no room for it. */
export function fitted(value: bigint, type: DataType): bigint | null {
  if (isDecimal(type)) {
    const bound = 10n ** BigInt(type.precision!);
    return value < bound && value > -bound ? value : null;
  }
  return BigInt.asIntN(64, value) === value ? value : null;
}
