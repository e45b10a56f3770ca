import type * as ast from "../ast.ts";
import { AggregateCalls } from "./aggregate_calls.ts";
import { nameOfCall } from "./calls.ts";
import type { Column } from "./column.ts";
import { conjuncts } from "./conjuncts.ts";
import type { Context, EmitRequest } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import { bindGroupItems, type Grouping } from "./group_items.ts";
import { groupWindow, WindowFunctions } from "./group_window.ts";
import { GroupingFunctions } from "./grouping.ts";
import { bindOrder, type OrderItems } from "./order.ts";
import { outputsOf, type SelectOutput } from "./outputs.ts";
import { OverCalls } from "./over.ts";
import type { Grouped } from "./select_groups.ts";
import { isGrouped } from "./select_shape.ts";
import { bindSource, type Source } from "./source.ts";
import { type BoundTie, tiesOf } from "./ties.ts";
import type { RowCheck } from "./row_checks.ts";
import type { Value } from "./value.ts";

/** Everything of a SELECT that is bound before its nodes are made. */
export interface SelectParts {
  readonly source: Source;
  readonly outputs: readonly SelectOutput[];
  readonly having: readonly Value[];
  readonly qualify: readonly Value[];
  readonly order: OrderItems;
  readonly over: OverCalls;
  readonly grouped: Grouped | null;
  readonly ties: readonly BoundTie[];
  /** Event time that rows keep although nobody names it: Azure's queries window it again. */
  readonly eventTime: Column | null;
}

const NO_GROUPING: Grouping = { keys: [], sets: null, window: null };

/** Binds the clauses of a SELECT. Everything is looked at before the first problem ends it; null with the problems. */
export function bindParts(
  select: ast.Select,
  orderBy: readonly ast.OrderItem[],
  emit: EmitRequest,
  context: Context,
): SelectParts | null {
  const { values, report } = context, source = bindSource(select, context.outer, context);
  if (source === null) return null;
  const { scope } = source, isGroup = isGrouped(select, context), before = report.problems.length;
  const check = (one: RowCheck) => source.checks.behind.add(one);
  const keyBinder = new ExpressionBinder(values, { scope, clause: "GROUP BY", check });
  const written = bindGroupItems(select, keyBinder, context) ?? NO_GROUPING;
  const ties = bindTies(source, written, isGroup, context), grouping = withTies(written, ties);
  const window = grouping.window && groupWindow(grouping.window, scope, context);
  const calls = new AggregateCalls(scope, context);
  const isTime = (id: string) =>
    id === window?.columns.time.id || context.nodes.columns.isArrival(id) ||
    source.tree.tables.some(({ times }) => times?.has(id));
  const over = new OverCalls(scope, select.windows, context, isTime);
  const functions = new WindowFunctions(window, grouping.window, scope, context);
  const sets = new GroupingFunctions(grouping, keyBinder, context);
  const binder = new ExpressionBinder(values, {
    scope,
    clause: "SELECT",
    check,
    call: (call, inside) => {
      if (call.over !== null) return over.bind(call, inside);
      if (nameOfCall(call) === "proctime") return values.column(context.nodes.columns.arrival("PROCTIME"), call.at);
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
  const order = outputs && bindOrder(orderBy, outputs, binder, context);
  if (!isGroup && !select.distinct) refuseEmit(emit, context);
  if (!outputs || !having || !qualify || !order || !source.sound || report.problems.length > before) return null;
  const grouped = isGroup ? { grouping, window, functions, sets, calls: calls.calls, emit, at: select.at } : null;
  const isAzure = grouping.window?.style === "azure", isInner = context.depth > 1;
  const eventTime = !isInner ? null : isAzure ? window!.columns.time : isGroup ? null : source.tree.eventTime;
  if (isAzure && isInner) functions.usesTime = true;
  return { source, outputs, having, qualify, order, over, grouped, ties, eventTime };
}

/** How a subquery with groups is tied to the row around it: none, with a problem, where it is by more than equalities. */
function bindTies(
  { correlated, scope }: Source,
  { sets, window }: Grouping,
  isGroup: boolean,
  { report, values }: Context,
): readonly BoundTie[] {
  const ties = isGroup && sets === null && window === null ? tiesOf(correlated, scope, values) : null;
  if (ties !== null || correlated.length === 0) return ties ?? [];
  const hint = "Join with groups: JOIN (SELECT k, MAX(x) AS m FROM t GROUP BY k) g ON g.k = …";
  for (const { at } of correlated) {
    report.add(at, "A subquery of this kind can be tied to the row around it by equalities only", hint);
  }
  return [];
}

/** Groups within each row around a subquery: what ties them is a key too. */
function withTies(grouping: Grouping, ties: readonly BoundTie[]): Grouping {
  const known = new Set(grouping.keys.map(({ expr }) => JSON.stringify(expr)));
  const more = ties.map(({ inner }) => inner).filter(({ expr }) => {
    const text = JSON.stringify(expr), isNew = !known.has(text);
    known.add(text);
    return isNew;
  });
  return more.length === 0 ? grouping : { ...grouping, keys: [...grouping.keys, ...more] };
}

function refuseEmit({ emit, lateness }: EmitRequest, { report }: Context): void {
  const said = emit ?? lateness;
  if (said === null || emit?.mode === "CHANGES") return;
  report.add(said.at, "EMIT says when aggregates give results, and there is none here");
}

function nameOfPath({ parts }: ast.ColumnPath): string {
  return parts.map(({ name }) => name.toLowerCase()).join(".");
}

/** The conditions of a clause like those of SELECT; null with problems. */
function conditions(expression: ast.Expression | null, clause: string, binder: ExpressionBinder): Value[] | null {
  if (expression === null) return [];
  const { check: _, ...place } = binder.place;
  const inside = new ExpressionBinder(binder.values, { ...place, clause });
  const bound = conjuncts(expression).map((one) => inside.condition(one));
  return bound.includes(null) ? null : bound as Value[];
}
