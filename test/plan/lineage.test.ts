import assert from "node:assert/strict";
import { compilePlan } from "../../src/plan/compile.ts";
import { originOf } from "../../src/plan/lineage.ts";
import { call, CATALOG, col, COUNT, HOUR, type Json, lit, planOf, sinkOf, SOURCE } from "./catalog.ts";

/** For each column of the sink, where it comes from. */
function origins(plan: Json): Record<string, string | null> {
  const { physical } = compilePlan(plan, CATALOG), { input, columns } = physical.sinks[0];
  return Object.fromEntries(columns.map(({ name }, i) => {
    const origin = originOf(physical, input, i);
    return [name, origin && `${origin.node}.${origin.column}`];
  }));
}

Deno.test("a column is found again over all that passes it on, whatever it is called; what is computed comes from nowhere", () => {
  const columns = [
    { as: "city", expr: col("origin") },
    { as: "rows", expr: col("n") },
    { as: "twice", expr: call("mul", col("n"), lit(2)) },
  ];
  assert.deepEqual(
    origins(planOf(
      SOURCE,
      ["window", "source", HOUR],
      ["aggregate", "window", COUNT],
      ["filter", "aggregate", { where: call("gt", col("n"), lit(1)) }],
      ["project", "filter", { columns }],
      sinkOf("project"),
    )),
    { city: "aggregate.origin", rows: "aggregate.n", twice: null },
  );
});

Deno.test("behind a join a column comes from the aggregate of its side, and one of a stream from nowhere", () => {
  const on = [{ left: "origin", right: "from" }];
  const renamed = [{ as: "from", expr: col("origin") }, { as: "m", expr: col("s") }];
  assert.deepEqual(
    origins(planOf(
      SOURCE,
      ["aggregate_a", "source", COUNT],
      ["aggregate_b", "source", { keys: ["origin"], aggs: [{ fn: "sum", arg: col("delay"), as: "s" }] }],
      ["project", "aggregate_b", { columns: renamed }],
      ["join", null, { input: ["aggregate_a", "project"], type: "inner", on }],
      sinkOf("join"),
    )),
    { origin: "aggregate_a.origin", n: "aggregate_a.n", from: "aggregate_b.origin", m: "aggregate_b.s" },
  );
  assert.deepEqual(
    origins(planOf(SOURCE, ["project", "source", { columns: [{ as: "x", expr: col("delay") }] }], sinkOf("project"))),
    {
      x: null,
    },
  );
});
