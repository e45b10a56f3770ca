import { TIMESTAMP } from "../../core/schema.ts";
import { columnsOf } from "../../expr/mod.ts";
import { formatType } from "../../core/schema.ts";
import { type Window, WINDOW_END, WINDOW_START, WINDOW_TIME } from "../../plan/plan.ts";
import type * as ast from "../ast.ts";
import { type Column, nameIn, type Relation } from "./column.ts";
import type { BoundQuery, Context } from "./context.ts";
import { milliseconds } from "./durations.ts";
import { ExpressionBinder } from "./expression.ts";
import { type FromTree, queryTree, renamed } from "./from.ts";
import { resolvePath, Scope } from "./scope.ts";
import type { Value } from "./value.ts";

/** A window of SQL without what belongs to its input: the column of time and the keys. */
export type WindowShape = Window extends infer W ? W extends Window ? Omit<W, "time" | "keys"> : never : never;

/** The columns that a window adds. */
export interface WindowColumns {
  readonly start: Column;
  readonly end: Column;
  readonly time: Column;
}

/** `TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), …))` and its like as an item of FROM; null with its problems. */
export function windowTable(item: ast.WindowTable, context: Context): FromTree | null {
  const { data, time, alias } = item, { report } = context;
  const shape = shapeOf(item, context);
  const bound = "parts" in data.table
    ? context.names.table({ name: data.table, hints: [], time: null }, context)
    : context.query(data.table, { ...context, outer: null });
  if (data.orderBy.length > 0) {
    report.add(data.orderBy[0].at, `${item.fn} takes no ORDER BY: rows go by their event time`);
  }
  if (bound === null || shape === null) return null;
  const scope = new Scope([{ names: [], columns: bound.outputs }]);
  const column = resolvePath(scope, [time], time.at, report);
  const keys = partitionOf(item, scope, context);
  if (column === null || keys === null || !checkTime(bound, column, time, context)) return null;
  const input = queryTree(bound, [], null, context)!;
  const added = windowColumns(context), windowIds = new Set([added.start.id, added.end.id, added.time.id]);
  const outputs = [
    ...bound.outputs.filter(({ name }) => !WINDOW_NAMES.has(name)),
    ...[added.start, added.end, added.time].map((one) => ({ name: one.name, column: one })),
  ];
  const columns = renamed({ outputs }, alias, context);
  if (columns === null) return null;
  const names = alias ? [alias.name.name] : "parts" in data.table ? data.table.parts.map(({ name }) => name) : [];
  return {
    tables: [{
      names,
      columns,
      time: added.time,
      times: new Set([...(shape.kind === "session" ? [] : [...bound.relation.times, column.id]), added.time.id]),
    }],
    merged: [],
    ids: new Set([...input.ids, ...windowIds]),
    eventTime: null,
    build: (conditions) => {
      const isOfWindow = ({ expr }: Value) => [...columnsOf(expr)].some((id) => windowIds.has(id));
      // Sessions are made of all rows, so that a filter behind one may not come before it.
      const behind = conditions.filter((one) => shape.kind === "session" || isOfWindow(one));
      const relation = input.build(conditions.filter((one) => !behind.includes(one)));
      const windowed = relation && windowNode(relation, shape, column, keys, added, item.at, context);
      return windowed && context.nodes.filter(windowed, behind);
    },
  };
}

const WINDOW_NAMES = new Set([WINDOW_START, WINDOW_END, WINDOW_TIME]);

export function windowColumns({ nodes }: Context): WindowColumns {
  const make = (name: string) => nodes.columns.make(name, { type: TIMESTAMP, nullable: false });
  return { start: make(WINDOW_START), end: make(WINDOW_END), time: make(WINDOW_TIME) };
}

/** A window node: the input's columns and those of the window. `keys` are a session's. */
export function windowNode(
  input: Relation,
  shape: WindowShape,
  timeColumn: Column | null,
  keys: readonly Value[],
  added: WindowColumns,
  at: ast.Span,
  context: Context,
): Relation {
  const { nodes } = context, isArrival = timeColumn !== null && nodes.columns.isArrival(timeColumn.id);
  const time = isArrival ? null : timeColumn, rows = isArrival ? nodes.byArrival(input)! : input;
  const keyed = nodes.asColumns(rows, keys, "$key", at), { relation } = keyed;
  const window = {
    ...shape,
    ...(shape.kind === "session" ? { keys: keyed.columns.map(({ id }) => nameIn(relation, id)!) } : {}),
    ...(time === null ? {} : { time: nameIn(relation, time.id)! }),
  };
  const node = nodes.plan.add("window", [relation.node], { window }, at);
  const { time: _, ...cut } = window, identity = JSON.stringify(cut);
  const own = time === null || shape.kind === "session" ? [] : [time.id];
  const parts = [["start", added.start], ["end", added.end], ["time", added.time]] as const;
  return {
    node,
    columns: [
      ...relation.columns.filter(({ name }) => !WINDOW_NAMES.has(name)),
      ...parts.map(([, column]) => ({ column, name: column.name })),
    ],
    // Rows of a session come when it has ended, which may be any time after their own.
    times: new Set([...(shape.kind === "session" ? [] : relation.times), ...own, added.time.id]),
    windows: new Map([
      ...relation.windows,
      ...parts.map(([part, { id }]) => [id, { part, window: identity }] as const),
    ]),
    windowed: true,
    changes: input.changes,
  };
}

/** What may be event time: a time that is declared as such or, where nothing is declared, any column of times. */
export function checkTime(
  { relation }: BoundQuery,
  column: Column,
  time: ast.Identifier,
  { report, nodes }: Context,
): boolean {
  const { kind } = column.type;
  if (kind !== "timestamp" && kind !== "int64") {
    const hint = "Event time is a TIMESTAMP(3), or a BIGINT of epoch milliseconds";
    report.add(time.at, `Cannot use ${time.name} as event time: it is ${formatType(column.type)}`, hint);
    return false;
  }
  const isArrival = nodes.columns.isArrival(column.id);
  const declared = relation.columns.filter((one) => relation.times.has(one.column.id));
  if (relation.times.has(column.id) || declared.length === 0) return true;
  if (isArrival) {
    if (relation.windows.size === 0 && nodes.plan.mayGoByArrival(relation.node)) return true;
    const hint = `Write DESCRIPTOR(${declared[0].column.name}), or put the window in front of what goes by it`;
    report.add(time.at, `Rows go by ${declared[0].column.name} here, not by the time at which they are taken`, hint);
    return false;
  }
  const names = declared.map(({ column: { name } }) => name).join(" or ");
  report.add(
    time.at,
    `${time.name} is no event time: that is ${names} here`,
    `Write DESCRIPTOR(${declared[0].column.name})`,
  );
  return false;
}

function partitionOf(item: ast.WindowTable, scope: Scope, { report, values }: Context): Value[] | null {
  const { partitionBy } = item.data;
  if (partitionBy.length > 0 && item.fn !== "SESSION") {
    return report.add(partitionBy[0].at, `${item.fn} takes no PARTITION BY: its windows are the same for all rows`);
  }
  return new ExpressionBinder(values, { scope, clause: "PARTITION BY" }).bindAll(partitionBy);
}

function shapeOf(item: ast.WindowTable, context: Context): WindowShape | null {
  const { fn, size, slide, step, gap, offset, at } = item;
  const ms = (expression: ast.Expression | null, what: string) => {
    if (expression === null) return context.report.add(at, `${fn} needs a ${what}`);
    return milliseconds(expression, `The ${what} of ${fn}`, 1, context);
  };
  const offset_ms = offset === null ? 0 : milliseconds(offset, `The offset of ${fn}`, -Infinity, context);
  if (fn === "SESSION") {
    const gap_ms = ms(gap, "gap");
    if (offset !== null) {
      return context.report.add(offset.at, "Sessions have no offset: they begin with their first row");
    }
    return gap_ms === null ? null : { kind: "session", gap_ms };
  }
  const size_ms = ms(size, "size");
  const every = fn === "TUMBLE" ? 0 : fn === "HOP" ? ms(slide, "slide") : ms(step, "step");
  if (size_ms === null || offset_ms === null || every === null) return null;
  const shifted = { size_ms, offset_ms };
  if (fn === "TUMBLE") return { kind: "tumble", ...shifted };
  return fn === "HOP" ? { kind: "hop", slide_ms: every, ...shifted } : { kind: "cumulate", step_ms: every, ...shifted };
}
