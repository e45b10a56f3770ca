import type { AggregateNode, PlanNode, Window } from "../../src/plan/plan.ts";
import type { Flow, Flows, Span, Step } from "./random_flow.ts";
import { aggregates, keyColumns, type Picks, resultsOf, type Typed } from "./random_parts.ts";

function spanOf({ time: _, ...window }: Window): Span {
  const same = window.kind === "session" ? "" : JSON.stringify(window);
  return { start: "window_start", end: "window_end", window: same };
}

const WINDOW_COLUMNS: readonly Typed[] = ["window_start", "window_end", "window_time"].map((name) => {
  return { name, type: "timestamp" };
});
const KINDS = ["tumble", "hop", "cumulate", "session"] as const;

function windowOf(picks: Picks, kind: Window["kind"], { time: found, columns }: Flow): Window {
  const step = picks.of([10, 5, 25]), size_ms = step * picks.of([2, 1, 4]), offset_ms = picks.of([0, 3, -4]);
  const time = found!;
  switch (kind) {
    case "hop":
      return { kind, size_ms, slide_ms: step, offset_ms, time };
    case "cumulate":
      return { kind, size_ms, step_ms: step, offset_ms, time };
    case "session":
      return {
        kind,
        gap_ms: picks.of([5, 12]),
        ...(picks.rarely() ? { max_ms: picks.of([12, 20, 33]) } : {}),
        keys: picks.some(keyColumns(columns), 2).map(({ name }) => name),
        time,
      };
    default:
      return { kind: "tumble", size_ms: step, offset_ms, time };
  }
}

/** Whether such a window can stand behind the flow: it has a time, no window yet, and no changes where they are not taken. */
function mayWindow({ features }: Flows, kind: Window["kind"]): (flow: Flow) => boolean {
  return ({ time, columns, changes }) =>
    time !== null && !columns.some(({ name }) => WINDOW_COLUMNS.some((own) => own.name === name)) &&
    (!changes || (features.has("group") && kind !== "session"));
}

/** Some sets of the keys, with a column that tells them apart; none more often than not. */
function setsOf(flows: Flows, picks: Picks, keys: readonly string[]): Pick<AggregateNode, "sets" | "grouping"> {
  if (!flows.features.has("grouping_sets") || keys.length === 0 || !picks.rarely()) return {};
  const sets = picks.of([[keys, []], [keys, keys.slice(1)], [keys.slice(0, 1), keys, []]]);
  return { sets: [...new Map(sets.map((set) => [set.join(), set])).values()], grouping: flows.fresh() };
}

/** The column that tells sets of keys apart. */
function groupingColumns({ grouping }: Pick<AggregateNode, "grouping">): Typed[] {
  return grouping === undefined ? [] : [{ name: grouping, type: "int64" }];
}

/** When the results of a window come out beside its end. */
function emitOf({ features }: Flows, picks: Picks): Pick<AggregateNode, "emit" | "lateness_ms"> {
  if (features.has("early_results") && picks.rarely()) return { emit: { mode: "changes" } };
  return features.has("lateness") && picks.rarely() ? { lateness_ms: picks.of([5, 30]) } : {};
}

/** A window with an aggregate right behind it. */
export const windowed = (kind: Window["kind"]): Step => (flows, picks) => {
  const flow = flows.pick(picks, mayWindow(flows, kind));
  if (!flow) return;
  const window = windowOf(picks, kind, flow), id = flows.fresh();
  flows.nodes.push({ id, op: "window", input: [flow.id], window });
  const keys = window.kind === "session"
    ? flow.columns.filter(({ name }) => window.keys.includes(name))
    : picks.some(keyColumns(flow.columns), 2);
  const names = keys.map(({ name }) => name), distinct = flows.features.has("distinct");
  const aggs = aggregates(picks, flow.columns, flows.fresh, { distinct, order: flow.ordered && !flow.changes });
  const named = picks.rarely() && flows.features.has("table_function") ? ["window_time"] : [];
  const sets = window.kind === "session" ? {} : setsOf(flows, picks, names);
  const emit = window.kind === "session" ? {} : emitOf(flows, picks), changes = Object.keys(emit).length > 0;
  const node: PlanNode = {
    id: flows.fresh(),
    op: "aggregate",
    input: [id],
    keys: [...named, ...names],
    aggs: aggs.map(({ call }) => call),
    two_phase: picks.rarely(),
    ...sets,
    ...emit,
  };
  flows.push(node, {
    columns: [...WINDOW_COLUMNS.slice(0, 2 + named.length), ...keys, ...groupingColumns(sets), ...resultsOf(aggs)],
    time: changes ? null : named[0] ?? null,
    changes,
    span: changes ? null : spanOf(window),
    ordered: false,
    sources: flow.sources,
  });
};

/** A window whose rows others read. */
export const tableFunction: Step = (flows, picks) => {
  const kind = picks.of(KINDS.filter((kind) => flows.features.has(kind)));
  const flow = flows.pick(picks, mayWindow(flows, kind));
  if (!flow) return;
  const window = windowOf(picks, kind, flow);
  const time = window.kind === "session" ? "window_time" : flow.time, columns = [...flow.columns, ...WINDOW_COLUMNS];
  const ordered = flow.ordered && window.kind !== "session";
  flows.push({ id: flows.fresh(), op: "window", input: [flow.id], window }, {
    ...flow,
    columns,
    span: spanOf(window),
    time,
    ordered,
  });
};

function group(flows: Flows, picks: Picks, flow: Flow, keys: readonly Typed[], final: boolean): void {
  const may = { distinct: flows.features.has("distinct"), order: flow.ordered && !flow.changes };
  const aggs = aggregates(picks, flow.columns, flows.fresh, may), calls = aggs.map(({ call }) => call);
  const names = keys.map(({ name }) => name), sets = final ? {} : setsOf(flows, picks, names);
  const late = final && flow.span!.window !== "" ? emitOf(flows, picks) : {}, changes = Object.keys(late).length > 0;
  const node: PlanNode = {
    id: flows.fresh(),
    op: "aggregate",
    input: [flow.id],
    keys: names,
    aggs: calls,
    two_phase: false,
    ...sets,
    ...late,
  };
  flows.push(node, {
    columns: [...keys, ...groupingColumns(sets), ...resultsOf(aggs)],
    time: null,
    changes: !final || changes,
    span: final && !changes ? flow.span : null,
    ordered: flow.ordered && !final && !sets.sets,
    sources: flow.sources,
  });
}

export const groupByKeys: Step = (flows, picks) => {
  const flow = flows.pick(picks, (flow) => !flows.isWindow(flow))!;
  group(flows, picks, flow, picks.some(keyColumns(flow.columns), 2), false);
};

/** An aggregate whose keys have the window's columns among them. */
export const groupByWindow: Step = (flows, picks) => {
  const flow = flows.pick(picks, (flow) => flow.span !== null && !flows.isWindow(flow));
  if (!flow) return;
  const { start, end } = flow.span!, own = flow.columns.filter(({ name }) => name === start || name === end);
  group(flows, picks, flow, [...own, ...picks.some(keyColumns(flow.columns), 1)], true);
};
