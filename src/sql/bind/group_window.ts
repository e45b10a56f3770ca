import { TIMESTAMP } from "../../core/schema.ts";
import type * as ast from "../ast.ts";
import { nameOfCall } from "./calls.ts";
import type { Column } from "./column.ts";
import type { Context } from "./context.ts";
import { type CountShape, countShape } from "./count_window.ts";
import { milliseconds } from "./durations.ts";
import { ExpressionBinder } from "./expression.ts";
import type { Scope } from "./scope.ts";
import type { Value } from "./value.ts";
import { type WindowColumns, windowColumns, type WindowShape } from "./window_table.ts";

/** A window that stands in GROUP BY. */
export interface GroupWindow {
  readonly shape: WindowShape;
  /** Azure's sliding window: the rows of so many milliseconds up to each row; null: another. */
  readonly slidingMs: number | null;
  /** A window of so many rows; null: another. */
  readonly count: CountShape | null;
  /** The column of time; null: that of the rows, whichever it is. */
  readonly time: Column | null;
  readonly columns: WindowColumns;
  /** What a session's rows have in common beside the other keys. */
  readonly partitionBy: readonly Value[];
  /** The column that `System.Timestamp()` is. */
  readonly systemTime: Column;
  readonly at: ast.Span;
}

/** Azure's windows are open at the start: [start + 1 ms, end + 1 ms) has the same rows as (start, end] for whole milliseconds. */
const AZURE_OFFSET_MS = 1;

/** Windows of rows have no length. */
const NO_SHAPE: WindowShape = { kind: "tumble", size_ms: 1, offset_ms: 0 };

/** Binds a window in GROUP BY; null with its problems. */
export function groupWindow(window: ast.GroupWindow, scope: Scope, context: Context): GroupWindow | null {
  const { values, nodes } = context, { at, fn } = window;
  const binder = new ExpressionBinder(values, {
    scope,
    clause: `${fn} of GROUP BY`,
    call: (call) =>
      nameOfCall(call) === "proctime" ? values.column(nodes.columns.arrival("PROCTIME"), call.at) : undefined,
  });
  const time = window.time && timeOf(window.time, binder, context);
  const count = fn === "COUNT" ? countShape(window, context) : null;
  if (fn === "COUNT" && count === null) return null;
  const partitionBy = binder.bindAll(window.partitionBy), shape = count ? NO_SHAPE : shapeOf(window, context);
  if ((window.time && time === null) || partitionBy === null || shape === null) return null;
  const columns = windowColumns(context);
  // Behind the offset the end that Azure means is the window's last millisecond; sessions have no offset.
  const systemTime = fn === "SNAPSHOT" ? columns.start : fn === "SESSION" ? columns.end : columns.time;
  const slidingMs = fn === "SLIDING" && shape.kind === "tumble" ? shape.size_ms : null;
  return { shape, slidingMs, count, time, columns, partitionBy, systemTime, at };
}

function timeOf(expression: ast.Expression, binder: ExpressionBinder, { report, nodes }: Context): Column | null {
  const value = binder.bind(expression);
  if (value === null) return null;
  if (!("column" in value.expr) || value.type === null) {
    return report.add(
      value.at,
      "A window needs a column of event time",
      "Compute it in CREATE TABLE, with WATERMARK FOR",
    );
  }
  const { column: id } = value.expr;
  return { id, name: nodes.columns.nameOf(id) ?? "", type: value.type, nullable: value.nullable };
}

function shapeOf(window: ast.GroupWindow, context: Context): WindowShape | null {
  const { fn, style, at } = window;
  const ms = (expression: ast.Expression | null, what: string) =>
    expression === null
      ? context.report.add(at, `${fn} needs a ${what}`)
      : milliseconds(expression, `The ${what} of ${fn}`, 1, context);
  if (fn === "SNAPSHOT") return { kind: "tumble", size_ms: 1, offset_ms: 0 };
  if (fn === "SESSION") {
    const gap_ms = ms(window.gap, "gap"), max_ms = window.max === null ? undefined : ms(window.max, "longest duration");
    if (gap_ms === null || max_ms === null) return null;
    return { kind: "session", gap_ms, ...(max_ms === undefined ? {} : { max_ms }) };
  }
  const size_ms = ms(window.size, "size"), slide_ms = fn === "HOP" ? ms(window.slide, "slide") : 0;
  const offset = window.offset === null ? 0 : milliseconds(window.offset, `The offset of ${fn}`, -Infinity, context);
  if (size_ms === null || slide_ms === null || offset === null) return null;
  const offset_ms = offset + (style === "azure" ? AZURE_OFFSET_MS : 0);
  return fn === "HOP" ? { kind: "hop", size_ms, slide_ms, offset_ms } : { kind: "tumble", size_ms, offset_ms };
}

/** TUMBLE_START and its like, and Azure's System.Timestamp(), while the items of a SELECT are bound. */
export class WindowFunctions {
  /** Whether something reads the window's time, so that it has to be a key. */
  usesTime = false;

  constructor(
    readonly window: GroupWindow | null,
    readonly source: ast.GroupWindow | null,
    readonly scope: Scope,
    readonly context: Context,
  ) {}

  /** Undefined for what is none of them, null with a problem. */
  call(call: ast.FunctionCall): Value | null | undefined {
    const name = nameOfCall(call), { report } = this.context;
    if (name === "system.timestamp") return this.systemTimestamp(call.at);
    const match = /^(tumble|hop|session)_(start|end|rowtime|proctime)$/.exec(name);
    if (!match) return undefined;
    const [, kind, part] = match, shown = name.toUpperCase();
    if (this.window === null || this.source?.style !== "flink") {
      const hint = `Write GROUP BY ${kind.toUpperCase()}(…), or take window_${
        part === "start" ? "start" : "end"
      } of a window in FROM`;
      return report.add(call.at, `${shown} needs the window in GROUP BY`, hint);
    }
    if (this.source.fn.toLowerCase() !== kind || !this.#isSame(call)) {
      return report.add(
        call.at,
        `${shown} names another window than GROUP BY`,
        `Give it the arguments of ${this.source.fn} there`,
      );
    }
    const { start, end, time } = this.window.columns;
    return this.#column(part === "start" ? start : part === "end" ? end : time, call.at);
  }

  /** The end of the window or, without one, the event time of each row. */
  systemTimestamp(at: ast.Span): Value | null {
    if (this.window !== null) return this.#column(this.window.systemTime, at);
    const times = this.scope.tables.flatMap(({ time }) => time ?? []), { report, values } = this.context;
    if (times.length === 1) return values.column(times[0], at);
    const what = times.length === 0 ? "no event time" : "several event times";
    return report.add(
      at,
      `System.Timestamp() is there for windows and event times, and there is ${what} here`,
      "Write FROM t TIMESTAMP BY ts",
    );
  }

  #column(column: Column, at: ast.Span): Value {
    if (column === this.window!.columns.time) this.usesTime = true;
    return this.context.values.column({ ...column, type: TIMESTAMP }, at);
  }

  /** Whether a call has the arguments of the window. */
  #isSame({ args }: ast.FunctionCall): boolean {
    const { time, size, slide, gap, offset } = this.source!;
    const own = [time, slide, size, gap, offset].filter((one) => one !== null);
    return own.length === args.length && own.every((one, i) => textOf(one) === textOf(args[i]));
  }
}

/** An expression without its places. */
function textOf(expression: ast.Expression): string {
  return JSON.stringify(expression, (key, value) => key === "at" || key === "quoted" ? undefined : value);
}
