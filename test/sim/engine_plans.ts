/** The stream of the simulation. Rows come out of order by more than it waits, so that some are late. */
export const STREAM = {
  columns: [
    { name: "ts", type: "timestamp", nullable: false },
    { name: "id", type: "int64", nullable: false },
    { name: "key", type: "string", nullable: false },
    { name: "value", type: "int64", nullable: false },
  ],
  time: "ts",
  delay_ms: 60,
  future_skew_ms: 0,
  on_error: "dead_letter",
};

const source = { id: "source", op: "source", stream: "s", time: "ts", delay_ms: 60, idle_timeout_ms: 0 };

/** The same plan, whose sources are idle after so long (0: never). */
export function idleAfter<P extends { readonly nodes: readonly object[] }>(plan: P, idle_timeout_ms: number): P {
  const nodes = plan.nodes.map((node) => "op" in node && node.op === "source" ? { ...node, idle_timeout_ms } : node);
  return { ...plan, nodes };
}
const aggs = [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "value" }, as: "total" }];

/** Rows whose value is at least `least`, as they come, each exactly once. */
export function allPlan(least: number, name = "all") {
  const where = { call: "ge", args: [{ column: "value" }, { literal: least }] };
  return {
    rdx: 1,
    nodes: [
      source,
      { id: "where", op: "filter", input: ["source"], where },
      { id: "sink", op: "sink", input: ["where"], sink: { kind: "verify", name } },
    ],
  };
}

/** The least value that such a plan takes. */
export function leastOf(plan: unknown): number {
  const [, least] = /"literal":(\d+)/.exec(JSON.stringify(plan))!;
  return Number(least);
}

/** Counts and sums by key in windows, to a view and to a folder. */
export function windowsPlan(name = "windows") {
  return {
    rdx: 1,
    nodes: [
      source,
      { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 200 } },
      { id: "aggregate", op: "aggregate", input: ["window"], keys: ["key"], aggs },
      { id: "view", op: "sink", input: ["aggregate"], sink: { kind: "view", name } },
      {
        id: "parts",
        op: "sink",
        input: ["aggregate"],
        sink: { kind: "files", path: `out/${name}`, format: "ndjson", roll_rows: 20, roll_ms: 40 },
      },
    ],
  };
}

/** Counts and sums by key of all that has come, as changes, to a view. */
export function totalsPlan(name = "totals") {
  return {
    rdx: 1,
    nodes: [
      source,
      { id: "aggregate", op: "aggregate", input: ["source"], keys: ["key"], aggs },
      { id: "view", op: "sink", input: ["aggregate"], sink: { kind: "view", name } },
    ],
  };
}

/** How many rows have arrived in each window of the time of arrival, to a view. */
export function arrivalsPlan(name = "arrivals") {
  return {
    rdx: 1,
    nodes: [
      { ...source, time: null, delay_ms: 0 },
      { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 20 } },
      { id: "aggregate", op: "aggregate", input: ["window"], keys: [], aggs: [{ fn: "count", as: "n" }] },
      { id: "view", op: "sink", input: ["aggregate"], sink: { kind: "view", name } },
    ],
  };
}

/** Every row as it comes, to a receiver outside. */
export function hookPlan(outbox: boolean) {
  const sink = { kind: "webhook", url: "https://receiver.test/rows", batch_rows: 10, timeout_ms: 60_000, outbox };
  return { rdx: 1, nodes: [source, { id: "sink", op: "sink", input: ["source"], sink }] };
}

/** The last text of each id, so that there is much state, and how many there are. */
export function widePlan(name = "wide") {
  const text = { call: "concat", args: [{ column: "key" }, { literal: "-".repeat(600) }] };
  return {
    rdx: 1,
    nodes: [
      source,
      { id: "texts", op: "project", input: ["source"], columns: ["id", "value", { as: "text", expr: text }] },
      {
        id: "ids",
        op: "aggregate",
        input: ["texts"],
        keys: ["id"],
        aggs: [{ fn: "last", arg: { column: "text" }, as: "text" }, {
          fn: "sum",
          arg: { column: "value" },
          as: "total",
        }],
      },
      {
        id: "all",
        op: "aggregate",
        input: ["ids"],
        keys: [],
        aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: { column: "total" }, as: "total" }],
      },
      { id: "view", op: "sink", input: ["all"], sink: { kind: "view", name } },
    ],
  };
}
