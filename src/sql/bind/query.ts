import type * as ast from "../ast.ts";
import { EXPRESSION_DEPTH_MAX } from "../../core/limits.ts";
import { bindDistinct } from "./distinct.ts";
import { type BoundQuery, type Context, type EmitRequest, inside, type OrderKey } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { wholeOf } from "./literal.ts";
import { nullsLast } from "./order.ts";
import { finishRank, rankNode } from "./rank.ts";
import { resolvePath, Scope } from "./scope.ts";
import { bindSelect } from "./select.ts";
import { bindSetOperation } from "./set_operation.ts";
import { counted } from "./words.ts";
import { bindValues } from "./values_query.ts";

/** Queries within queries. */
const QUERY_DEPTH_MAX = EXPRESSION_DEPTH_MAX;

/** A query's rows in an order, if ORDER BY stands behind it. */
interface Ordered extends BoundQuery {
  readonly order: readonly OrderKey[];
}

/** Binds a query; null with its problems. */
export function bindQuery(query: ast.Query, around: Context): BoundQuery | null {
  if (around.depth >= QUERY_DEPTH_MAX) {
    return around.report.add(
      query.at,
      `Queries are nested deeper than ${QUERY_DEPTH_MAX}`,
      "Name some of them with CREATE VIEW",
    );
  }
  const context = inside(query, around);
  const ordered = bindBody(query, context);
  return ordered && limited(ordered, query, context);
}

function bindBody(query: ast.Query, context: Context): Ordered | null {
  const { body, orderBy, emit, lateness } = query, request: EmitRequest = { emit, lateness };
  if (body.kind === "select") {
    const select = bindSelect(body, orderBy, request, context);
    if (select === null || !body.distinct) return select;
    const distinct = bindDistinct(select, select.order, request, body.at, context);
    return distinct && { ...distinct, order: select.order };
  }
  if (emit !== null || lateness !== null) {
    context.report.add(
      (emit ?? lateness)!.at,
      "EMIT belongs to a SELECT with aggregates",
      "Write it in a query of its own, in parentheses",
    );
  }
  const bound = bindOther(body, query, context);
  if (bound === null) return null;
  const order = orderOf(bound, orderBy, context);
  return order && { ...bound, order };
}

function bindOther(body: Exclude<ast.QueryBody, ast.Select>, { at }: ast.Query, context: Context): BoundQuery | null {
  switch (body.kind) {
    case "query":
      return bindQuery(body, context);
    case "values":
      return bindValues(body, context);
    case "table_query":
      return context.names.table({ name: body.name, hints: [], time: null }, context);
    case "set_operation":
      return bindSetOperation(body, (input) => bindInput(input, at, { ...context, outer: null }), context);
  }
}

/** One side of a set operation. */
function bindInput(body: ast.QueryBody, at: ast.Span, context: Context): BoundQuery | null {
  const query: ast.Query = {
    kind: "query",
    with: [],
    body,
    orderBy: [],
    limit: null,
    offset: null,
    emit: null,
    lateness: null,
    at,
  };
  return bindQuery({ ...query, at: body.at }, context);
}

/** ORDER BY behind anything but a SELECT: by columns of the result. */
function orderOf({ outputs }: BoundQuery, orderBy: readonly ast.OrderItem[], { report }: Context): OrderKey[] | null {
  const scope = new Scope([{ names: [], columns: outputs }]);
  const keys = orderBy.map((item): OrderKey | null => {
    const { expr, desc } = item;
    if (expr.kind === "number" && expr.form === "integer") {
      const output = outputs[Number(expr.text) - 1];
      return output
        ? { column: output.column, desc, nullsLast: nullsLast(item) }
        : report.add(item.at, `There ${outputs.length === 1 ? "is" : "are"} ${counted(outputs.length, "column")}`);
    }
    if (expr.kind !== "column") return report.add(item.at, "ORDER BY takes columns of the result here");
    const column = resolvePath(scope, expr.parts, expr.at, report);
    return column && { column, desc, nullsLast: nullsLast(item) };
  });
  return keys.includes(null) ? null : keys as OrderKey[];
}

/** ORDER BY with LIMIT is a top-n. Without it, only the order of event time can be had, which rows have anyway. */
function limited(bound: Ordered, query: ast.Query, context: Context): BoundQuery | null {
  const { report } = context, { order } = bound, limit = countOf(query.limit, "LIMIT", context);
  const offset = countOf(query.offset, "OFFSET", context);
  if (limit === undefined || offset === undefined) return null;
  if (limit === null) {
    if (offset !== null) return report.add(query.offset!.at, "OFFSET without LIMIT would number all rows", "Add LIMIT");
    if (order.length === 0) return bound;
    if (order[0].desc || !bound.relation.times.has(order[0].column.id)) {
      return report.add(
        query.orderBy[0].at,
        "A stream has no end to sort: ORDER BY needs LIMIT",
        "Add LIMIT 10 for the first ten at any time",
      );
    }
    report.note(query.orderBy[0].at, "ORDER BY event time is left out: rows go by the watermark, which follows it");
    return bound;
  }
  if (bound.ties) return report.add(query.limit!.at, "A subquery with LIMIT cannot be tied to the row around it");
  if (limit === 0) return report.add(query.limit!.at, "LIMIT 0 gives no rows");
  const { rank } = bound, ranked = rank ? finishRank(bound.relation, rank, [], context) : null;
  if (rank && ranked === null) return null;
  const relation = ranked?.relation ?? bound.relation, from = (offset ?? 0) + 1;
  const number = { column: null, keys: [], order, at: query.limit!.at };
  return { relation: rankNode(relation, number, from, from + limit - 1, context), outputs: bound.outputs };
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
