import type * as ast from "../ast.ts";
import { hasCall, nameOfCall } from "./calls.ts";
import type { Context } from "./context.ts";

/** Whether a call is an aggregate that belongs to the SELECT itself. */
export function isAggregate(call: ast.FunctionCall, { aggregates }: Context): boolean {
  return call.over === null && aggregates.has(nameOfCall(call));
}

/** Whether a SELECT is one of groups. */
export function isGrouped({ groupBy, having, items }: ast.Select, context: Context): boolean {
  if (groupBy !== null || having !== null) return true;
  return items.some((item) => item.kind === "expression" && hasCall(item.expr, (call) => isAggregate(call, context)));
}

/** Whether a query is the one row of an aggregate without groups, as it comes. */
export function isLone({ body, orderBy, limit, offset, emit, lateness }: ast.Query, context: Context): boolean {
  if (orderBy.length > 0 || [limit, offset, emit, lateness].some((clause) => clause !== null)) return false;
  if (body.kind !== "select" || body.groupBy !== null || body.having !== null || body.qualify !== null) return false;
  return isGrouped(body, context) && !hasOver(body);
}

function hasOver({ items }: ast.Select): boolean {
  return items.some((item) => item.kind === "expression" && hasCall(item.expr, ({ over }) => over !== null));
}

/** Whether the rows of a query are those of its FROM and WHERE, one by one: DISTINCT does not matter to who asks for rows. */
export function isPlain({ orderBy, limit, offset }: ast.Query, select: ast.Select, context: Context): boolean {
  if (orderBy.length > 0 || limit !== null || offset !== null || select.qualify !== null) return false;
  return !hasOver(select) && !isGrouped(select, context);
}
