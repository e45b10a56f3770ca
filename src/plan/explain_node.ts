import { type Column, columnIndex } from "../core/schema.ts";
import { formatDuration } from "./duration.ts";
import type { Step } from "./explain.ts";
import { formatExpression } from "./format.ts";
import type {
  LogicalEmit,
  LogicalGroupCall,
  LogicalJoin,
  LogicalOver,
  LogicalRank,
  LogicalSession,
} from "./logical.ts";
import { describeLookup } from "./explain_lookup.ts";
import { givenBy, type PhysicalSource, type PhysicalWindow } from "./physical.ts";
import type { ProjectColumn, SinkOptions } from "./plan.ts";

/** What a step does, in one line. */
export function describeNode({ node, inputs, analysed }: Step): string {
  switch (node.op) {
    case "source":
      return describeSource(analysed.physical.sources.find(({ id }) => id === node.id)!);
    case "filter":
      return formatExpression(node.where) +
        (node.refuse === undefined ? "" : `, others go to the dead letters: ${node.refuse}`);
    case "project":
      return node.columns.map(describeColumn).join(", ");
    case "union":
      return `all rows of ${node.inputs.join(", ")}`;
    case "assign":
      return `${describeWindow(node.window)} by ${node.time ?? "time of arrival"}`;
    case "aggregate":
      return [node.calls.map(({ fn, arg, as }) => `${as} = ${fn}(${arg ?? "*"})`).join(", "), by(node.keys)].join("");
    case "session":
      return describeSession(node);
    case "group":
      return [describeCalls(node.calls) || "different keys", by(node.keys), describeEmit(node.emit)].join("");
    case "join":
      return describeJoin(node, inputs);
    case "lookup":
      return describeLookup(node);
    case "unnest":
      return `each item of ${node.list}${node.type === "left" ? ", or NULL where there is none" : ""}`;
    case "rank":
      return describeRank(node);
    case "over":
      return `${describeCalls(node.calls)}${by(node.keys)} over ${describeFrame(node)}`;
    case "normalize":
      return `the last row of each ${node.keys.join(", ")}`;
    case "sink":
      return describeSink(node.sink);
  }
}

function by(keys: readonly string[]): string {
  return keys.length > 0 ? ` by ${keys.join(", ")}` : "";
}

function describeColumn({ as, expr }: ProjectColumn): string {
  const text = formatExpression(expr);
  return text === as ? as : `${as} = ${text}`;
}

function describeCalls(calls: readonly LogicalGroupCall[]): string {
  return calls.map(({ fn, arg, params, distinct, filter, as }) => {
    const args = [`${distinct ? "distinct " : ""}${arg ?? "*"}`, ...params.map((one) => JSON.stringify(one))];
    return `${as} = ${fn}(${args.join(", ")})${filter === null ? "" : ` where ${filter}`}`;
  }).join(", ");
}

function describeEmit(emit: LogicalEmit): string {
  switch (emit.mode) {
    case "final":
      return emit.latenessMs === 0
        ? ", at the end of the window"
        : `, at the end of the window and for rows up to ${formatDuration(emit.latenessMs)} late`;
    case "every":
      return `, every ${formatDuration(emit.everyMs)}`;
    case "changes":
      return ", at every row";
  }
}

/** A window in words. */
export function describeWindow(window: PhysicalWindow): string {
  const offset = window.offsetMs === 0 ? "" : `, offset ${formatDuration(window.offsetMs)},`;
  const size = formatDuration(window.sizeMs);
  switch (window.kind) {
    case "tumble":
      return `tumbling window of ${size}${offset}`;
    case "hop":
      return `hopping window of ${size} every ${formatDuration(window.slideMs)}${offset}`;
    case "cumulate":
      return `cumulating window of ${size} by steps of ${formatDuration(window.stepMs)}${offset}`;
  }
}

function describeSession({ calls, keys, gapMs, maxMs, time }: LogicalSession): string {
  const most = maxMs === 0 ? "" : `, at most ${formatDuration(maxMs)} long`;
  const window = `sessions of ${time ?? "time of arrival"}${by(keys)} that end after a gap of ${
    formatDuration(gapMs)
  }${most}`;
  const made = describeCalls(calls ?? []);
  return made === "" ? window : `${made} in ${window}`;
}

function describeSource(source: PhysicalSource): string {
  const { time, delayMs, idleTimeoutMs, futureSkewMs } = source, columns = givenBy(source);
  const delay = delayMs === 0 ? "" : `, watermark ${formatDuration(delayMs)} behind`;
  const idle = idleTimeoutMs === 0 ? "never idle" : `idle after ${formatDuration(idleTimeoutMs)}`;
  const ahead = futureSkewMs === 0 ? "" : `, dead if over ${formatDuration(futureSkewMs)} ahead of arrival`;
  return `${describeInput(source)}, event time ${
    time < 0 ? "of arrival" : columns[time].name
  }${ahead}${delay}, ${idle}`;
}

function describeInput({ stream, file, made }: PhysicalSource): string {
  if (stream !== null) return `stream ${stream}`;
  if (file) return `file ${file.path} (${file.format})`;
  if (made?.kind === "nexmark") return `nexmark ${made.table} of ${made.events} events, seed ${made.seed}`;
  return `${made?.rows.length ?? 0} rows of the plan`;
}

function describeJoin({ type, on, where, mode }: LogicalJoin, [, right]: readonly (readonly Column[])[]): string {
  const pairs = on.map(({ left, right }) => `${left} = ${right}`).join(" and ") || "every row with every row";
  const rest = where === null ? "" : `, where ${formatExpression(where)}`;
  const time = right.length === 0 || mode.mode === "regular" ? "" : right[columnIndex(right, mode.right)]?.name ?? "";
  switch (mode.mode) {
    case "regular":
      return `${type}, ${pairs}${rest}`;
    case "window":
      return `${type}, ${pairs}${rest}, in the same window`;
    case "interval":
      return `${type}, ${pairs}${rest}, ${time} from ${mode.left} ${shift(mode.lowerMs)} to ${mode.left} ${
        shift(mode.upperMs)
      }`;
    default:
      return `${type}, ${pairs}${rest}, the newest row by ${time} at ${mode.left}`;
  }
}

function shift(ms: number): string {
  return `${ms < 0 ? "−" : "+"} ${formatDuration(Math.abs(ms))}`;
}

const NUMBERED: Record<LogicalRank["fn"], string> = { row_number: "row", rank: "rank", dense_rank: "dense rank" };

function describeRank({ keys, order, from, to, fn, as, ties, mode }: LogicalRank): string {
  const one = NUMBERED[fn], rows = ties ? "all best rows" : from === to ? `${one} ${to}` : `${one}s ${from} to ${to}`;
  const columns = order.map(({ column, desc, nulls_last }) =>
    `${column}${desc ? " desc" : ""}${nulls_last === desc ? "" : nulls_last ? " nulls last" : " nulls first"}`
  );
  const when = mode.mode === "window" ? ", at the end of the window" : "";
  const sorted = columns.length === 0 ? "the order of the log" : `the order of ${columns.join(", ")}`;
  return `${as === null ? "" : `${as} = `}${rows}${by(keys)} in ${sorted}${when}`;
}

function describeFrame({ frame: { kind, preceding }, time }: LogicalOver): string {
  const order = time === null ? "" : ` in order of ${time}`;
  if (preceding < 0) return `all rows before${order}`;
  if (kind === "rows") return `${preceding} rows before${order}`;
  return `the last ${formatDuration(preceding)} of ${time}`;
}

function describeSink({ kind, ...options }: SinkOptions): string {
  const texts = Object.entries(options).map(([name, value]) =>
    `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return [kind, ...texts].join(", ");
}
