import assert from "node:assert/strict";
import type { Digest } from "../../../src/runtime/state/digest.ts";
import { digestOf } from "../../../src/runtime/state/take_digest.ts";
import fc from "../../deps/fast_check.ts";
import { anyLives } from "../random_lives.ts";

const RUNS = Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 20);

/** Making one takes a number of the order, so that two of the same state differ in that alone. */
function contentOf(one: Digest | null) {
  return one && { digest: one.digest, tables: one.tables };
}

Deno.test("a random plan's digest is the same with any number of workers, after crashes, and of a checkpoint", async () => {
  let compared = 0, kept = 0;
  await fc.assert(
    fc.asyncProperty(anyLives(), async ({ make, text }) => {
      const killed = make(), { random } = killed;
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
      const again = make();
      again.order = [...killed.order];
      await again.start(1 + random(4), true);
      again.inputs.forEach((input, i) => input.come(killed.inputs[i].offset));
      const same = await again.digest();
      assert.deepEqual(contentOf(same), contentOf(digest), text);
      compared++;
      again.take();
      await again.digest();
      const [checkpoint] = await again.store.list("p");
      if (!checkpoint) return;
      const stored = await digestOf(again.store, "p", checkpoint.number);
      assert.deepEqual(contentOf(stored), contentOf(digest), text);
      kept++;
    }),
    { numRuns: RUNS },
  );
  assert.ok(compared * 8 > RUNS && kept * 12 > RUNS, `only ${compared} and ${kept} of ${RUNS} were compared`);
});
