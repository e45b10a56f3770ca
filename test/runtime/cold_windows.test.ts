import assert from "node:assert/strict";
import { randomOf } from "../kernel/numbers.ts";
import { HOW, KeyedSums, keyedSumsPlan } from "./cold_plans.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const BOUND_BYTES = 3_000_000, KEYS = 40_000, DAY_MS = 86_400_000;

/** Sums by key and day, and how many there are of a day and what they come to. */
const PLAN = keyedSumsPlan({
  id: "window",
  op: "window",
  input: ["events"],
  window: { kind: "tumble", size_ms: DAY_MS },
});

Deno.test("a day's window of several times its memory goes on over checkpoints and restarts with other workers, and comes out whole", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31), sums = new KeyedSums(randomOf(seed), KEYS, 60);
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("sums", PLAN, HOW);
    let most = 0;
    for (let round = 0; round < 16; round++) {
      await life.send("events", sums.rows(4000));
      if (round % 5 === 3) await life.checkpoint("sums");
      await life.settled();
      most = Math.max(most, life.engine.pipelines.get("sums").cold.rows);
      if (round % 5 === 4) await life.restart(1 + (round >> 2));
    }
    assert.ok(most > KEYS / 3, `${most} rows were on disk, seed ${seed}`);
    await life.send("events", [{ ts: 3 * DAY_MS, key: "the next day", value: 1 }]);
    await life.settled();
    assert.deepEqual(life.view("all").rows, [sums.text], `seed ${seed}`);
    assert.equal(life.engine.pipelines.get("sums").cold.rows, 0, "what has come out leaves nothing in the file");
  }, { stateBytesMax: BOUND_BYTES });
});
