import assert from "node:assert/strict";
import { randomOf } from "../kernel/numbers.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;
const BOUND_BYTES = 3_000_000, KEYS = 60_000;

/** Sums by key, and how many keys there are and what their sums come to. */
const PLAN = {
  rdx: 1,
  nodes: [
    { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 },
    {
      id: "sums",
      op: "aggregate",
      input: ["source"],
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

Deno.test("state of several times its memory goes on over checkpoints and restarts with other workers, and says where it is", async () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), totals = new Map<string, bigint>();
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("sums", PLAN, HOW);
    let most = 0, reads = 0;
    for (let round = 0; round < 24; round++) {
      const rows = Array.from({ length: 4000 }, (_, i) => {
        const key = `a key of ${Math.floor(random() * KEYS)} ${"x".repeat(40)}`, value = Math.floor(random() * 1000);
        totals.set(key, (totals.get(key) ?? 0n) + BigInt(value));
        return { ts: round * 4000 + i, key, value };
      });
      await life.send("events", rows);
      if (round % 5 === 3) await life.checkpoint("sums");
      await life.settled();
      const { cold, stateRows, stateBytes } = life.engine.pipelines.get("sums");
      most = Math.max(most, cold.rows);
      reads += cold.reads;
      assert.equal(stateRows, totals.size + 1, `seed ${seed}, round ${round}`);
      assert.ok(stateBytes <= BOUND_BYTES);
      if (round % 8 === 6) await life.restart(1 + (round >> 3));
    }
    assert.ok(most > KEYS / 3, `${most} rows were on disk`);
    assert.ok(reads > 1000);
    const sum = [...totals.values()].reduce((a, b) => a + b, 0n), [row] = life.view("all").rows;
    assert.equal(row, `${totals.size}n ${sum}n`, `seed ${seed}`);
    const [{ cold }] = (await life.engine.states.get("sums")).operators.filter(({ node }) => node === "sums");
    assert.ok(cold.rows > 0 && cold.bytes > cold.rows * 64);
    assert.equal(life.said.filter((line) => line.includes("cold rows are on disk")).length, 4, "once in each life");
    assert.match(life.engine.metrics(), /rdx_evicted_rows\{pipeline="sums"\} [1-9]/);
    assert.deepEqual(
      [...Deno.readDirSync(`${life.folder}/data`)].filter(({ name }) => name.includes("cold")),
      [],
      "the working file has no name",
    );
  }, { stateBytesMax: BOUND_BYTES });
});
