import { affinityOf } from "../client/sqlite/names.ts";
import { withPoint } from "../core/cell_text.ts";
import { nestedText } from "../core/json_text.ts";
import { type Column, type DataType, isDecimal } from "../core/schema.ts";
import type { Value } from "../core/value.ts";
import { fitsPrecision, misfit, scaledNear, scaledOf, timeOf } from "./cells.ts";

/** A value as SQLite has it: INTEGER, REAL, TEXT, BLOB or NULL. */
export type SqliteValue = bigint | number | string | Uint8Array | null;

/** A value of the table as its column says. Throws Misfit. */
export function fromSqlite(value: SqliteValue, { name, type }: Column): Value {
  if (value === null) return null;
  const fits = valueOf(value, type);
  if (fits === null) throw misfit(name, type, shownOf(value));
  return fits;
}

function valueOf(value: NonNullable<SqliteValue>, type: DataType): Value {
  switch (type.kind) {
    case "int64":
      return wholeOf(value);
    case "double":
      return typeof value === "bigint" ? Number(value) : typeof value === "number" ? value : null;
    case "decimal":
    case "decimal128": {
      const { scale = 0 } = type;
      const scaled = typeof value === "number"
        ? scaledNear(value, scale)
        : value instanceof Uint8Array
        ? null
        : scaledOf(String(value), scale);
      return scaled !== null && fitsPrecision(scaled, type) ? scaled : null;
    }
    case "bool":
      return value === 0n ? false : value === 1n ? true : null;
    case "timestamp":
      return typeof value === "string" ? timeOf(value) : wholeOf(value);
    case "string":
      if (typeof value !== "string") return null;
      return type.nested ? nestedText(type.nested, value) : value;
    case "bytes":
      return value instanceof Uint8Array ? value : null;
    default:
      return null;
  }
}

function wholeOf(value: NonNullable<SqliteValue>): bigint | null {
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : null;
}

function shownOf(value: NonNullable<SqliteValue>): string {
  if (value instanceof Uint8Array) return `a BLOB of ${value.length} bytes`;
  if (typeof value === "string") return `the TEXT ${JSON.stringify(value)}`;
  return `the ${typeof value === "bigint" ? "INTEGER" : "REAL"} ${value}`;
}

/** A key as SQLite compares it: times as INTEGER of ms, decimals as the text that its affinity makes a number. */
export function toSqlite(value: Value, { type }: Column): SqliteValue {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (isDecimal(type) && typeof value === "bigint") return withPoint(value.toString(), type.scale ?? 0);
  return value;
}

/**
 * Whether a column that the database declares as `declared` has values of a type, by the affinity that this gives it: columns without one, and
 * those of NUMERIC, hold anything. Keys are compared as they are stored, where a text is no number, and a number has no more digits than a double:
 * keys of decimals of more than 18 digits are texts.
 */
export function canHold(declared: string, type: DataType, isKey: boolean): boolean {
  const { kind } = type;
  const affinity = affinityOf(declared), isWhole = affinity === "integer", isText = affinity === "text";
  const isReal = affinity === "real";
  if (kind === "string") return !isWhole && !isReal;
  if (isKey && kind === "decimal128") return isText || declared.trim() === "";
  const mayBeText = kind === "bytes" || (!isKey && (isDecimal(type) || kind === "timestamp"));
  return !isText || mayBeText;
}
