import type * as ast from "../ast.ts";
import { idsOf, join } from "./join.ts";
import type { Relation } from "./column.ts";
import type { Context } from "./context.ts";
import type { ExpressionBinder } from "./expression.ts";
import { isGrouped } from "./select_shape.ts";
import type { Value } from "./value.ts";

/** Scalar subqueries of one SELECT: each is one row that is joined to all. */
export class Attachments {
  readonly #relations: { readonly relation: Relation; readonly at: ast.Span }[] = [];
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
    const column = renewed.get(bound.outputs[0].column.id)!;
    for (const id of idsOf(relation)) this.#ids.add(id);
    this.#relations.push({ relation, at });
    return values.column({ ...column, nullable: true }, at);
  }

  /** How many of them wait to be joined. */
  get count(): number {
    return this.#relations.length;
  }

  /** Takes the first of those that wait. */
  take(count: number): readonly { readonly relation: Relation; readonly at: ast.Span }[] {
    return this.#relations.splice(0, count);
  }
}

/** Whether a query gives at most one row: an aggregate without groups, or the first row of something. */
function hasOneRow({ body, limit }: ast.Query, context: Context): boolean {
  if (limit?.kind === "number" && limit.text === "1") return true;
  return body.kind === "select" && body.groupBy === null && isGrouped(body, context);
}

/** The relation with the results of the next `count` scalar subqueries, NULL as long as one has none. */
export function attach(
  relation: Relation,
  attachments: Attachments,
  count: number,
  context: Context,
): Relation | null {
  let result: Relation | null = relation;
  for (const { relation: right, at } of attachments.take(count)) {
    result = result && join({ type: "left", left: result, right, conditions: [], at }, context);
  }
  return result;
}
