import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { anyLog, anySpec, anyWay } from "./aggregate_arbitrary.ts";
import { runTasks } from "./aggregate_run.ts";
import { LeavingKernel } from "./cold_kernel.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { randomOf } from "./numbers.ts";

for (const variant of VARIANTS) {
  Deno.test(`windows of which parts have left memory, over and over, are what they are in memory (${variant})`, () => {
    const cases = anySpec().chain((spec) =>
      fc.record({
        spec: fc.constant(spec),
        log: anyLog(spec, 300),
        way: anyWay(),
        splits: fc.constantFrom([], [64], [5, 77]),
        seed: fc.integer(),
        often: fc.constantFrom(0.1, 0.5, 1),
      })
    );
    const memory = loadKernel(variant);
    fc.assert(
      fc.property(cases, ({ spec, log, way, splits, seed, often }) => {
        const random = randomOf(seed), kernel = new LeavingKernel(() => random() < often, variant);
        const expected = runTasks([memory], spec, log, way, splits);
        assert.deepEqual(runTasks([kernel], spec, log, way, splits), expected);
        assert.equal(kernel.fn("state_bytes")(), 0, "all state is freed at the end");
      }),
      { numRuns: 150 },
    );
  });
}
