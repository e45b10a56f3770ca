import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { COLUMNS_MAX, EXPRESSION_DEPTH_MAX, IDLE_TIMEOUT_MS } from "../../src/core/limits.ts";
import { formatType, INT64 } from "../../src/core/schema.ts";
import type { Catalog } from "../../src/plan/catalog.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { call, CATALOG, col, HOUR, type Json, lit, planOf, sinkOf, SOURCE, UNTIMED } from "./catalog.ts";

const compile = (plan: Json) => compilePlan(plan, CATALOG).physical;
const windowed = (source: readonly [string, string | null, Json], window: Json, ...aggs: Json[]) =>
  planOf(
    source,
    ["window", "source", { window: { kind: "tumble", size_ms: 1000, ...window } }],
    ["aggregate", "window", { keys: ["origin"], aggs: aggs.length > 0 ? aggs : [{ fn: "count", as: "n" }] }],
    sinkOf("aggregate"),
  );
const shape = (columns: readonly { name: string; type: Parameters<typeof formatType>[0]; nullable: boolean }[]) =>
  columns.map(({ name, type, nullable }) => `${name} ${formatType(type)}${nullable ? "?" : ""}`).join(", ");

Deno.test("an aggregate gives the window, its keys and its aggregates with their types", () => {
  const aggs = [
    { fn: "count", as: "n" },
    { fn: "count", arg: "delay", as: "known" },
    { fn: "sum", arg: "delay", as: "sum" },
    { fn: "avg", arg: "distance", as: "avg" },
    { fn: "min", arg: "scheduled", as: "min" },
    { fn: "first", arg: "distance", as: "first", filter: col("cancelled") },
    { fn: "count", as: "cancelled", filter: col("cancelled") },
  ];
  const { sinks } = compile(windowed(SOURCE, {}, ...aggs));
  assert.equal(
    shape(sinks[0].columns),
    "window_start timestamp, window_end timestamp, origin string, n int64, known int64, sum int64?, avg double, " +
      "min timestamp, first double?, cancelled int64",
  );
  assert.deepEqual(sinks[0].keys, ["origin"]);
});

Deno.test("columns flow through filters and projections; keep leaves them in their places", () => {
  const { sinks } = compile(planOf(
    SOURCE,
    ["filter", "source", { where: col("cancelled") }],
    ["project", "filter", {
      keep: true,
      columns: [{ as: "delay", expr: col("distance") }, { as: "x", expr: lit("a") }],
    }],
    sinkOf("project", "sink_a"),
    ["project_2", "project", { columns: ["x", { as: "from", expr: col("origin") }] }],
    sinkOf("project_2", "sink_b"),
  ));
  assert.equal(
    shape(sinks[0].columns),
    "ts timestamp, origin string, destination string, delay double, distance double, cancelled bool, " +
      "scheduled timestamp, x string",
  );
  assert.equal(shape(sinks[1].columns), "x string, from string");
});

Deno.test("names of columns that JavaScript has a meaning for are names like any other", () => {
  const { sinks, operators } = compile(planOf(
    ["source", null, { stream: "odd" }],
    ["project", "source", { columns: ["constructor", { as: "__proto__", expr: col("__proto__") }] }],
    ["window", "project", HOUR],
    ["aggregate", "window", { keys: ["__proto__"], aggs: [{ fn: "count", as: "toString" }] }],
    sinkOf("aggregate"),
  ));
  assert.equal(
    shape(sinks[0].columns),
    "window_start timestamp, window_end timestamp, __proto__ int64, toString int64",
  );
  assert.equal(shape(operators[0].columns), "__proto__ int64");
});

Deno.test("the keys of a view follow renaming, and are none when one is lost", () => {
  const behind = (columns: unknown[]) =>
    compile(planOf(
      SOURCE,
      ["window", "source", HOUR],
      ["aggregate", "window", { keys: ["origin", "destination"], aggs: [{ fn: "count", as: "n" }] }],
      ["project", "aggregate", { columns }],
      sinkOf("project"),
    )).sinks[0].keys;
  assert.deepEqual(behind(["n", { as: "to", expr: col("destination") }, "origin"]), ["origin", "to"]);
  assert.deepEqual(behind(["n", "origin"]), []);
});

Deno.test("event time is the node's, then the stream's, then the one that a window names, then arrival", () => {
  const timed = (plan: Json) => {
    const { sources: [source], operators } = compile(plan), aggregate = operators[0];
    assert.ok(aggregate.op === "aggregate");
    const name = (columns: readonly { name: string }[], at: number) => at < 0 ? null : columns[at].name;
    return [name(source.columns, source.time), source.delayMs, name(aggregate.inputColumns, aggregate.time)];
  };
  const source = (rest: Json) => ["source", null, { stream: "flights", ...rest }] as const;
  assert.deepEqual(timed(windowed(source({}), {})), ["ts", 1000, "ts"]);
  assert.deepEqual(timed(windowed(source({ delay_ms: 5 }), {})), ["ts", 5, "ts"]);
  assert.deepEqual(timed(windowed(source({ time: "scheduled" }), {})), ["scheduled", 0, "scheduled"]);
  assert.deepEqual(timed(windowed(source({ time: "delay", delay_ms: 7 }), {})), ["delay", 7, "delay"]);
  assert.deepEqual(timed(windowed(UNTIMED, {})), [null, 0, null]);
  assert.deepEqual(timed(windowed(UNTIMED, { time: "scheduled" })), ["scheduled", 0, "scheduled"]);
});

Deno.test("a window that names a time gives it to the windows beside it, in any order", () => {
  const { operators } = compile(planOf(
    UNTIMED,
    ["window_a", "source", HOUR],
    ["aggregate_a", "window_a", { keys: [], aggs: [{ fn: "count", as: "n" }] }],
    ["project", "source", { columns: [{ as: "when", expr: col("ts") }] }],
    ["window_b", "project", { window: { ...HOUR.window, time: "when" } }],
    ["aggregate_b", "window_b", { keys: [], aggs: [{ fn: "count", as: "n" }] }],
    sinkOf("aggregate_a", "sink_a"),
    sinkOf("aggregate_b", "sink_b"),
  ));
  const times = operators.flatMap((one) => one.op === "aggregate" ? [one.inputColumns[one.time].name] : []);
  assert.deepEqual(times, ["ts", "when"]);
});

Deno.test("timing and offsets get their normal values", () => {
  const hop = { kind: "hop", size_ms: 3000, slide_ms: 1000, offset_ms: -2200 };
  const { sources: [source], operators: [aggregate] } = compile(windowed(SOURCE, hop));
  assert.equal(source.idleTimeoutMs, IDLE_TIMEOUT_MS);
  assert.ok(aggregate.op === "aggregate");
  assert.deepEqual([aggregate.sizeMs, aggregate.slideMs, aggregate.offsetMs], [3000, 1000, 800]);
});

const arg = (aggs: Json) => windowed(SOURCE, {}, { fn: "sum", as: "s", ...aggs });
/** `[what, plan, node, path, reason, hint]` */
const ERRORS: readonly [string, Json, string, string, RegExp, RegExp?][] = [
  [
    "an unknown stream",
    planOf(["source", null, { stream: "flihgts" }], sinkOf("source")),
    "source",
    "nodes[0].stream",
    /^Unknown stream flihgts$/,
    /mean flights\? Create it with PUT \/v1\/streams\/flihgts/,
  ],
  [
    "a stream like no other",
    planOf(["source", null, { stream: "bids" }], sinkOf("source")),
    "source",
    "nodes[0].stream",
    /^Unknown stream bids$/,
    /^Create it with PUT \/v1\/streams\/bids/,
  ],
  [
    "an unknown time",
    planOf(["source", null, { stream: "flights", time: "tz" }], sinkOf("source")),
    "source",
    "nodes[0].time",
    /^Unknown column "tz"$/,
    /mean ts/,
  ],
  [
    "a time of text",
    planOf(["source", null, { stream: "flights", time: "origin" }], sinkOf("source")),
    "source",
    "nodes[0].time",
    /^Cannot use origin as event time: it is string$/,
    /timestamp, or int64/,
  ],
  [
    "a delay without time",
    planOf(["source", null, { stream: "untimed", delay_ms: 9 }], sinkOf("source")),
    "source",
    "nodes[0].delay_ms",
    /needs event time/,
    /"time"/,
  ],
  [
    "a column type",
    planOf(["source", null, {
      connector: { kind: "file", path: "x", format: "ndjson" },
      columns: [{ name: "a", type: "int" }],
    }], sinkOf("source")),
    "source",
    "nodes[0].columns[0].type",
    /^Unknown type "int"/,
  ],
  [
    "a column twice",
    planOf(["source", null, {
      connector: { kind: "file", path: "x", format: "ndjson" },
      columns: [{ name: "a", type: "int64" }, { name: "a", type: "bool" }],
    }], sinkOf("source")),
    "source",
    "nodes[0].columns[1].name",
    /named twice/,
  ],
  [
    "a filter that is no condition",
    planOf(SOURCE, ["filter", "source", { where: col("delay") }], sinkOf("filter")),
    "filter",
    "nodes[1].where",
    /^Expected a condition \(bool\), got int64$/,
  ],
  [
    "an unknown column in a filter",
    planOf(SOURCE, ["filter", "source", { where: call("gt", col("dely"), lit(1)) }], sinkOf("filter")),
    "filter",
    "nodes[1].where.args[0]",
    /dely/,
  ],
  [
    "a projected name twice",
    planOf(SOURCE, ["project", "source", { columns: ["ts", { as: "ts", expr: col("delay") }] }], sinkOf("project")),
    "project",
    "nodes[1].columns[1].as",
    /named twice/,
  ],
  [
    "an unknown short column",
    planOf(SOURCE, ["project", "source", { columns: ["ts", "orign"] }], sinkOf("project")),
    "project",
    "nodes[1].columns[1]",
    /orign/,
  ],
  [
    "an unknown key",
    planOf(SOURCE, ["window", "source", HOUR], ["aggregate", "window", {
      keys: ["orign"],
      aggs: [{ fn: "count", as: "n" }],
    }], sinkOf("aggregate")),
    "aggregate",
    "nodes[2].keys[0]",
    /^Unknown column "orign"$/,
    /mean origin/,
  ],
  [
    "a key twice",
    planOf(SOURCE, ["window", "source", HOUR], ["aggregate", "window", {
      keys: ["origin", "origin"],
      aggs: [{ fn: "count", as: "n" }],
    }], sinkOf("aggregate")),
    "aggregate",
    "nodes[2].keys[1]",
    /named twice/,
  ],
  [
    "an output named as the window",
    windowed(SOURCE, {}, { fn: "count", as: "window_end" }),
    "aggregate",
    "nodes[2].aggs[0].as",
    /"window_end" is named twice/,
    /its window's columns, its keys and its aggs/,
  ],
  [
    "a sum of text",
    arg({ arg: "origin" }),
    "aggregate",
    "nodes[2].aggs[0].arg",
    /^Cannot take sum of string$/,
    /int64, double, decimal/,
  ],
  ["a sum of nothing", arg({}), "aggregate", "nodes[2].aggs[0]", /^arg is missing: sum needs/],
  [
    "a filter of an aggregate",
    arg({ arg: "delay", filter: col("origin") }),
    "aggregate",
    "nodes[2].aggs[0].filter",
    /^Expected a condition/,
  ],
  [
    "distinct rows",
    arg({ fn: "count", distinct: true }),
    "aggregate",
    "nodes[2].aggs[0].distinct",
    /counts rows, which are all different/,
  ],
  [
    "distinct firsts",
    arg({ fn: "first", arg: "delay", distinct: true }),
    "aggregate",
    "nodes[2].aggs[0].distinct",
    /has no meaning/,
  ],
  [
    "a slide beyond the size",
    windowed(SOURCE, { kind: "hop", slide_ms: 2000 }),
    "window",
    "nodes[1].window.slide_ms",
    /rows would fall between/,
  ],
  [
    "too many slices",
    windowed(SOURCE, { kind: "hop", size_ms: 3600000, slide_ms: 3599999 }),
    "window",
    "nodes[1].window.slide_ms",
    /has 3600000 slices: at most 65536/,
    /divides the size/,
  ],
  [
    "too many windows a row",
    windowed(SOURCE, { kind: "hop", size_ms: 1e6, slide_ms: 1 }),
    "window",
    "nodes[1].window.slide_ms",
    /has 1000000 slices/,
  ],
  [
    "an unknown window time",
    windowed(SOURCE, { time: "tz" }),
    "window",
    "nodes[1].window.time",
    /^Unknown column "tz"$/,
  ],
  ["a window over text", windowed(UNTIMED, { time: "origin" }), "window", "nodes[1].window.time", /it is string/],
  [
    "another time than the source's",
    windowed(SOURCE, { time: "scheduled" }),
    "window",
    "nodes[1].window.time",
    /the event time of source source is ts/,
    /"time": "scheduled"/,
  ],
  [
    "a computed time",
    planOf(
      UNTIMED,
      ["project", "source", {
        keep: true,
        columns: [{ as: "ts", expr: call("coalesce", col("ts"), col("scheduled")) }],
      }],
      ["window", "project", { window: { ...HOUR.window, time: "ts" } }],
      ["aggregate", "window", { keys: [], aggs: [{ fn: "count", as: "n" }] }],
      sinkOf("aggregate"),
    ),
    "window",
    "nodes[2].window.time",
    /it is computed after source source/,
  ],
  [
    "a time that was projected away",
    planOf(SOURCE, ["project", "source", { columns: ["origin"] }], ["window", "project", HOUR], [
      "aggregate",
      "window",
      { keys: [], aggs: [{ fn: "count", as: "n" }] },
    ], sinkOf("aggregate")),
    "window",
    "nodes[2].window",
    /The event time ts of source source does not reach/,
    /Keep the column ts/,
  ],
];

for (const [name, plan, node, path, reason, hint] of ERRORS) {
  Deno.test(`columns and types are refused: ${name}`, () => {
    assert.throws(() => compile(plan), (thrown) => {
      assert.ok(thrown instanceof RdxError && thrown.code === "invalid_plan", `threw ${thrown}`);
      const [detail, ...more] = thrown.details;
      assert.deepEqual(more, []);
      assert.equal(detail.node, node);
      assert.ok(detail.path?.startsWith(path), detail.path);
      assert.match(detail.reason, reason);
      if (hint) assert.match(detail.hint ?? "", hint);
      return true;
    });
  });
}

Deno.test("a stream without columns, and a projection to too many, are refused", () => {
  const wide = Array.from({ length: COLUMNS_MAX }, (_, i) => ({ name: `c${i}`, type: INT64, nullable: true }));
  const streams = new Map([["empty", []], ["wide", wide]]);
  const catalog: Catalog = {
    stream: (name) => ({ columns: streams.get(name)!, time: null, delayMs: 0, futureSkewMs: 3_600_000 }),
    sinkKinds: CATALOG.sinkKinds,
  };
  const detail = (plan: Json) => {
    try {
      compilePlan(plan, catalog);
    } catch (thrown) {
      assert.ok(thrown instanceof RdxError);
      return [thrown.details.length, thrown.details[0].path, thrown.details[0].reason];
    }
  };
  assert.deepEqual(detail(planOf(["source", null, { stream: "empty" }], sinkOf("source"))), [
    1,
    "nodes[0].stream",
    "Stream empty has no columns yet",
  ]);
  const more = { keep: true, columns: [{ as: "more", expr: lit(1) }] };
  const plan = planOf(["source", null, { stream: "wide" }], ["project", "source", more], sinkOf("project"));
  assert.deepEqual(detail(plan), [
    1,
    "nodes[1].columns",
    `Cannot make ${COLUMNS_MAX + 1} columns: at most ${COLUMNS_MAX}`,
  ]);
});

Deno.test("a filter of an aggregate that is too deep around its argument is refused at its path", () => {
  let deep: Json = col("delay");
  for (let i = 1; i < EXPRESSION_DEPTH_MAX; i++) deep = call("neg", deep);
  const plan = arg({ arg: deep, filter: col("cancelled") });
  assert.throws(() => compile(plan), (thrown) => {
    assert.ok(thrown instanceof RdxError);
    assert.ok(thrown.details[0].path?.startsWith("nodes[2].aggs[0].filter"), thrown.details[0].path);
    return true;
  });
});
