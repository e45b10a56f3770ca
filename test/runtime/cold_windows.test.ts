import assert from "node:assert/strict";
import { randomOf } from "../kernel/numbers.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;
const BOUND_BYTES = 3_000_000, KEYS = 40_000, DAY_MS = 86_400_000;

/** Sums by key and day, and how many there are of a day and what they come to. */
const PLAN = {
  rdx: 1,
  nodes: [
    { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
    { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: DAY_MS } },
    {
      id: "sums",
      op: "aggregate",
      input: ["window"],
      keys: ["key"],
      aggs: [{ fn: "sum", arg: { column: "value" }, as: "total" }, { fn: "last", arg: { column: "key" }, as: "named" }],
    },
    {
      id: "all",
      op: "aggregate",
      input: ["sums"],
      keys: [],
      aggs: [{ fn: "count", as: "keys" }, { fn: "sum", arg: { column: "total" }, as: "total" }],
    },
    { id: "view", op: "sink", input: ["all"], sink: { kind: "view", name: "all" } },
  ],
};

Deno.test("a day's window of several times its memory goes on over checkpoints and restarts with other workers, and comes out whole", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), totals = new Map<string, bigint>();
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("sums", PLAN, HOW);
    let most = 0;
    for (let round = 0; round < 16; round++) {
      const rows = Array.from({ length: 4000 }, (_, i) => {
        const key = `a key of ${Math.floor(random() * KEYS)} ${"x".repeat(60)}`, value = Math.floor(random() * 1000);
        totals.set(key, (totals.get(key) ?? 0n) + BigInt(value));
        return { ts: round * 4000 + i, key, value };
      });
      await life.send("events", rows);
      if (round % 5 === 3) await life.checkpoint("sums");
      await life.settled();
      most = Math.max(most, life.engine.pipelines.get("sums").cold.rows);
      if (round % 5 === 4) await life.restart(1 + (round >> 2));
    }
    assert.ok(most > KEYS / 3, `${most} rows were on disk, seed ${seed}`);
    await life.send("events", [{ ts: 3 * DAY_MS, key: "the next day", value: 1 }]);
    await life.settled();
    const sum = [...totals.values()].reduce((a, b) => a + b, 0n), [row] = life.view("all").rows;
    assert.equal(row, `${totals.size}n ${sum}n`, `seed ${seed}`);
    assert.equal(life.engine.pipelines.get("sums").cold.rows, 0, "what has come out leaves nothing in the file");
  }, { stateBytesMax: BOUND_BYTES });
});
