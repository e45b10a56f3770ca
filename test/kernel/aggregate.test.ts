import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { Value } from "../../src/core/value.ts";
import type { AggregateSpec } from "../../src/kernel/aggregate.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { anyLog, anySpec, anyWay } from "./aggregate_arbitrary.ts";
import { type RunResult, runTasks, type Way } from "./aggregate_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { aggregateReference, type LogRow } from "./reference/aggregate.ts";

const kernels = VARIANTS.map((variant) => [loadKernel(variant), loadKernel(variant), loadKernel(variant)]);
const stateBytes = (kernel: Kernel) => kernel.fn("state_bytes")() >>> 0;

/** −0 and 0 as keys are one key, and come out as 0. */
const plainZero = (value: Value) => Object.is(value, -0) ? 0 : value;

function expectedRows(spec: AggregateSpec, log: readonly LogRow[], way: Way): RunResult {
  const { rows, late, nullTime } = aggregateReference(spec, log, way.delayMs);
  return {
    rows: rows.map(({ start, end, values }) => [
      BigInt(start),
      BigInt(end),
      ...values.slice(0, spec.keys.length).map(plainZero),
      ...values.slice(spec.keys.length),
    ]),
    late: late.length,
    nullTime: nullTime.length,
  };
}

const cases = (rowsMax: number) =>
  anySpec().chain((spec) =>
    fc.record({
      spec: fc.constant(spec),
      log: anyLog(spec, rowsMax),
      way: anyWay(),
      splits: fc.constantFrom([], [64], [5, 77]),
    })
  );

/** Doubles that are added cannot be split into partial sums without a change of the last bits. */
const addsDoubles = (spec: AggregateSpec) =>
  spec.aggregates.some(({ fn, type }) => (fn === "sum" || fn === "avg") && type?.kind === "double");

Deno.test("windows equal the row-by-row reference for any cut into chunks, batches and tasks, in one phase and in two", () => {
  fc.assert(
    fc.property(cases(300), ({ spec, log, way, splits }) => {
      const used = addsDoubles(spec) ? { ...way, twoPhase: false } : way;
      const expected = expectedRows(spec, log, used);
      for (const tasks of kernels) {
        const held = tasks.map(stateBytes);
        assert.deepEqual(runTasks(tasks, spec, log, used, splits), expected);
        assert.deepEqual(tasks.map(stateBytes), held, "all state is freed at the end");
      }
    }),
    { numRuns: 250 },
  );
});
