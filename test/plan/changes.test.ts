import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { type Catalog, STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { givenBy } from "../../src/plan/physical.ts";
import { call, CATALOG, col, type Json, lit } from "./catalog.ts";
import { columnsOf, factsOf, lagsOf, operatorOf, operatorsOf } from "./facts.ts";
import { count, FLIGHTS_SOURCE, plan, refuses, tumble, UNTIMED_SOURCE } from "./refusals.ts";

const CHANGES: Json = {
  id: "c",
  op: "source",
  stream: "flights",
  changes: "all",
  kind_column: "destination",
  primary_key: ["origin"],
};
const UPSERTS: Json = { id: "c", op: "source", stream: "flights", changes: "upsert", primary_key: ["origin"] };

Deno.test("a source may be a changelog, whose kinds are read beside its columns", () => {
  const { changes, upsertKeys, keys } = factsOf(plan([CHANGES]), "c");
  assert.deepEqual([changes, upsertKeys, keys], [true, ["origin"], ["origin"]]);
  assert.doesNotMatch(columnsOf(plan([CHANGES]), "c"), /destination/);
  const { sources: [source], operators } =
    compilePlan(plan([CHANGES, count("a", "c", ["cancelled"])]), CATALOG).physical;
  assert.deepEqual(source.columns.map(({ name }) => name), ["ts", "cancelled", "destination"]);
  assert.equal(source.kindColumn, 2);
  assert.ok(operators[0].op === "group" && operators[0].retracts && operators[0].inputColumns.length === 2);
});

Deno.test("upserts become a changelog by their key, once for all who read them", () => {
  const twice = plan([UPSERTS, count("a", "c", []), count("b", "c", ["cancelled"])], ["a", "b"]);
  const { keys, columns, inputs } = operatorOf(twice, "normalize");
  assert.deepEqual([keys.map((key) => columns[key].name), inputs.length], [["origin"], 1]);
  assert.deepEqual(operatorsOf(twice).filter(({ op }) => op === "group").map(({ inputs }) => inputs), [["c$upsert"], [
    "c$upsert",
  ]]);
  const { sources: [source] } = compilePlan(twice, CATALOG).physical;
  assert.equal(source.kindColumn, -1);
});

Deno.test("a primary key of inserts tells rows apart and makes no changes", () => {
  const { changes, upsertKeys } = factsOf(plan([{ ...FLIGHTS_SOURCE, primary_key: ["origin", "ts"] }]), "f");
  assert.deepEqual([changes, upsertKeys], [false, ["origin", "ts"]]);
  assert.deepEqual(operatorsOf(plan([{ ...FLIGHTS_SOURCE, primary_key: ["origin"] }])), []);
});

Deno.test("keys follow renaming, and are lost with a column of theirs", () => {
  const behind = (columns: unknown[]) =>
    factsOf(plan([CHANGES, { id: "p", op: "project", input: ["c"], columns }]), "p").upsertKeys;
  assert.deepEqual(behind([{ as: "from", expr: col("origin") }, "delay"]), ["from"]);
  assert.deepEqual(behind(["delay"]), null);
  assert.deepEqual(behind([{ as: "origin", expr: call("upper", col("origin")) }]), null);
});

Deno.test("final windows of a changelog are inserts again", () => {
  const windows = plan([CHANGES, tumble("w", "c"), count("a", "w", ["cancelled"])]);
  assert.equal(factsOf(windows, "w").changes, true);
  assert.equal(factsOf(windows, "a").changes, false);
  assert.deepEqual(operatorsOf(windows).map(({ op }) => op), ["assign", "group"]);
  assert.ok(operatorOf(windows, "group").retracts);
});

Deno.test("rows in several windows are told apart by the window too", () => {
  const hop = plan([CHANGES, tumble("w", "c", { kind: "hop", slide_ms: 20_000 })]);
  assert.deepEqual(factsOf(hop, "w").upsertKeys, ["origin", "window_start", "window_end"]);
  assert.deepEqual(factsOf(plan([CHANGES, tumble("w", "c")]), "w").upsertKeys, ["origin"]);
});

Deno.test("a union has the event time that all inputs have, as far behind as the worst, and no key", () => {
  const other: Json = { id: "g", op: "source", stream: "flights", delay_ms: 0 };
  const union: Json = { id: "n", op: "union", input: ["f", "g"] };
  const { changes, upsertKeys, sources } = factsOf(plan([FLIGHTS_SOURCE, other, union]), "n");
  assert.deepEqual([changes, upsertKeys, sources.map(({ id }) => id)], [false, null, ["f", "g"]]);
  assert.deepEqual(lagsOf(plan([FLIGHTS_SOURCE, other, union]), "n"), { ts: 0 });
  assert.deepEqual(lagsOf(plan([FLIGHTS_SOURCE, UNTIMED_SOURCE, { ...union, input: ["f", "u"] }]), "n"), {});
  const named = plan([
    FLIGHTS_SOURCE,
    UNTIMED_SOURCE,
    { ...union, input: ["f", "u"] },
    tumble("w", "n", { time: "ts" }),
  ]);
  assert.deepEqual(factsOf(named, "w").sources.map(({ time }) => time), ["ts", "ts"]);
});

Deno.test("windows behind a union are over once they are in each of its inputs", () => {
  const other: Json = {
    id: "g",
    op: "project",
    input: ["f"],
    columns: [{ as: "o", expr: col("origin") }, { as: "t", expr: col("ts") }],
  };
  const within = { left: "ts", right: "t", lower_ms: 0, upper_ms: 500 };
  const nearby: Json = {
    id: "j",
    op: "join",
    type: "semi",
    input: ["f", "g"],
    on: [{ left: "origin", right: "o" }],
    within,
  };
  const before = [FLIGHTS_SOURCE, other, nearby, tumble("w", "f"), tumble("v", "j")];
  for (const input of [["w", "v"], ["v", "w"]]) {
    const union: Json = { id: "n", op: "union", input };
    const both = plan([...before, union, count("a", "n", ["window_start", "window_end"])]);
    assert.equal(operatorOf(both, "group").lagMs, 500, String(input));
  }
});

Deno.test("a union may be NULL where one of its inputs may, and reads only what is used", () => {
  const ways = (expr: Json): Json => ({
    id: "p",
    op: "project",
    input: ["f"],
    columns: [{ as: "x", expr }, "origin", "ts"],
  });
  const part: Json = {
    id: "q",
    op: "project",
    input: ["f"],
    columns: [{ as: "y", expr: col("delay") }, "destination", "ts"],
  };
  const both = [FLIGHTS_SOURCE, ways(lit(1)), part, { id: "n", op: "union", input: ["p", "q"] }];
  assert.equal(columnsOf(plan(both), "n"), "x int64?, origin string, ts timestamp");
  const { sources: [source], operators } = compilePlan(plan([...both, count("a", "n", ["origin"])]), CATALOG).physical;
  assert.deepEqual(source.columns.map(({ name }) => name), ["ts", "origin", "destination"]);
  const union = operators.find(({ op }) => op === "union")!;
  assert.deepEqual(union.columns.map(({ name }) => name), ["origin"]);
});

Deno.test("two sources that read the same are read once, and what is done twice alike is done once", () => {
  const twin: Json = { id: "g", op: "source", stream: "flights" };
  const { physical } = {
    physical: compilePlan(
      plan([FLIGHTS_SOURCE, twin, count("a", "f", ["origin"]), count("b", "g", ["origin"])], ["a", "b"]),
      CATALOG,
    ).physical,
  };
  assert.deepEqual(physical.sources.map(({ id }) => id), ["f"]);
  assert.deepEqual(physical.operators.map(({ id }) => id), ["a"]);
  assert.deepEqual(physical.sinks.map(({ input }) => input), ["a", "a"]);
  const other = { ...twin, delay_ms: 5 };
  const apart =
    compilePlan(plan([FLIGHTS_SOURCE, other, count("a", "f", []), count("b", "g", [])], ["a", "b"]), CATALOG).physical;
  assert.deepEqual(apart.sources.map(({ id }) => id), ["f", "g"]);
});

const sinkOf = (sink: Json, catalog: Catalog = CATALOG) => {
  const nodes = [FLIGHTS_SOURCE, count("a", "f", ["origin"]), { id: "s", op: "sink", input: ["a"], sink }];
  return compilePlan({ rdx: 1, name: "p", nodes }, catalog).physical.sinks[0];
};

Deno.test("sinks that take changes are told what kind of rows they get, and by which keys", () => {
  for (
    const sink of [{ kind: "view", name: "v" }, { kind: "discard" }, { kind: "stdout", format: "csv", changelog: true }]
  ) {
    const { changes, upsertKeys, keys } = sinkOf(sink);
    assert.deepEqual([changes, upsertKeys, keys], [true, ["origin"], ["origin"]]);
  }
});

Deno.test("sinks that cannot take rows back are refused behind changes, with what to do", () => {
  const refusal = (sink: Json) => {
    try {
      sinkOf(sink);
    } catch (thrown) {
      assert.ok(thrown instanceof RdxError);
      const [{ path, reason, hint }] = thrown.details;
      return [path, reason, hint];
    }
    assert.fail("nothing was thrown");
  };
  const reason = "A sink of kind stdout cannot take rows back, and aggregate a does";
  const hint = 'Use a view, or set "changelog": true, or aggregate by window';
  assert.deepEqual(refusal({ kind: "stdout", format: "csv" }), ["nodes[2].sink", reason, hint]);
  assert.deepEqual(refusal({ kind: "stdout", format: "csv", changelog: false })[0], "nodes[2].sink");
});

Deno.test("sinks that change rows by keys need keys", () => {
  const sinkKinds = new Map([...STANDARD_SINKS, ["table", { options: {}, changes: "upsert" } as const]]);
  const catalog: Catalog = { ...CATALOG, sinkKinds };
  assert.equal(sinkOf({ kind: "table" }, catalog).changes, true);
  const nodes = [
    FLIGHTS_SOURCE,
    count("a", "f", ["origin"]),
    { id: "p", op: "project", input: ["a"], columns: ["n"] },
    {
      id: "s",
      op: "sink",
      input: ["p"],
      sink: { kind: "table" },
    },
  ];
  assert.throws(() => compilePlan({ rdx: 1, name: "p", nodes }, catalog), (thrown) => {
    return thrown instanceof RdxError && /nothing tells those of project p apart/.test(thrown.details[0].reason);
  });
});

const values = (rows: unknown[][], more: Json = {}): Json => ({
  id: "v",
  op: "source",
  connector: { kind: "values", rows },
  columns: [{ name: "t", type: "timestamp", nullable: false }, { name: "k", type: "string" }],
  ...more,
});

Deno.test("connectors that make rows go to the runtime with their defaults", () => {
  const made = (source: Json) => compilePlan(plan([source]), CATALOG).physical.sources[0];
  const rows = [["2026-01-01T00:00:00Z", "a"], [5, null]];
  assert.deepEqual(made(values(rows, { time: "t" })).made, { kind: "values", rows });
  const bids = made({ ...values([]), connector: { kind: "nexmark", table: "bid", events: 1000 } });
  assert.deepEqual(bids.made, { kind: "nexmark", table: "bid", events: 1000, events_per_second: 10_000, seed: 1 });
  assert.deepEqual([bids.stream, bids.file], [null, null]);
});

Deno.test("columns may be computed where rows come in, of each other too, and one may be the event time", () => {
  const computed = [
    { as: "at", expr: call("add", col("scheduled"), lit(5)) },
    { as: "late", expr: call("gt", col("delay"), lit(15)) },
    { as: "later", expr: call("add", col("at"), lit(1)) },
  ];
  const source: Json = { id: "u", op: "source", stream: "untimed", computed, time: "later" };
  assert.match(
    columnsOf(plan([source]), "u"),
    /, scheduled timestamp, at timestamp\?, late bool\?, later timestamp\?$/,
  );
  const { sources: [read], operators } =
    compilePlan(plan([source, tumble("w", "u"), count("a", "w", ["late"])]), CATALOG).physical;
  assert.deepEqual(read.columns.map(({ name }) => name), ["delay", "scheduled"]);
  assert.deepEqual(read.computed.map(({ column }) => column.name), ["late", "later"]);
  assert.equal(read.time, 3);
  assert.deepEqual(givenBy(read).map(({ name }) => name), ["delay", "scheduled", "late", "later"]);
  assert.ok(operators[0].op === "aggregate" && operators[0].inputColumns[operators[0].time].name === "later");
  const { programs: [later] } = { programs: read.computed.slice(1).map(({ program }) => program) };
  assert.deepEqual(later.inputs, [1]);
});

Deno.test("a source reads a column for what is computed of none", () => {
  const source: Json = { id: "u", op: "source", stream: "untimed", computed: [{ as: "one", expr: lit(1) }] };
  const { sources: [read] } =
    compilePlan(plan([source, { id: "p", op: "project", input: ["u"], columns: ["one"] }]), CATALOG).physical;
  assert.deepEqual([read.columns.map(({ name }) => name), read.computed.length], [["ts"], 1]);
});

Deno.test("a window may name a computed column as event time", () => {
  const source: Json = {
    id: "u",
    op: "source",
    stream: "untimed",
    computed: [{ as: "at", expr: call("add", col("ts"), lit(5)) }],
  };
  const { sources: [read] } =
    compilePlan(plan([source, tumble("w", "u", { time: "at" }), count("a", "w", [])]), CATALOG).physical;
  assert.equal(givenBy(read)[read.time].name, "at");
});

Deno.test("values come in the order of the columns that are read", () => {
  const rows = [["2026-01-01T00:00:00Z", "a"], [5, null]];
  const { sources: [read] } =
    compilePlan(plan([values(rows), { id: "p", op: "project", input: ["v"], columns: ["k"] }]), CATALOG).physical;
  assert.deepEqual(read.made, { kind: "values", rows: [["a"], [null]] });
});

refuses([
  {
    what: "a computed column under a name that is taken",
    plan: plan([{ ...UNTIMED_SOURCE, computed: [{ as: "delay", expr: lit(1) }] }]),
    path: "nodes[0].computed[0].as",
    reason: /^Column "delay" is there already$/,
  },
  {
    what: "a column computed of one that comes later",
    plan: plan([{ ...UNTIMED_SOURCE, computed: [{ as: "a", expr: col("b") }, { as: "b", expr: lit(1) }] }]),
    path: "nodes[0].computed[0].expr",
    reason: /^Unknown column "b"$/,
  },
  {
    what: "upserts without a key",
    plan: plan([{ ...UPSERTS, primary_key: undefined }]),
    path: "nodes[0].changes",
    reason: /^Upserts need a primary key/,
    hint: /"primary_key"/,
  },
  {
    what: "a changelog without kinds",
    plan: plan([{ ...CHANGES, kind_column: undefined }]),
    path: "nodes[0].changes",
    reason: /needs a column of row kinds/,
  },
  {
    what: "kinds of inserts",
    plan: plan([{ ...CHANGES, changes: "insert" }]),
    path: "nodes[0].kind_column",
    reason: /no meaning where every row is new/,
  },
  {
    what: "kinds that are no texts",
    plan: plan([{ ...CHANGES, kind_column: "delay" }]),
    path: "nodes[0].kind_column",
    reason: /^Expected a column of strings, got int64$/,
  },
  {
    what: "an unknown column of kinds",
    plan: plan([{ ...CHANGES, kind_column: "op" }]),
    path: "nodes[0].kind_column",
    reason: /^Unknown column "op"$/,
  },
  {
    what: "a key of kinds",
    plan: plan([{ ...CHANGES, primary_key: ["destination"] }]),
    path: "nodes[0].primary_key[0]",
    reason: /^Unknown column "destination"$/,
  },
  {
    what: "no key at all",
    plan: plan([{ ...UPSERTS, primary_key: [] }]),
    path: "nodes[0].primary_key",
    reason: /^Expected at least 1 item/,
  },
  {
    what: "a row of the plan that is too short",
    plan: plan([values([[1]])]),
    path: "nodes[0].connector.rows[0]",
    reason: /^Expected 2 values/,
  },
  {
    what: "a row of the plan without its time",
    plan: plan([values([[null, "a"]])]),
    path: "nodes[0].connector.rows[0][0]",
    reason: /^Column "t" cannot be null$/,
  },
  {
    what: "a row of the plan in a row",
    plan: plan([values([[1, ["a"]]])]),
    path: "nodes[0].connector.rows[0][1]",
    reason: /^Expected a number/,
  },
  {
    what: "a union of different types",
    plan: plan([FLIGHTS_SOURCE, { id: "p", op: "project", input: ["f"], columns: ["delay"] }, {
      id: "q",
      op: "project",
      input: ["f"],
      columns: ["origin"],
    }, { id: "n", op: "union", input: ["p", "q"] }]),
    path: "nodes[3].input[1]",
    reason: /^Cannot put rows together: origin of q is string and delay of p is int64$/,
    hint: /^Cast/,
  },
  {
    what: "a union of different widths",
    plan: plan([FLIGHTS_SOURCE, { id: "p", op: "project", input: ["f"], columns: ["delay"] }, {
      id: "n",
      op: "union",
      input: ["f", "p"],
    }]),
    path: "nodes[2].input[1]",
    reason: /^Cannot put rows together: p has 1 columns and f has 7$/,
  },
  {
    what: "a union of one",
    plan: plan([FLIGHTS_SOURCE, { id: "n", op: "union", input: ["f"] }]),
    path: "nodes[1].input",
    reason: /^Expected at least 2 items, got 1$/,
  },
  {
    what: "a window of sources of which one has no event time",
    plan: plan([FLIGHTS_SOURCE, UNTIMED_SOURCE, { id: "n", op: "union", input: ["f", "u"] }, tumble("w", "n")]),
    path: "nodes[3].window",
    reason: /^Source u has no event time, and f has$/,
    hint: /"time"/,
  },
]);

Deno.test("the keys that a sink is told are columns, and those by which rows change; each mistake says what to do", () => {
  const table = { kind: "sqlite", path: "out.db", table: "t" };
  assert.deepEqual(sinkOf({ ...table, keys: ["origin"] }).upsertKeys, ["origin"]);
  const refused = (sink: Json) => {
    try {
      sinkOf(sink);
    } catch (thrown) {
      assert.ok(thrown instanceof RdxError);
      return thrown.details.map(({ path, reason, hint }) => [path, reason, hint]);
    }
    assert.fail("nothing was thrown");
  };
  assert.deepEqual(refused({ ...table, keys: ["orign"] }), [
    ["nodes[2].sink.keys[0]", 'Unknown column "orign"', "Did you mean origin?"],
  ]);
  assert.deepEqual(refused({ ...table, keys: ["n"] }), [
    ["nodes[2].sink.keys", "Rows change by origin, and not by n", "Leave keys out, or name these"],
  ]);
  assert.deepEqual(refused({ ...table, keys: ["origin", "n"] })[0][0], "nodes[2].sink.keys");
  const packed = { kind: "files", path: "out", format: "arrow", compression: "gzip", changelog: true };
  assert.deepEqual(refused(packed)[0].slice(0, 2), ["nodes[2].sink.compression", "Arrow is not packed as a whole"]);
});
