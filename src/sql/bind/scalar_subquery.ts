import type * as ast from "../ast.ts";
import { idsOf, join } from "./join.ts";
import { INT64 } from "../../core/schema.ts";
import { nameOfCall } from "./calls.ts";
import type { Column, Relation } from "./column.ts";
import type { Context } from "./context.ts";
import type { ExpressionBinder } from "./expression.ts";
import { isGrouped } from "./select_shape.ts";
import { tieConditions } from "./ties.ts";
import type { Value } from "./value.ts";

interface Attachment {
  readonly relation: Relation;
  /** What ties it to the row; none: it is joined to all. */
  readonly conditions: readonly Value[];
  readonly at: ast.Span;
}

/** Scalar subqueries of one SELECT: each is one row that is joined to all, or to those that it is tied to. */
export class Attachments {
  readonly #relations: Attachment[] = [];
  readonly #ids = new Set<string>();

  /** The ids of the columns that stand for subqueries. */
  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** The value of a scalar subquery; null with its problems. */
  add(subquery: ast.Expression, { place }: ExpressionBinder, context: Context): Value | null {
    const { report, values } = context, { at } = subquery;
    if (subquery.kind !== "subquery") {
      const hint = "Join it by AND to the other conditions of WHERE";
      return report.add(at, `EXISTS, IN and ANY cannot stand inside another condition of ${place.clause}`, hint);
    }
    const { query } = subquery;
    if (!hasOneRow(query, context)) {
      const hint = "Aggregate without GROUP BY: (SELECT MAX(x) FROM t)";
      return report.add(at, "A subquery that is a value must give one row", hint);
    }
    const bound = context.query(query, { ...context, outer: place.scope });
    if (bound === null) return null;
    if (bound.outputs.length !== 1) {
      return report.add(at, `A subquery that is a value gives one column, not ${bound.outputs.length}`);
    }
    const { relation, renewed } = context.nodes.columns.renew(bound.relation);
    const of = ({ id }: Column) => renewed.get(id)!, ties = bound.ties ?? [];
    for (const id of idsOf(relation)) this.#ids.add(id);
    const conditions = tieConditions(ties.map(({ column, outer }) => ({ column: of(column), outer })), values);
    this.#relations.push({ relation, conditions, at });
    const value = values.column({ ...of(bound.outputs[0].column), nullable: true }, at);
    // No rows are none: where a row has no group, its count is 0 and not NULL.
    return ties.length > 0 && isCount(query)
      ? values.call("coalesce", [value, values.literal(0, INT64, at)], at)
      : value;
  }

  /** How many of them wait to be joined. */
  get count(): number {
    return this.#relations.length;
  }

  /** Takes the first of those that wait. */
  take(count: number): readonly Attachment[] {
    return this.#relations.splice(0, count);
  }
}

/** Whether a query gives at most one row: an aggregate without groups, or the first row of something. */
function hasOneRow({ body, limit }: ast.Query, context: Context): boolean {
  if (limit?.kind === "number" && limit.text === "1") return true;
  return body.kind === "select" && body.groupBy === null && isGrouped(body, context);
}

function isCount({ body }: ast.Query): boolean {
  const item = body.kind === "select" ? body.items[0] : null;
  return item?.kind === "expression" && item.expr.kind === "call" && nameOfCall(item.expr) === "count";
}

/** The relation with the results of the next `count` scalar subqueries, NULL as long as one has none. `over` brings what ties them to its rows. */
export function attach(
  relation: Relation,
  attachments: Attachments,
  count: number,
  context: Context,
  over: (value: Value) => Value | null = (value) => value,
): Relation | null {
  let result: Relation | null = relation;
  for (const { relation: right, conditions: tied, at } of attachments.take(count)) {
    const conditions = tied.map(over);
    if (conditions.includes(null)) return null;
    result = result && join({ type: "left", left: result, right, conditions: conditions as Value[], at }, context);
  }
  return result;
}
