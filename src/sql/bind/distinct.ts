import type { Span } from "../ast.ts";
import type { BoundQuery, Context, EmitRequest, OrderKey } from "./context.ts";
import { groupRows } from "./group.ts";
import { nameIn } from "./column.ts";
import { finishRank } from "./rank.ts";

/** Each row once: groups by all columns, without aggregates. Null with a problem. */
export function bindDistinct(
  bound: BoundQuery,
  order: readonly OrderKey[],
  emit: EmitRequest,
  at: Span,
  context: Context,
): BoundQuery | null {
  const { report, values } = context, { outputs } = bound;
  if (order.some(({ column }) => !outputs.some((output) => output.column.id === column.id))) {
    return report.add(at, "SELECT DISTINCT can be ordered by its columns alone", "Add what is ordered by to SELECT");
  }
  const ranked = bound.rank ? finishRank(bound.relation, bound.rank, [], context) : { relation: bound.relation };
  if (ranked === null) return null;
  const keys = outputs.filter(({ column }) => nameIn(ranked.relation, column.id) !== null)
    .map(({ column }) => values.column(column, at));
  const groups = groupRows(ranked.relation, { keys, sets: null, grouping: null, calls: [], emit, at }, context);
  return groups && { relation: groups.relation, outputs };
}
