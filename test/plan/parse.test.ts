import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { RdxError } from "../../src/core/errors.ts";
import { PLAN_ERRORS_MAX, PLAN_NODES_MAX } from "../../src/core/limits.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { compilePlan, parsePlan } from "../../src/plan/compile.ts";
import { CATALOG, col, COUNT, HOUR, type Json, planOf, sinkOf, SOURCE } from "./catalog.ts";

const parse = (json: unknown) => parsePlan(json, STANDARD_SINKS);

/** The details of the RdxError that `run` throws; anything else fails. */
function problemsOf(run: () => unknown) {
  try {
    run();
  } catch (thrown) {
    assert.ok(thrown instanceof RdxError, `threw ${thrown}`);
    assert.equal(thrown.code, "invalid_plan");
    return { message: thrown.message, details: thrown.details };
  }
  assert.fail("nothing was thrown");
}

Deno.test("the normal form spells short forms and defaults out", () => {
  const plan = parse(planOf(
    SOURCE,
    ["project", "source", { columns: ["ts", { as: "o", expr: col("origin") }] }],
    ["window", "project", { window: { kind: "tumble", size_ms: 1000 } }],
    ["aggregate", "window", { keys: ["o"], aggs: [{ fn: "max", arg: "ts", as: "m" }, { fn: "count", as: "n" }] }],
    sinkOf("aggregate"),
  ));
  assert.deepEqual(plan.nodes, [
    { id: "source", op: "source", stream: "flights" },
    {
      id: "project",
      op: "project",
      input: ["source"],
      columns: [{ as: "ts", expr: { column: "ts" } }, { as: "o", expr: { column: "origin" } }],
      keep: false,
    },
    { id: "window", op: "window", input: ["project"], window: { kind: "tumble", size_ms: 1000, offset_ms: 0 } },
    {
      id: "aggregate",
      op: "aggregate",
      input: ["window"],
      keys: ["o"],
      aggs: [{ fn: "max", arg: { column: "ts" }, as: "m" }, { fn: "count", as: "n" }],
      two_phase: false,
    },
    { id: "sink", op: "sink", input: ["aggregate"], sink: { kind: "discard" } },
  ]);
});

Deno.test("file sources get the defaults of their format", () => {
  const connector = { kind: "file", path: "x.csv", format: "csv" };
  const plan = parse(
    planOf(["source", null, { connector, columns: [{ name: "a", type: "int64" }] }], sinkOf("source")),
  );
  assert.deepEqual(plan.nodes[0], {
    id: "source",
    op: "source",
    connector: { ...connector, header: true, delimiter: "," },
    columns: [{ name: "a", type: "int64", nullable: true }],
  });
});

Deno.test("a normal form is its own normal form, through JSON and structured clone", () => {
  const plan = parse(planOf(SOURCE, ["window", "source", HOUR], ["aggregate", "window", COUNT], sinkOf("aggregate")));
  assert.deepEqual(parse(plan), plan);
  assert.deepEqual(parse(JSON.parse(JSON.stringify(plan))), plan);
  assert.deepEqual(parse(structuredClone(plan)), plan);
});

const SINK = sinkOf("source");
const SHAPE_ERRORS: readonly [string, unknown, string, RegExp, RegExp?][] = [
  ["no object", 7, "", /^Expected an object, got 7$/],
  ["another version", { ...planOf(SOURCE, SINK), rdx: 2 }, "rdx", /^Expected 1, got 2$/],
  ["a bad name", { ...planOf(SOURCE, SINK), name: "a b" }, "name", /^Cannot use "a b"/, /letter or _/],
  ["no nodes", planOf(), "nodes", /^Expected at least 1 item, got 0$/],
  ["an unknown member", { ...planOf(SOURCE, SINK), node: [] }, "node", /^Unknown property "node"$/, /mean nodes/],
  ["a node that is no object", { rdx: 1, name: "p", nodes: [1] }, "nodes[0]", /^Expected an object, got 1$/],
  ["no operation", { rdx: 1, name: "p", nodes: [{ id: "a" }] }, "nodes[0]", /^op is missing$/, /source, filter/],
  [
    "an unknown operation",
    planOf(SOURCE, ["fliter", "source", {}]),
    "nodes[1].op",
    /^Unknown op "fliter"$/,
    /mean filter/,
  ],
  ["no stream", planOf(["source", null, {}]), "nodes[0]", /^stream is missing$/],
  ["a property misspelt", planOf(SOURCE, ["filter", "source", { were: 1 }]), "nodes[1].were", /^Unknown/, /mean where/],
  [
    "__proto__ as property",
    planOf(SOURCE, JSON.parse('["filter","source",{"where":1,"__proto__":1}]')),
    "nodes[1].__proto__",
    /^Unknown property "__proto__"$/,
    /Known here: id, op, input, where/,
  ],
  ["no input", planOf(["filter", null, { where: col("a") }]), "nodes[0]", /^input is missing$/],
  [
    "two inputs",
    { rdx: 1, name: "p", nodes: [{ id: "f", op: "filter", input: ["a", "b"], where: col("a") }] },
    "nodes[0].input",
    /^Expected at most 1 item, got 2$/,
  ],
  [
    "a column that is no text",
    planOf(SOURCE, ["project", "source", { columns: [3] }]),
    "nodes[1].columns[0]",
    /^Expected a string or an object, got 3$/,
  ],
  [
    "an unknown window",
    planOf(SOURCE, ["window", "source", { window: { kind: "sesion" } }]),
    "nodes[1].window.kind",
    /^Unknown kind "sesion"$/,
    /mean session\? Known: tumble, hop, cumulate, session/,
  ],
  [
    "a hop without slide",
    planOf(SOURCE, ["window", "source", { window: { kind: "hop", size_ms: 1 } }]),
    "nodes[1].window",
    /^slide_ms is missing$/,
  ],
  [
    "a size of 0",
    planOf(SOURCE, ["window", "source", { window: { kind: "tumble", size_ms: 0 } }]),
    "nodes[1].window.size_ms",
    /^Expected at least 1, got 0$/,
  ],
  [
    "a size with a fraction",
    planOf(SOURCE, ["window", "source", { window: { kind: "tumble", size_ms: 1.5 } }]),
    "nodes[1].window.size_ms",
    /^Expected an integer, got 1.5$/,
  ],
  [
    "an unknown aggregate",
    planOf(SOURCE, ["window", "source", HOUR], ["aggregate", "window", { keys: [], aggs: [{ fn: "cuont", as: "n" }] }]),
    "nodes[2].aggs[0].fn",
    /^Expected one of "count", .*, got "cuont"$/,
    /mean count/,
  ],
  [
    "an unknown sink",
    planOf(SOURCE, ["sink", "source", { sink: { kind: "veiw" } }]),
    "nodes[1].sink.kind",
    /^Unknown kind "veiw"$/,
    /mean view.*Known: view, file, files, sqlite, webhook, stdout, discard/,
  ],
  [
    "a sink without options",
    planOf(SOURCE, ["sink", "source", { sink: { kind: "view" } }]),
    "nodes[1].sink",
    /^name is missing$/,
  ],
  [
    "an unknown option",
    planOf(SOURCE, ["sink", "source", { sink: { kind: "view", name: "v", nmae: 1 } }]),
    "nodes[1].sink.nmae",
    /^Unknown/,
    /mean name/,
  ],
  [
    "a delimiter of two",
    planOf(["source", null, {
      connector: { kind: "file", path: "x", format: "csv", delimiter: "||" },
      columns: [{ name: "a", type: "int64" }],
    }]),
    "nodes[0].connector.delimiter",
    /does not match/,
  ],
];

for (const [name, json, path, reason, hint] of SHAPE_ERRORS) {
  Deno.test(`the shape is refused with node, path and reason: ${name}`, () => {
    const { details, message } = problemsOf(() => parse(json));
    const detail = details.find((one) => one.path === path && reason.test(one.reason));
    assert.ok(detail, JSON.stringify(details, null, 1));
    if (hint) assert.match(detail.hint ?? "", hint);
    const at = /^nodes\[(\d+)\]/.exec(path);
    if (at) assert.equal(detail.node, ((json as Json).nodes as { id?: string }[])[Number(at[1])].id);
    assert.match(message, /^Cannot use plan/);
  });
}

Deno.test("unknown members of expressions are refused at any depth", () => {
  const where = { call: "gt", args: [{ column: "delay", typ: 1 }, { literal: 3, tpye: "int64" }], arg: [] };
  const { details } = problemsOf(() => parse(planOf(SOURCE, ["filter", "source", { where }], sinkOf("filter"))));
  assert.deepEqual(details.map(({ path, hint }) => [path, hint]), [
    ["nodes[1].where.arg", "Did you mean args?"],
    ["nodes[1].where.args[0].typ", "Known here: column"],
    ["nodes[1].where.args[1].tpye", "Did you mean type?"],
  ]);
});

Deno.test("all problems of all nodes are listed at once", () => {
  const { details, message } = problemsOf(() =>
    compilePlan(
      planOf(
        SOURCE,
        ["filter", "source", { wher: col("x") }],
        ["filter_2", "sorce", { where: col("origin") }],
        ["filter_3", "source", { where: col("orign") }],
        sinkOf("filter_3"),
      ),
      CATALOG,
    )
  );
  assert.deepEqual(details.map(({ node }) => node), ["filter", "filter", "filter_2", "filter_3"]);
  assert.match(message, /\(and 3 more\)$/);
});

Deno.test("a plan of too many nodes is refused before its nodes are looked at", () => {
  const nodes = Array.from({ length: PLAN_NODES_MAX + 1 }, () => ({}));
  const { details } = problemsOf(() => parse({ rdx: 1, name: "p", nodes }));
  assert.deepEqual(details.map(({ path, reason }) => [path, reason]), [
    ["nodes", `Expected at most ${PLAN_NODES_MAX} items, got ${PLAN_NODES_MAX + 1}`],
  ]);
});

Deno.test("the list of problems is bounded and the message counts all of them", () => {
  const nodes = Array.from({ length: PLAN_NODES_MAX }, () => ({}));
  const { details, message } = problemsOf(() => parse({ rdx: 1, name: "p", nodes }));
  assert.equal(details.length, PLAN_ERRORS_MAX);
  assert.match(message, new RegExp(`and ${PLAN_NODES_MAX - 1} more`));
});

Deno.test("cycles, getters that throw, depth and size give an error and nothing else", () => {
  const cycle: Json = { rdx: 1, name: "p" };
  cycle.nodes = [cycle];
  assert.match(problemsOf(() => parse(cycle)).message, /nested deeper/);
  const trap = Object.defineProperty({}, "rdx", { enumerable: true, get: () => assert.fail("read") });
  assert.match(problemsOf(() => parse(trap)).message, /not plain JSON/);
  assert.match(problemsOf(() => parse({ rdx: 1n })).message, /Cannot use a bigint/);
  assert.match(problemsOf(() => parse({ nodes: new Array(1e6).fill(0) })).message, /more than/);
});

Deno.test("whatever comes, compilePlan returns or throws RdxError", () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withMap: true, withDate: true }), (json) => {
      problemsOf(() => compilePlan(json, CATALOG));
    }),
    { numRuns: 300 },
  );
});

const VALID = planOf(
  SOURCE,
  ["filter", "source", { where: { call: "gt", args: [col("delay"), { literal: 3 }] } }],
  ["project", "filter", { columns: ["ts", "origin", { as: "d", expr: col("delay") }], keep: true }],
  ["window", "project", HOUR],
  ["aggregate", "window", { keys: ["origin"], aggs: [{ fn: "sum", arg: "d", as: "s" }, { fn: "count", as: "n" }] }],
  ["sink", "aggregate", { sink: { kind: "view", name: "v" } }],
);

/** Every place in a JSON value, as the keys that lead there. */
function placesOf(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, one]) => placesOf(one, [...at, key]))];
}

Deno.test("a valid plan with any place replaced by anything compiles or throws RdxError", () => {
  compilePlan(VALID, CATALOG);
  const places = placesOf(VALID).filter((at) => at.length > 0);
  const garbage = fc.oneof(
    fc.anything(),
    fc.constantFrom(...[
      "__proto__",
      "constructor",
      "toString",
      "source",
      "",
      "sink",
      0,
      -1,
      null,
      [],
      {},
      col("__proto__"),
    ]),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places), garbage, (at, value) => {
      const plan = structuredClone(VALID);
      const owner = at.slice(0, -1).reduce((one, key) => one[key] as Json, plan);
      owner[at[at.length - 1]] = value;
      try {
        compilePlan(plan, CATALOG);
      } catch (thrown) {
        assert.ok(thrown instanceof RdxError && thrown.code === "invalid_plan", `threw ${thrown}`);
      }
    }),
    { numRuns: 2000 },
  );
});
