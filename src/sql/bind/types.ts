import {
  arrayOf,
  BOOL,
  BYTES,
  type DataType,
  decimal,
  DOUBLE,
  type Field,
  INT64,
  isText,
  JSON_VALUE,
  mapOf,
  rowOf,
  STRING,
  TIMESTAMP,
} from "../../core/schema.ts";
import { TYPE_DEPTH_MAX } from "../../core/limits.ts";
import { PRECISION_MAX } from "../../expr/type.ts";
import { nearest } from "../../core/nearest.ts";
import type { TypeName } from "../ast.ts";
import { quoteName } from "../tokens.ts";
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
  JSON: JSON_VALUE,
  VARIANT: JSON_VALUE,
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
  MULTISET: "Write ARRAY<…>",
  RAW: "Write BYTES",
};

/** The digits of a DECIMAL without any, as in Flink. */
const DECIMAL_PRECISION = 10;

/** The type that a name stands for; null with a problem. */
export function typeNamed(type: TypeName, report: Report, depth = 1): DataType | null {
  const { name, params, at } = type;
  if (depth > TYPE_DEPTH_MAX) return report.add(at, `Types are nested deeper than ${TYPE_DEPTH_MAX}`, "Write JSON");
  if (name === "ARRAY" || name === "MAP" || name === "ROW") return nestedNamed(type, report, depth);
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
  const near = nearest(name, [...Object.keys(TYPES), "DECIMAL", "INTEGER", "NUMERIC"]);
  return report.add(at, `Unknown type ${name}`, near ? `Did you mean ${near}?` : undefined);
}

function nestedNamed({ name, of, fields, at }: TypeName, report: Report, depth: number): DataType | null {
  if (name === "ROW") {
    const made: Field[] = [];
    let sound = true;
    for (const field of fields) {
      const type = typeNamed(field.type, report, depth + 1);
      const isDouble = made.some((one) => one.name === field.name.name);
      if (isDouble) report.add(field.name.at, `Field ${field.name.name} is named twice`);
      if (type === null || isDouble) sound = false;
      else made.push({ name: field.name.name, type });
    }
    return sound ? rowOf(made) : null;
  }
  const parts = of.map((part) => typeNamed(part, report, depth + 1));
  if (parts.length === 0) return report.add(at, `${name} needs the types of its parts`, `Write ${EXAMPLES[name]}`);
  if (parts.includes(null)) return null;
  const [first, second] = parts as DataType[];
  if (name === "ARRAY") return arrayOf(first);
  if (isText(first)) return mapOf(second);
  return report.add(of[0].at, "Keys of a map are strings here", "Write MAP<STRING, …>");
}

const EXAMPLES: Readonly<Record<string, string>> = { ARRAY: "ARRAY<STRING>", MAP: "MAP<STRING, BIGINT>" };

/** Characters that a CAST to this type leaves, or null for all. */
export function lengthOf({ name, params }: TypeName): number | null {
  return (name === "VARCHAR" || name === "CHAR") && params.length > 0 ? params[0] : null;
}

/** A type as SQL writes it. */
export function sqlType({ kind, precision, scale, nested }: DataType): string {
  switch (nested?.of) {
    case "array":
      return `ARRAY<${sqlType(nested.item)}>`;
    case "map":
      return `MAP<STRING, ${sqlType(nested.value)}>`;
    case "row":
      return `ROW<${nested.fields.map(({ name, type }) => `${quoteName(name)} ${sqlType(type)}`).join(", ")}>`;
    case "json":
      return "JSON";
  }
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
