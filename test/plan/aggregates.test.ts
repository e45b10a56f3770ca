import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { BOOL, BYTES, type DataType, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { resultType } from "../../src/kernel/aggregate_spec.ts";
import { aggregateType } from "../../src/plan/aggregates.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { SLICE_AGGREGATES, type SliceAggregate } from "../../src/plan/plan.ts";
import { CATALOG, HOUR, planOf, sinkOf, SOURCE } from "./catalog.ts";

/** What the kernel gives for a call, null where it refuses it. */
function kernelType(fn: SliceAggregate, type: DataType): DataType | null {
  try {
    return resultType({ fn, type });
  } catch (thrown) {
    assert.ok(thrown instanceof RdxError);
    return null;
  }
}

Deno.test("plans give aggregates the types that kernels compute", () => {
  for (const fn of SLICE_AGGREGATES) {
    for (const type of [INT64, DOUBLE, decimal(9, 2), BOOL, TIMESTAMP, STRING, BYTES]) {
      assert.deepEqual(aggregateType(fn, type), kernelType(fn, type), `${fn} of ${type.kind}`);
    }
  }
});

Deno.test("an aggregate without aggregates gives the keys of each window", () => {
  const plan = planOf(
    SOURCE,
    ["window", "source", HOUR],
    ["aggregate", "window", { keys: ["origin"], aggs: [] }],
    sinkOf("aggregate"),
  );
  const { sinks } = compilePlan(plan, CATALOG).physical;
  assert.deepEqual(sinks[0].columns.map(({ name }) => name), ["window_start", "window_end", "origin"]);
});
