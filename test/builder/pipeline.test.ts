import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { formatType } from "../../src/core/schema.ts";
import {
  array,
  type ArrayKind,
  arrayWith,
  csvFile,
  decimal,
  discard,
  double,
  file,
  hop,
  int64,
  json,
  type JsonRow,
  lit,
  map,
  ndjsonFile,
  nullable,
  pipeline,
  row,
  sink,
  stdout,
  stream,
  string,
  timestamp,
  tumble,
  values,
  view,
  when,
} from "../../src/builder/mod.ts";
import { compilePlan, parsePlan } from "../../src/plan/compile.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { FUNCTIONS } from "../../src/expr/mod.ts";
import type { Value } from "../../src/builder/expression.ts";
import { CATALOG } from "../plan/catalog.ts";

const flights = () =>
  stream("flights", { ts: timestamp(), origin: string(), delay: nullable(int64()) }, { time: "ts" });

Deno.test("a chain gives the plan that one would write by hand", () => {
  const plan = pipeline("delays").from(flights())
    .filter((r) => r.delay.gt(0))
    .map((r) => ({ origin: r.origin, ts: r.ts, late: r.delay.div(60) }))
    .keyBy("origin").window(tumble({ hours: 1 }))
    .aggregate((a) => ({ avg_delay: a.avg("late"), max_delay: a.max("late"), n: a.count() }))
    .to(view("delays"))
    .toPlan();
  const written = {
    rdx: 1,
    name: "delays",
    nodes: [
      { id: "source", op: "source", stream: "flights", time: "ts" },
      {
        id: "filter",
        op: "filter",
        input: ["source"],
        where: { call: "gt", args: [{ column: "delay" }, { literal: 0 }] },
      },
      {
        id: "project",
        op: "project",
        input: ["filter"],
        columns: [
          "origin",
          "ts",
          { as: "late", expr: { call: "div", args: [{ column: "delay" }, { literal: 60 }] } },
        ],
      },
      { id: "window", op: "window", input: ["project"], window: { kind: "tumble", size_ms: 3_600_000 } },
      {
        id: "aggregate",
        op: "aggregate",
        input: ["window"],
        keys: ["origin"],
        aggs: [
          { fn: "avg", arg: "late", as: "avg_delay" },
          { fn: "max", arg: "late", as: "max_delay" },
          { fn: "count", as: "n" },
        ],
      },
      { id: "sink", op: "sink", input: ["aggregate"], sink: { kind: "view", name: "delays" } },
    ],
  };
  assert.deepEqual(plan, parsePlan(written, STANDARD_SINKS));
  assert.deepEqual(compilePlan(plan, CATALOG), compilePlan(written, CATALOG));
});

Deno.test("a check is a filter that refuses rows", () => {
  const plan = pipeline("p").from(flights()).check((r) => r.delay.lt(9), "Too late").to(discard()).toPlan();
  const where = { call: "lt", args: [{ column: "delay" }, { literal: 9 }] };
  assert.deepEqual(plan.nodes[1], { id: "filter", op: "filter", input: ["source"], where, refuse: "Too late" });
});

Deno.test("the examples can be written with the builder", () => {
  const example = (name: string) =>
    parsePlan(
      JSON.parse(Deno.readTextFileSync(new URL(`../../examples/plans/${name}.json`, import.meta.url))),
      STANDARD_SINKS,
    );
  const source = stream("flights", { ts: timestamp(), origin: string(), destination: string(), delay: int64() }, {
    time: "ts",
    delay: { minutes: 1 },
  });
  const daily = pipeline("flights_daily_hop").from(source).named("flights")
    .keyBy("origin").window(hop({ days: 1 }, { hours: 1 }), "day")
    .aggregate((a, r) => ({
      flights: a.count(),
      late: a.count().where(r.delay.ge(15)),
      delay_minutes: a.sum("delay"),
    })).named("by_origin")
    .filter((r) => r.flights.ge(10)).named("busy")
    .to(view("delays_daily"), "view");
  assert.deepEqual(daily.toPlan(), example("flights_daily_hop"));
  const untimed = stream("flights", source.columns);
  const late = pipeline("flights_late_to_file").from(untimed).named("flights")
    .filter((r) => r.delay.ge(60)).named("late")
    .map((r) => ({ ts: r.ts, origin: r.origin, destination: r.destination, hours: r.delay.div(60) })).named("columns")
    .to(file("late.ndjson"), "file");
  assert.deepEqual(late.toPlan(), example("flights_late_to_file"));
});

Deno.test("branches and several sources make one plan, with numbered ids", () => {
  const p = pipeline("p");
  const rows = p.from(flights());
  rows.filter((r) => r.delay.isNull()).to(discard());
  rows.filter((r) => r.origin.eq("SFO")).to(stdout("csv")).to(sink("view", { name: "sfo" }));
  p.from(ndjsonFile("x.ndjson", { a: int64() }, { time: "a", delay: { seconds: 2 }, idleTimeout: {} })).to(discard());
  const { nodes } = p.toPlan();
  assert.deepEqual(nodes.map((node) => [node.id, node.op === "source" ? null : node.input[0]]), [
    ["source", null],
    ["filter", "source"],
    ["sink", "filter"],
    ["filter_2", "source"],
    ["sink_2", "filter_2"],
    ["sink_3", "filter_2"],
    ["source_2", null],
    ["sink_4", "source_2"],
  ]);
  assert.deepEqual(nodes[6], {
    id: "source_2",
    op: "source",
    connector: { kind: "file", path: "x.ndjson", format: "ndjson", header: true, delimiter: "," },
    columns: [{ name: "a", type: "int64", nullable: false }],
    time: "a",
    delay_ms: 2000,
    idle_timeout_ms: 0,
  });
  compilePlan(p.toPlan(), CATALOG);
});

Deno.test("a stream's bound of event time is the source's future_skew_ms, and none is 0", () => {
  const columns = { ts: timestamp() };
  const nodeOf = (futureSkew: { minutes?: number }) =>
    pipeline("p").from(stream("flights", columns, { time: "ts", futureSkew })).to(discard()).toPlan().nodes[0];
  assert.deepEqual(nodeOf({ minutes: 5 }), {
    id: "source",
    op: "source",
    stream: "flights",
    time: "ts",
    future_skew_ms: 300_000,
  });
  assert.equal((nodeOf({}) as { future_skew_ms: number }).future_skew_ms, 0);
});

Deno.test("every operator of a row's values is a function of the plan language and compiles", () => {
  const columns = { i: int64(), d: double(), m: decimal(10, 2), w: decimal(38, 8), s: string(), t: timestamp() };
  const stage = pipeline("all").from(csvFile("x.csv", columns)).map((r) => ({
    comparisons: r.i.eq(r.d).or(
      r.i.ne(1),
      r.d.lt(0.5),
      r.m.le(2n),
      r.w.gt(10n ** 20n),
      r.s.gt("a"),
      r.t.ge(new Date(0)),
      r.t.lt("2026-01-01"),
    ),
    ranges: r.i.between(1, 2).and(r.s.in("a", "b"), r.d.isNull(), r.s.isNotNull().not()),
    numbers: r.i.add(1).sub(2).mul(r.d).div(3).mod(4),
    signs: r.d.neg().abs().floor().ceil().round(),
    texts: r.s.lower().upper().trim().concat("x", r.s).substring(1).substring(2, 3),
    tests: r.s.like("a%").and(r.s.startsWith("a"), r.s.endsWith("b"), r.s.contains("c")),
    length: r.s.length(),
    times: r.t.later({ hours: 1 }).earlier({ ms: 5 }).truncate("hour"),
    since: r.t.since(r.t),
    hour: r.t.part("hour"),
    filled: r.s.orElse("none"),
    converted: r.s.cast(int64()),
    chosen: when(r.i.gt(5), "many").when(r.i.gt(1), "some").otherwise("few"),
    open: when(r.i.gt(5), r.m).end(),
    exact: lit("12.50", decimal(4, 2)),
    wide: r.w.add(r.m).sub(lit("123456789012345678901234567890.5", decimal(31, 1))).round(),
    big: r.i.add(9_007_199_254_740_993n),
    nothing: lit(null, string()),
  })).to(discard());
  const { physical } = compilePlan(stage.toPlan(), CATALOG);
  const types = Object.fromEntries(physical.sinks[0].columns.map(({ name, type }) => [name, type.kind]));
  assert.deepEqual(types, {
    comparisons: "bool",
    ranges: "bool",
    numbers: "double",
    signs: "double",
    texts: "string",
    tests: "bool",
    length: "int64",
    times: "timestamp",
    since: "int64",
    hour: "int64",
    filled: "string",
    converted: "int64",
    chosen: "string",
    open: "decimal",
    exact: "decimal",
    wide: "decimal128",
    big: "int64",
    nothing: "string",
  });
  assert.ok(JSON.stringify(stage.toPlan()).includes('{"literal":"9007199254740993","type":"int64"}'));
  for (const [, name] of JSON.stringify(stage.toPlan()).matchAll(/"call":"(\w+)"/g)) {
    assert.ok(FUNCTIONS.has(name), name);
  }
});

Deno.test("numbers that JSON cannot hold are refused where they are written", () => {
  const stage = pipeline("p").from(flights());
  assert.throws(() => stage.filter((r) => r.delay.gt(NaN)), /^TypeError: Cannot write NaN in a plan$/);
});

Deno.test("names of columns that JavaScript has a meaning for are names like any other", () => {
  const odd = stream("odd", { ["__proto__"]: int64(), constructor: string() });
  const stage = pipeline("p").from(odd)
    .map((r) => ({ ["__proto__"]: r["__proto__"].add(1), constructor: r.constructor }))
    .keyBy("constructor").window(tumble({ seconds: 1 }))
    .aggregate((a) => ({ toString: a.max("__proto__") }))
    .to(discard());
  const { physical } = compilePlan(stage.toPlan(), CATALOG);
  assert.deepEqual(physical.sinks[0].columns.slice(2).map(({ name }) => name), ["constructor", "toString"]);
});

Deno.test("a doubled id is refused when the plan is compiled", () => {
  const stage = pipeline("p").from(flights()).named("a").filter((r) => r.delay.gt(0)).named("a").to(discard());
  assert.throws(() => compilePlan(stage.toPlan(), CATALOG), (thrown) => {
    return thrown instanceof RdxError && thrown.details[0].reason === "Id a is used twice";
  });
});

/** Compiles only if `A` and `B` are the same type. */
function same<A, B>(_: (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : never) {}

Deno.test("a window may name a column of event time that the rows have", () => {
  const { nodes } = pipeline("p").from(flights())
    .keyBy().window(tumble({ minutes: 1, seconds: 30 }, { time: "ts", offset: { ms: -5 } }), "minute")
    .aggregate((a) => ({ n: a.count("delay") }), { twoPhase: true })
    .to(discard()).toPlan();
  const window = { kind: "tumble", size_ms: 90_000, offset_ms: -5, time: "ts" };
  assert.deepEqual(nodes[1], { id: "minute", op: "window", input: ["source"], window });
  assert.deepEqual(nodes[2], {
    id: "aggregate",
    op: "aggregate",
    input: ["minute"],
    keys: [],
    aggs: [{ fn: "count", arg: { column: "delay" }, as: "n" }],
    two_phase: true,
  });
});

Deno.test("the type of a row follows from the chain", () => {
  const stage = pipeline("p").from(flights())
    .extend((r) => ({ hours: r.delay.div(60n) }))
    .keyBy("origin").window(tumble({ hours: 1 }))
    .aggregate((a, r) => ({ n: a.count(), mean: a.avg("hours"), last: a.last("ts"), top: a.max(r.delay.mul(0.5)) }));
  same<typeof stage.row.window_start, string>(true);
  same<typeof stage.row.origin, string>(true);
  same<typeof stage.row.n, number | bigint>(true);
  same<typeof stage.row.mean, number | null>(true);
  same<typeof stage.row.last, string | null>(true);
  const source = pipeline("p").from(flights());
  same<typeof source.row, { ts: string; origin: string; delay: number | bigint | null }>(true);
  same<JsonRow<{ a: Value<"bool", false> }>, { a: boolean }>(true);
});

/** Never called: each marked line must fail to compile, or `deno check` reports the mark. */
export function refused() {
  const stage = pipeline("p").from(flights());
  // @ts-expect-error: no such column
  stage.filter((r) => r.dely.gt(0));
  // @ts-expect-error: a filter needs a condition
  stage.filter((r) => r.delay);
  // @ts-expect-error: text is not compared with a number
  stage.filter((r) => r.origin.gt(0));
  // @ts-expect-error: a number is not compared with text
  stage.filter((r) => r.delay.eq("0"));
  // @ts-expect-error: text has no sum
  stage.map((r) => ({ x: r.origin.add(1) }));
  // @ts-expect-error: numbers have no upper case
  stage.map((r) => ({ x: r.delay.upper() }));
  // @ts-expect-error: a column is made of a value of the row
  stage.map(() => ({ x: 1 }));
  // @ts-expect-error: no such key
  stage.keyBy("orign");
  // @ts-expect-error: no such column of event time
  stage.keyBy("origin").window(tumble({ hours: 1 }, { time: "at" }));
  const windowed = stage.keyBy("origin").window(tumble({ hours: 1 }));
  // @ts-expect-error: text has no sum
  windowed.aggregate((a) => ({ x: a.sum("origin") }));
  // @ts-expect-error: no such column
  windowed.aggregate((a) => ({ x: a.max("dely") }));
  // @ts-expect-error: a condition selects rows
  windowed.aggregate((a, r) => ({ x: a.count().where(r.delay) }));
  // @ts-expect-error: keys that are not kept are gone
  windowed.aggregate((a) => ({ n: a.count() })).filter((r) => r.delay.gt(0));
  // @ts-expect-error: event time is a timestamp or int64
  stream("flights", { origin: string() }, { time: "origin" });
  // @ts-expect-error: no such unit
  tumble({ weeks: 1 });
  // @ts-expect-error: branches of one type
  stage.map((r) => ({ x: when(r.delay.gt(0), "late").otherwise(1) }));
}

Deno.test("nested values have the types of their parts, and entries of maps and items that are rows have fields", () => {
  const orders = ndjsonFile("orders.json", {
    id: int64(),
    items: nullable(array(row({ sku: string(), qty: int64() }))),
    attrs: map(array(double())),
  });
  const items = pipeline("p").from(orders).unnest((r) => r.items, "item", { ordinality: "n" });
  const made = items.map((r) => ({ sku: r.item.field("sku").upper(), n: r.n.add(1n), all: arrayWith(r.id, 2) }));
  type Made = JsonRow<{ sku: Value<"string", false>; all: Value<ArrayKind<"int64">, false> }>;
  const shown: Made = { sku: "A", all: [1, null] };
  assert.deepEqual(shown.all.length, 2);
  // For the compiler only: what does not fit
  void (() => {
    // @ts-expect-error a row has no such field
    items.map((r) => ({ x: r.item.field("color") }));
    // @ts-expect-error a number has no items
    items.unnest((r) => r.id, "x");
  });
  const entries = pipeline("q").from(orders).unnest((r) => r.attrs, "entry")
    .map((r) => ({ k: r.entry.field("key"), v: r.entry.field("value").item(1).mul(2) }));
  for (const stage of [made, entries]) {
    const { nodes } = stage.to(view("v")).toPlan(), compiled = compilePlan({ rdx: 1, name: "p", nodes }, CATALOG);
    assert.equal(compiled.physical.operators.filter(({ op }) => op === "unnest").length, 1);
  }
});

Deno.test("literals and rows of a plan hold nested values", () => {
  const rows = values([[1, [1, 2], { a: 1 }], [2, null, "x"]], {
    id: int64(),
    a: nullable(array(int64())),
    j: nullable(json()),
  });
  const plan = pipeline("p").from(rows)
    .map((r) => ({
      l: lit([1, 2], array(int64())),
      m: lit({ k: "x" }, map(string())),
      same: r.a.eq(r.a),
      j: r.j.get("a"),
    }))
    .to(view("v")).toPlan();
  const [{ columns }] = compilePlan(plan, CATALOG).physical.operators;
  assert.deepEqual(columns.map(({ type }) => formatType(type)), [
    "array<int64>",
    "map<string, string>",
    "bool",
    "json",
  ]);
  const wrong = pipeline("p").from(rows).map(() => ({ l: lit([1], map(string())) })).to(view("v")).toPlan();
  assert.throws(() => compilePlan(wrong, CATALOG), { message: /Cannot read \[1\] as map<string, string>/ });
});
