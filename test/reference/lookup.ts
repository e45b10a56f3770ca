import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { LookupNode } from "../../src/plan/plan.ts";
import { expression } from "./expression.ts";
import { type Operator, stateless } from "./operator.ts";
import { column, place, readType } from "./schema.ts";
import { keyOf, type Row } from "./value.ts";

/** Rows of tables outside, which never change, by the ids of the nodes that look them up; a value for each of the node's columns. */
export type Tables = ReadonlyMap<string, readonly (readonly Value[])[]>;

/** Each row with the rows of the table that have its key, in the order of the table. */
export function lookup(node: LookupNode, input: readonly Column[], tables: Tables): Operator {
  const { on, type, columns: declared } = node, rows = tables.get(node.id);
  if (!rows) throw new Error(`The reference engine has no table for lookup ${node.id}`);
  const table = declared.map(({ name, as = name, type: text, nullable }) => ({
    there: name,
    column: column(as, readType(text), nullable || type === "left"),
  }));
  const left = on.map((pair) => place(input, pair.left));
  const right = on.map((pair) => table.findIndex(({ there }) => there === pair.right));
  const columns = [...input, ...table.map((one) => one.column)];
  const where = node.where && expression(node.where, columns), nothing = table.map(() => null);
  return stateless(columns, ({ kind, values }): Row[] => {
    const key = left.map((at) => values[at]);
    const equal = key.includes(null) ? [] : rows.filter((row) => keyOf(right.map((at) => row[at])) === keyOf(key));
    const joined = equal.map((row) => [...values, ...row]).filter((row) => !where || where.of(row) === true);
    if (joined.length === 0 && type === "left") joined.push([...values, ...nothing]);
    return joined.map((row) => ({ kind, values: row }));
  });
}
