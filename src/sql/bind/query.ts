import type * as ast from "../ast.ts";
import { EXPRESSION_DEPTH_MAX } from "../../core/limits.ts";
import { bindDistinct } from "./distinct.ts";
import {
  type BoundQuery,
  type Context,
  type Destination,
  type EmitRequest,
  inside,
  type Ordered,
  type OrderKey,
} from "./context.ts";
import { limited } from "./limit.ts";
import { nullsLast } from "./order.ts";
import { resolvePath, Scope } from "./scope.ts";
import { bindSelect } from "./select.ts";
import { bindSetOperation } from "./set_operation.ts";
import { counted } from "./words.ts";
import { bindValues } from "./values_query.ts";

/** Queries within queries. */
const QUERY_DEPTH_MAX = EXPRESSION_DEPTH_MAX;

/** Binds a query within another; null with its problems. */
export function bindQuery(query: ast.Query, around: Context): BoundQuery | null {
  return bindResult(query, "query", around);
}

/** Binds a query whose rows have a destination; null with its problems. */
export function bindResult(query: ast.Query, destination: Destination, around: Context): BoundQuery | null {
  if (around.depth >= QUERY_DEPTH_MAX) {
    return around.report.add(
      query.at,
      `Queries are nested deeper than ${QUERY_DEPTH_MAX}`,
      "Name some of them with CREATE VIEW",
    );
  }
  const context = inside(query, around);
  if (query.body.kind === "query" && isBare(query)) return bindResult(query.body, destination, context);
  const ordered = bindBody(query, context);
  return ordered && limited(ordered, query, destination, context);
}

/** Whether a query says nothing of the query that it is. */
function isBare({ orderBy, limit, offset, emit, lateness }: ast.Query): boolean {
  return orderBy.length === 0 && [limit, offset, emit, lateness].every((clause) => clause === null);
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
