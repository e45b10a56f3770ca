import { type DataType, kindCode, shapeOf } from "../core/schema.ts";
import { NESTED_ANY, NESTED_ARRAY, NESTED_OBJECT } from "./json_layout.ts";

/** The type of a column as parsers know it: of nested values which JSON their texts are. */
export function parserType({ kind, nested }: DataType): number {
  if (nested === undefined) return kindCode(kind);
  const shape = shapeOf(nested);
  return shape === "any" ? NESTED_ANY : shape === "array" ? NESTED_ARRAY : NESTED_OBJECT;
}
