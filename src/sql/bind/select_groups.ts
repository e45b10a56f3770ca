import type { Span } from "../ast.ts";
import type { BoundCall } from "./aggregate_calls.ts";
import type { Relation } from "./column.ts";
import type { Context, EmitRequest } from "./context.ts";
import { groupByCount } from "./count_window.ts";
import { type GroupRequest, groupRows, type Groups, overGroups } from "./group.ts";
import type { Grouping } from "./group_items.ts";
import type { GroupWindow, WindowFunctions } from "./group_window.ts";
import type { GroupingFunctions } from "./grouping.ts";
import { withOneMore } from "./no_rows.ts";
import { groupBySliding } from "./sliding.ts";
import { buildSource, type Source } from "./source.ts";
import type { Value } from "./value.ts";
import { checkTime, windowNode } from "./window_table.ts";

/** What GROUP BY and the aggregates of a SELECT say together. */
export interface Grouped {
  readonly grouping: Grouping;
  readonly window: GroupWindow | null;
  readonly functions: WindowFunctions;
  readonly sets: GroupingFunctions;
  readonly calls: readonly BoundCall[];
  readonly emit: EmitRequest;
  readonly at: Span;
}

/** Rows of groups, and how a value of the rows before is one of theirs. */
export interface GroupRelation {
  readonly relation: Relation;
  over(value: Value): Value | null;
}

/** The nodes of a SELECT with groups, up to their rows; `isLater` tells columns that are made behind them. Null with a problem. */
export function groupRelation(
  source: Source,
  grouped: Grouped,
  isLater: (id: string) => boolean,
  context: Context,
): GroupRelation | null {
  const groups = grouped.window !== null
    ? byGroupWindow(source, grouped, grouped.window, context)
    : byRows(source, grouped, context);
  return groups && { relation: groups.relation, over: (value) => overGroups(value, groups, isLater, context) };
}

function byRows(source: Source, grouped: Grouped, context: Context): Groups | null {
  const relation = buildSource(source, context), request = requestOf(grouped);
  if (relation === null) return null;
  const isLone = context.whole && request.keys.length === 0 && request.sets === null;
  if (!isLone) return groupRows(relation, request, context);
  const more = withOneMore(relation, request, context);
  return groupRows(more.relation, { ...request, calls: more.calls }, context);
}

function requestOf({ grouping, sets, calls, emit, at }: Grouped): GroupRequest {
  return { keys: grouping.keys, sets: grouping.sets, grouping: sets.column, calls, emit, at };
}

/** The window of GROUP BY stands behind the keys, and its bounds are keys in front of them. */
function byGroupWindow(source: Source, grouped: Grouped, window: GroupWindow, context: Context): Groups | null {
  const built = buildSource(source, context);
  if (built === null) return null;
  const { shape, columns, at, time } = window, { values, nodes } = context, request = requestOf(grouped);
  if (time !== null) {
    const name = { name: time.name, quoted: true, at };
    if (!checkTime({ relation: built, outputs: [] }, time, name, context)) return null;
  }
  if (window.slidingMs !== null) return groupBySliding(built, request, window, time ?? timeOf(built), context);
  if (window.count !== null) {
    const { usesTime } = grouped.functions;
    return groupByCount(built, request, window, time ?? timeOf(built), usesTime, context);
  }
  const keyed = nodes.asColumns(built, request.keys, "$key", at);
  const keys = keyed.columns.map((column) => values.column(column, at));
  const sessionKeys = shape.kind === "session" ? unique([...window.partitionBy, ...keys]) : [];
  const windowed = windowNode(keyed.relation, shape, time ?? timeOf(built), sessionKeys, columns, at, context);
  const bounds = [columns.start, columns.end, ...(grouped.functions.usesTime ? [columns.time] : [])];
  const groups = groupRows(windowed, {
    ...request,
    keys: [...bounds.map((column) => values.column(column, at)), ...keys],
    sets: request.sets?.map((set) => [...bounds.keys(), ...set.map((place) => place + bounds.length)]) ?? null,
  }, context);
  const computed = new Map(request.keys.map((key, i) => [JSON.stringify(key.expr), keyed.columns[i]]));
  return groups && { ...groups, computed };
}

function unique(keys: readonly Value[]): Value[] {
  return [...new Map(keys.map((key) => [JSON.stringify(key.expr), key])).values()];
}

function timeOf({ columns, times }: Relation) {
  return columns.find(({ column }) => times.has(column.id))?.column ?? null;
}
