import assert from "node:assert/strict";
import { compilePlan } from "../../src/plan/compile.ts";
import { compareState, stateTables } from "../../src/plan/state.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import { count, FLIGHTS_SOURCE, plan, renamed } from "./refusals.ts";
import { call, CATALOG, col, type Json, lit, planOf, sinkOf, SOURCE, UNTIMED } from "./catalog.ts";

interface Change {
  readonly source?: readonly [string, null, Json];
  readonly filter?: Json;
  readonly window?: Json;
  readonly keys?: readonly string[];
  readonly aggs?: readonly Json[];
  readonly id?: string;
  readonly sink?: Json;
}

const AGGS = [{ fn: "sum", arg: "delay", as: "s" }, { fn: "count", as: "n" }];

/** One plan, and the same with something changed. */
function physical(
  {
    source = SOURCE,
    filter = call("gt", col("delay"), lit(0)),
    window,
    keys = ["origin"],
    aggs = AGGS,
    id = "aggregate",
    sink = { kind: "discard" },
  }: Change = {},
) {
  const input = source[0];
  return compilePlan(
    planOf(
      source,
      ["filter", input, { where: filter }],
      ["window", "filter", { window: { kind: "tumble", size_ms: 60_000, ...window } }],
      [id, "window", { keys, aggs }],
      ["sink", id, { sink }],
    ),
    CATALOG,
  ).physical;
}

Deno.test("a plan declares a table of positions for each source and one of windows for each aggregate", () => {
  assert.deepEqual(stateTables(physical()), [
    { table: "positions", node: "source", input: "stream flights" },
    {
      table: "windows",
      node: "aggregate",
      keys: [{ name: "origin", type: "string" }],
      values: [{ name: "s", fn: "sum", type: "int64" }, { name: "n", fn: "count", type: null }],
      valuePath: "aggs",
      settings: {
        source: "source",
        "window.time": "ts",
        "window.size_ms": 60_000,
        "window.slide_ms": 60_000,
        "window.offset_ms": 0,
      },
    },
  ]);
});

Deno.test("the same plan has the same state, whatever the order of a sink's options", () => {
  assert.deepEqual(compareState(physical(), physical()), { verdict: "same", differences: [], carried: [] });
  const before = physical({ sink: { kind: "file", path: "x", format: "csv" } });
  const after = physical({ sink: { format: "csv", path: "x", kind: "file" } });
  assert.equal(compareState(before, after).verdict, "same");
});

const COMPATIBLE: Record<string, Change> = {
  "another condition": { filter: call("gt", col("delay"), lit(9)) },
  "another sink": { sink: { kind: "view", name: "v" } },
  "an offset of whole windows": { window: { offset_ms: -60_000 } },
};

for (const [name, change] of Object.entries(COMPATIBLE)) {
  Deno.test(`state is kept over a change of no table: ${name}`, () => {
    const { verdict, differences } = compareState(physical(), physical(change));
    assert.deepEqual(differences, []);
    assert.equal(verdict, name.includes("offset") ? "same" : "compatible");
  });
}

Deno.test("a new aggregate starts empty beside the state that is kept", () => {
  const nodes = [
    SOURCE,
    ["window", "source", { window: { kind: "tumble", size_ms: 1 } }],
    ["aggregate", "window", { keys: [], aggs: AGGS }],
    sinkOf("aggregate"),
  ] as const;
  const more = [["aggregate_2", "window", { keys: ["origin"], aggs: AGGS }], sinkOf("aggregate_2", "sink_2")] as const;
  const before = compilePlan(planOf(...nodes), CATALOG).physical;
  const after = compilePlan(planOf(...nodes, ...more), CATALOG).physical;
  assert.equal(compareState(before, after).verdict, "compatible");
  const { verdict, differences } = compareState(after, before);
  assert.equal(verdict, "incompatible");
  assert.deepEqual(differences.map(({ node, path, reason }) => [node, path, reason]), [
    ["aggregate_2", "id", "Aggregate aggregate_2 is gone, and with it its open windows"],
  ]);
});

Deno.test("aggregates are found again by what they compute, whatever they are called and in whatever order", () => {
  const nodes = (aggs: readonly Json[]) =>
    compilePlan(
      planOf(SOURCE, ["aggregate", "source", { keys: ["origin"], aggs }], sinkOf("aggregate")),
      CATALOG,
    );
  const of = (column: string, as: string, more: object = {}) => ({ fn: "sum", arg: col(column), as, ...more });
  const other = call("add", col("delay"), lit(1));
  const before = nodes([of("delay", "a"), { fn: "sum", arg: other, as: "b" }, of("delay", "c", { distinct: true })]);
  const after = nodes([of("delay", "b"), of("delay", "d", { distinct: true }), { fn: "sum", arg: other, as: "a" }, {
    fn: "count",
    as: "n",
  }]);
  const compared = compareState(before.physical, after.physical, { before: before.plan, after: after.plan });
  assert.equal(compared.verdict, "compatible");
  assert.deepEqual(compared.carried.map(({ node, names }) => [node, names]), [
    ["aggregate", { a: "b", b: "a", d: "c", n: null }],
  ]);
});

Deno.test("an aggregate more is refused where rows may be taken back, and one less is not", () => {
  const nodes = (aggs: readonly Json[]) =>
    compilePlan(
      planOf(
        SOURCE,
        ["aggregate_1", "source", { keys: ["origin"], aggs: [{ fn: "count", as: "n" }] }],
        ["aggregate_2", "aggregate_1", { keys: ["n"], aggs }],
        sinkOf("aggregate_2"),
      ),
      CATALOG,
    ).physical;
  const one = [{ fn: "count", as: "keys" }], two = [...one, { fn: "max", arg: col("origin"), as: "last" }];
  assert.deepEqual(
    compareState(nodes(one), nodes(two)).differences.map(({ node, path, reason }) => [node, path, reason]),
    [
      ["aggregate_2", "aggs[1]", "last = max(string) is new, and rows that came before may be taken back from it"],
    ],
  );
  assert.equal(compareState(nodes(two), nodes(one)).verdict, "compatible");
});

const INCOMPATIBLE: readonly [string, Change, readonly (readonly [string, string, string])[]][] = [
  ["another key", { keys: ["destination"] }, [[
    "aggregate",
    "keys[0]",
    "It was origin string and is destination string",
  ]]],
  ["a key more", { keys: ["origin", "cancelled"] }, [["aggregate", "keys[1]", "cancelled bool is new"]]],
  ["no keys", { keys: [] }, [["aggregate", "keys[0]", "origin string is gone"]]],
  ["another function", { aggs: [{ fn: "max", arg: "delay", as: "s" }, AGGS[1]] }, [
    ["aggregate", "aggs[0]", "It was s = sum(int64) and is s = max(int64)"],
  ]],
  ["another argument type", { aggs: [{ fn: "sum", arg: "distance", as: "s" }, AGGS[1]] }, [
    ["aggregate", "aggs[0]", "It was s = sum(int64) and is s = sum(double)"],
  ]],
  ["another size", { window: { size_ms: 120_000 } }, [
    ["aggregate", "window.size_ms", "It was 60000 and is 120000"],
    ["aggregate", "window.slide_ms", "It was 60000 and is 120000"],
  ]],
  ["another offset", { window: { offset_ms: -1 } }, [["aggregate", "window.offset_ms", "It was 0 and is 59999"]]],
  ["another stream and no event time", { source: UNTIMED }, [
    ["source", "source", "It read stream flights and now reads stream untimed"],
    ["aggregate", "window.time", "It was ts and is the time of arrival"],
  ]],
  ["another id of the source", { source: ["source_2", null, { stream: "flights" }] }, [
    ["aggregate", "source", "It was source and is source_2"],
  ]],
  ["another id of the aggregate", { id: "aggregate_2" }, [
    ["aggregate", "id", "Aggregate aggregate is gone, and with it its open windows"],
  ]],
];

for (const [name, change, expected] of INCOMPATIBLE) {
  Deno.test(`state is refused with its differences: ${name}`, () => {
    const { verdict, differences } = compareState(physical(), physical(change));
    assert.equal(verdict, "incompatible");
    assert.deepEqual(differences.map(({ node, path, reason }) => [node, path, reason]), expected);
    assert.ok(differences.every(({ hint }) => hint?.includes("state=fresh")));
  });
}

const JOIN: Json = {
  id: "j",
  op: "join",
  input: ["l", "r"],
  type: "inner",
  on: [{ left: "l_origin", right: "r_origin" }],
  within: { left: "l_ts", right: "r_ts", lower_ms: 0, upper_ms: 5000 },
};
const joined = (more: Json = {}, behind: readonly Json[] = []) =>
  compilePlan(
    plan([
      FLIGHTS_SOURCE,
      { id: "g", op: "source", stream: "flights", delay_ms: 0 },
      renamed("l", "f", "l_"),
      renamed("r", "g", "r_"),
      { ...JOIN, ...more },
      ...behind,
    ]),
    CATALOG,
  ).physical;
const KEYED: Record<string, (more: Json) => Json> = {
  a: (more) => count("a", "f", ["origin"], more),
  r: (more) => ({ id: "r", op: "rank", input: ["f"], keys: ["origin"], order: ["delay"], to: 2, ...more }),
  o: (more) => ({
    id: "o",
    op: "over",
    input: ["f"],
    keys: ["origin"],
    time: "ts",
    frame: { kind: "range", preceding: 5000 },
    aggs: [{ fn: "sum", arg: "delay", as: "s" }],
    ...more,
  }),
};
const keyed = (id: string, more: Json = {}) => compilePlan(plan([FLIGHTS_SOURCE, KEYED[id](more)]), CATALOG).physical;

Deno.test("a join keeps a table for each side, of the columns that are used", () => {
  const [left, right] = stateTables(joined({}, [{ id: "p", op: "project", input: ["j"], columns: ["l_delay"] }])).slice(
    2,
  );
  assert.ok(left.table === "left" && right.table === "right");
  assert.deepEqual(left.keys, [{ name: "l_origin", type: "string" }]);
  assert.deepEqual([left.values.map(({ name }) => name), right.values.map(({ name }) => name)], [
    ["l_ts", "l_origin", "l_delay"],
    ["r_ts", "r_origin"],
  ]);
  assert.deepEqual(left.settings, {
    source: "f, g",
    type: "inner",
    mode: "interval of 0 to 5000 ms",
    "left.input": "inserts",
    "left.time": "l_ts",
  });
});

const KEYED_CHANGES: readonly [string, PhysicalPlan, PhysicalPlan, readonly (readonly [string, string, string])[]][] = [
  ["another type of a join", joined(), joined({ type: "left" }), [["j", "type", "It was inner and is left"]]],
  ["other bounds of a join", joined(), joined({ within: { ...JOIN.within as Json, upper_ms: 9 } }), [
    ["j", "mode", "It was interval of 0 to 5000 ms and is interval of 0 to 9 ms"],
  ]],
  ["other keys of a join", joined(), joined({ on: [{ left: "l_delay", right: "r_delay" }] }), [
    ["j", "left.keys[0]", "It was l_origin string and is l_delay int64"],
    ["j", "right.keys[0]", "It was r_origin string and is r_delay int64"],
  ]],
  ["a group that is a rank now", keyed("a"), {
    ...keyed("r"),
    operators: keyed("r").operators.map((one) => ({ ...one, id: "a" })),
  }, [
    ["a", "id", "Aggregate a is gone, and with it its groups"],
  ]],
  [
    "distinct values of a group",
    keyed("a", { aggs: [{ fn: "count", arg: "delay", as: "n" }] }),
    keyed("a", { aggs: [{ fn: "count", arg: "delay", as: "n", distinct: true }] }),
    [
      ["a", "aggs[0]", "It was n = count(int64) and is n = count distinct(int64)"],
    ],
  ],
  ["another order of a rank", keyed("r"), keyed("r", { order: [{ column: "delay", desc: true }] }), [
    ["r", "order", "It was delay and is delay desc nulls last"],
  ]],
  ["more rows of a rank", keyed("r"), keyed("r", { to: 5 }), [["r", "to", "It was 2 and is 5"]]],
  ["another frame", keyed("o"), keyed("o", { frame: { kind: "rows", preceding: null } }), [
    ["o", "frame", "It was range 5000 and is rows unbounded"],
  ]],
];

for (const [name, before, after, expected] of KEYED_CHANGES) {
  Deno.test(`keyed state is refused with its differences: ${name}`, () => {
    const { verdict, differences } = compareState(before, after);
    assert.equal(verdict, "incompatible");
    assert.deepEqual(differences.map(({ node, path, reason }) => [node, path, reason]), expected);
  });
}

Deno.test("keyed state is kept when only its time to live changes", () => {
  assert.equal(compareState(keyed("a"), keyed("a", { ttl_ms: 5 })).verdict, "compatible");
  assert.equal(compareState(keyed("r"), keyed("r", { ttl_ms: 5 })).verdict, "compatible");
});
