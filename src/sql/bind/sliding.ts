import { type BoundCall, writeCalls } from "./aggregate_calls.ts";
import { type Column, nameIn, type Relation } from "./column.ts";
import type { Context } from "./context.ts";
import { type GroupRequest, groupRows, type Groups } from "./group.ts";
import type { GroupWindow } from "./group_window.ts";
import { windowNode } from "./window_table.ts";

/**
 * Azure's sliding window: at each time at which rows come, what the rows of the last `slidingMs` give. That is what the
 * rows before each row give, and of rows at one time, which have one result, only one: they are in a window of 1 ms.
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
  report.note(at, "SLIDINGWINDOW gives a result when a row comes into the window, and none when one leaves it");
  const keyed = nodes.asColumns(input, request.keys, "$key", at), rows = keyed.relation;
  const taken = new Set(rows.columns.map(({ name }) => name));
  const written = writeCalls(request.calls, rows, taken, context);
  const body = {
    keys: [...new Set(keyed.columns.map(({ id }) => nameIn(rows, id)!))],
    time: nameIn(rows, time.id)!,
    // The window is open at its start.
    frame: { kind: "range", preceding: slidingMs! - 1 },
    aggs: written.aggs,
  };
  const node = nodes.plan.add("over", [rows.node], body, at);
  const facts = { times: new Set([time.id]), windows: new Map(), windowed: false };
  const over: Relation = { ...rows, node, columns: [...rows.columns, ...written.columns], ...facts };
  const instants = windowNode(over, { kind: "tumble", size_ms: 1, offset_ms: 0 }, time, [], columns, at, context);
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
