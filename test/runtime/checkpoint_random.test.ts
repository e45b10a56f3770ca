import assert from "node:assert/strict";
import { compilePlan } from "../../src/plan/compile.ts";
import { catalogOf, inputsOf, STORED } from "../contract/state_inputs.ts";
import fc from "../deps/fast_check.ts";
import { streamColumns } from "../reference/engine_run.ts";
import { anyChoices, randomPlan } from "../reference/random_plan.ts";
import { anySeeds, rowsOf } from "../reference/random_rows.ts";
import { Lives } from "./lives.ts";

const RUNS = Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 20);

Deno.test("a random plan that is killed anywhere and goes on from checkpoints gives what it gives undisturbed, with other workers each time", async () => {
  let restored = 0, lives = 0;
  const seeds = fc.tuple(anySeeds(120), anySeeds(60), anySeeds(60)),
    small = fc.array(fc.nat({ max: 4 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(anyChoices(5), seeds, small, fc.nat(), async (choices, seeds, cuts, seed) => {
      const { plan, sources } = randomPlan(choices, STORED), { physical } = compilePlan(plan, catalogOf(sources));
      const own = physical.sources.map(({ id }) => sources.find((source) => source.id === id)!);
      const inputs = inputsOf(own, own.map((source) => rowsOf(source, seeds[sources.indexOf(source)])), cuts);
      const chunks = own.map((_, i) =>
        inputs.flatMap((input) => input.kind === "chunk" && input.source === i ? [input.frames] : [])
      );
      const positions = physical.sources.map(({ columns }, i) => {
        const names = streamColumns(own[i]).map(({ name }) => name);
        return columns.map(({ name }) => names.indexOf(name));
      });
      const killed = new Lives(physical, positions, chunks, seed), { random } = killed;
      await killed.start(1 + random(4));
      for (let life = 0; life < 4; life++) {
        for (let turns = random(80); turns > 0; turns--) {
          await killed.happen();
          if (random(2) === 0) killed.take();
        }
        await killed.crash();
        await killed.start(1 + random(4));
        lives++;
      }
      await killed.end();
      const undisturbed = new Lives(physical, positions, chunks, seed);
      undisturbed.order = [...killed.order];
      await undisturbed.start(1, true);
      await undisturbed.end();
      assert.deepEqual(killed.order, undisturbed.order);
      assert.deepEqual(killed.results, undisturbed.results, JSON.stringify(plan.nodes));
      restored += killed.restored;
    }),
    { numRuns: RUNS },
  );
  assert.ok(restored * 20 > lives, `only ${restored} of ${lives} lives began with a checkpoint`);
});
