import { formatType, INT64, STRING } from "../../core/schema.ts";
import type * as ast from "../ast.ts";
import { asText } from "./operators.ts";
import type { Value, ValueMaker } from "./value.ts";

/** What is taken, where what else is least or greatest. */
export interface Extreme {
  readonly least: boolean;
  /** The value that is taken, and the one that it goes by. */
  readonly args: readonly [ast.Expression, ast.Expression];
}

/** Aggregates of two arguments. */
export const EXTREMES: ReadonlySet<string> = new Set(["min_by", "arg_min", "max_by", "arg_max"]);
/** Digits of order_key, and of that of wide decimals. */
const KEY_LETTERS = 16, WIDE_KEY_LETTERS = 32;

/** A call of MIN_BY(x, y) or MAX_BY(x, y), or of FIRST_VALUE(x ORDER BY y) or LAST_VALUE; null for all others. */
export function extremeOf(call: ast.FunctionCall, name: string): Extreme | null {
  const { args: [x, y, ...others], orderBy: [order, ...further] } = call;
  if (EXTREMES.has(name)) return x && y && others.length === 0 ? { least: name.includes("min"), args: [x, y] } : null;
  const first = /^first(_value)?$/.test(name);
  if (!(first || /^last(_value)?$/.test(name)) || !x || y || !order || further.length > 0) return null;
  return { least: first !== order.desc, args: [x, order.expr] };
}

/** A text that sorts as `by` does, and among equal ones as the text of `x`, which it ends with. Null with a problem. */
export function byText(x: Value, by: Value, shown: string, values: ValueMaker): Value | null {
  const { report } = values;
  if (x.type?.kind === "bytes") return report.add(x.at, `Cannot take ${shown} of bytes`, "Take TO_BASE64 of them");
  if (!by.type || !["int64", "double", "decimal", "decimal128", "timestamp"].includes(by.type.kind)) {
    const type = by.type ? formatType(by.type) : "NULL";
    return report.add(by.at, `${shown} cannot go by ${type}`, "It goes by numbers and timestamps");
  }
  const key = values.call("order_key", [by], by.at, shown), text = asText(x, values);
  return key && text && values.call("concat", [key, text], x.at, shown);
}

/** The value that such a text ends with, as it was. */
export function withoutKey(
  found: Value,
  { type, at, interval }: Value,
  by: Value,
  shown: string,
  values: ValueMaker,
): Value | null {
  const letters = by.type?.kind === "decimal128" ? WIDE_KEY_LETTERS : KEY_LETTERS;
  const text = values.call("substring", [found, values.literal(letters + 1, INT64, at)], found.at, shown);
  const value = text && (type!.kind === STRING.kind ? text : values.cast(text, type!, found.at, shown));
  return value && interval ? { ...value, interval } : value;
}
