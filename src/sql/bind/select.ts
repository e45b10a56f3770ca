import type * as ast from "../ast.ts";
import { AggregateCalls } from "./aggregate_calls.ts";
import type { Relation } from "./column.ts";
import { conjuncts } from "./conjuncts.ts";
import type { BoundQuery, Context, EmitRequest, OrderKey } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { type Grouped, groupRelation } from "./select_groups.ts";
import { withHints } from "./hints.ts";
import { bindGroupItems, type Grouping } from "./group_items.ts";
import { groupWindow, WindowFunctions } from "./group_window.ts";
import { GroupingFunctions } from "./grouping.ts";
import { bindOrder, type OrderItems } from "./order.ts";
import { outputsOf, type SelectOutput } from "./outputs.ts";
import { OverCalls, pendingRank } from "./over.ts";
import { finishRank } from "./rank.ts";
import { attach } from "./scalar_subquery.ts";
import { projected } from "./select_outputs.ts";
import { isGrouped } from "./select_shape.ts";
import { bindSource, buildSource, type Source } from "./source.ts";
import type { Value } from "./value.ts";

/** A SELECT with the order that ORDER BY behind it asks for. */
export interface BoundSelect extends BoundQuery {
  readonly order: readonly OrderKey[];
}

/** Everything of a SELECT that is bound before its nodes are made. */
interface Parts {
  readonly source: Source;
  readonly outputs: readonly SelectOutput[];
  readonly having: readonly Value[];
  readonly qualify: readonly Value[];
  readonly order: OrderItems;
  readonly over: OverCalls;
  readonly grouped: Grouped | null;
}

const NO_GROUPING: Grouping = { keys: [], sets: null, window: null };

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

function bindParts(
  select: ast.Select,
  orderBy: readonly ast.OrderItem[],
  emit: EmitRequest,
  context: Context,
): Parts | null {
  const { values, report } = context, source = bindSource(select, context.outer, context);
  if (source === null) return null;
  for (const { at } of source.correlated) {
    const hint = "Join with groups: JOIN (SELECT k, MAX(x) AS m FROM t GROUP BY k) g ON g.k = …";
    report.add(at, "This names the query around it, which only EXISTS and IN with a plain SELECT can", hint);
  }
  const { scope } = source, keyBinder = new ExpressionBinder(values, { scope, clause: "GROUP BY" });
  const isGroup = isGrouped(select, context) || select.groupBy !== null;
  const before = report.problems.length;
  const grouping = bindGroupItems(select, keyBinder, context) ?? NO_GROUPING;
  const window = grouping.window && groupWindow(grouping.window, scope, context);
  const calls = new AggregateCalls(scope, context), over = new OverCalls(scope, select.windows, context);
  const functions = new WindowFunctions(window, grouping.window, context);
  const sets = new GroupingFunctions(grouping, keyBinder, context);
  const binder = new ExpressionBinder(values, {
    scope,
    clause: "SELECT",
    call: (call, inside) => {
      if (call.over !== null) return over.bind(call, inside);
      for (const bind of [() => functions.call(call), () => sets.call(call)]) {
        const known = bind();
        if (known !== undefined) return known;
      }
      return isGroup ? calls.bind(call) : undefined;
    },
    path: (path) => nameOfPath(path) === "system.timestamp" ? functions.systemTimestamp(path.at) : undefined,
    subquery: (subquery, inside) => source.attachments.add(subquery, inside, context),
  });
  const outputs = outputsOf(select, binder, context, ({ expr }, name) => {
    const call = expr.kind === "call" ? expr : null;
    calls.wanted = call && call.over === null ? { call, name } : null;
    over.item = call && call.over !== null ? { call, name } : null;
  });
  calls.wanted = over.item = null;
  const having = conditions(select.having, "HAVING", binder);
  over.filters = true;
  const qualify = conditions(select.qualify, "QUALIFY", binder);
  over.filters = false;
  // Everything is looked at before the first problem ends it.
  if (outputs === null || having === null || qualify === null) return null;
  const order = bindOrder(orderBy, outputs, binder, context);
  if (order === null) return null;
  if (!isGroup && (emit.emit !== null || emit.lateness !== null) && !select.distinct) {
    const at = (emit.emit ?? emit.lateness)!.at;
    if (emit.emit?.mode !== "CHANGES") report.add(at, "EMIT says when aggregates give results, and there is none here");
  }
  if (!source.sound || source.correlated.length > 0 || report.problems.length > before) return null;
  const grouped = isGroup ? { grouping, window, functions, sets, calls: calls.calls, emit, at: select.at } : null;
  return { source, outputs, having, qualify, order, over, grouped };
}

function nameOfPath({ parts }: ast.ColumnPath): string {
  return parts.map(({ name }) => name.toLowerCase()).join(".");
}

/** The conditions of a clause like those of SELECT; null with problems. */
function conditions(expression: ast.Expression | null, clause: string, binder: ExpressionBinder): Value[] | null {
  if (expression === null) return [];
  const inside = new ExpressionBinder(binder.values, { ...binder.place, clause });
  const bound = conjuncts(expression).map((one) => inside.condition(one));
  return bound.includes(null) ? null : bound as Value[];
}

function buildSelect(select: ast.Select, parts: Parts, context: Context): BoundSelect | null {
  const { source, grouped, over } = parts, { nodes } = context;
  const isLater = (id: string) => source.attachments.ids.has(id) || over.has(id);
  const built = grouped === null
    ? plainRows(buildSource(source, context))
    : groupRelation(source, grouped, isLater, context);
  if (built === null) return null;
  const moved = (value: Value) => built.over(value);
  const having = allOf(parts.having.map(moved)), qualify = allOf(parts.qualify.map(moved));
  const attached = attach(built.relation, source.attachments, source.attachments.count, context);
  if (having === null || qualify === null || attached === null) return null;
  const rows = over.build(nodes.filter(attached, having), moved);
  const ranked = rows && over.rank ? pendingRank(rows, over.rank, moved, context) : null;
  if (rows === null || (over.rank && ranked === null)) return null;
  const shown = { at: select.at, outputs: parts.outputs, order: parts.order, moved };
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
