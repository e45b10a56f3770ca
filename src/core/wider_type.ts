import {
  arrayOf,
  type DataType,
  DOUBLE,
  type Field,
  JSON_VALUE,
  mapOf,
  type Nested,
  rowOf,
  sameType,
  STRING,
} from "./data_type.ts";

/**
 * The nested type that holds values of both: parts become what `common` says of them, or any JSON where it says nothing. An array and an
 * object have only JSON in common.
 */
export function commonNested(
  a: Nested,
  b: Nested,
  common: (a: DataType, b: DataType) => DataType | null,
): DataType {
  const part = (x: DataType, y: DataType) => common(x, y) ?? JSON_VALUE;
  if (a.of === "array" && b.of === "array") return arrayOf(part(a.item, b.item));
  if (a.of === "map" && b.of === "map") return mapOf(part(a.value, b.value));
  if (a.of !== "row" || b.of !== "row" || a.fields.length !== b.fields.length) return JSON_VALUE;
  if (a.fields.some(({ name }, i) => name !== b.fields[i].name)) return JSON_VALUE;
  return rowOf(a.fields.map(({ name, type }, i) => ({ name, type: part(type, b.fields[i].type) })));
}

/** Types whose texts are JSON values by themselves. */
const PLAIN = ["int64", "double", "bool"];

/**
 * The type that holds both: int64 → double → string; nested values with each other and with numbers and bools → nested ones; anything else
 * → string.
 */
export function widerType(a: DataType, b: DataType): DataType {
  if (sameType(a, b)) return a;
  if (a.nested?.of === "row" && b.nested?.of === "row") return rowOf(widerFields(a.nested.fields, b.nested.fields));
  if (a.nested && b.nested) return commonNested(a.nested, b.nested, widerPart);
  if ((a.nested && PLAIN.includes(b.kind)) || (b.nested && PLAIN.includes(a.kind))) return JSON_VALUE;
  const numbers = [a.kind, b.kind].every((kind) => kind === "int64" || kind === "double");
  return numbers ? DOUBLE : STRING;
}

/** The fields of both, those of `a` first. */
export function widerFields(a: readonly Field[], b: readonly Field[], wider = widerPart): Field[] {
  const fields = new Map(a.map(({ name, type }) => [name, type]));
  for (const { name, type } of b) fields.set(name, fields.has(name) ? wider(fields.get(name)!, type) : type);
  return [...fields].map(([name, type]) => ({ name, type }));
}

/** Of parts of nested values: a string beside something composed is not read as one. */
function widerPart(a: DataType, b: DataType): DataType {
  return (a.nested === undefined) === (b.nested === undefined) ? widerType(a, b) : JSON_VALUE;
}
