import assert from "node:assert/strict";
import type { Lookup } from "../../src/lookup.ts";
import { LookupMeter } from "../../src/runtime/lookup_meter.ts";
import { PipelineLookups } from "../../src/runtime/lookups.ts";
import { engineMetrics } from "../../src/telemetry/engine_metrics.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { SimClock } from "../sim/clock.ts";
import { planOf } from "./lookup_plans.ts";
import { compiled } from "./pipeline_run.ts";

/** Lookups of a plan whose only operator asks, the requests that came to the table, and those that were answered. */
function setUp() {
  const asked: number[] = [], answered: number[] = [];
  const lookup: Lookup = {
    open: () => Promise.resolve(),
    find(keys) {
      asked.push(new Uint8Array(keys)[0]);
      return Promise.resolve([]);
    },
    close: () => Promise.resolve(),
  };
  const options = { cache_rows: 0, cache_ttl_ms: 0, batch_rows: 1, concurrency: 5, on_error: "retry" } as const;
  const shape = { type: "left", two: false, residual: false, front: "nothing", behind: "nothing" } as const;
  const plan = compiled(planOf({ rows: [], seed: 1, ...shape, options }));
  const operator = plan.operators.findIndex(({ op }) => op === "lookup");
  const meter = new LookupMeter("p", engineMetrics(new MetricRegistry()), null);
  const lookups = new PipelineLookups(plan, [lookup], new SimClock(), meter);
  lookups.listen({ answered: (_, { request }) => void answered.push(request), failed: () => {} });
  const ask = (...requests: number[]) => {
    const questions = requests.map((request) => ({ request, keys: new Uint8Array([request]).buffer, rows: 1 }));
    lookups.take([{ operator, questions, pendingRows: 1, hits: 0, misses: 0, lost: [] }]);
  };
  return { lookups, operator, asked, answered, ask };
}

const soon = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("what an earlier process had an answer to is not asked again, whether the question or the answer comes first", async () => {
  const { lookups, operator, asked, answered, ask } = setUp();
  lookups.repeat();
  ask(1, 2);
  lookups.answeredBefore(operator, 1);
  lookups.answeredBefore(operator, 3);
  ask(3, 4);
  await soon();
  assert.deepEqual(asked, []);
  lookups.answeredBefore(operator, 5);
  lookups.goOn();
  // A task that is behind asks what was answered when everybody else goes on.
  ask(5, 6);
  await soon();
  assert.deepEqual([asked.sort(), answered.sort()], [[2, 4, 6], [2, 4, 6]]);
});
