import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { textOf } from "../runtime/rows.ts";
import { netCounts } from "./changes.ts";
import { runReference } from "./engine.ts";
import { EngineUnderTest, Stalled, streamColumns } from "./engine_run.ts";
import { FEATURES } from "./random_flow.ts";
import { anyChoices, randomPlan } from "./random_plan.ts";
import { anySeeds, rowsOf, type Seed } from "./random_rows.ts";
import type { Row } from "./value.ts";

const PLANS = Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 80), BOUND_BYTES = 400_000;
const features = new Set(FEATURES);

/** Positions of the columns `k` and `s` among the values of a seed. */
const NUMBER = 0, TEXT = 1;
/** Keys of each kind that a random one becomes. */
const KEYS = 12;

/** Seeds whose rows have more keys, and texts that fill memory. */
function widened(seeds: readonly Seed[]): Seed[] {
  return seeds.map((seed, i) => {
    const values = [...seed.values], number = values[NUMBER], text = values[TEXT];
    if (typeof number === "bigint") values[NUMBER] = number + BigInt(i % KEYS) * 10n;
    if (typeof text === "string") values[TEXT] = `${text} ${i % KEYS} ${"x".repeat(4000 + (i % KEYS) * 300)}`;
    return { ...seed, values };
  });
}

const netText = (rows: readonly Row[]) =>
  [...netCounts(rows).values()].map(({ values, count }) => `${count} × ${textOf(values)}`).sort();

Deno.test("a random plan whose state is larger than its memory gives what the reference engine gives", async () => {
  const state = { bytesMax: BOUND_BYTES, cold: { folder: null } }, engines = new Map<number, EngineUnderTest>();
  const workers = fc.integer({ min: 1, max: 2 }), cuts = fc.array(fc.nat({ max: 30 }), { maxLength: 6 });
  const seeds = fc.tuple(anySeeds(300), anySeeds(150), anySeeds(150));
  let cold = 0, stalled = 0;
  try {
    await fc.assert(
      fc.asyncProperty(anyChoices(5), seeds, workers, cuts, async (choices, seeds, workers, cuts) => {
        const { plan, sources, changes } = randomPlan(choices, features);
        const rows = new Map(sources.map((source, i) => [source.id, rowsOf(source, widened(seeds[i]))]));
        let engine = engines.get(workers);
        if (!engine) engines.set(workers, engine = await EngineUnderTest.start(workers, [], state));
        const found = await engine.run({ plan, sources, changes }, rows, cuts).catch((thrown) => {
          if (!(thrown instanceof Stalled)) throw thrown;
          stalled++;
          return null;
        });
        if (!found) return;
        if (found.cold.rows + found.cold.reads > 0) cold++;
        const streams = Object.fromEntries(sources.map((source) => [source.id, streamColumns(source)]));
        const expected = runReference(plan, found.log, streams, new Map(), found.partitions).get("out")!;
        assert.deepEqual(netText(found.rows), netText(expected.rows), JSON.stringify(plan.nodes));
      }),
      { numRuns: PLANS },
    );
  } finally {
    for (const engine of engines.values()) await engine.close();
  }
  console.log(`${cold} of ${PLANS} plans had cold rows, ${stalled} had no room`);
  assert.ok(cold * 50 >= PLANS, `only ${cold} of ${PLANS} plans had cold rows`);
  assert.ok(stalled * 3 <= PLANS, `${stalled} of ${PLANS} plans had no room`);
});
