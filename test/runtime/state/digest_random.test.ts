import assert from "node:assert/strict";
import { compilePlan } from "../../../src/plan/compile.ts";
import type { Digest } from "../../../src/runtime/state/digest.ts";
import { digestOf } from "../../../src/runtime/state/take_digest.ts";
import { catalogOf, inputsOf, STORED } from "../../contract/state_inputs.ts";
import fc from "../../deps/fast_check.ts";
import { streamColumns } from "../../reference/engine_run.ts";
import { anyChoices, randomPlan } from "../../reference/random_plan.ts";
import { anySeeds, rowsOf } from "../../reference/random_rows.ts";
import { Lives } from "../lives.ts";

const RUNS = Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 20);

/** Making one takes a number of the order, so that two of the same state differ in that alone. */
function contentOf(one: Digest | null) {
  return one && { digest: one.digest, tables: one.tables };
}

Deno.test("a random plan's digest is the same with any number of workers, after crashes, and of a checkpoint", async () => {
  const seeds = fc.tuple(anySeeds(120), anySeeds(60), anySeeds(60)),
    small = fc.array(fc.nat({ max: 4 }), { maxLength: 5 });
  let compared = 0, kept = 0;
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
      for (let life = 0; life < 3; life++) {
        for (let turns = random(20); turns > 0; turns--) {
          await killed.happen();
          if (random(3) === 0) killed.take();
        }
        if (life === 2) break;
        await killed.crash();
        await killed.start(1 + random(4));
      }
      const digest = await killed.digest();
      if (digest === null) return;
      const again = new Lives(physical, positions, chunks, seed);
      again.order = [...killed.order];
      await again.start(1 + random(4), true);
      again.inputs.forEach((input, i) => input.come(killed.inputs[i].offset));
      const same = await again.digest();
      assert.deepEqual(contentOf(same), contentOf(digest), JSON.stringify(plan.nodes));
      compared++;
      again.take();
      await again.digest();
      const [checkpoint] = await again.store.list("p");
      if (!checkpoint) return;
      const stored = await digestOf(again.store, "p", checkpoint.number);
      assert.deepEqual(contentOf(stored), contentOf(digest), JSON.stringify(plan.nodes));
      kept++;
    }),
    { numRuns: RUNS },
  );
  assert.ok(compared * 8 > RUNS && kept * 12 > RUNS, `only ${compared} and ${kept} of ${RUNS} were compared`);
});
