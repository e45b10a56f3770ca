import type { Column, DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { CallExpression, Expression, LiteralExpression } from "../../src/expr/mod.ts";
import { FUNCTIONS } from "./functions.ts";
import { place, readType } from "./schema.ts";

/** An expression over rows of known columns: its type, and its value for a row. */
export interface Known {
  readonly type: DataType;
  /** A literal NULL whose type its place decides. */
  readonly untyped?: boolean;
  of(row: readonly Value[]): Value;
}

/** Reads an expression. Throws for what this engine does not know. */
export function expression(json: Expression, columns: readonly Column[]): Known {
  if ("column" in json) {
    const at = place(columns, json.column);
    return { type: columns[at].type, of: (row) => row[at] };
  }
  return "literal" in json ? literal(json) : call(json, columns);
}

function literal({ literal: value, type: text }: LiteralExpression): Known {
  const constant = (type: DataType, value: Value, untyped = false): Known => ({ type, untyped, of: () => value });
  if (typeof value === "object" && value !== null) throw new Error("Literals of nested values do not occur");
  if (text !== undefined) {
    const type = readType(text);
    return constant(type, value === null ? null : literalValue(value, type));
  }
  if (value === null) return constant({ kind: "int64" }, null, true);
  if (typeof value === "string") return constant({ kind: "string" }, value);
  if (typeof value === "boolean") return constant({ kind: "bool" }, value);
  return Number.isInteger(value) ? constant({ kind: "int64" }, BigInt(value)) : constant({ kind: "double" }, value);
}

function literalValue(value: string | number | boolean, type: DataType): Value {
  switch (type.kind) {
    case "int64":
      return BigInt(value);
    case "double":
      return Number(value);
    case "timestamp":
      return typeof value === "string" && Number.isNaN(Number(value)) ? BigInt(Date.parse(value)) : BigInt(value);
    case "decimal":
    case "decimal128": {
      const [whole, places = ""] = String(value).split(".");
      return BigInt(whole + places.padEnd(type.scale ?? 0, "0"));
    }
    default:
      return value;
  }
}

function call({ call: name, args, type }: CallExpression, columns: readonly Column[]): Known {
  const apply = FUNCTIONS[name];
  if (!apply) throw new Error(`The reference engine has no function ${name}`);
  return apply(args.map((arg) => expression(arg, columns)), type === undefined ? null : readType(type));
}
