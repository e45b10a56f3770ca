import type { DataType } from "./data_type.ts";
import { RdxError } from "./errors.ts";
import { COLUMNS_MAX } from "./limits.ts";

export {
  arrayOf,
  BOOL,
  BYTES,
  CELL_DIGITS_MAX,
  type DataType,
  decimal,
  DECIMAL_DIGITS_MAX,
  DOUBLE,
  type Field,
  INT64,
  isDecimal,
  isText,
  isVariable,
  JSON_VALUE,
  type Kind,
  KIND_CODES,
  kindCode,
  mapOf,
  type Nested,
  rowOf,
  sameType,
  shapeOf,
  STRING,
  TIMESTAMP,
} from "./data_type.ts";
export { formatType, parseType, TYPE_FORMS, TYPE_PATTERN } from "./type_text.ts";

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
