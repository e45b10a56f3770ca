import type * as ast from "../ast.ts";
import { idsOf, join } from "./join.ts";
import type { Relation } from "./column.ts";
import { type Context, inside, type LoneRow } from "./context.ts";
import type { ExpressionBinder } from "./expression.ts";
import { isGrouped, isLone } from "./select_shape.ts";
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
    const row = bindRow(subquery, { ...context, outer: place.scope });
    if (row === null) return null;
    if (row.values.length !== 1) {
      return report.add(at, `A subquery that is a value gives one column, not ${row.values.length}`);
    }
    const { relation, renewed } = context.nodes.columns.renew(row.relation);
    for (const id of idsOf(relation)) this.#ids.add(id);
    const ties = row.ties.map(({ column, outer }) => ({ column: renewed.get(column.id)!, outer }));
    this.#relations.push({ relation, conditions: tieConditions(ties, values), at });
    const [value] = row.values, counts = new Set(row.counts.map(({ id }) => id));
    // No row around it is left out: where it has no group, counts are 0 and all else is NULL.
    const expr = values.places.rename(value.expr, (id) => {
      const column = renewed.get(id)?.id ?? id;
      return counts.has(id) ? { call: "coalesce", args: [{ column }, { literal: 0 }] } : column;
    });
    return values.as({ ...value, at }, expr);
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

/** The row that a subquery gives at most; null with its problems. */
function bindRow({ query, at }: ast.ScalarSubquery, context: Context): LoneRow | null {
  const { body, limit } = query, isFirst = limit?.kind === "number" && limit.text === "1";
  if (isLone(query, context)) {
    return context.lone(body as ast.Select, inside(query, context));
  }
  const isAggregate = body.kind === "select" && body.groupBy === null && isGrouped(body, context);
  if (!isFirst && !isAggregate) {
    const hint = "Aggregate without GROUP BY: (SELECT MAX(x) FROM t)";
    return context.report.add(at, "A subquery that is a value must give one row", hint);
  }
  const bound = context.query(query, context);
  if (bound === null) return null;
  const { relation, outputs, ties = [] } = bound;
  const values = outputs.map(({ column }) => context.values.column({ ...column, nullable: true }, query.at));
  return { relation, values, ties, counts: [] };
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
