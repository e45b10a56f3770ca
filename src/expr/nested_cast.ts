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

/**
 * What a cast makes of a nested type, as fn_nested_cast reads it (asm/function/nested/cast.ts). Rows of as many fields meet by their
 * order, others by name.
 */
export function describeCast(from: DataType | null, to: DataType): string {
  const { nested } = to, given = from?.nested;
  switch (nested?.of) {
    case undefined:
      return to.kind === "decimal" ? `n${to.scale ?? 0}:${to.precision ?? 0}:` : LETTERS[to.kind];
    case "json":
      return "j";
    case "array":
      return `a${describeCast(given?.of === "array" ? given.item : null, nested.item)}`;
    case "map":
      return `m${describeCast(given?.of === "map" ? given.value : null, nested.value)}`;
    case "row": {
      const there = given?.of === "row" ? given.fields : [], inOrder = there.length === nested.fields.length;
      const fields = nested.fields.map(({ name, type }, i) => {
        const old = inOrder ? there[i] : there.find((one) => one.name === name);
        return `${nameText(old?.name ?? name)}${nameText(name)}${describeCast(old?.type ?? null, type)}`;
      });
      return `r${fields.length}:${fields.join("")}`;
    }
  }
}

function nameText(name: string): string {
  const text = JSON.stringify(name);
  return `${encoder.encode(text).length}:${text}`;
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
