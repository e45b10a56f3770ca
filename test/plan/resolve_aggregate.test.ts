import assert from "node:assert/strict";
import type { AggregateSignature } from "../../src/plan/aggregates.ts";
import { STRING } from "../../src/core/schema.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { call, CATALOG, col, type Json, lit } from "./catalog.ts";
import { columnsOf, factsOf, lagsOf, namesAt, operatorOf, operatorsOf } from "./facts.ts";
import { count, FLIGHTS_SOURCE, plan, refuses, tumble, UNTIMED_SOURCE } from "./refusals.ts";

const by = (keys: readonly string[], more: Json = {}) => plan([FLIGHTS_SOURCE, count("a", "f", keys, more)]);
const byWindow = (keys: readonly string[], more: Json = {}, window: Json = {}) =>
  plan([FLIGHTS_SOURCE, tumble("w", "f", window), count("a", "w", keys, more)]);
const ops = (of: Json) => operatorsOf(of).map(({ op }) => op);

Deno.test("without a window an aggregate gives its keys and calls, as changes by its keys, and ends event time", () => {
  assert.equal(columnsOf(by(["origin", "delay"]), "a"), "origin string, delay int64?, n int64");
  const { changes, upsertKeys, keys } = factsOf(by(["origin"]), "a");
  assert.deepEqual([changes, upsertKeys, keys], [true, ["origin"], ["origin"]]);
  assert.deepEqual(factsOf(by([]), "a").upsertKeys, []);
  assert.deepEqual(lagsOf(by(["ts"]), "a"), {});
  const { emit, keys: places, inputColumns, retracts } = operatorOf(by(["origin"], { ttl_ms: 9 }), "group");
  assert.deepEqual(emit, { mode: "changes", ttlMs: 9, end: -1 });
  assert.deepEqual([namesAt(inputColumns, places), retracts], [["origin"], false]);
});

Deno.test("different keys of inserts come once each and are never taken back", () => {
  const { changes, upsertKeys } = factsOf(by(["origin"], { aggs: [] }), "a");
  assert.deepEqual([changes, upsertKeys], [false, ["origin"]]);
});

Deno.test("an aggregate of an aggregate takes rows back", () => {
  const twice = plan([FLIGHTS_SOURCE, count("a", "f", ["origin"]), {
    id: "b",
    op: "aggregate",
    input: ["a"],
    keys: [],
    aggs: [{ fn: "sum", arg: "n", as: "s" }, { fn: "max", arg: "n", as: "m" }, { fn: "count", as: "c" }],
  }]);
  assert.deepEqual(operatorsOf(twice).map((one) => one.op === "group" && one.retracts), [false, true]);
  assert.equal(columnsOf(twice, "b"), "s int64?, m int64?, c int64");
  assert.deepEqual(
    operatorOf(plan([FLIGHTS_SOURCE, count("a", "f", [])]), "group").columns.map(({ nullable }) => nullable),
    [
      false,
    ],
  );
});

Deno.test("by window results are final, come once, and keep window_time as event time when it is a key", () => {
  const { changes, upsertKeys, keys } = factsOf(byWindow(["origin"]), "a");
  assert.deepEqual([changes, upsertKeys, keys], [false, ["window_start", "window_end", "origin"], ["origin"]]);
  assert.deepEqual(lagsOf(byWindow(["origin"]), "a"), {});
  const timed = byWindow(["origin", "window_time"]);
  assert.equal(
    columnsOf(timed, "a"),
    "window_start timestamp, window_end timestamp, window_time timestamp, origin string, n int64",
  );
  assert.deepEqual(lagsOf(timed, "a"), { window_time: 0 });
  assert.deepEqual(ops(timed), ["aggregate", "project"]);
  assert.equal(operatorsOf(timed)[1].columns[2].nullable, false);
});

Deno.test("windows of windows: a larger window over window_time", () => {
  const hours = plan([
    FLIGHTS_SOURCE,
    tumble("w", "f"),
    count("a", "w", ["origin", "window_time"]),
    tumble("w2", "a", { size_ms: 3_600_000 }),
    { id: "b", op: "aggregate", input: ["w2"], keys: ["origin"], aggs: [{ fn: "max", arg: "n", as: "most" }] },
  ]);
  assert.equal(
    columnsOf(hours, "b"),
    "window_start timestamp, window_end timestamp, origin string, most int64?".replace("?", ""),
  );
  const [, , second] = operatorsOf(hours).filter(({ op }) => op === "aggregate" || op === "project").slice(-3);
  assert.ok(second.op === "aggregate");
  assert.deepEqual(namesAt(second.inputColumns, [second.time]), ["$time"]);
});

Deno.test("keys that have a window's start and end make an aggregate one by window, wherever it stands", () => {
  const around = (columns: unknown[], keys: readonly string[]) =>
    plan([
      FLIGHTS_SOURCE,
      tumble("w", "f"),
      { id: "p", op: "project", input: ["w"], columns },
      { id: "x", op: "filter", input: ["p"], where: call("eq", col("origin"), lit("SFO")) },
      count("a", "x", keys),
    ]);
  const direct = around(["window_start", "window_end", "origin"], ["origin", "window_end", "window_start"]);
  assert.deepEqual(ops(direct), ["filter", "aggregate", "project"]);
  assert.equal(columnsOf(direct, "a"), "origin string, window_end timestamp, window_start timestamp, n int64");
  assert.equal(factsOf(direct, "a").changes, false);
  const named = around([{ as: "s", expr: col("window_start") }, { as: "e", expr: col("window_end") }, "origin"], [
    "s",
    "e",
  ]);
  assert.deepEqual(ops(named).slice(-2), ["aggregate", "project"]);
  assert.deepEqual(operatorsOf(named).at(-1)!.columns.map(({ name }) => name), ["s", "e", "n"]);
  const half = around(["window_start", "window_end", "origin"], ["origin", "window_end"]);
  assert.deepEqual([factsOf(half, "a").changes, ops(half).at(-1)], [true, "group"]);
});

Deno.test("what the kernel of slices does not know is put in windows and grouped at their end", () => {
  const distinct = [{ fn: "count", arg: "destination", distinct: true, as: "n" }];
  const spread = [{ fn: "stddev_pop", arg: "delay", as: "n" }];
  for (const aggs of [distinct, spread]) {
    const of = byWindow(["origin"], { aggs });
    assert.deepEqual(ops(of), ["assign", "group"]);
    const { emit, calls, inputColumns } = operatorOf(of, "group");
    assert.deepEqual(emit, { mode: "final", end: 1, latenessMs: 0 });
    assert.equal(calls[0].distinct, aggs === distinct);
    assert.deepEqual(namesAt(inputColumns, calls[0].args), [aggs[0].arg]);
  }
  assert.deepEqual(ops(byWindow([], {}, { kind: "cumulate", step_ms: 20_000 })), ["assign", "group"]);
  assert.deepEqual(ops(byWindow([], { lateness_ms: 5 })), ["assign", "group"]);
  assert.deepEqual(ops(byWindow([], { emit: { mode: "changes" } })), ["assign", "group"]);
  assert.deepEqual(ops(byWindow([], { aggs: [{ fn: "max", arg: "delay", distinct: true, as: "m" }] })), ["aggregate"]);
});

Deno.test("late rows and early results make windows changes, and what they keep is bounded by the window", () => {
  const late = byWindow(["window_time"], { lateness_ms: 5000 });
  assert.deepEqual([factsOf(late, "a").changes, lagsOf(late, "a")], [true, { window_time: 5000 }]);
  assert.deepEqual(operatorOf(late, "group").emit, { mode: "final", end: 1, latenessMs: 5000 });
  const early = byWindow(["window_time"], { emit: { mode: "every", every_ms: 1000 } });
  assert.deepEqual([factsOf(early, "a").changes, lagsOf(early, "a")], [true, { window_time: 0 }]);
  assert.deepEqual(operatorOf(early, "group").emit, { mode: "every", everyMs: 1000, ttlMs: 0, end: 1 });
  const changes = operatorOf(byWindow([], { emit: { mode: "changes" } }), "group");
  assert.deepEqual(changes.emit, { mode: "changes", ttlMs: 0, end: 1 });
});

Deno.test("groups of different lateness behind one window keep each its own, and what waits for no window gets all rows", () => {
  const group = (id: string, input: string, more: Json = {}) =>
    count(id, input, ["window_start", "window_end", "origin"], more);
  const where = { call: "is_not_null", args: [{ column: "origin" }] };
  const shared = plan([
    FLIGHTS_SOURCE,
    tumble("w", "f"),
    { id: "known", op: "filter", input: ["w"], where },
    group("a", "known"),
    group("b", "known", { lateness_ms: 5000 }),
  ], ["a", "b", "w"]);
  const told = operatorsOf(shared).map((one) => [one.id, one.inputs[0], one.op === "assign" ? one.latenessMs : "-"]);
  assert.deepEqual(told.filter(([id]) => !/[$](args|visible|out)/.test(String(id))), [
    ["w", "f", 0],
    ["w$late1", "f", 5000],
    ["w$late2", "f", null],
    ["known", "w", "-"],
    ["known$late1", "w$late1", "-"],
    ["a", "known", "-"],
    ["b", "known$late1", "-"],
  ]);
  assert.equal(compilePlan(shared, CATALOG).physical.sinks.find(({ id }) => id === "w_sink")!.input, "w$late2");
});

Deno.test("sessions are aggregated within themselves when they are by the keys of the aggregate", () => {
  const session = { kind: "session", gap_ms: 30_000, keys: ["origin"], max_ms: 90_000 };
  const { size_ms: _, ...window } = { ...session, size_ms: undefined };
  const of = (keys: readonly string[], more: Json = {}) =>
    plan([FLIGHTS_SOURCE, { id: "w", op: "window", input: ["f"], window }, count("a", "w", keys, more)]);
  const { gapMs, maxMs, keys, inputColumns, calls, columns } = operatorOf(of(["origin"]), "session");
  assert.deepEqual([gapMs, maxMs, namesAt(inputColumns, keys), calls?.length], [30_000, 90_000, ["origin"], 1]);
  assert.deepEqual(columns.map(({ name }) => name), ["window_start", "window_end", "origin", "n"]);
  assert.deepEqual(ops(of(["origin"])), ["session"]);
  assert.deepEqual(ops(of(["destination"])), ["session", "group"]);
  assert.equal(operatorOf(of(["destination"]), "session").calls, null);
  assert.deepEqual(ops(of([])), ["session", "group"]);
});

Deno.test("what is taken back before its session has ended never comes out of it: sessions of a changelog give inserts", () => {
  const source = { ...UNTIMED_SOURCE, time: "ts", changes: "all", kind_column: "destination" };
  const window = { kind: "session", gap_ms: 30_000, keys: ["origin"] };
  const of = plan([source, { id: "w", op: "window", input: ["u"], window }, count("a", "w", ["origin"])]);
  assert.deepEqual(ops(of), ["session"]);
  assert.deepEqual([factsOf(of, "w").changes, factsOf(of, "a").changes], [false, false]);
});

Deno.test("grouping sets are projections of the rows in front of one aggregate, told apart by a column", () => {
  const sets = [["origin", "destination"], ["origin"], []];
  const of = byWindow(["origin", "destination"], { sets, grouping: "g" });
  assert.equal(
    columnsOf(of, "a"),
    "window_start timestamp, window_end timestamp, origin string?, destination string?, g int64, n int64",
  );
  assert.deepEqual(factsOf(of, "a").upsertKeys, ["window_start", "window_end", "origin", "destination", "g"]);
  assert.deepEqual(ops(of), ["project", "project", "project", "union", "aggregate"]);
  const numbers = operatorsOf(of).flatMap((one) =>
    one.op === "project" ? [one.programs[one.columns.findIndex(({ name }) => name === "g")].constants[0]] : []
  );
  assert.deepEqual(numbers.map((one) => "value" in one ? one.value : null), ["0", "1", "3"]);
  const silent = byWindow(["origin", "destination"], { sets });
  assert.deepEqual(factsOf(silent, "a").upsertKeys, null);
  assert.deepEqual(operatorsOf(silent).at(-1)!.columns.map(({ name }) => name), [
    "window_start",
    "window_end",
    "origin",
    "destination",
    "n",
  ]);
});

Deno.test("a key that is aggregated too has its values there, in every set", () => {
  const aggs = [{ fn: "sum", arg: "delay", as: "s" }];
  const { operators } = compilePlan(by(["delay"], { aggs, sets: [["delay"], []], grouping: "g" }), CATALOG).physical;
  const group = operators.find((one) => one.op === "group")!;
  assert.ok(group.op === "group");
  assert.deepEqual(namesAt(group.inputColumns, group.keys), ["delay", "g"]);
  assert.notEqual(group.calls[0].args[0], group.keys[0]);
  assert.equal(group.columns[2].name, "s");
});

Deno.test("filters of groups are columns of their own, and constants behind arguments are parameters", () => {
  const aggs = [
    { fn: "string_agg", arg: "origin", args: [lit(", ")], as: "all", filter: col("cancelled") },
    { fn: "percentile", arg: "delay", args: [lit(0.95)], as: "p95", filter: call("gt", col("delay"), lit(0)) },
    { fn: "approx_top_k", arg: "destination", args: [lit(3)], as: "top" },
  ];
  const { calls, inputColumns, columns } = operatorOf(by([], { aggs }), "group");
  assert.deepEqual(calls.map(({ params }) => params), [[", "], [0.95], [3]]);
  assert.deepEqual(namesAt(inputColumns, calls.map(({ filter }) => filter)), ["cancelled", "$0", "none"]);
  assert.deepEqual(columns.map(({ type, nullable }) => [type.kind, nullable]), [
    ["string", true],
    ["double", true],
    ["string", false],
  ]);
});

Deno.test("a catalogue may have aggregates beside those of the language", () => {
  const joined: AggregateSignature = {
    takes: new Set(["string"]),
    params: [],
    result: () => STRING,
    nullable: "empty",
    distinct: null,
    retracts: true,
  };
  const catalog = { ...CATALOG, aggregates: new Map([["concat_distinct", joined]]) };
  const own = by([], { aggs: [{ fn: "concat_distinct", arg: "origin", as: "all" }] });
  assert.equal(compilePlan(own, catalog).physical.sinks[0].columns[0].type.kind, "string");
  assert.throws(() => compilePlan(own, CATALOG), { code: "invalid_plan" });
});

const aggs = (...calls: Json[]) => by(["origin"], { aggs: calls });
refuses([
  {
    what: "final results without a window",
    plan: by(["origin"], { emit: { mode: "final" } }),
    path: "nodes[1].emit",
    reason: /^Final results need a window/,
    hint: /"changes"/,
  },
  {
    what: "late rows without a window",
    plan: by(["origin"], { lateness_ms: 5 }),
    path: "nodes[1].lateness_ms",
    reason: /^Late rows need a window$/,
  },
  {
    what: "late rows of results that come at once",
    plan: byWindow([], { lateness_ms: 5, emit: { mode: "changes" } }),
    path: "nodes[2].lateness_ms",
    reason: /have no meaning where results come at once/,
  },
  {
    what: "a time to live by window",
    plan: byWindow([], { ttl_ms: 5 }),
    path: "nodes[2].ttl_ms",
    reason: /forgotten with their window/,
  },
  {
    what: "nothing to give",
    plan: by([], { aggs: [] }),
    path: "nodes[1].aggs",
    reason: /^An aggregate without keys needs something to aggregate$/,
  },
  {
    what: "a set of what is no key",
    plan: by(["origin"], { sets: [["origin"], ["delay"]] }),
    path: "nodes[1].sets[1][0]",
    reason: /^Column "delay" is not among the keys$/,
    hint: /Keys: origin/,
  },
  {
    what: "a set twice",
    plan: by(["origin", "delay"], { sets: [["origin", "delay"], ["delay", "origin"]] }),
    path: "nodes[1].sets[1]",
    reason: /there twice/,
  },
  {
    what: "a set that lacks the window",
    plan: plan([
      FLIGHTS_SOURCE,
      tumble("w", "f"),
      { id: "p", op: "project", input: ["w"], columns: ["window_start", "window_end"] },
      count("a", "p", ["window_start", "window_end"], { sets: [["window_start", "window_end"], ["window_start"]] }),
    ]),
    path: "nodes[3].sets[1]",
    reason: /^The set lacks window_end/,
  },
  {
    what: "a grouping column that is there already",
    plan: by(["origin"], { sets: [["origin"]], grouping: "origin" }),
    path: "nodes[1].grouping",
    reason: /named twice in the output/,
  },
  {
    what: "a separator that is no literal",
    plan: aggs({ fn: "string_agg", arg: "origin", args: [col("destination")], as: "x" }),
    path: "nodes[1].aggs[0].args[0]",
    reason: /^string_agg needs the separator here: a string$/,
    hint: /literal/,
  },
  {
    what: "a percentile of too much",
    plan: aggs({ fn: "percentile", arg: "delay", args: [lit(95)], as: "x" }),
    path: "nodes[1].aggs[0].args[0]",
    reason: /a number from 0 to 1/,
  },
  {
    what: "a percentile of nothing",
    plan: aggs({ fn: "percentile", arg: "delay", as: "x" }),
    path: "nodes[1].aggs[0]",
    reason: /^percentile cannot take 0 constants/,
    hint: /the fraction/,
  },
  {
    what: "an estimate of rows that may be taken back",
    plan: plan([FLIGHTS_SOURCE, count("a", "f", ["origin"]), {
      id: "b",
      op: "aggregate",
      input: ["a"],
      keys: [],
      aggs: [{ fn: "approx_count_distinct", arg: "n", as: "x" }],
    }]),
    path: "nodes[2].aggs[0].fn",
    reason: /^approx_count_distinct cannot take rows back/,
  },
  {
    what: "a window of an aggregate that has no event time",
    plan: plan([FLIGHTS_SOURCE, count("a", "f", ["ts"]), tumble("w", "a"), count("b", "w", [])]),
    path: "nodes[2].window",
    reason: /^There is no event time here: aggregate a has none, for its groups are not by window$/,
  },
  {
    what: "a window of windows without their time",
    plan: plan([FLIGHTS_SOURCE, tumble("w", "f"), count("a", "w", []), tumble("v", "a"), count("b", "v", [])]),
    path: "nodes[3].window",
    reason: /^There is no event time here: aggregate a gives no window_time$/,
    hint: /"window_time"/,
  },
  {
    what: "an unknown key of a session",
    plan: plan([FLIGHTS_SOURCE, {
      id: "w",
      op: "window",
      input: ["f"],
      window: { kind: "session", gap_ms: 5, keys: ["orign"] },
    }, count("a", "w", [])]),
    path: "nodes[1].window.keys[0]",
    reason: /^Unknown column "orign"$/,
  },
  {
    what: "steps that do not make up a window",
    plan: byWindow([], {}, { kind: "cumulate", step_ms: 40_000 }),
    path: "nodes[1].window.step_ms",
    reason: /^Expected a part of size_ms \(60000\), got 40000$/,
  },
  {
    what: "two event times to choose from",
    plan: plan([FLIGHTS_SOURCE, tumble("w", "f"), tumble("v", "w"), count("a", "v", [])]),
    path: "nodes[2].window",
    reason: /^Both ts and window_time are event time here$/,
    hint: /"time": "ts"/,
  },
]);
