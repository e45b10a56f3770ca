import fc from "../deps/fast_check.ts";
import { type Plan, type PlanNode, RANK_FUNCTIONS } from "../../src/plan/plan.ts";
import { project } from "./nodes.ts";
import { type Feature, FEATURES, type Flow, Flows, type RandomSource, type Step, together } from "./random_flow.ts";
import { asOfJoin, bestRows, intervalJoin, regular, windowJoin } from "./random_joins.ts";
import { aggregates, computed, condition, keyColumns, Picks, resultsOf } from "./random_parts.ts";
import { unnest } from "./random_unnest.ts";
import { groupByKeys, groupByWindow, tableFunction, windowed } from "./random_windows.ts";

export interface RandomPlan {
  readonly plan: Plan;
  readonly sources: readonly RandomSource[];
  /** Rows of the sink may be taken back. */
  readonly changes: boolean;
}

const filter: Step = (flows, picks) => {
  const flow = flows.pick(picks)!;
  const where = condition(picks, flow.columns);
  const refuse = picks.rarely() ? { refuse: "random" } : {};
  flows.push({ id: flows.fresh(), op: "filter", input: [flow.id], where, ...refuse }, flow);
};

/** Leaves some columns out and adds a new one. */
const projection: Step = (flows, picks) => {
  const flow = flows.pick(picks)!, { expr, ...made } = computed(picks, flow.columns), name = flows.fresh();
  const needed = [flow.time, flow.span?.start, flow.span?.end];
  const kept = flow.columns.filter((column) => needed.includes(column.name) || !picks.rarely());
  const wanted = { ...Object.fromEntries(kept.map(({ name }) => [name, name])), [name]: expr };
  flows.push(project(flows.fresh(), flow.id, wanted), { ...flow, columns: [...kept, { name, ...made }] });
};

const union: Step = (flows, picks) => {
  const typesOf = ({ columns }: Flow) => columns.map(({ type }) => type).join();
  const first = flows.pick(picks)!, second = flows.pick(picks, (flow) => typesOf(flow) === typesOf(first))!;
  const place = (flow: Flow) => flow.columns.findIndex(({ name }) => name === flow.time);
  const time = first.time !== null && place(first) === place(second) ? first.time : null;
  flows.push({ id: flows.fresh(), op: "union", input: [first.id, second.id] }, {
    ...together(first, second),
    columns: first.columns.map((column, i) => ({ ...column, rough: column.rough || second.columns[i].rough })),
    time,
    changes: first.changes || second.changes,
    span: null,
  });
};

/** Columns that a rank may go by. */
const ORDER_MAX = 16;

function rankBy(flows: Flows, picks: Picks, flow: Flow, keys: readonly string[], end: { window_end?: string }): void {
  const from = picks.of([1, 1, 2]), to = from + picks.of([0, 1, 3]), name = flows.fresh(), numbered = picks.rarely();
  if (!flow.ordered && flow.columns.length > ORDER_MAX) return;
  // Rows that come in no fixed order have to be told apart by all of their columns.
  const order = (flow.ordered ? picks.some(flow.columns, 2) : flow.columns).map(({ name: column }) => {
    return { column, desc: picks.rarely(), nulls_last: picks.rarely() };
  });
  const fn = picks.of(RANK_FUNCTIONS);
  if (fn !== "row_number" && order.length === 0) return;
  const node = { id: flows.fresh(), op: "rank", input: [flow.id], keys, order, from, to, fn, ...end } as const;
  const columns = numbered ? [...flow.columns, { name, type: "int64" }] : flow.columns;
  const facts = end.window_end === undefined ? { time: null, span: null, changes: true } : {};
  flows.push(numbered ? { ...node, as: name } : node, { ...flow, columns, ...facts, ordered: false });
}

const rank: Step = (flows, picks) => {
  const flow = flows.pick(picks)!;
  rankBy(flows, picks, flow, picks.some(keyColumns(flow.columns), 2).map(({ name }) => name), {});
};

const windowRank: Step = (flows, picks) => {
  const flow = flows.pick(picks, ({ span, changes }) => span !== null && !changes);
  if (!flow) return;
  const { start, end } = flow.span!, more = picks.some(keyColumns(flow.columns), 1).map(({ name }) => name);
  rankBy(flows, picks, flow, [start, end, ...more], { window_end: end });
};

const over: Step = (flows, picks) => {
  const flow = flows.pick(picks, ({ time, changes }) => time !== null && !changes);
  if (!flow) return;
  const may = { distinct: flows.features.has("distinct"), order: flow.ordered };
  const aggs = aggregates(picks, flow.columns, flows.fresh, may);
  const kind = flow.ordered ? picks.of(["range", "rows"] as const) : "range";
  const node: PlanNode = {
    id: flows.fresh(),
    op: "over",
    input: [flow.id],
    keys: picks.some(keyColumns(flow.columns), 2).map(({ name }) => name),
    time: flow.time!,
    frame: { kind, preceding: picks.of(kind === "rows" ? [null, 0, 2] : [null, 0, 10]) },
    aggs: aggs.map(({ call }) => call),
  };
  const columns = [...flow.columns, ...resultsOf(aggs)];
  flows.push(node, { ...flow, span: null, columns, ordered: false });
};

/** What adds a feature; the others change what these add. */
const STEPS: Readonly<Partial<Record<Feature, Step>>> = {
  filter,
  project: projection,
  tumble: windowed("tumble"),
  hop: windowed("hop"),
  cumulate: windowed("cumulate"),
  session: windowed("session"),
  union,
  table_function: tableFunction,
  group: groupByKeys,
  group_by_window: groupByWindow,
  inner_join: regular("inner"),
  outer_join: regular("left", "right", "full"),
  semi_join: regular("semi", "anti"),
  window_join: windowJoin,
  best_rows: bestRows,
  interval_join: intervalJoin,
  as_of_join: asOfJoin,
  rank,
  window_rank: windowRank,
  over,
  unnest,
};

/** Choices for plans of up to `steps` steps. */
export function anyChoices(steps: number): fc.Arbitrary<number[][]> {
  const numbers = fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 24, size: "max" });
  return fc.array(numbers, { maxLength: steps + 1, size: "max" });
}

/**
 * Makes a plan of choices: the first list says which sources there are, each other one what is added. The newest flow goes to a sink of
 * the kind `collect`, and what it does not need is left out.
 */
export function randomPlan(choices: readonly (readonly number[])[], features: ReadonlySet<Feature>): RandomPlan {
  const flows = new Flows(features, new Picks(choices[0] ?? []));
  const steps = FEATURES.flatMap((feature) => features.has(feature) ? STEPS[feature] ?? [] : []);
  for (const numbers of choices.slice(1)) {
    const picks = new Picks(numbers);
    picks.of(steps)(flows, picks);
  }
  const { newest } = flows, needed = new Set([newest.id]);
  for (const node of flows.nodes.toReversed()) {
    if (needed.has(node.id) && node.op !== "source") { for (const id of node.input) needed.add(id); }
  }
  const sink: PlanNode = { id: "out", op: "sink", input: [newest.id], sink: { kind: "collect" } };
  const nodes = [...flows.nodes.filter(({ id }) => needed.has(id)), sink];
  return {
    plan: { rdx: 1, name: "random", nodes },
    sources: flows.sources.filter(({ id }) => needed.has(id)),
    changes: newest.changes,
  };
}
