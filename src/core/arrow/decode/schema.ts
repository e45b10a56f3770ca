import { reasonOf } from "../../errors.ts";
import type { FlatTable } from "../../flat_table.ts";
import { COLUMNS_MAX, TYPE_DEPTH_MAX } from "../../limits.ts";
import {
  arrayOf,
  BOOL,
  BYTES,
  type DataType,
  decimal,
  DECIMAL_DIGITS_MAX,
  DOUBLE,
  INT64,
  isText,
  mapOf,
  parseType,
  rowOf,
  STRING,
  TIMESTAMP,
} from "../../schema.ts";
import {
  DATE,
  DATE_DAY,
  DATE_MILLISECOND,
  DECIMAL,
  DICTIONARY,
  FIELD,
  FIXED_SIZE_BINARY,
  FIXED_SIZE_LIST,
  FLOAT,
  FLOAT_DOUBLE,
  FLOAT_SINGLE,
  INT,
  KEY_VALUE,
  KIND_COLUMN,
  SCHEMA,
  TIMESTAMP as TIMESTAMP_SLOTS,
  TYPE_KEY,
  TYPE_NAMES,
} from "../format.ts";
import { arrowError } from "./error.ts";

/** How the cells of a column lie in its data buffer. */
export type CellLayout =
  | { readonly cell: "null" | "bit" }
  | { readonly cell: "int"; readonly bits: number; readonly signed: boolean; readonly scale: TimeScale }
  | { readonly cell: "float"; readonly bits: 32 | 64 }
  | { readonly cell: "decimal"; readonly precision: number }
  | { readonly cell: "variable"; readonly offsetBits: 32 | 64 }
  | { readonly cell: "fixed"; readonly width: number }
  | NestedLayout;

/** Columns that others lie in. */
export type NestedLayout =
  | { readonly cell: "struct"; readonly fields: readonly ArrowField[] }
  | { readonly cell: "list"; readonly offsetBits: 32 | 64; readonly item: ArrowField }
  | { readonly cell: "fixed list"; readonly width: number; readonly item: ArrowField }
  | { readonly cell: "map"; readonly offsetBits: 32; readonly key: ArrowField; readonly value: ArrowField };

/** Milliseconds are cells × multiply / divide. */
export interface TimeScale {
  readonly multiply: bigint;
  readonly divide: bigint;
}

export interface ArrowField {
  readonly name: string;
  readonly nullable: boolean;
  /** The type that the column has with us. */
  readonly type: DataType;
  /** Layout of the values, in the column or in its dictionary. */
  readonly layout: CellLayout;
  /** Where the values come from a dictionary: its number and the layout of the indices. */
  readonly dictionary: { readonly id: number; readonly index: CellLayout } | null;
}

/** Entries of the metadata of one field. */
const METADATA_MAX = 1024;
const SAME: TimeScale = { multiply: 1n, divide: 1n };
/** By Arrow's TimeUnit: second, millisecond, microsecond, nanosecond. */
const UNITS: readonly TimeScale[] = [
  { multiply: 1000n, divide: 1n },
  SAME,
  { multiply: 1n, divide: 1000n },
  { multiply: 1n, divide: 1_000_000n },
];
const DAYS: TimeScale = { multiply: 86_400_000n, divide: 1n };

/**
 * The fields of a schema message, with the types they become: integers int64, floats double, decimals
 * decimal(p, s), dates and timestamps of any unit timestamp (rounded down to milliseconds). Throws
 * RdxError("invalid") that names the field for types that rdx has not.
 */
export function decodeSchema(header: FlatTable): ArrowField[] {
  if (header.int16(SCHEMA.endianness) !== 0) throw arrowError("it is big endian");
  const parts = new FieldParts();
  return header.tables(SCHEMA.fields, COLUMNS_MAX + 1).map((field) => decodeField(field, parts, 1));
}

/** Counts the fields that lie in others: tables may be named more than once, so that few bytes could stand for many. */
class FieldParts {
  #count = 0;

  of(field: FlatTable, name: string, depth: number): readonly ArrowField[] {
    if (depth >= TYPE_DEPTH_MAX) throw arrowError(`its type is nested deeper than ${TYPE_DEPTH_MAX}`, name);
    const inside = field.tables(FIELD.children, COLUMNS_MAX);
    this.#count += inside.length;
    if (this.#count > COLUMNS_MAX) throw arrowError(`its types have more than ${COLUMNS_MAX} parts`, name);
    return inside.map((one) => {
      const part = decodeField(one, this, depth + 1);
      if (!part.dictionary) return part;
      throw arrowError(`${part.name} in it has a dictionary: cast it to its values`, name);
    });
  }
}

function decodeField(field: FlatTable, parts: FieldParts, depth: number): ArrowField {
  const name = field.text(FIELD.name) ?? "";
  const number = field.uint8(FIELD.typeType), table = field.table(FIELD.type);
  if (!table) throw arrowError("it has no type", name);
  const dictionary = field.table(FIELD.dictionary), indexType = dictionary?.table(DICTIONARY.indexType);
  const value = isNested(number)
    ? decodeNestedType(number, table, name, parts.of(field, name, depth))
    : decodeType(number, table, name);
  return {
    name,
    nullable: field.bool(FIELD.nullable),
    type: isText(value.type) && !value.type.nested ? nestedType(field, name) : value.type,
    layout: value.layout,
    dictionary: dictionary && {
      id: dictionary.int64(DICTIONARY.id),
      index: indexType ? intLayout(indexType, name) : { cell: "int", bits: 32, signed: true, scale: SAME },
    },
  };
}

/** The nested type that the metadata of a field of texts tells; a string without. */
function nestedType(field: FlatTable, name: string): DataType {
  const entry = field.tables(FIELD.metadata, METADATA_MAX).find((one) => one.text(KEY_VALUE.key) === TYPE_KEY);
  if (entry === undefined) return STRING;
  try {
    const type = parseType(entry.text(KEY_VALUE.value) ?? "");
    return type.nested ? type : STRING;
  } catch (thrown) {
    throw arrowError(reasonOf(thrown), name);
  }
}

interface DecodedType {
  readonly type: DataType;
  readonly layout: CellLayout;
}

function decodeType(number: number, table: FlatTable, name: string): DecodedType {
  const typeName = TYPE_NAMES[number] ?? `number ${number}`;
  switch (typeName) {
    case "null":
      return { type: STRING, layout: { cell: "null" } };
    case "int":
      return { type: INT64, layout: intLayout(table, name) };
    case "floating point":
      return { type: DOUBLE, layout: floatLayout(table, name) };
    case "bool":
      return { type: BOOL, layout: { cell: "bit" } };
    case "decimal":
      return decimalType(table, name);
    case "date":
      return { type: TIMESTAMP, layout: dateLayout(table, name) };
    case "timestamp": {
      const scale = UNITS[table.int16(TIMESTAMP_SLOTS.unit)];
      if (!scale) throw arrowError("its time unit is not known", name);
      return { type: TIMESTAMP, layout: { cell: "int", bits: 64, signed: true, scale } };
    }
    case "utf8":
    case "large utf8":
      return { type: STRING, layout: { cell: "variable", offsetBits: typeName === "utf8" ? 32 : 64 } };
    case "binary":
    case "large binary":
      return { type: BYTES, layout: { cell: "variable", offsetBits: typeName === "binary" ? 32 : 64 } };
    case "fixed size binary": {
      const width = table.int32(FIXED_SIZE_BINARY.byteWidth);
      if (width < 0) throw arrowError(`its values have ${width} bytes`, name);
      return { type: BYTES, layout: { cell: "fixed", width } };
    }
    default:
      throw arrowError(
        `type ${typeName} has no counterpart: cast it to an integer, float, decimal, bool, date, timestamp, utf8, binary, list, struct or map`,
        name,
      );
  }
}

const NESTED: readonly string[] = ["list", "large list", "fixed size list", "struct", "map"];

function isNested(number: number): boolean {
  return NESTED.includes(TYPE_NAMES[number]);
}

/** Values in each other are nested values here; bytes in them are texts in base64. */
function decodeNestedType(number: number, table: FlatTable, name: string, parts: readonly ArrowField[]): DecodedType {
  const typeName = TYPE_NAMES[number], typeOf = ({ type }: ArrowField) => type.kind === "bytes" ? STRING : type;
  if (typeName === "struct") {
    const names = new Set(parts.map((part) => part.name));
    if (names.size < parts.length || names.size === 0) throw arrowError("its members have no names of their own", name);
    return {
      type: rowOf(parts.map((part) => ({ name: part.name, type: typeOf(part) }))),
      layout: { cell: "struct", fields: parts },
    };
  }
  const [item, ...more] = parts;
  if (!item || more.length > 0) throw arrowError(`a ${typeName} has ${parts.length} kinds of items`, name);
  if (typeName === "map") {
    const [key, value] = item.layout.cell === "struct" ? item.layout.fields : [];
    if (!key || !value) throw arrowError("a map has no keys and values", name);
    if (key.type.kind !== "string" || key.type.nested) {
      throw arrowError("keys of maps are texts: cast them to utf8", name);
    }
    return { type: mapOf(typeOf(value)), layout: { cell: "map", offsetBits: 32, key, value } };
  }
  const type = arrayOf(typeOf(item));
  if (typeName !== "fixed size list") {
    return { type, layout: { cell: "list", offsetBits: typeName === "list" ? 32 : 64, item } };
  }
  const width = table.int32(FIXED_SIZE_LIST.listSize);
  if (width < 0) throw arrowError(`its lists have ${width} items`, name);
  return { type, layout: { cell: "fixed list", width, item } };
}

function intLayout(table: FlatTable, name: string): CellLayout {
  const bits = table.int32(INT.bitWidth);
  if (bits !== 8 && bits !== 16 && bits !== 32 && bits !== 64) throw arrowError(`integers of ${bits} bits`, name);
  return { cell: "int", bits, signed: table.bool(INT.isSigned), scale: SAME };
}

function floatLayout(table: FlatTable, name: string): CellLayout {
  const precision = table.int16(FLOAT.precision);
  if (precision === FLOAT_SINGLE) return { cell: "float", bits: 32 };
  if (precision === FLOAT_DOUBLE) return { cell: "float", bits: 64 };
  throw arrowError("half-precision floats have no counterpart: cast them to float32", name);
}

function decimalType(table: FlatTable, name: string): DecodedType {
  const precision = table.int32(DECIMAL.precision), scale = table.int32(DECIMAL.scale);
  const bits = table.int32(DECIMAL.bitWidth, 128);
  if (bits !== 128) throw arrowError(`decimals of ${bits} bits have no counterpart: cast them to decimal128`, name);
  if (precision < 1 || precision > DECIMAL_DIGITS_MAX) throw arrowError(`decimals of ${precision} digits`, name);
  if (scale < 0 || scale > precision) {
    throw arrowError(
      `decimals with ${scale} of ${precision} digits behind the point have no counterpart: cast them to decimal(p, s)`,
      name,
    );
  }
  return { type: decimal(precision, scale), layout: { cell: "decimal", precision } };
}

function dateLayout(table: FlatTable, name: string): CellLayout {
  const unit = table.int16(DATE.unit, DATE_MILLISECOND);
  if (unit === DATE_DAY) return { cell: "int", bits: 32, signed: true, scale: DAYS };
  if (unit === DATE_MILLISECOND) return { cell: "int", bits: 64, signed: true, scale: SAME };
  throw arrowError("its date unit is not known", name);
}

/** Position of the column that carries row kinds, −1 without. */
export function kindColumn(fields: readonly ArrowField[]): number {
  return fields.findIndex(({ name, layout, dictionary }) =>
    name === KIND_COLUMN && !dictionary && layout.cell === "int" && layout.bits === 8
  );
}
