import assert from "node:assert/strict";
import { DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { compileExpression, type Expression } from "../../src/expr/mod.ts";
import { compilePlan, parsePlan } from "../../src/plan/compile.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import { call, CATALOG, col, COUNT, FLIGHTS, HOUR, type Json, lit, planOf, sinkOf, SOURCE } from "./catalog.ts";

const EXAMPLES = new URL("../../examples/plans/", import.meta.url);
const [TS, ORIGIN, DESTINATION, DELAY] = FLIGHTS;
const WINDOW = [
  { name: "window_start", type: TIMESTAMP, nullable: false },
  { name: "window_end", type: TIMESTAMP, nullable: false },
];

function example(name: string): PhysicalPlan {
  return compilePlan(JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, EXAMPLES))), CATALOG).physical;
}

/** The program of an expression, compiled apart from any plan. */
function program(expression: Json, columns: Parameters<typeof compileExpression>[1]) {
  return compileExpression(expression as unknown as Expression, columns, "").program;
}

Deno.test("the hourly example compiles to a filter and a tumbling aggregate", () => {
  const columns = [TS, ORIGIN, DELAY];
  assert.deepEqual(example("flights_hourly"), {
    name: "flights_hourly",
    sources: [
      {
        id: "flights",
        stream: "flights",
        file: null,
        made: null,
        columns,
        computed: [],
        time: 0,
        delayMs: 60_000,
        idleTimeoutMs: 5000,
        futureSkewMs: 3_600_000,
        kindColumn: -1,
      },
    ],
    operators: [
      {
        op: "filter",
        id: "delayed",
        inputs: ["flights"],
        sources: ["flights"],
        lagMs: 0,
        columns,
        predicate: program(call("gt", col("delay"), lit(0)), columns),
      },
      {
        op: "aggregate",
        id: "by_origin",
        inputs: ["delayed"],
        sources: ["flights"],
        lagMs: 0,
        columns: [
          ...WINDOW,
          ORIGIN,
          { name: "avg_delay", type: DOUBLE, nullable: true },
          { name: "max_delay", type: INT64, nullable: true },
          { name: "n", type: INT64, nullable: false },
        ],
        inputColumns: columns,
        keys: [1],
        aggregates: [{ fn: "avg", arg: 2 }, { fn: "max", arg: 2 }, { fn: "count", arg: -1 }],
        time: 0,
        sizeMs: 3_600_000,
        slideMs: 3_600_000,
        offsetMs: 0,
        twoPhase: false,
      },
    ],
    sinks: [
      {
        id: "view",
        input: "by_origin",
        columns: [
          ...WINDOW,
          ORIGIN,
          { name: "avg_delay", type: DOUBLE, nullable: true },
          { name: "max_delay", type: INT64, nullable: true },
          { name: "n", type: INT64, nullable: false },
        ],
        keys: ["origin"],
        upsertKeys: ["window_start", "window_end", "origin"],
        changes: false,
        sink: { kind: "view", name: "delays_hourly" },
      },
    ],
  });
});

Deno.test("the hopping example projects filtered arguments in front of its aggregate", () => {
  const { operators: [args, aggregate, having], sinks: [sink] } = example("flights_daily_hop");
  const input = [TS, ORIGIN, DELAY];
  const late = call("case", call("ge", col("delay"), lit(15)), lit(1));
  assert.deepEqual(args, {
    op: "project",
    id: "by_origin$rows",
    inputs: ["flights"],
    sources: ["flights"],
    lagMs: 0,
    columns: [ORIGIN, TS, { name: "$0", type: INT64, nullable: true }, DELAY],
    programs: [col("origin"), col("ts"), late, col("delay")].map((expression) => program(expression, input)),
  });
  assert.ok(aggregate.op === "aggregate" && having.op === "filter");
  assert.deepEqual([aggregate.inputs, aggregate.sources], [["by_origin$rows"], ["flights"]]);
  assert.deepEqual([aggregate.keys, aggregate.time], [[0], 1]);
  assert.deepEqual(aggregate.aggregates, [{ fn: "count", arg: -1 }, { fn: "count", arg: 2 }, { fn: "sum", arg: 3 }]);
  assert.deepEqual([aggregate.sizeMs, aggregate.slideMs, aggregate.offsetMs], [86_400_000, 3_600_000, 0]);
  assert.deepEqual(having.predicate, program(call("ge", col("flights"), lit(10)), aggregate.columns));
  assert.deepEqual([having.inputs, sink.input, sink.keys], [["by_origin"], "busy", ["origin"]]);
});

Deno.test("the file example reads what it needs and computes one column", () => {
  const { sources: [source], operators: [filter, project], sinks: [sink] } = example("flights_late_to_file");
  const input = [TS, ORIGIN, DESTINATION, DELAY];
  assert.deepEqual(source.columns, input);
  assert.ok(filter.op === "filter" && project.op === "project");
  assert.deepEqual(filter.predicate, program(call("ge", col("delay"), lit(60)), input));
  assert.deepEqual(project.columns.map(({ name }) => name), ["ts", "origin", "destination", "hours"]);
  assert.deepEqual(project.programs[3], program(call("div", col("delay"), lit(60)), input));
  assert.deepEqual(sink.sink, { kind: "file", path: "late.ndjson", format: "ndjson" });
  assert.deepEqual(sink.keys, []);
});

Deno.test("every example is in the folder's list, compiles and is its own normal form's equal", () => {
  const names = [...Deno.readDirSync(EXAMPLES)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["flights_daily_hop.json", "flights_hourly.json", "flights_late_to_file.json"]);
  for (const name of names) {
    const json = JSON.parse(Deno.readTextFileSync(new URL(name, EXAMPLES)));
    const { plan, physical } = compilePlan(json, CATALOG);
    assert.equal(`${plan.name}.json`, name);
    assert.deepEqual(compilePlan(plan, CATALOG), { plan, physical });
    assert.deepEqual(parsePlan(json, CATALOG.sinkKinds), plan);
  }
});

Deno.test("physical plans survive JSON and structured clone", () => {
  for (const name of ["flights_hourly", "flights_daily_hop", "flights_late_to_file"]) {
    const physical = example(name);
    assert.deepEqual(JSON.parse(JSON.stringify(physical)), physical);
    assert.deepEqual(structuredClone(physical), physical);
  }
});

Deno.test("equal arguments are computed once, under names that no column has", () => {
  const minutes = call("mul", col("delay"), lit(60));
  const { operators } = compilePlan(
    planOf(
      SOURCE,
      ["project", "source", { keep: true, columns: [{ as: "$0", expr: col("distance") }] }],
      ["window", "project", HOUR],
      ["aggregate", "window", {
        keys: ["$0"],
        aggs: [{ fn: "sum", arg: minutes, as: "s" }, { fn: "max", arg: minutes, as: "m" }, {
          fn: "min",
          arg: "ts",
          as: "t",
        }],
      }],
      sinkOf("aggregate"),
    ),
    CATALOG,
  ).physical;
  const [, args, aggregate] = operators;
  assert.deepEqual(args.columns.map(({ name }) => name), ["$0", "ts", "$$0"]);
  assert.ok(aggregate.op === "aggregate");
  assert.deepEqual(aggregate.aggregates.map(({ arg }) => arg), [2, 2, 1]);
});

Deno.test("two aggregates may share a window, and a branch may share the source", () => {
  const { operators, sinks } = compilePlan(
    planOf(
      SOURCE,
      ["window", "source", HOUR],
      ["aggregate_a", "window", COUNT],
      ["aggregate_b", "window", { ...COUNT, keys: [], two_phase: true }],
      sinkOf("aggregate_a", "sink_a"),
      sinkOf("aggregate_b", "sink_b"),
      sinkOf("source", "sink_c"),
    ),
    CATALOG,
  ).physical;
  assert.deepEqual(operators.map((one) => one.op === "aggregate" && [one.inputs[0], one.twoPhase]), [
    ["source", false],
    ["source", true],
  ]);
  assert.deepEqual(sinks.map(({ columns }) => columns.length), [4, 3, FLIGHTS.length]);
});

Deno.test("a file source hands its connector and columns to the runtime", () => {
  const connector = { kind: "file", path: "f.csv", format: "csv", delimiter: ";" };
  const columns = [{ name: "at", type: "int64", nullable: false }, { name: "who", type: "string" }];
  const { sources } = compilePlan(
    planOf(["source", null, { connector, columns, time: "at", delay_ms: 3, idle_timeout_ms: 0 }], sinkOf("source")),
    CATALOG,
  ).physical;
  assert.deepEqual(sources, [{
    id: "source",
    stream: null,
    file: { kind: "file", path: "f.csv", format: "csv", header: true, delimiter: ";" },
    made: null,
    columns: [{ name: "at", type: INT64, nullable: false }, { name: "who", type: STRING, nullable: true }],
    computed: [],
    time: 0,
    delayMs: 3,
    idleTimeoutMs: 0,
    futureSkewMs: 0,
    kindColumn: -1,
  }]);
});
