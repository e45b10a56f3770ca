import { type DataType, formatType, JSON_VALUE, sameType } from "../core/schema.ts";
import { compileExpression, type Expression, isColumn } from "../expr/mod.ts";
import { freeName, type LogicalNode, MADE, passing } from "./logical.ts";
import type { Base } from "./lower_nodes.ts";
import type { ProjectColumn, UnnestNode } from "./plan.ts";
import { itemsOf } from "./resolve_unnest.ts";
import type { ResolvedNode } from "./resolved.ts";

/** What is taken apart as a column of arrays, the node, and a projection that reads its items as their types. */
export function lowerUnnest(node: UnnestNode, { inputs: [input] }: ResolvedNode, base: Base): LogicalNode[] {
  const names = input.columns.map(({ name }) => name);
  const items = itemsOf(compileExpression(node.of, input.columns).type)!, array = items.array(node.of);
  const list = isColumn(array) ? array.column : freeName(`${MADE}list`, names);
  const given = [...names, ...(isColumn(array) ? [] : [list])];
  const item = freeName(`${MADE}item`, given), number = freeName(`${MADE}number`, given);
  const before = `${base.id}${MADE}list`;
  const first: LogicalNode[] = isColumn(array)
    ? []
    : [{ op: "project", ...base, id: before, columns: [...names.map(passing), { as: list, expr: array }] }];
  const read = first.length === 0 ? base.inputs : [before];
  const { as } = node, isRow = items.item.nested?.of === "row", whole = typeof as === "string" ? as : as[0];
  const parts = typeof as === "string" || !isRow
    ? [{ as: whole, expr: readAs(item, items.item) }]
    : items.parts.map(({ name }, i) => fieldOf(item, items.item, name, as[i]));
  const numbered = node.ordinality === undefined ? [] : [{ as: node.ordinality, expr: { column: number } }];
  return [
    ...first,
    { op: "unnest", ...base, inputs: read, type: node.type, list, item, number },
    {
      op: "project",
      id: `${base.id}${MADE}out`,
      inputs: [base.id],
      lagMs: base.lagMs,
      columns: [...names.map(passing), ...parts, ...numbered],
    },
  ];
}

/** The JSON of a column as a type. */
function readAs(column: string, type: DataType): Expression {
  return sameType(type, JSON_VALUE) ? { column } : { call: "cast", args: [{ column }], type: formatType(type) };
}

function fieldOf(column: string, row: DataType, name: string, as: string): ProjectColumn {
  return { as, expr: { call: "field", args: [readAs(column, row), { literal: name }] } };
}
