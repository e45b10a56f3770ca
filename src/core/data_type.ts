/**
 * Logical types. int64, decimal (scaled) and timestamp (epoch ms, UTC) are i64 cells; double is an f64 cell; bool a bit. decimal128 is
 * a decimal of more digits than an i64 holds, in 16 bytes (decimal128.ts); only its cells are others: who writes types knows decimals.
 */
export type Kind = "int64" | "double" | "decimal" | "bool" | "timestamp" | "string" | "bytes" | "decimal128";

export interface DataType {
  readonly kind: Kind;
  /** Decimals only: digits in all (decimal 1 to 18, decimal128 19 to 38). */
  readonly precision?: number;
  /** Decimals only: digits behind the point (0 to precision). */
  readonly scale?: number;
  /** String only: its texts are JSON, of values that are made like this. */
  readonly nested?: Nested;
}

/**
 * What a nested value is. Its cells are its JSON text, as short as it can be written (no blanks between its parts, strings with as few
 * escapes as they need, numbers as they came), so that equal values have equal texts: kernels, frames, state and Arrow have strings and need
 * to know nothing else. Types of parts say what they are read as when they are taken out; a part that is none is NULL.
 */
export type Nested =
  | { readonly of: "array"; readonly item: DataType }
  /** An object whose keys are data. */
  | { readonly of: "map"; readonly value: DataType }
  /** An object with known members. */
  | { readonly of: "row"; readonly fields: readonly Field[] }
  /** Any JSON value. */
  | { readonly of: "json" };

export interface Field {
  readonly name: string;
  readonly type: DataType;
}

export const INT64: DataType = { kind: "int64" };
export const DOUBLE: DataType = { kind: "double" };
export const BOOL: DataType = { kind: "bool" };
export const TIMESTAMP: DataType = { kind: "timestamp" };
export const STRING: DataType = { kind: "string" };
export const BYTES: DataType = { kind: "bytes" };
export const JSON_VALUE: DataType = { kind: "string", nested: { of: "json" } };
export const arrayOf = (item: DataType): DataType => ({ kind: "string", nested: { of: "array", item } });
export const mapOf = (value: DataType): DataType => ({ kind: "string", nested: { of: "map", value } });
export const rowOf = (fields: readonly Field[]): DataType => ({ kind: "string", nested: { of: "row", fields } });

/** Digits of the widest decimal whose cells are i64, and of the widest of all. */
export const CELL_DIGITS_MAX = 18;
export const DECIMAL_DIGITS_MAX = 38;
/** The type of decimals with so many digits: decimal, or decimal128. */
export const decimal = (precision: number, scale: number): DataType => ({
  kind: precision > CELL_DIGITS_MAX ? "decimal128" : "decimal",
  precision,
  scale,
});

/** Whether it is a decimal of any width. */
export function isDecimal(type: DataType): boolean {
  return type.kind === "decimal" || type.kind === "decimal128";
}

/** Codes of kinds in kernels and frames; the position is the code, 0 is no type. */
export const KIND_CODES: readonly (Kind | null)[] = [
  null,
  "int64",
  "double",
  "decimal",
  "bool",
  "timestamp",
  "string",
  "bytes",
  "decimal128",
];

export function kindCode(kind: Kind): number {
  return KIND_CODES.indexOf(kind);
}

export function sameType(a: DataType, b: DataType): boolean {
  if (a.kind !== b.kind || a.precision !== b.precision || a.scale !== b.scale) return false;
  return a.nested === b.nested || (a.nested !== undefined && b.nested !== undefined && sameNested(a.nested, b.nested));
}

function sameNested(a: Nested, b: Nested): boolean {
  switch (a.of) {
    case "array":
      return b.of === "array" && sameType(a.item, b.item);
    case "map":
      return b.of === "map" && sameType(a.value, b.value);
    case "row":
      return b.of === "row" && a.fields.length === b.fields.length &&
        a.fields.every(({ name, type }, i) => name === b.fields[i].name && sameType(type, b.fields[i].type));
    case "json":
      return b.of === "json";
  }
}

/** True for types whose cells are references to bytes. */
export function isVariable(type: DataType): boolean {
  return type.kind === "string" || type.kind === "bytes" || type.kind === "decimal128";
}

/** A string that is no JSON text of a nested value. */
export function isText(type: DataType): boolean {
  return type.kind === "string" && type.nested === undefined;
}

/** How a nested value's text begins: `[`, `{`, or with anything. */
export function shapeOf({ of }: Nested): "array" | "object" | "any" {
  return of === "array" ? "array" : of === "json" ? "any" : "object";
}
