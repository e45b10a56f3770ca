import assert from "node:assert/strict";
import {
  asc,
  cumulate,
  desc,
  discard,
  hop,
  int64,
  lit,
  nullable,
  pipeline,
  session,
  stdout,
  stream,
  string,
  timestamp,
  tumble,
  values,
  view,
} from "../../src/builder/mod.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { compilePlan, parsePlan } from "../../src/plan/compile.ts";
import { CATALOG } from "../plan/catalog.ts";

const flights = () =>
  stream("flights", { ts: timestamp(), origin: string(), delay: nullable(int64()) }, { time: "ts" });

/** Compiles only if `A` and `B` are the same type. */
function same<A, B>(_: (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : never) {}

/** The plan is in its normal form and compiles; gives its nodes without sources and sinks. */
function nodesOf(stage: { toPlan(): Plan }): unknown[] {
  const plan = stage.toPlan();
  assert.deepEqual(parsePlan(plan, CATALOG.sinkKinds), plan);
  compilePlan(plan, CATALOG);
  return plan.nodes.filter(({ op }) => op !== "source" && op !== "sink");
}

Deno.test("joins name their columns, what else must hold, and how time bounds them", () => {
  const p = pipeline("p"), left = p.from(flights()), right = p.from(flights()).prefixed("r_");
  const near = left.join(right, { origin: "r_origin" }, {
    where: (l, r) => l.delay.lt(r.r_delay),
    within: { left: "ts", right: "r_ts", from: { minutes: -1 }, to: { hours: 1 } },
    id: "near",
  }).to(discard());
  const nodes = nodesOf(near) as { id: string; columns?: { as: string }[] }[];
  assert.deepEqual(nodes.map(({ id, columns }) => [id, columns?.map(({ as }) => as)]), [
    ["project", ["r_ts", "r_origin", "r_delay"]],
    ["project_2", ["ts", "origin", "delay"]],
    ["near", undefined],
  ]);
  assert.deepEqual(nodes[2], {
    id: "near",
    op: "join",
    input: ["project_2", "project"],
    type: "inner",
    on: [{ left: "origin", right: "r_origin" }],
    where: { call: "lt", args: [{ column: "delay" }, { column: "r_delay" }] },
    within: { left: "ts", right: "r_ts", lower_ms: -60_000, upper_ms: 3_600_000 },
  });
  same<typeof near.row.r_origin, string>(true);
  const outer = left.leftJoin(right, { origin: "r_origin" }, { ttl: { hours: 1 } });
  same<typeof outer.row.r_origin, string | null>(true);
  same<typeof outer.row.origin, string>(true);
  const both = left.fullJoin(right, { origin: "r_origin" });
  same<typeof both.row.origin, string | null>(true);
});

Deno.test("all types of joins compile and give the columns that they say", () => {
  const columns = (type: "join" | "leftJoin" | "rightJoin" | "fullJoin" | "semiJoin" | "antiJoin") => {
    const p = pipeline("p"), left = p.from(flights()), right = p.from(flights()).prefixed("r_");
    const stage = left[type](right, { origin: "r_origin" }).to(discard());
    return compilePlan(stage.toPlan(), CATALOG).physical.sinks[0].columns.map(({ name, nullable }) =>
      name + (nullable ? "?" : "")
    ).join(" ");
  };
  assert.equal(columns("join"), "ts origin delay? r_ts r_origin r_delay?");
  assert.equal(columns("leftJoin"), "ts origin delay? r_ts? r_origin? r_delay?");
  assert.equal(columns("rightJoin"), "ts? origin? delay? r_ts r_origin r_delay?");
  assert.equal(columns("fullJoin"), "ts? origin? delay? r_ts? r_origin? r_delay?");
  const all = "ts origin destination delay? distance cancelled scheduled";
  assert.deepEqual([columns("semiJoin"), columns("antiJoin")], [all, all]);
});

Deno.test("rows are joined with the newest version, or the newest row, before them", () => {
  const p = pipeline("p"), left = p.from(flights());
  const rates = stream("untimed", { scheduled: timestamp(), destination: string(), distance: int64() }, {
    time: "scheduled",
    primaryKey: ["destination"],
    changes: "upsert",
  });
  const versions = left.joinAsOf(p.from(rates), { origin: "destination" }, {
    at: { left: "ts", right: "scheduled" },
    versions: true,
    optional: true,
  }).to(discard());
  same<typeof versions.row.destination, string | null>(true);
  assert.deepEqual(nodesOf(versions).slice(2), [{
    id: "join",
    op: "join",
    input: ["project", "project_2"],
    type: "left",
    on: [{ left: "origin", right: "destination" }],
    as_of: { left: "ts", right: "scheduled", kind: "temporal" },
  }]);
  const newest = left.joinAsOf(p.from(flights()).prefixed("r_"), { origin: "r_origin" }, {
    at: { left: "ts", right: "r_ts" },
  });
  same<typeof newest.row.r_origin, string>(true);
});

Deno.test("a window join compares the windows of both sides", () => {
  const p = pipeline("p");
  const joined = p.from(flights()).inWindows(tumble({ minutes: 1 }))
    .join(p.from(flights()).inWindows(tumble({ minutes: 1 })).prefixed("o_"), {
      origin: "o_origin",
      window_start: "o_window_start",
      window_end: "o_window_end",
    }, { windowEnd: { left: "window_end", right: "o_window_end" } });
  const { nodes } = joined.to(discard()).toPlan(), join = nodes.find(({ op }) => op === "join")!;
  assert.deepEqual(join.op === "join" && [join.window, join.on.length], [
    { left: "window_end", right: "o_window_end" },
    3,
  ]);
});

Deno.test("groups without windows say when they are forgotten and when their results come out", () => {
  const counts = pipeline("p").from(flights()).keyBy("origin")
    .aggregate((a) => ({ n: a.count(), names: a.countDistinct("delay") }), {
      ttl: { hours: 1 },
      emit: { every: { seconds: 5 } },
    })
    .to(view("v"));
  same<typeof counts.row, { origin: string; n: number | bigint; names: number | bigint }>(true);
  assert.deepEqual(nodesOf(counts), [{
    id: "aggregate",
    op: "aggregate",
    input: ["source"],
    keys: ["origin"],
    aggs: [{ fn: "count", as: "n" }, { fn: "count", arg: { column: "delay" }, as: "names", distinct: true }],
    two_phase: false,
    emit: { mode: "every", every_ms: 5000 },
    ttl_ms: 3_600_000,
  }]);
  const { physical } = compilePlan(counts.toPlan(), CATALOG);
  assert.deepEqual([physical.sinks[0].changes, physical.sinks[0].upsertKeys], [true, ["origin"]]);
});

Deno.test("different keys, late rows, and windows of windows", () => {
  const p = pipeline("p"), rows = p.from(flights());
  const origins = rows.keyBy("origin").distinct();
  same<typeof origins.row, { origin: string }>(true);
  const hours = rows.keyBy("origin").window(tumble({ minutes: 1 }))
    .aggregate((a) => ({ n: a.count() }), { windowTime: true, lateness: { seconds: 5 } })
    .keyBy().window(tumble({ hours: 1 })).aggregate((a) => ({ most: a.max("n") }));
  same<typeof hours.row.most, number | bigint | null>(true);
  origins.to(discard());
  const { physical } = compilePlan(hours.to(discard()).toPlan(), CATALOG);
  assert.deepEqual(physical.sinks[1].columns.map(({ name }) => name), ["window_start", "window_end", "most"]);
  assert.deepEqual(physical.sinks.map(({ changes }) => changes), [false, false]);
});

Deno.test("grouping sets make their keys nullable, and their column a number", () => {
  const sets = pipeline("p").from(flights()).keyBy("origin", "delay").window(hop({ hours: 1 }, { minutes: 30 }))
    .aggregate((a) => ({ n: a.count() }), { sets: [["origin", "delay"], ["origin"], []], grouping: "level" })
    .to(discard());
  same<typeof sets.row.origin, string | null>(true);
  same<typeof sets.row.level, number | bigint>(true);
  const { columns } = compilePlan(sets.toPlan(), CATALOG).physical.sinks[0];
  assert.deepEqual(columns.map(({ name, nullable }) => name + (nullable ? "?" : "")), [
    "window_start",
    "window_end",
    "origin?",
    "delay?",
    "level",
    "n",
  ]);
});

Deno.test("every aggregate is one of the plan language and has the type that it says", () => {
  const columns = { ts: timestamp(), s: string(), n: int64() };
  const all = pipeline("p").from(values([], columns)).keyBy().aggregate((a, r) => ({
    count: a.count("n").distinct(),
    spread: a.stddevPop("n"),
    sample: a.stddevSamp("n"),
    variance: a.varPop("n"),
    varied: a.varSamp("n"),
    every: a.every(r.n.gt(0)),
    some: a.some(r.n.gt(0)),
    joined: a.join("s", ", "),
    list: a.list("n"),
    median: a.percentile("n", 0.5),
    about: a.approxCountDistinct("s"),
    top: a.approxTop("s", 3),
    any: a.any("ts"),
  })).to(discard());
  const types = compilePlan(all.toPlan(), CATALOG).physical.sinks[0].columns.map(({ name, type }) =>
    `${name} ${type.kind}`
  );
  assert.deepEqual(types, [
    "count int64",
    "spread double",
    "sample double",
    "variance double",
    "varied double",
    "every bool",
    "some bool",
    "joined string",
    "list string",
    "median double",
    "about int64",
    "top string",
    "any timestamp",
  ]);
  same<typeof all.row.about, number | bigint>(true);
  same<typeof all.row.every, boolean | null>(true);
});

Deno.test("the best, the first and the latest rows of each key", () => {
  const rows = pipeline("p").from(flights());
  const best = rows.keyBy("origin").top(3, [desc("delay"), asc("ts", { nulls: "last" })], { as: "place", id: "best" });
  same<typeof best.row.place, number | bigint>(true);
  const last = rows.keyBy("origin").latest("ts", { ttl: { days: 1 } });
  same<typeof last.row, typeof rows.row>(true);
  const first = rows.keyBy("origin").top(1), shared = rows.keyBy("origin").top(2, [desc("delay")], { by: "rank" });
  for (const stage of [best, last, first, shared]) stage.to(discard());
  assert.deepEqual(nodesOf(best), [
    {
      id: "best",
      op: "rank",
      input: ["source"],
      keys: ["origin"],
      order: [{ column: "delay", desc: true, nulls_last: true }, { column: "ts", desc: false, nulls_last: true }],
      from: 1,
      to: 3,
      as: "place",
    },
    {
      id: "rank",
      op: "rank",
      input: ["source"],
      keys: ["origin"],
      order: [{ column: "ts", desc: true, nulls_last: true }],
      from: 1,
      to: 1,
      ttl_ms: 86_400_000,
    },
    { id: "rank_2", op: "rank", input: ["source"], keys: ["origin"], order: [], from: 1, to: 1 },
    {
      id: "rank_3",
      op: "rank",
      input: ["source"],
      keys: ["origin"],
      order: [{ column: "delay", desc: true, nulls_last: true }],
      from: 1,
      to: 2,
      fn: "rank",
    },
  ]);
});

Deno.test("the best of each window", () => {
  const best = pipeline("p").from(flights()).keyBy("origin").window(tumble({ minutes: 1 }))
    .aggregate((a) => ({ n: a.count() }))
    .keyBy("window_start", "window_end").top(3, [desc("n")], { windowEnd: "window_end" })
    .to(stdout("csv"));
  const { physical } = compilePlan(best.toPlan(), CATALOG);
  assert.equal(physical.sinks[0].changes, false);
});

Deno.test("each row with what those before it come to", () => {
  const rows = pipeline("p").from(flights());
  const recent = rows.keyBy("origin").over(
    { range: { minutes: 5 }, time: "ts" },
    (a) => ({ mean: a.avg("delay") }),
    "recent",
  );
  same<typeof recent.row.mean, number | null>(true);
  recent.to(discard());
  rows.keyBy().over({ rows: 10 }, (a) => ({ sum: a.sum("delay") })).to(discard());
  rows.keyBy().over({ rows: "all", time: "ts" }, (a) => ({ sum: a.sum("delay") })).to(discard());
  const frames = nodesOf(rows).map((node) => node as { id: string; frame: unknown; time?: string });
  assert.deepEqual(frames.map(({ id, frame, time }) => [id, frame, time]), [
    ["recent", { kind: "range", preceding: 300_000 }, "ts"],
    ["over", { kind: "rows", preceding: 10 }, undefined],
    ["over_2", { kind: "rows", preceding: null }, "ts"],
  ]);
});

Deno.test("windows that grow, and sessions by the keys of their rows", () => {
  const rows = pipeline("p").from(flights());
  rows.keyBy("origin").window(cumulate({ hours: 1 }, { minutes: 10 })).aggregate((a) => ({ n: a.count() })).to(
    discard(),
  );
  rows.keyBy("origin").window(session({ minutes: 5 }, { max: { hours: 1 } })).aggregate((a) => ({ n: a.count() })).to(
    discard(),
  );
  const placed = rows.keyBy("origin").inWindows(session({ minutes: 5 })).to(discard());
  same<typeof placed.row.window_time, string>(true);
  const windows = nodesOf(rows).flatMap((node) => (node as { window?: unknown }).window ?? []);
  assert.deepEqual(windows, [
    { kind: "cumulate", size_ms: 3_600_000, step_ms: 600_000, offset_ms: 0 },
    { kind: "session", gap_ms: 300_000, keys: ["origin"], max_ms: 3_600_000 },
    { kind: "session", gap_ms: 300_000, keys: ["origin"] },
  ]);
});

Deno.test("rows of one pipeline come together, those of two do not", () => {
  const p = pipeline("p"), rows = p.from(flights());
  const both = rows.filter((r) => r.delay.gt(0)).union(rows.filter((r) => r.delay.isNull()), rows).to(discard());
  assert.deepEqual(nodesOf(both).at(-1), { id: "union", op: "union", input: ["project", "project_2", "project_3"] });
  const other = pipeline("q").from(flights());
  assert.throws(() => rows.union(other), /^TypeError: Cannot put rows of pipelines p and q together$/);
  assert.throws(() => rows.semiJoin(other, { origin: "origin" }), TypeError);
});

Deno.test("sources may be changelogs, and files may write them", () => {
  const rows = pipeline("p").from(values([[1, "a", "+I"]], { t: timestamp(), k: string() }, {
    time: "t",
    primaryKey: ["k"],
    changes: "all",
    kindColumn: "op",
  })).to(stdout("ndjson", { changelog: true }));
  const plan = rows.toPlan();
  assert.deepEqual(parsePlan(plan, CATALOG.sinkKinds), plan);
  const { sources: [source], sinks: [sink] } = compilePlan(plan, CATALOG).physical;
  assert.deepEqual([source.kindColumn, sink.columns.map(({ name }) => name), sink.changes], [2, ["t", "k"], true]);
});

/** Never called: each marked line must fail to compile, or `deno check` reports the mark. */
export function refused() {
  const p = pipeline("p"), rows = p.from(flights()), other = p.from(flights());
  // @ts-expect-error: both sides have the same names
  rows.join(other, { origin: "origin" });
  // @ts-expect-error: no such column on the right
  rows.join(other.prefixed("r_"), { origin: "origin" });
  // @ts-expect-error: no such column on the left
  rows.semiJoin(other, { orign: "origin" });
  // @ts-expect-error: text is no time
  rows.joinAsOf(other.prefixed("r_"), {}, { at: { left: "origin", right: "r_ts" } });
  // @ts-expect-error: other columns
  rows.union(rows.map((r) => ({ origin: r.origin })));
  // @ts-expect-error: no such column to order by
  rows.keyBy("origin").top(1, [desc("dely")]);
  // @ts-expect-error: a range needs a time
  rows.keyBy("origin").over({ range: { minutes: 1 } }, (a) => ({ n: a.count() }));
  // @ts-expect-error: sets are of keys
  rows.keyBy("origin").aggregate((a) => ({ n: a.count() }), { sets: [["delay"]] });
  // @ts-expect-error: text is not true or false
  rows.keyBy("origin").aggregate((a) => ({ n: a.every("origin") }));
  rows.map(() => ({ x: lit("a", string()) }));
}

Deno.test("count windows are what the rows up to their last one come to", () => {
  const full = pipeline("p").from(flights()).keyBy("origin").countWindow(10).aggregate((a) => ({
    total: a.sum("delay"),
  }));
  assert.deepEqual(nodesOf(full.to(discard())), [
    {
      id: "over",
      op: "over",
      input: ["source"],
      keys: ["origin"],
      frame: { kind: "rows", preceding: null },
      aggs: [{ fn: "count", as: "$row" }],
    },
    {
      id: "over_2",
      op: "over",
      input: ["over"],
      keys: ["origin"],
      frame: { kind: "rows", preceding: 9 },
      aggs: [{ fn: "sum", arg: { column: "delay" }, as: "total" }],
    },
    {
      id: "filter",
      op: "filter",
      input: ["over_2"],
      where: {
        call: "eq",
        args: [{ call: "mod", args: [{ column: "$row" }, { literal: 10 }] }, { literal: 0 }],
      },
    },
    {
      id: "project",
      op: "project",
      input: ["filter"],
      columns: [{ as: "origin", expr: { column: "origin" } }, { as: "total", expr: { column: "total" } }],
      keep: false,
    },
  ]);
  const sliding = pipeline("p").from(flights()).keyBy().countWindow(10, 4).aggregate((a) => ({ rows: a.count() }));
  const [, , last] = nodesOf(sliding.to(discard())) as { where: { call: string } }[];
  assert.equal(last.where.call, "and");
});
