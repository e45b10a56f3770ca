import type * as ast from "../ast.ts";
import type { Relation } from "./column.ts";
import type { BoundQuery, Context, EmitRequest, LoneRow, OrderKey } from "./context.ts";
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

/** Binds a SELECT that is an aggregate without groups, up to its row: what it shows is computed by who reads it. */
export function bindLone(select: ast.Select, around: Context): LoneRow | null {
  // Who reads the row knows what it means that there is none.
  const context = withHints({ ...around, whole: false }, select.hints), { nodes } = context;
  const parts = bindParts(select, [], { emit: null, lateness: null }, context);
  const rows = parts && buildRows(parts, context);
  if (rows === null) return null;
  const { relation, moved } = rows, shown = allOf(parts!.outputs.map(({ value }) => moved(value)));
  const ties = allOf(parts!.ties.map(({ inner }) => moved(inner)));
  if (shown === null || ties === null) return null;
  const keyed = nodes.asColumns(relation, ties, "$key", select.at);
  return {
    relation: keyed.relation,
    values: shown,
    ties: keyed.columns.map((column, i) => ({ column, outer: parts!.ties[i].outer })),
    counts: parts!.grouped!.calls.map(({ column }) => column).filter(({ nullable }) => !nullable),
  };
}

/** The rows of a SELECT before it is projected. */
interface Rows {
  readonly relation: Relation;
  readonly qualify: readonly Value[];
  /** A value over these rows; null with a problem. */
  readonly moved: (value: Value) => Value | null;
}

function buildRows({ source, grouped, over, ...parts }: SelectParts, context: Context): Rows | null {
  const { nodes } = context;
  const isLater = (id: string) => source.attachments.ids.has(id) || over.has(id);
  const built = grouped === null
    ? plainRows(buildSource(source, context))
    : groupRelation(source, grouped, isLater, context);
  if (built === null) return null;
  const moved = (value: Value) => built.over(value);
  const having = allOf(parts.having.map(moved)), qualify = allOf(parts.qualify.map(moved));
  const attached = attach(built.relation, source.attachments, source.attachments.count, context, moved);
  if (having === null || qualify === null || attached === null) return null;
  const relation = over.build(nodes.filter(attached, having), moved);
  return relation && { relation, qualify, moved };
}

function buildSelect(select: ast.Select, parts: SelectParts, context: Context): BoundSelect | null {
  const rows = buildRows(parts, context);
  if (rows === null) return null;
  const { relation, qualify, moved } = rows, { over } = parts, { nodes } = context;
  const ranked = over.rank ? pendingRank(relation, over.rank, moved, context) : null;
  if (over.rank && ranked === null) return null;
  const { outputs, order, ties, eventTime } = parts, shown = { at: select.at, outputs, order, ties, eventTime, moved };
  if (ranked === null) return projected(nodes.filter(relation, qualify), null, shown, context);
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
