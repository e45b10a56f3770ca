import type { Column, DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { Expression } from "../../src/expr/mod.ts";
import type { UnnestNode } from "../../src/plan/plan.ts";
import { expression, type Known } from "./expression.ts";
import { type Operator, stateless } from "./operator.ts";
import { column } from "./schema.ts";
import type { Row } from "./value.ts";

/** An array that is made on the spot, of columns and literals of one type; or NULL where a condition is not true. */
interface List {
  readonly item: DataType;
  of(row: readonly Value[]): readonly Value[] | null;
}

function listOf(json: Expression, columns: readonly Column[]): List {
  if (!("call" in json)) throw new Error("The reference engine takes arrays apart that the node makes itself");
  if (json.call === "case") {
    const [condition, then] = json.args, where = expression(condition, columns), list = listOf(then, columns);
    return { item: list.item, of: (row) => where.of(row) === true ? list.of(row) : null };
  }
  if (json.call !== "array") throw new Error(`The reference engine knows no array of ${json.call}`);
  const items: Known[] = json.args.map((arg) => expression(arg, columns));
  return { item: items[0].type, of: (row) => items.map((item) => item.of(row)) };
}

/** Each row once for each item of its array. */
export function unnest({ of, as, type, ordinality }: UnnestNode, input: readonly Column[]): Operator {
  const list = listOf(of, input), left = type === "left", name = typeof as === "string" ? as : as[0];
  const number = ordinality === undefined ? [] : [column(ordinality, { kind: "int64" }, left)];
  return stateless([...input, column(name, list.item), ...number], ({ kind, values }): Row[] => {
    const items = list.of(values) ?? [];
    const made: (readonly [Value, Value])[] = items.map((item, i) => [item, BigInt(i + 1)]);
    if (made.length === 0 && left) made.push([null, null]);
    return made.map(([item, place]) => ({ kind, values: [...values, item, ...(number.length > 0 ? [place] : [])] }));
  });
}
