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

/** Whether the rows of a query are those of its FROM and WHERE, one by one: DISTINCT does not matter to who asks for rows. */
export function isPlain({ orderBy, limit, offset }: ast.Query, select: ast.Select, context: Context): boolean {
  if (orderBy.length > 0 || limit !== null || offset !== null || select.qualify !== null) return false;
  const hasOver = select.items.some((item) =>
    item.kind === "expression" && hasCall(item.expr, ({ over }) => over !== null)
  );
  return !hasOver && !isGrouped(select, context);
}
