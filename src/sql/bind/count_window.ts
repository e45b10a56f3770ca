import { INT64 } from "../../core/schema.ts";
import { OVER_ROWS_MAX } from "../../core/limits.ts";
import type * as ast from "../ast.ts";
import { writeCalls } from "./aggregate_calls.ts";
import { type Column, nameIn, type Relation } from "./column.ts";
import type { Context } from "./context.ts";
import { ExpressionBinder } from "./expression.ts";
import type { GroupRequest, Groups } from "./group.ts";
import type { GroupWindow } from "./group_window.ts";
import { wholeOf } from "./literal.ts";
import type { Output } from "./nodes.ts";
import { Scope } from "./scope.ts";
import type { Value } from "./value.ts";

/** `COUNTWINDOW(rows, slide)`: so many rows of a key, a window every `slide` of them. */
export interface CountShape {
  readonly rows: number;
  readonly slide: number;
}

/** The numbers of a count window; null with a problem. */
export function countShape({ size, slide, at }: ast.GroupWindow, context: Context): CountShape | null {
  const rows = numberOf(size, at, "rows", context);
  const every = slide === null ? rows : numberOf(slide, at, "rows from window to window", context);
  return rows === null || every === null ? null : { rows, slide: every };
}

function numberOf(expression: ast.Expression | null, at: ast.Span, what: string, context: Context): number | null {
  const { report, values } = context;
  const value = expression &&
    new ExpressionBinder(values, { scope: new Scope([]), clause: "COUNTWINDOW" }).bind(expression);
  if (expression !== null && value === null) return null;
  const whole = value && !value.interval ? wholeOf(value.expr) : null;
  if (whole !== null && whole >= 1n && whole <= BigInt(OVER_ROWS_MAX)) return Number(whole);
  return report.add(expression?.at ?? at, `COUNTWINDOW needs a number of ${what} from 1 to ${OVER_ROWS_MAX}`);
}

/**
 * Windows of so many rows of a key, as they come: what the rows up to each row give, where that row is the last of a
 * window. Windows that are not full give nothing.
 */
export function groupByCount(
  input: Relation,
  request: GroupRequest,
  { columns, count, at }: GroupWindow,
  time: Column | null,
  usesTime: boolean,
  context: Context,
): Groups | null {
  const { report, nodes, values } = context, { rows: size } = count!;
  if (request.sets !== null) return report.add(at, "COUNTWINDOW takes no grouping sets");
  const { emit, lateness } = request.emit, said = lateness ?? (emit && emit.mode !== "FINAL" ? emit : null);
  if (said !== null) {
    return report.add(said.at, "COUNTWINDOW gives each window once, with its last row", "Leave it out");
  }
  const keyed = nodes.asColumns(input, request.keys, "$key", at), rows = keyed.relation;
  const keys = [...new Set(keyed.columns.map(({ id }) => nameIn(rows, id)!))];
  const taken = new Set(rows.columns.map(({ name }) => name));
  const number = nodes.columns.make("$row", { type: INT64, nullable: false });
  const counted = writeCalls(
    [{ fn: "count", arg: null, further: [], distinct: false, filter: null, column: number, wanted: "$row" }],
    rows,
    taken,
    context,
  );
  const written = writeCalls(request.calls, rows, taken, context);
  let node = nodes.plan.add(
    "over",
    [rows.node],
    { keys, frame: { kind: "rows", preceding: null }, aggs: counted.aggs },
    at,
  );
  const all = [...rows.columns, ...counted.columns, ...written.columns];
  if (written.aggs.length > 0) {
    node = nodes.plan.add(
      "over",
      [node],
      { keys, frame: { kind: "rows", preceding: size - 1 }, aggs: written.aggs },
      at,
    );
  }
  const relation: Relation = { ...rows, node, columns: all, windowed: false };
  const full = nodes.filter(relation, isLast(number, count!, at, context), at);
  const outputs: Output[] = [...new Map(keyed.columns.map((column) => [column.id, column])).values()]
    .map((column) => ({ name: nameIn(full, column.id)!, value: values.column(column, at) }));
  outputs.push(...written.columns.map(({ column, name }) => ({ name, value: values.column(column, at) })));
  const computed = new Map(request.keys.map((key, i) => [JSON.stringify(key.expr), keyed.columns[i]]));
  if (usesTime) {
    if (time === null) {
      return report.add(at, "System.Timestamp() needs rows with event time", "Write FROM t TIMESTAMP BY ts");
    }
    // The time of a window is that of its last row.
    if (!keyed.columns.some(({ id }) => id === time.id)) {
      outputs.push({ name: nameIn(full, time.id)!, value: values.column(time, at) });
    }
    computed.set(JSON.stringify({ column: columns.time.id }), time);
  }
  return { relation: nodes.project(full, outputs, at), computed };
}

/** Whether a row is the last of a window. */
function isLast(number: Column, { rows, slide }: CountShape, at: ast.Span, { values }: Context): Value[] {
  const row = values.column(number, at), size = values.literal(rows, INT64, at), zero = values.literal(0, INT64, at);
  const call = (fn: string, args: readonly Value[]) => values.call(fn, args, at, "COUNTWINDOW")!;
  const over = slide === rows ? row : call("sub", [row, size]);
  const ends = call("eq", [call("mod", [over, values.literal(slide, INT64, at)]), zero]);
  return slide === rows ? [ends] : [call("ge", [row, size]), ends];
}
