import { Builder } from "flatbuffers";
import { type Column, type DataType, formatType } from "../../schema.ts";
import {
  DECIMAL,
  FIELD,
  FLOAT,
  FLOAT_DOUBLE,
  HEADER,
  INT,
  KEY_VALUE,
  KIND_COLUMN,
  SCHEMA,
  TIMESTAMP,
  TYPE_KEY,
  type TypeName,
  typeNumber,
  UNIT_MILLISECOND,
} from "../format.ts";
import { finishMessage } from "./message.ts";

/**
 * The schema message of columns: Int64, Float64, Decimal128(p, s), Bool, Timestamp(ms, UTC), Utf8 and Binary; nested values are Utf8
 * with their type in the field's metadata. With
 * `kinds`, an int8 column `$op` with the row kinds comes last.
 */
export function encodeSchema(columns: readonly Column[], kinds = false): Uint8Array<ArrayBuffer> {
  const builder = new Builder(1024);
  const fields = columns.map(({ name, type, nullable }) =>
    encodeField(builder, name, nullable, encodeType(builder, type), type.nested ? formatType(type) : null)
  );
  if (kinds) {
    fields.push(encodeField(builder, KIND_COLUMN, false, { name: "int", offset: intType(builder, 8) }));
  }
  builder.startVector(4, fields.length, 4);
  for (const field of fields.toReversed()) builder.addOffset(field);
  const vector = builder.endVector();
  builder.startObject(SCHEMA.count);
  builder.addFieldOffset(SCHEMA.fields, vector, 0);
  return finishMessage(builder, HEADER.schema, builder.endObject(), 0).bytes;
}

interface EncodedType {
  readonly name: TypeName;
  readonly offset: number;
}

function encodeField(
  builder: Builder,
  name: string,
  nullable: boolean,
  type: EncodedType,
  nested: string | null = null,
): number {
  const metadata = nested === null ? 0 : encodeMetadata(builder, TYPE_KEY, nested);
  const text = builder.createString(name);
  builder.startVector(4, 0, 4);
  const children = builder.endVector();
  builder.startObject(FIELD.count);
  builder.addFieldOffset(FIELD.name, text, 0);
  builder.addFieldInt8(FIELD.nullable, nullable ? 1 : 0, 0);
  builder.addFieldInt8(FIELD.typeType, typeNumber(type.name), 0);
  builder.addFieldOffset(FIELD.type, type.offset, 0);
  builder.addFieldOffset(FIELD.children, children, 0);
  builder.addFieldOffset(FIELD.metadata, metadata, 0);
  return builder.endObject();
}

function encodeMetadata(builder: Builder, key: string, value: string): number {
  const keyText = builder.createString(key), valueText = builder.createString(value);
  builder.startObject(KEY_VALUE.count);
  builder.addFieldOffset(KEY_VALUE.key, keyText, 0);
  builder.addFieldOffset(KEY_VALUE.value, valueText, 0);
  const entry = builder.endObject();
  builder.startVector(4, 1, 4);
  builder.addOffset(entry);
  return builder.endVector();
}

function encodeType(builder: Builder, type: DataType): EncodedType {
  switch (type.kind) {
    case "int64":
      return { name: "int", offset: intType(builder, 64) };
    case "double":
      builder.startObject(FLOAT.count);
      builder.addFieldInt16(FLOAT.precision, FLOAT_DOUBLE, 0);
      return { name: "floating point", offset: builder.endObject() };
    case "decimal":
    case "decimal128":
      builder.startObject(DECIMAL.count);
      builder.addFieldInt32(DECIMAL.precision, type.precision ?? 18, 0);
      builder.addFieldInt32(DECIMAL.scale, type.scale ?? 0, 0);
      builder.addFieldInt32(DECIMAL.bitWidth, 128, 128);
      return { name: "decimal", offset: builder.endObject() };
    case "timestamp": {
      const zone = builder.createString("UTC");
      builder.startObject(TIMESTAMP.count);
      builder.addFieldInt16(TIMESTAMP.unit, UNIT_MILLISECOND, 0);
      builder.addFieldOffset(TIMESTAMP.timezone, zone, 0);
      return { name: "timestamp", offset: builder.endObject() };
    }
    default:
      builder.startObject(0);
      return {
        name: type.kind === "bool" ? "bool" : type.kind === "string" ? "utf8" : "binary",
        offset: builder.endObject(),
      };
  }
}

function intType(builder: Builder, bits: number): number {
  builder.startObject(INT.count);
  builder.addFieldInt32(INT.bitWidth, bits, 0);
  builder.addFieldInt8(INT.isSigned, 1, 0);
  return builder.endObject();
}
