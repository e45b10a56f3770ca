import assert from "node:assert/strict";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;
const source = { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 };
const count = [{ fn: "count", as: "n" }];
const hour = { kind: "tumble", size_ms: 3_600_000 };

/** Plans that keep rows, by what keeps them. */
const KEEPERS: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  groups: [{ id: "last", op: "aggregate", input: ["source"], keys: ["key"], aggs: count }],
  windows: [
    { id: "window", op: "window", input: ["source"], window: hour },
    { id: "last", op: "aggregate", input: ["window"], keys: ["key"], aggs: count },
  ],
  sessions: [
    { id: "window", op: "window", input: ["source"], window: { kind: "session", gap_ms: 3_600_000 } },
    { id: "last", op: "aggregate", input: ["window"], keys: ["key"], aggs: count },
  ],
  frames: [{
    id: "last",
    op: "over",
    input: ["source"],
    keys: ["key"],
    frame: { kind: "rows", preceding: 3 },
    aggs: [{ fn: "sum", arg: { column: "value" }, as: "total" }],
  }],
};

function planOf(keeper: string, least: number) {
  const [first, ...rest] = KEEPERS[keeper];
  const where = { call: "ge", args: [{ column: "value" }, { literal: least }] };
  const sink = { id: "sink", op: "sink", input: ["last"], sink: { kind: "view", name: keeper } };
  const nodes = [
    source,
    { id: "where", op: "filter", input: ["source"], where },
    { ...first, input: ["where"] },
    ...rest,
    sink,
  ];
  return { rdx: 1, nodes };
}

Deno.test("how many rows of state a pipeline keeps is right at once when it has gone on from a checkpoint, or with a changed plan", async () => {
  await DurableRun.with(async (life) => {
    const kept = () =>
      Object.keys(KEEPERS).map((name) => {
        const { stateRows, stateBytes } = life.engine.pipelines.get(name);
        return [name, stateRows, stateBytes > 0];
      });
    life.engine.streams.put("events", EVENTS);
    for (const name of Object.keys(KEEPERS)) await life.engine.pipelines.put(name, planOf(name, 0), HOW);
    for (let i = 0; i < 40; i++) await life.send("events", [{ ts: 1000 + i, key: `k${i % 13}`, value: i }]);
    await life.settled();
    const before = kept();
    assert.ok(before.every(([, rows]) => Number(rows) >= 13), JSON.stringify(before));
    for (const workers of [1, 3, 2]) {
      // Nothing is done again behind the checkpoint, and nothing new comes
      await life.engine.drain();
      await life.restart(workers);
      assert.deepEqual(kept(), before, `${workers} workers`);
    }
    for (const name of Object.keys(KEEPERS)) await life.engine.pipelines.put(name, planOf(name, 1), HOW);
    assert.deepEqual(kept(), before, "a changed plan");
  }, { workers: 2 });
});
