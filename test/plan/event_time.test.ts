import assert from "node:assert/strict";
import { call, col, HOUR, lit, planOf, sinkOf, SOURCE } from "./catalog.ts";
import { factsOf, lagsOf } from "./facts.ts";

Deno.test("event time plus a while is event time too, of its own, and windows take the other unless they name it", () => {
  const later = ["project", "source", {
    keep: true,
    columns: [{ as: "due", expr: call("add", col("ts"), lit(5000)) }],
  }] as const;
  const sooner = ["project", "source", {
    keep: true,
    columns: [{ as: "due", expr: call("sub", col("ts"), lit(5000)) }],
  }] as const;
  const counted = ["aggregate", "window", { keys: [], aggs: [{ fn: "count", as: "n" }] }] as const;
  assert.deepEqual(lagsOf(planOf(SOURCE, later, sinkOf("project")), "project"), { ts: 0, due: 0 });
  assert.deepEqual(lagsOf(planOf(SOURCE, sooner, sinkOf("project")), "project"), { ts: 0 });
  for (const time of ["ts", "due"]) {
    const own = time === "ts" ? HOUR.window : { ...HOUR.window, time };
    const plan = planOf(SOURCE, later, ["window", "project", { window: own }], counted, sinkOf("aggregate"));
    assert.equal(factsOf(plan, "window").time, time);
  }
});
