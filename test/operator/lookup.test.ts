import assert from "node:assert/strict";
import { INT64, STRING } from "../../src/core/schema.ts";
import { LookupOperator } from "../../src/operator/lookup.ts";
import fc from "../deps/fast_check.ts";
import { loadOperators, VARIANTS } from "../kernel/load.ts";
import { vectorOf } from "../kernel/vectors.ts";
import { anySettings, anyStep, coalesced, Driver, planOf, reference, type Settings } from "./lookup_run.ts";

Deno.test("rows and watermarks come out in their order with what the table has, whenever answers come, and all memory comes back", () => {
  let lines = 0, lost = 0;
  fc.assert(
    fc.property(
      fc.array(anyStep, { minLength: 1, maxLength: 8 }),
      anySettings,
      fc.constantFrom(...VARIANTS),
      (steps, given, variant) => {
        const settings = given.failing < 4 && !given.partial ? { ...given, batchRows: 1 } : given;
        const kernel = loadOperators(variant),
          driver = new Driver(kernel, settings),
          expected = reference(steps, settings);
        for (const step of steps) driver.run(step);
        for (let which = 0; driver.answer(which); which += 3);
        assert.deepEqual(coalesced(driver.events), expected.events);
        assert.deepEqual(driver.lost, expected.lost);
        const { operator } = driver;
        if (settings.cacheRows === 0) assert.equal(operator.stateRows, 0, "nothing is kept");
        operator.close();
        assert.equal(kernel.fn("state_bytes")(), 0);
        lines += expected.events.length;
        lost += expected.lost.length;
      },
    ),
    { numRuns: 400 },
  );
  assert.ok(lines > 1000 && lost > 40, `${lines} events, ${lost} lost rows`);
});

Deno.test("rows whose answers are there count as hits, keys that must be asked for as misses", () => {
  const settings: Settings = {
    left: true,
    two: false,
    where: false,
    onError: "null",
    cacheRows: 100,
    batchRows: 100,
    concurrency: 1,
    failing: 4,
    partial: false,
    releaseRows: 100,
  };
  const kernel = loadOperators(), operator = new LookupOperator(kernel, planOf(settings));
  const push = (keys: readonly (bigint | null)[]) => {
    const columns = [
      vectorOf(kernel, INT64, keys),
      vectorOf(kernel, STRING, keys.map(() => "a")),
      vectorOf(kernel, INT64, keys),
    ];
    operator.push({ rows: keys.length, columns, selection: 0, selected: keys.length, kinds: 0 }, {
      running: 0,
      before: -Infinity,
      delayMs: 0,
      others: Infinity,
    });
    while (operator.next() === "rows") while (operator.release(100));
    const report = operator.report();
    kernel.reset();
    return report;
  };
  const first = push([1n, 1n, 2n, null]);
  assert.deepEqual([first.hits, first.misses, first.pendingRows], [2, 2, 4]);
  operator.answer({ request: first.questions[0].request, frames: [], failure: null, nowMs: 0 });
  const second = push([1n, 2n, 2n]);
  assert.deepEqual([second.hits, second.misses, second.pendingRows], [3, 0, 0]);
  operator.close();
});
