import type * as ast from "../ast.ts";
import type { Context } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import type { SelectOutput } from "./outputs.ts";
import type { Value } from "./value.ts";
import { counted } from "./words.ts";

/** Where the value is that is ordered by: an output, or one of `hidden`. */
type OrderPlace = { readonly output: number; readonly hidden?: undefined } | {
  readonly output?: undefined;
  readonly hidden: number;
};

export interface OrderItems {
  readonly keys: readonly { readonly at: OrderPlace; readonly desc: boolean; readonly nullsLast: boolean }[];
  /** What is ordered by and not among the outputs. */
  readonly hidden: readonly { readonly value: Value }[];
}

/** As in Flink, NULL is the least value: first in ascending order, last in descending order. */
export function nullsLast({ nulls, desc }: ast.OrderItem): boolean {
  return nulls === null ? desc : nulls === "LAST";
}

/** Binds ORDER BY behind a SELECT: its outputs by name or number, or anything that could stand in SELECT. Null with problems. */
export function bindOrder(
  items: readonly ast.OrderItem[],
  outputs: readonly SelectOutput[],
  binder: ExpressionBinder,
  { report, values }: Context,
): OrderItems | null {
  const hidden: { value: Value }[] = [], inside = new ExpressionBinder(values, { ...binder.place, clause: "ORDER BY" });
  const keys = items.map((item) => {
    const how = { desc: item.desc, nullsLast: nullsLast(item) }, named = outputOf(item.expr, outputs);
    if (named === "beyond") {
      return report.add(
        item.at,
        `ORDER BY ${(item.expr as ast.NumberLiteral).text}: SELECT has ${counted(outputs.length, "column")}`,
      );
    }
    if (named !== null) return { at: { output: named }, ...how };
    const value = inside.bind(item.expr);
    if (value === null) return null;
    if (value.type === null) return report.add(item.at, "NULL is no order");
    const text = JSON.stringify(value.expr),
      output = outputs.findIndex((one) => JSON.stringify(one.value.expr) === text);
    if (output >= 0) return { at: { output }, ...how };
    return { at: { hidden: hidden.push({ value }) - 1 }, ...how };
  });
  return keys.includes(null) ? null : { keys: keys as OrderItems["keys"], hidden };
}

/** The output that an item means by its name or number; null where it is an expression. */
function outputOf(expr: ast.Expression, outputs: readonly SelectOutput[]): number | "beyond" | null {
  if (expr.kind === "number" && expr.form === "integer") {
    const place = Number(expr.text) - 1;
    return place >= 0 && place < outputs.length ? place : "beyond";
  }
  if (expr.kind !== "column" || expr.parts.length !== 1) return null;
  const [{ name, quoted }] = expr.parts, exact = outputs.findIndex((one) => one.name === name);
  if (exact >= 0 || quoted) return exact < 0 ? null : exact;
  const alike = outputs.flatMap((one, i) => one.name.toLowerCase() === name.toLowerCase() ? [i] : []);
  return alike.length === 1 ? alike[0] : null;
}
