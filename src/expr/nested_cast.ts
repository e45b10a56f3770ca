import { type DataType, isDecimal } from "../core/schema.ts";

const LETTERS = {
  int64: "l",
  double: "d",
  bool: "b",
  timestamp: "t",
  bytes: "y",
  string: "s",
  decimal128: "w",
} as const;
const encoder = new TextEncoder();

/** A type as fn_nested_cast reads it (asm/function/nested/cast.ts). */
export function describeType(type: DataType): string {
  const { nested } = type;
  switch (nested?.of) {
    case undefined:
      return type.kind === "decimal" ? `n${type.scale ?? 0}:${type.precision ?? 0}:` : LETTERS[type.kind];
    case "json":
      return "j";
    case "array":
      return `a${describeType(nested.item)}`;
    case "map":
      return `m${describeType(nested.value)}`;
    case "row": {
      const fields = nested.fields.map(({ name, type }) => {
        const key = JSON.stringify(name);
        return `${encoder.encode(key).length}:${key}${describeType(type)}`;
      });
      return `r${fields.length}:${fields.join("")}`;
    }
  }
}

/** Whether values of one type are written in nested values as those of the other are, so that a cast has nothing to do. */
export function isWrittenAs(from: DataType, to: DataType): boolean {
  const a = from.nested, b = to.nested;
  if (b?.of === "json") return true;
  if (a === undefined && b === undefined) return isScalarWrittenAs(from, to);
  if (a?.of === "array" && b?.of === "array") return isWrittenAs(a.item, b.item);
  if (a?.of === "map" && b?.of === "map") return isWrittenAs(a.value, b.value);
  if (a?.of !== "row" || b?.of !== "row" || a.fields.length !== b.fields.length) return false;
  return b.fields.every(({ name, type }, i) => a.fields[i].name === name && isWrittenAs(a.fields[i].type, type));
}

/** Numbers stay as they are written where a wider type takes them. */
function isScalarWrittenAs(from: DataType, to: DataType): boolean {
  if (from.kind === to.kind && !isDecimal(to)) return true;
  if (to.kind === "double") return from.kind === "int64" || isDecimal(from);
  return isDecimal(from) && isDecimal(to) && from.scale === to.scale && (from.precision ?? 0) <= (to.precision ?? 0);
}
