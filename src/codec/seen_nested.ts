import {
  BOOL,
  type DataType,
  DOUBLE,
  type Field,
  INT64,
  JSON_VALUE,
  rowOf,
  STRING,
  TIMESTAMP,
} from "../core/schema.ts";
import { INFER_FIELDS_MAX } from "../core/limits.ts";
import { commonNested, widerFields, widerType } from "../core/wider_type.ts";
import type { Seen } from "./seen.ts";

/** A part of a nested value of which nothing was seen yet; it is told by its identity, and stays a string. */
export const UNSEEN: DataType = { ...STRING };

/** The type of a part that is no array and no object. Numbers stay as they are written, so that none is too large to be one. */
export function seenPart(seen: Seen): DataType {
  if (seen === "empty") return UNSEEN;
  return seen === "json" ? JSON_VALUE : seenScalar(seen);
}

/** The type of a value that is no array and no object; of what has none of its own, texts. */
export function seenScalar(seen: Seen): DataType {
  switch (seen) {
    case "whole":
    case "long":
      return INT64;
    case "wide":
    case "double":
      return DOUBLE;
    case "bool":
      return BOOL;
    case "timestamp":
      return TIMESTAMP;
    default:
      return STRING;
  }
}

/** The type that holds parts of both types. */
export function joined(a: DataType, b: DataType): DataType {
  if (a === b || b === UNSEEN) return a;
  if (a === UNSEEN) return b;
  const x = a.nested, y = b.nested;
  if (x === undefined && y === undefined) return widerType(a, b);
  if (x === undefined || y === undefined) return JSON_VALUE;
  if (x.of === "row" && y.of === "row") return rowOfFields(widerFields(x.fields, y.fields, joined));
  return commonNested(x, y, joined);
}

/** An object with these fields; with none or very many it is any JSON. */
export function rowOfFields(fields: readonly Field[]): DataType {
  return fields.length === 0 || fields.length > INFER_FIELDS_MAX ? JSON_VALUE : rowOf(fields);
}
