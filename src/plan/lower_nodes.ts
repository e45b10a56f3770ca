import { lowerAggregate, lowerOver } from "./lower_aggregate.ts";
import { isUnique } from "./join_facts.ts";
import {
  freeName,
  type LogicalFilter,
  type LogicalJoinMode,
  type LogicalLookup,
  type LogicalNode,
  type LogicalProject,
  type LogicalRank,
  MADE,
  outOf,
  passing,
} from "./logical.ts";
import type { PhysicalWindow } from "./physical.ts";
import type { Expression } from "../expr/mod.ts";
import {
  type FilterNode,
  inputsOf,
  type JoinNode,
  type LookupNode,
  type ProjectNode,
  type RankNode,
  type SourceNode,
  WINDOW_END,
  WINDOW_START,
  WINDOW_TIME,
  type WindowNode,
} from "./plan.ts";
import { lowerUnnest } from "./lower_unnest.ts";
import { nameBehind } from "./resolve_lookup.ts";
import type { Resolved, ResolvedNode } from "./resolved.ts";
import { type GridWindow, normalOffset } from "./window.ts";

const WINDOW_NAMES: readonly string[] = [WINDOW_START, WINDOW_END, WINDOW_TIME];

/** Lowers resolved nodes; what they mean stays the same. The last node of those that one becomes gives its rows. */
export function lowerNodes({ nodes }: Resolved): LogicalNode[] {
  const last = new Map<string, string>();
  return nodes.flatMap((resolved) => {
    const { node } = resolved;
    const inputs = inputsOf(node).map((id, i) => takesUpserts(resolved, i) ? id : last.get(id)!);
    const made = lowerNode(resolved, { id: node.id, inputs, lagMs: greatestLag(resolved.inputs) });
    last.set(node.id, made[made.length - 1].id);
    return made;
  });
}

function lowerNode(resolved: ResolvedNode, base: Base): LogicalNode[] {
  const { node } = resolved;
  switch (node.op) {
    case "source":
      return lowerSource(node, resolved);
    case "filter":
      return [lowerFilter(node, base)];
    case "project":
      return [lowerProject(node, resolved, base)];
    case "union":
      return [{ op: "union", ...base }];
    case "window":
      return lowerWindow(node, resolved, base);
    case "aggregate":
      return lowerAggregate(node, resolved, base);
    case "join":
      return [lowerJoin(node, resolved, base)];
    case "lookup":
      return [lowerLookup(node, base)];
    case "unnest":
      return lowerUnnest(node, resolved, base);
    case "rank":
      return [lowerRank(node, resolved, base)];
    case "over":
      return lowerOver(node, resolved, base);
    case "sink":
      return [{ op: "sink", ...base, sink: node.sink }];
  }
}

/** Where a node stands: its id, what it reads, and how far its watermark is behind. */
export type Base = Pick<LogicalNode, "id" | "inputs" | "lagMs">;

function greatestLag(inputs: readonly ResolvedNode[]): number {
  return Math.max(0, ...inputs.flatMap(({ times }) => [...times.values()].map(({ lagMs }) => lagMs)));
}

/** A temporal join looks the rows of a source up by key: it needs no changelog of them. */
function takesUpserts({ node, inputs }: ResolvedNode, input: number): boolean {
  return node.op === "join" && node.as_of?.kind === "temporal" && input === 1 && inputs[1].node.op === "source";
}

function lowerSource(node: SourceNode, { sources: [source] }: ResolvedNode): LogicalNode[] {
  const { id, ...rest } = node, { time, delayMs, idleTimeoutMs, futureSkewMs } = source;
  const identity = JSON.stringify([rest, time, delayMs, idleTimeoutMs, futureSkewMs]);
  const read: LogicalNode = { op: "source", id, inputs: [], lagMs: 0, identity };
  if (source.changes !== "upsert") return [read];
  return [read, { op: "normalize", id: `${id}${MADE}upsert`, inputs: [id], lagMs: 0, keys: source.primaryKey! }];
}

function lowerProject({ columns }: ProjectNode, resolved: ResolvedNode, base: Base): LogicalProject {
  const made = new Map(columns.map((column) => [column.as, column]));
  return { op: "project", ...base, columns: resolved.columns.map(({ name }) => made.get(name) ?? passing(name)) };
}

/** Columns that the window's hide are left out before it; the time stays there under another name until after it. */
function lowerWindow({ window }: WindowNode, resolved: ResolvedNode, base: Base): LogicalNode[] {
  const [input] = resolved.inputs, names = input.columns.map(({ name }) => name), time = resolved.time ?? null;
  const lagMs = resolved.windows[0].lagMs, hides = names.some((name) => WINDOW_NAMES.includes(name));
  const hidden = time !== null && WINDOW_NAMES.includes(time);
  const read = hidden ? freeName(`${MADE}time`, names) : time;
  const before = `${base.id}${MADE}visible`, place = { id: base.id, inputs: hides ? [before] : base.inputs, lagMs };
  const placed: LogicalNode = window.kind === "session"
    ? {
      op: "session",
      ...place,
      keys: window.keys,
      time: read,
      gapMs: window.gap_ms,
      maxMs: window.max_ms ?? 0,
      calls: null,
    }
    : { op: "assign", ...place, time: read, window: physicalWindow(window) };
  if (!hides) return [placed];
  const visible = names.filter((name) => !WINDOW_NAMES.includes(name)).map(passing);
  const renamed = hidden ? [{ as: read!, expr: { column: time! } }] : [];
  const first: LogicalNode = { op: "project", ...base, id: before, columns: [...visible, ...renamed] };
  if (!hidden) return [first, placed];
  return [first, placed, outOf(base, resolved.columns.map(({ name }) => name))];
}

function physicalWindow(window: GridWindow): PhysicalWindow {
  const sizeMs = window.size_ms, offsetMs = normalOffset(window);
  switch (window.kind) {
    case "tumble":
      return { kind: "tumble", sizeMs, offsetMs };
    case "hop":
      return { kind: "hop", sizeMs, slideMs: window.slide_ms, offsetMs };
    case "cumulate":
      return { kind: "cumulate", sizeMs, stepMs: window.step_ms, offsetMs };
  }
}

function lowerJoin(node: JoinNode, { inputs: [left, right] }: ResolvedNode, base: Base): LogicalNode {
  const { type, on, where = null, null_aware = false } = node;
  return {
    op: "join",
    ...base,
    lagMs: joinLag(node, left, right),
    type,
    on,
    where,
    nullAware: null_aware,
    mode: joinMode(node),
    leftChanges: left.changes,
    rightChanges: right.changes,
    leftUnique: isUnique(node, left, "left"),
    rightUnique: isUnique(node, right, "right"),
  };
}

/** Its rows wait with their event times, so that it goes by the watermark of its sources as it is. */
function lowerLookup(node: LookupNode, base: Base): LogicalLookup {
  const { type, on, columns, where = null } = node;
  const picks = columns.map((column) => ({ name: column.name, as: nameBehind(column) }));
  return { op: "lookup", ...base, lagMs: 0, type, on, columns: picks, where, node };
}

function joinMode({ within, as_of, window, ttl_ms = 0 }: JoinNode): LogicalJoinMode {
  if (within) {
    const { left, right, lower_ms: lowerMs, upper_ms: upperMs } = within;
    return { mode: "interval", left, right, lowerMs, upperMs };
  }
  if (as_of) return { mode: as_of.kind, left: as_of.left, right: as_of.right };
  return window ? { mode: "window", ...window } : { mode: "regular", ttlMs: ttl_ms };
}

function joinLag({ within, as_of, window }: JoinNode, left: ResolvedNode, right: ResolvedNode): number {
  const bound = within ?? as_of, lag = (input: ResolvedNode, name: string) => input.times.get(name)?.lagMs ?? 0;
  if (bound) return Math.max(lag(left, bound.left), lag(right, bound.right));
  if (!window) return greatestLag([left, right]);
  const end = (input: ResolvedNode, name: string) => input.windows.find((one) => one.end === name)?.lagMs ?? 0;
  return Math.max(end(left, window.left), end(right, window.right));
}

/** A row that is refused fails a condition; NULL fails none. */
function lowerFilter({ where, refuse }: FilterNode, base: Base): LogicalFilter {
  if (refuse === undefined) return { op: "filter", ...base, where };
  const holds: Expression = { call: "coalesce", args: [where, { literal: true }] };
  return { op: "filter", ...base, where: holds, refuse };
}

function lowerRank(node: RankNode, resolved: ResolvedNode, base: Base): LogicalRank {
  const { keys, order, from, to, fn = "row_number", as = null, window_end, ttl_ms = 0 } = node,
    [input] = resolved.inputs;
  return {
    op: "rank",
    ...base,
    lagMs: resolved.window?.lagMs ?? base.lagMs,
    keys,
    order,
    from,
    to,
    fn,
    as,
    retracts: input.changes,
    apart: input.changes && fn === "row_number" ? input.upsertKeys : [],
    ties: false,
    mode: window_end === undefined ? { mode: "changes", ttlMs: ttl_ms } : { mode: "window", end: window_end },
  };
}
