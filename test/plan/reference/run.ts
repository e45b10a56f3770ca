import assert from "node:assert/strict";
import type {
  LogicalGroupCall,
  LogicalJoin,
  LogicalNode,
  LogicalOver,
  LogicalRank,
} from "../../../src/plan/logical.ts";
import { type Names, outputColumns } from "../../../src/plan/rewrite/columns.ts";
import { compareCells, evaluate, type Row, truth } from "./expression.ts";
import { aggregate, windowsOf } from "./window.ts";

/** What the rows of a node are made of: those of its inputs, and the names of their columns. */
interface Input {
  readonly rows: readonly Row[];
  readonly names: readonly string[];
}

/**
 * What a plan means, for tests: all rows of the sources are there, windows have all ended, and what was taken back is
 * gone. Rows keep the order of the log. Gives the rows of each sink.
 */
export function runNodes(
  nodes: readonly LogicalNode[],
  source: (id: string) => readonly Row[],
  sourceNames: Names,
): Map<string, readonly Row[]> {
  const rows = new Map<string, readonly Row[]>(), sinks = new Map<string, readonly Row[]>();
  const names = outputColumns(nodes, sourceNames);
  for (const node of nodes) {
    const inputs = node.inputs.map((id): Input => ({
      rows: rows.get(id) ?? assert.fail(`${node.id} stands before its input ${id}`),
      names: names.get(id)!,
    }));
    if (node.op === "sink") sinks.set(node.id, inputs[0].rows);
    else rows.set(node.id, node.op === "source" ? source(node.id) : apply(node, inputs));
  }
  return sinks;
}

function apply(node: LogicalNode, inputs: readonly Input[]): readonly Row[] {
  const [{ rows: input }] = inputs;
  switch (node.op) {
    case "filter":
      return input.filter((row) => truth(evaluate(node.where, row)));
    case "project":
      return input.map((row) => Object.fromEntries(node.columns.map(({ as, expr }) => [as, evaluate(expr, row)])));
    case "union":
      return inputs.flatMap(({ rows, names }) =>
        rows.map((row) => Object.fromEntries(inputs[0].names.map((name, i) => [name, row[names[i]]])))
      );
    case "assign":
    case "session":
    case "aggregate":
      return inWindows(node, input);
    case "group":
      return grouped(input, node.keys, node.calls);
    case "join":
      return joined(node, inputs[0], inputs[1]);
    case "rank":
      return [...groupBy(input, node.keys).values()].flatMap((rows) => ranked(node, rows));
    case "over":
      return over(node, input);
    case "normalize":
      return [...groupBy(input, node.keys).values()].map((rows) => rows[rows.length - 1]);
    default:
      return assert.fail(`${node.op} has no meaning of its own`);
  }
}

function inWindows(node: Extract<LogicalNode, { op: "assign" | "session" | "aggregate" }>, input: readonly Row[]) {
  const placed = windowsOf(node, input);
  if (node.op === "assign" || (node.op === "session" && !node.calls)) return placed;
  const calls = node.op === "session"
    ? node.calls!
    : node.calls.map((call): LogicalGroupCall => ({ ...call, params: [], distinct: false, filter: null }));
  return grouped(placed, ["window_start", "window_end", ...node.keys], calls);
}

export function groupBy(rows: readonly Row[], keys: readonly string[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => JSON.stringify(keys.map((key) => row[key])));
}

function grouped(rows: readonly Row[], keys: readonly string[], calls: readonly LogicalGroupCall[]): readonly Row[] {
  return [...groupBy(rows, keys).values()].map((group) => ({
    ...Object.fromEntries(keys.map((key) => [key, group[0][key]])),
    ...Object.fromEntries(calls.map((call) => [call.as, aggregate(call, group)])),
  }));
}

function joined(node: LogicalJoin, left: Input, right: Input): readonly Row[] {
  const { type, nullAware, on } = node, pairs = left.rows.map((l) => matches(node, l, right.rows));
  const nothing = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]));
  if (type === "semi") return left.rows.filter((_, i) => pairs[i].length > 0);
  if (type === "anti") {
    const unknown = (l: Row) =>
      nullAware && right.rows.length > 0 && (l[on[0].left] === null || right.rows.some((r) => r[on[0].right] === null));
    return left.rows.filter((l, i) => pairs[i].length === 0 && !unknown(l));
  }
  const rows = left.rows.flatMap((l, i) => {
    if (pairs[i].length > 0) return pairs[i].map((r) => ({ ...l, ...r }));
    return type === "left" || type === "full" ? [{ ...l, ...nothing(right.names) }] : [];
  });
  if (type !== "right" && type !== "full") return rows;
  const found = new Set(pairs.flat());
  return [...rows, ...right.rows.filter((r) => !found.has(r)).map((r) => ({ ...nothing(left.names), ...r }))];
}

function matches({ on, where, mode }: LogicalJoin, l: Row, right: readonly Row[]): readonly Row[] {
  const equal = right.filter((r) => on.every(({ left, right }) => l[left] !== null && l[left] === r[right]));
  const fits = (r: Row) => where === null || truth(evaluate(where, { ...l, ...r }));
  if (mode.mode === "regular" || mode.mode === "window") return equal.filter(fits);
  const at = l[mode.left];
  if (at === null) return [];
  const time = (r: Row) => r[mode.right] as number;
  const timed = equal.filter((r) => r[mode.right] !== null);
  if (mode.mode === "interval") {
    const lower = Number(at) + mode.lowerMs, upper = Number(at) + mode.upperMs;
    return timed.filter((r) => time(r) >= lower && time(r) <= upper && fits(r));
  }
  const newest = timed.filter((r) => time(r) <= Number(at))
    .reduce<Row | null>((best, r) => best === null || time(r) >= time(best) ? r : best, null);
  return newest !== null && fits(newest) ? [newest] : [];
}

function ranked({ order, from, to, as }: LogicalRank, rows: readonly Row[]): readonly Row[] {
  const sorted = rows.toSorted((a, b) => {
    for (const { column, desc, nulls_last } of order) {
      const x = a[column], y = b[column];
      if (x === y) continue;
      if (x === null || y === null) return (x === null) === nulls_last ? 1 : -1;
      const less = compareCells(x, y);
      if (less !== 0) return desc ? -less : less;
    }
    return 0;
  });
  return sorted.slice(from - 1, to).map((row, i) => as === null ? row : { ...row, [as]: from + i });
}

function over({ keys, time, frame, calls }: LogicalOver, input: readonly Row[]): readonly Row[] {
  const timed = time === null ? input : input.filter((row) => row[time] !== null);
  const at = (row: Row) => time === null ? 0 : row[time] as number;
  return [...groupBy(timed, keys).values()].flatMap((rows) => {
    const sorted = rows.toSorted((a, b) => at(a) - at(b));
    return sorted.map((row, i) => {
      const before = frame.preceding < 0
        ? sorted.filter((one, j) => j <= i || (frame.kind === "range" && at(one) === at(row)))
        : frame.kind === "rows"
        ? sorted.slice(Math.max(0, i - frame.preceding), i + 1)
        : sorted.filter((one) => at(one) >= at(row) - frame.preceding && at(one) <= at(row));
      return { ...row, ...Object.fromEntries(calls.map((call) => [call.as, aggregate(call, before)])) };
    });
  });
}
