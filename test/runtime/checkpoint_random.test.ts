import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { anyLives } from "./random_lives.ts";

const RUNS = Number(Deno.env.get("RDX_RANDOM_PLANS") ?? 20);

Deno.test("a random plan that is killed anywhere and goes on from checkpoints gives what it gives undisturbed, with other workers each time", async () => {
  let restored = 0, lives = 0;
  await fc.assert(
    fc.asyncProperty(anyLives(), async ({ make, text }) => {
      const killed = make(), { random } = killed;
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
      const undisturbed = make();
      undisturbed.order = [...killed.order];
      await undisturbed.start(1, true);
      await undisturbed.end();
      assert.deepEqual(killed.order, undisturbed.order);
      assert.deepEqual(killed.results, undisturbed.results, text);
      restored += killed.restored;
    }),
    { numRuns: RUNS },
  );
  assert.ok(restored * 20 > lives, `only ${restored} of ${lives} lives began with a checkpoint`);
});
