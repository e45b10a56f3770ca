import type { LogicalAggregate, LogicalAssign, LogicalGroupCall, LogicalSession } from "../../../src/plan/logical.ts";
import { type Cell, compareCells, type Row } from "./expression.ts";
import { groupBy } from "./run.ts";

/** Bounds of one window. */
type Bounds = readonly [start: number, end: number];

/** Rows with the columns of their windows, once for each window; rows without a time are in none. */
export function windowsOf(
  node: LogicalAssign | LogicalSession | LogicalAggregate,
  rows: readonly Row[],
): readonly Row[] {
  const time = (row: Row) => node.time === null ? 0 : row[node.time] as number;
  const timed = node.time === null ? rows : rows.filter((row) => row[node.time!] !== null);
  if (node.op === "session") return sessions(node, timed, time);
  return timed.flatMap((row) => boundsOf(node, time(row)).map((bounds) => placed(row, bounds)));
}

function placed(row: Row, [start, end]: Bounds): Row {
  return { ...row, window_start: start, window_end: end, window_time: end - 1 };
}

function boundsOf(node: LogicalAssign | LogicalAggregate, at: number): Bounds[] {
  const window = node.op === "assign"
    ? node.window
    : { kind: "hop", sizeMs: node.sizeMs, slideMs: node.slideMs, offsetMs: node.offsetMs } as const;
  const { sizeMs, offsetMs } = window, slide = window.kind === "hop" ? window.slideMs : sizeMs;
  const last = Math.floor((at - offsetMs) / slide) * slide + offsetMs, bounds: Bounds[] = [];
  for (let start = last; start > at - sizeMs; start -= slide) bounds.unshift([start, start + sizeMs]);
  if (window.kind !== "cumulate") return bounds;
  const [[start]] = bounds, ends: Bounds[] = [];
  for (let end = start + window.stepMs; end <= start + sizeMs; end += window.stepMs) {
    if (at < end) ends.push([start, end]);
  }
  return ends;
}

function sessions({ keys, gapMs, maxMs }: LogicalSession, rows: readonly Row[], time: (row: Row) => number): Row[] {
  return [...groupBy(rows, keys).values()].flatMap((group) => {
    const sorted = group.toSorted((a, b) => time(a) - time(b)), open: Row[][] = [];
    for (const row of sorted) {
      const last = open[open.length - 1], before = last && time(last[last.length - 1]);
      const joins = last && time(row) - before <= gapMs && (maxMs === 0 || time(row) - time(last[0]) < maxMs);
      if (joins) last.push(row);
      else open.push([row]);
    }
    return open.flatMap((session) => {
      const start = time(session[0]), end = time(session[session.length - 1]) + gapMs;
      const bounds: Bounds = [start, maxMs === 0 ? end : Math.min(end, start + maxMs)];
      return session.map((row) => placed(row, bounds));
    });
  });
}

/** What a call comes to over the rows of its group. */
export function aggregate({ fn, arg, params, distinct, filter }: LogicalGroupCall, rows: readonly Row[]): Cell {
  const counted = filter === null ? rows : rows.filter((row) => row[filter] === true);
  if (arg === null) return counted.length;
  const all = counted.map((row) => row[arg]).filter((cell) => cell !== null);
  const cells = distinct ? [...new Set(all)] : all;
  if (fn === "count") return cells.length;
  if (cells.length === 0) return null;
  const sum = () => cells.reduce<number>((total, cell) => total + Number(cell), 0);
  switch (fn) {
    case "sum":
      return sum();
    case "avg":
      return sum() / cells.length;
    case "min":
      return cells.toSorted(compareCells)[0];
    case "max":
      return cells.toSorted(compareCells)[cells.length - 1];
    case "first":
      return cells[0];
    case "last":
      return cells[cells.length - 1];
    case "string_agg":
      return cells.join(String(params[0]));
    default:
      throw new TypeError(`The reference has no aggregate ${fn}`);
  }
}
