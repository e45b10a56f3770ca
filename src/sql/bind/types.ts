import { BOOL, BYTES, type DataType, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../core/schema.ts";
import { PRECISION_MAX } from "../../expr/type.ts";
import { nearest } from "../../core/nearest.ts";
import type { TypeName } from "../ast.ts";
import type { Report } from "./report.ts";

/**
 * SQL's types as rdx has them. Whole numbers of every width are int64 and are not cut to their width; FLOAT is a double
 * of 64 bits; a DATE is the timestamp of its midnight in UTC; timestamps with a zone are instants like all others, to the
 * millisecond, whatever precision is written.
 */
const TYPES: Readonly<Record<string, DataType>> = {
  TINYINT: INT64,
  SMALLINT: INT64,
  INT: INT64,
  BIGINT: INT64,
  FLOAT: DOUBLE,
  REAL: DOUBLE,
  DOUBLE: DOUBLE,
  BOOLEAN: BOOL,
  STRING: STRING,
  VARCHAR: STRING,
  CHAR: STRING,
  BYTES: BYTES,
  BINARY: BYTES,
  VARBINARY: BYTES,
  DATE: TIMESTAMP,
  TIMESTAMP: TIMESTAMP,
  TIMESTAMP_LTZ: TIMESTAMP,
  // Azure's
  BIT: BOOL,
  DATETIME: TIMESTAMP,
  NVARCHAR: STRING,
};

/** Types that are there under another name, or what to do instead. */
const INSTEAD: Readonly<Record<string, string>> = {
  BOOL: "Write BOOLEAN",
  TEXT: "Write STRING",
  BLOB: "Write BYTES",
  TIMESTAMP_TZ: "Write TIMESTAMP(3) or TIMESTAMP_LTZ(3): times are instants in UTC",
  TIME: "Write STRING, or INT for a number of seconds: there is no time without a day",
  INTERVAL: "Write BIGINT for a number of milliseconds",
  ROW: "Name its fields as columns: `a.b` for the field b of the object a",
  ARRAY: "Write STRING: it holds the array's JSON text",
  MULTISET: "Write STRING: it holds the JSON text of an array",
  MAP: "Write STRING: it holds the object's JSON text",
  VARIANT: "Write STRING: it holds the JSON text",
  RAW: "Write BYTES",
};

/** The digits of a DECIMAL without any, as in Flink. */
const DECIMAL_PRECISION = 10;

/** The type that a name stands for; null with a problem. */
export function typeNamed({ name, params, at }: TypeName, report: Report): DataType | null {
  if (name === "DECIMAL") {
    const [precision = DECIMAL_PRECISION, scale = 0] = params;
    if (precision >= 1 && precision <= PRECISION_MAX && scale <= precision) return decimal(precision, scale);
    const hint = precision > PRECISION_MAX
      ? `Write DECIMAL(${PRECISION_MAX}, ${Math.min(scale, PRECISION_MAX)})`
      : undefined;
    return report.add(
      at,
      `Cannot use DECIMAL(${precision}, ${scale}): a decimal has 1 to ${PRECISION_MAX} digits, 0 to all of them behind the point`,
      hint,
    );
  }
  if (Object.hasOwn(TYPES, name)) return TYPES[name];
  if (Object.hasOwn(INSTEAD, name)) return report.add(at, `There is no type ${name} here`, INSTEAD[name]);
  const near = nearest(name, [...Object.keys(TYPES), "DECIMAL"]);
  return report.add(at, `Unknown type ${name}`, near ? `Did you mean ${near}?` : undefined);
}

/** Characters that a CAST to this type leaves, or null for all. */
export function lengthOf({ name, params }: TypeName): number | null {
  return (name === "VARCHAR" || name === "CHAR") && params.length > 0 ? params[0] : null;
}

/** A type as SQL writes it. */
export function sqlType({ kind, precision, scale }: DataType): string {
  const names = {
    int64: "BIGINT",
    double: "DOUBLE",
    bool: "BOOLEAN",
    timestamp: "TIMESTAMP(3)",
    string: "STRING",
    bytes: "BYTES",
  };
  return kind === "decimal" || kind === "decimal128" ? `DECIMAL(${precision}, ${scale})` : names[kind];
}
