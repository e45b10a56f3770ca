import { BOOL, INT64 } from "../../core/schema.ts";
import { type BoundCall, writeCalls } from "./aggregate_calls.ts";
import { type Column, freeName, nameIn, type Relation } from "./column.ts";
import type { Context } from "./context.ts";
import { type GroupRequest, groupRows, type Groups } from "./group.ts";
import type { GroupWindow } from "./group_window.ts";
import { windowNode } from "./window_table.ts";

/** Rows that come into windows and go out of them. */
interface Passing {
  readonly relation: Relation;
  /** When they do. */
  readonly time: Column;
  /** Whether they come in. */
  readonly enters: Column;
}

/**
 * Azure's sliding window: at each time at which a row comes into the window of the last `slidingMs` or leaves it, what the
 * rows in it give, if there are any. That is what the rows before each of these times give, and of rows at one time,
 * which have one result, only one: they are in a window of 1 ms.
 */
export function groupBySliding(
  input: Relation,
  request: GroupRequest,
  { columns, slidingMs, at }: GroupWindow,
  time: Column | null,
  context: Context,
): Groups | null {
  const { report, nodes, values } = context;
  if (time === null) return report.add(at, "SLIDINGWINDOW needs rows with event time", "Write FROM t TIMESTAMP BY ts");
  if (request.sets !== null) return report.add(at, "SLIDINGWINDOW takes no grouping sets");
  const keyed = nodes.asColumns(input, request.keys, "$key", at);
  const passing = passingRows(keyed.relation, time, slidingMs!, at, context), rows = passing.relation;
  const enters = values.column(passing.enters, at), taken = new Set(rows.columns.map(({ name }) => name));
  const there: BoundCall = {
    fn: "count",
    arg: null,
    further: [],
    distinct: false,
    filter: null,
    column: nodes.columns.make("$there", { type: INT64, nullable: false }),
    wanted: "$there",
  };
  const inside = [...request.calls, there].map((call): BoundCall => ({
    ...call,
    filter: call.filter === null ? enters : values.all([call.filter, enters])!,
  }));
  const written = writeCalls(inside, rows, taken, context);
  const body = {
    keys: [...new Set(keyed.columns.map(({ id }) => nameIn(rows, id)!))],
    time: nameIn(rows, passing.time.id)!,
    // The window is open at its start.
    frame: { kind: "range", preceding: slidingMs! - 1 },
    aggs: written.aggs,
  };
  const node = nodes.plan.add("over", [rows.node], body, at);
  const facts = { times: new Set([passing.time.id]), windows: new Map(), windowed: false };
  const over: Relation = { ...rows, node, columns: [...rows.columns, ...written.columns], ...facts };
  const some = nodes.filter(over, [
    values.call("gt", [values.column(there.column, at), values.literal(0, INT64, at)], at)!,
  ]);
  const instants = windowNode(
    some,
    { kind: "tumble", size_ms: 1, offset_ms: 0 },
    passing.time,
    [],
    columns,
    at,
    context,
  );
  const last = request.calls.map(({ column }): BoundCall => ({
    fn: "last",
    arg: values.column(column, at),
    further: [],
    distinct: false,
    filter: null,
    column: nodes.columns.make(column.name, { type: column.type, nullable: true }),
    wanted: column.name,
  }));
  const keys = [columns.start, columns.end, columns.time, ...keyed.columns].map((column) => values.column(column, at));
  const groups = groupRows(instants, { ...request, keys, calls: last }, context);
  const computed = new Map([
    ...request.keys.map((key, i) => [JSON.stringify(key.expr), keyed.columns[i]] as const),
    ...last.map(({ arg, column }) => [JSON.stringify(arg!.expr), column] as const),
  ]);
  return groups && { ...groups, computed };
}

/** Each row twice: when it comes into the window, and when it leaves it. */
function passingRows(
  rows: Relation,
  time: Column,
  sizeMs: number,
  at: GroupWindow["at"],
  { nodes, values }: Context,
): Passing {
  const taken = new Set(rows.columns.map(({ name }) => name));
  const name = freeName("$time", taken), flag = freeName("$enters", taken), came = values.column(time, at);
  const left = values.call("add", [came, values.literal(sizeMs, INT64, at)], at)!;
  const own = rows.columns.map(({ column, name }) => ({ name, value: values.column(column, at) }));
  const sides = [came, left].map((when, i) =>
    nodes.project(rows, [...own, { name, value: when }, { name: flag, value: values.literal(i === 0, BOOL, at) }], at)
  );
  const node = nodes.plan.add("union", sides.map((side) => side.node), {}, at);
  const made = nodes.columns.make(name, time), enters = nodes.columns.make(flag, { type: BOOL, nullable: false });
  const columns = [...rows.columns, { column: made, name }, { column: enters, name: flag }];
  return {
    relation: { ...rows, node, columns, times: new Set([made.id]), windows: new Map(), windowed: false },
    time: made,
    enters,
  };
}
