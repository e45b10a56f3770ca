import { RdxError } from "./errors.ts";
import { COLUMNS_MAX } from "./limits.ts";

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
}

export interface Column {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
}

/** Columns in order, with a version that grows by one at every change of the stream's schema. */
export interface Schema {
  readonly version: number;
  readonly columns: readonly Column[];
}

export const INT64: DataType = { kind: "int64" };
export const DOUBLE: DataType = { kind: "double" };
export const BOOL: DataType = { kind: "bool" };
export const TIMESTAMP: DataType = { kind: "timestamp" };
export const STRING: DataType = { kind: "string" };
export const BYTES: DataType = { kind: "bytes" };
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

/** `decimal(18,2)`, `int64`, … as plans and stream declarations write it. */
export function formatType(type: DataType): string {
  return isDecimal(type) ? `decimal(${type.precision},${type.scale})` : type.kind;
}

/** Reads a type as `formatType` writes it. Throws RdxError("invalid_plan") that lists what there is. */
export function parseType(text: string): DataType {
  const match = /^decimal\(\s*(\d{1,2})\s*,\s*(\d{1,2})\s*\)$/.exec(text);
  if (match) {
    const precision = Number(match[1]), scale = Number(match[2]);
    if (precision >= 1 && precision <= DECIMAL_DIGITS_MAX && scale <= precision) return decimal(precision, scale);
    throw new RdxError(
      "invalid_plan",
      `Cannot use type ${text}: precision is 1 to ${DECIMAL_DIGITS_MAX}, scale 0 to precision`,
    );
  }
  if (!text.startsWith("decimal") && (KIND_CODES as readonly unknown[]).includes(text)) return { kind: text as Kind };
  throw new RdxError(
    "invalid_plan",
    `Unknown type ${JSON.stringify(text)}: expected int64, double, decimal(p,s), bool, timestamp, string or bytes`,
  );
}

export function sameType(a: DataType, b: DataType): boolean {
  return a.kind === b.kind && a.precision === b.precision && a.scale === b.scale;
}

/** True for types whose cells are references to bytes. */
export function isVariable(type: DataType): boolean {
  return type.kind === "string" || type.kind === "bytes" || type.kind === "decimal128";
}

/** Names that streams, pipelines and views may have. */
export const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

/** The position of a column, or -1. Names are compared as they are: `__proto__` is a name like any other. */
export function columnIndex(columns: readonly Column[], name: string): number {
  for (let i = 0; i < columns.length; i++) if (columns[i].name === name) return i;
  return -1;
}

/** Makes a schema, refusing doubled or empty names and too many columns with RdxError("invalid_plan"). */
export function makeSchema(columns: readonly Column[], version = 1): Schema {
  if (columns.length > COLUMNS_MAX) {
    throw new RdxError("invalid_plan", `Cannot use ${columns.length} columns: at most ${COLUMNS_MAX}`);
  }
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (name.length === 0) throw new RdxError("invalid_plan", "Cannot use a column with an empty name");
    if (seen.has(name)) throw new RdxError("invalid_plan", `Column ${JSON.stringify(name)} is named twice`);
    seen.add(name);
  }
  return { version, columns };
}
