import type * as ast from "../ast.ts";
import type { Relation } from "./column.ts";
import type { BoundQuery, Context, EmitRequest, OrderKey } from "./context.ts";
import { withHints } from "./hints.ts";
import { pendingRank } from "./over.ts";
import { finishRank } from "./rank.ts";
import { attach } from "./scalar_subquery.ts";
import { groupRelation } from "./select_groups.ts";
import { projected } from "./select_outputs.ts";
import { bindParts, type SelectParts } from "./select_parts.ts";
import { buildSource } from "./source.ts";
import type { Value } from "./value.ts";

/** A SELECT with the order that ORDER BY behind it asks for. */
export interface BoundSelect extends BoundQuery {
  readonly order: readonly OrderKey[];
}

/** Binds a SELECT; null with its problems. */
export function bindSelect(
  select: ast.Select,
  orderBy: readonly ast.OrderItem[],
  emit: EmitRequest,
  around: Context,
): BoundSelect | null {
  const context = withHints(around, select.hints);
  const parts = bindParts(select, orderBy, emit, context);
  return parts && buildSelect(select, parts, context);
}

function buildSelect(select: ast.Select, parts: SelectParts, context: Context): BoundSelect | null {
  const { source, grouped, over } = parts, { nodes } = context;
  const isLater = (id: string) => source.attachments.ids.has(id) || over.has(id);
  const built = grouped === null
    ? plainRows(buildSource(source, context))
    : groupRelation(source, grouped, isLater, context);
  if (built === null) return null;
  const moved = (value: Value) => built.over(value);
  const having = allOf(parts.having.map(moved)), qualify = allOf(parts.qualify.map(moved));
  const attached = attach(built.relation, source.attachments, source.attachments.count, context, moved);
  if (having === null || qualify === null || attached === null) return null;
  const rows = over.build(nodes.filter(attached, having), moved);
  const ranked = rows && over.rank ? pendingRank(rows, over.rank, moved, context) : null;
  if (rows === null || (over.rank && ranked === null)) return null;
  const shown = {
    at: select.at,
    outputs: parts.outputs,
    order: parts.order,
    ties: parts.ties,
    eventTime: parts.eventTime,
    moved,
  };
  if (ranked === null) return projected(nodes.filter(rows, qualify), null, shown, context);
  if (qualify.length === 0) return projected(ranked.relation, ranked.rank, shown, context);
  const finished = finishRank(ranked.relation, ranked.rank, qualify, context);
  return finished && projected(nodes.filter(finished.relation, finished.rest), null, shown, context);
}

function plainRows(relation: Relation | null) {
  return relation && { relation, over: (value: Value): Value | null => value };
}

function allOf<T>(items: readonly (T | null)[]): T[] | null {
  return items.includes(null) ? null : items as T[];
}
