import { RANK_ROWS_MAX } from "../../core/limits.ts";
import { INT64 } from "../../core/schema.ts";
import type * as ast from "../ast.ts";
import { freeName, nameIn, type Relation } from "./column.ts";
import type { BoundQuery, Context, Destination, Ordered, OrderKey } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { wholeOf } from "./literal.ts";
import type { PlanWriter } from "./plan_writer.ts";
import { finishRank, rankNode } from "./rank.ts";
import { Scope } from "./scope.ts";

/**
 * What ORDER BY, OFFSET and LIMIT make of a query. With LIMIT they are a top-n. Without it a result that is whole is sorted when
 * it is read; else only the order of event time can be had. Null with a problem.
 */
export function limited(
  { order, ...bound }: Ordered,
  query: ast.Query,
  destination: Destination,
  context: Context,
): BoundQuery | null {
  const { report } = context, limit = countOf(query.limit, "LIMIT", context);
  const offset = countOf(query.offset, "OFFSET", context), whole = destination === "whole";
  if (limit === undefined || offset === undefined) return null;
  if (limit === null) {
    if (order.length === 0 && offset === null) return bound;
    if (whole) return { ...bound, result: { keys: order, offset: offset ?? 0, limit, whole } };
    if (offset !== null) return report.add(query.offset!.at, "OFFSET without LIMIT would number all rows", "Add LIMIT");
    return inTime(bound, order, query, destination, context);
  }
  if (bound.ties) return report.add(query.limit!.at, "A subquery with LIMIT cannot be tied to the row around it");
  if (limit === 0) return report.add(query.limit!.at, "LIMIT 0 gives no rows");
  const from = (offset ?? 0) + 1, to = from + limit - 1;
  if (to > RANK_ROWS_MAX) {
    if (whole) return { ...bound, result: { keys: order, offset: offset ?? 0, limit, whole } };
    return report.add(query.limit!.at, `LIMIT can go up to row ${RANK_ROWS_MAX} here, not ${to}`);
  }
  const { rank } = bound, ranked = rank ? finishRank(bound.relation, rank, [], context) : null;
  if (rank && ranked === null) return null;
  const number = { fn: "row_number" as const, column: null, keys: [], order, at: query.limit!.at };
  const relation = rankNode(ranked?.relation ?? bound.relation, number, from, to, context), { outputs } = bound;
  if (destination === "query" || order.length === 0) return { relation, outputs };
  return { relation, outputs, result: { keys: order, offset: 0, limit: null, whole } };
}

/** ORDER BY alone, of rows that are never all there. */
function inTime(
  bound: BoundQuery,
  order: readonly OrderKey[],
  { orderBy: [{ at }, second] }: ast.Query,
  destination: Destination,
  context: Context,
): BoundQuery | null {
  const { report } = context, [{ column, desc }] = order, { relation } = bound;
  if (destination === "query") {
    report.note(at, "ORDER BY without LIMIT has no effect here: the query around it takes rows as they come");
    return bound;
  }
  const isBound = relation.windows.has(column.id) && !relation.changes;
  if (desc || !(relation.times.has(column.id) || isBound)) {
    return report.add(
      at,
      "A stream has no end to sort: ORDER BY needs LIMIT",
      "Add LIMIT 10 for the first ten at any time, or order by event time alone",
    );
  }
  if (second !== undefined) {
    return report.add(second.at, "Rows of a stream can be in the order of event time, and of nothing else behind it");
  }
  if (isBound || comesInTime(relation.node, context.nodes.plan)) {
    report.note(at, "ORDER BY event time is left out: rows come in this order anyway");
    return bound;
  }
  const { rank } = bound, ranked = rank ? finishRank(relation, rank, [], context)?.relation ?? null : relation;
  if (ranked === null) return null;
  if (ranked.changes) {
    return report.add(
      at,
      "Rows that are taken back have no place in the order of event time",
      "Add LIMIT, or leave it out",
    );
  }
  return { relation: sortedByTime(ranked, column.id, at, context), outputs: bound.outputs };
}

/** Whether a node gives rows in the order of their event time, since the watermark makes them. */
function comesInTime(id: string, plan: PlanWriter): boolean {
  const node = plan.nodes.find((one) => one.id === id)!;
  if (node.op === "filter" || node.op === "project") return comesInTime(node.input![0], plan);
  return node.op === "aggregate" || node.op === "over" || (node.op === "rank" && node.window_end !== undefined);
}

/** Rows in the order of event time: each as soon as the watermark has passed it. */
function sortedByTime(relation: Relation, time: string, at: ast.Span, { nodes }: Context): Relation {
  const as = freeName("$sorted", new Set(relation.columns.map(({ name }) => name)));
  const frame = { kind: "rows", preceding: 0 }, aggs = [{ fn: "count", as }];
  const node = nodes.plan.add("over", [relation.node], { keys: [], time: nameIn(relation, time)!, frame, aggs }, at);
  const counted = { column: nodes.columns.make(as, { type: INT64, nullable: false }), name: as };
  const columns = [...relation.columns, counted];
  return { ...relation, node, columns, times: new Set([time]), windows: new Map(), windowed: false };
}

/** Undefined with a problem. */
function countOf(
  expression: ast.Expression | null,
  clause: string,
  { report, values }: Context,
): number | null | undefined {
  if (expression === null) return null;
  const value = new ExpressionBinder(values, { scope: new Scope([]), clause }).bind(expression);
  if (value === null) return undefined;
  const whole = value.interval ? null : wholeOf(value.expr);
  if (whole !== null && whole >= 0n && whole <= BigInt(2 ** 31 - 1)) return Number(whole);
  report.add(expression.at, `${clause} needs a number of rows`);
  return undefined;
}
