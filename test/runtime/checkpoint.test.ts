import assert from "node:assert/strict";
import { DurableRun, type LifeOptions } from "./durable_run.ts";
import { EVENTS, windowsPlan } from "./engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;

function event(ts: number, key = "a", value = 1) {
  return { ts, key, value };
}

const source = { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 };

/** Every row, numbered by key: keyed state that every row needs. */
function firstsPlan(path: string) {
  const rank = { id: "rank", op: "rank", input: ["source"], keys: ["key"], order: [{ column: "ts" }], from: 1, to: 2 };
  const sinks = [
    { id: "file", op: "sink", input: ["rank"], sink: { kind: "file", path, format: "ndjson", changelog: true } },
    { id: "view", op: "sink", input: ["rank"], sink: { kind: "view", name: "firsts" } },
  ];
  return { rdx: 1, nodes: [source, rank, ...sinks] };
}

function checkpointTest(behaviour: string, run: (life: DurableRun) => Promise<void>, options: LifeOptions = {}): void {
  Deno.test(behaviour, () => DurableRun.with(run, options));
}

/** What it was restored from and how much it did again, as the pipeline tells. */
function restoredFrom(life: DurableRun, name: string): number | null {
  const { state, checkpoint } = life.engine.pipelines.get(name);
  assert.equal(state, "running");
  return checkpoint!.restored;
}

for (const workers of [1, 3]) {
  checkpointTest(`windows go on from a checkpoint, with ${workers} workers and then with others`, async (life) => {
    life.engine.streams.put("events", EVENTS);
    await life.engine.pipelines.put("windows", windowsPlan({ kind: "view", name: "windows" }), HOW);
    const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);
    let at = 0;
    const send = async (count: number) => {
      for (let i = 0; i < count; i++, at++) {
        await life.send(
          "events",
          keys.map((key, k) => event(at * 3 + k % 3, key, at)),
        );
      }
    };
    await send(10);
    const first = await life.checkpoint("windows");
    await send(7);
    const second = await life.checkpoint("windows");
    assert.ok(second > first);
    await send(5);
    await life.settled();
    const before = life.view("windows"), { rowsIn, rowsOut } = life.engine.pipelines.get("windows");
    for (const tasks of [workers, 2, 4, 1]) {
      await life.restart(tasks);
      assert.equal(restoredFrom(life, "windows"), second, life.said.join("\n"));
      assert.deepEqual(life.view("windows"), before);
      const info = life.engine.pipelines.get("windows");
      assert.deepEqual([info.rowsIn, info.rowsOut], [rowsIn, rowsOut]);
    }
    await send(6);
    const third = await life.checkpoint("windows");
    await send(2);
    await life.settled();
    const after = life.view("windows");
    await life.restart(workers);
    assert.equal(restoredFrom(life, "windows"), third);
    assert.deepEqual(life.view("windows"), after);
    // The whole log gives the same
    await life.engine.pipelines.put("again", windowsPlan({ kind: "view", name: "again" }), HOW);
    await life.settled();
    assert.deepEqual(life.view("again").rows, after.rows);
  }, { workers });
}

checkpointTest("files and tables go on from a checkpoint byte by byte", async (life) => {
  life.engine.streams.put("events", EVENTS);
  await life.engine.pipelines.put("firsts", firstsPlan("firsts.ndjson"), HOW);
  const rows = (from: number) =>
    Array.from({ length: 30 }, (_, i) => event(1000 - from - i, "abcdefg"[i % 7], from + i));
  for (let round = 0; round < 6; round++) {
    await life.send("events", rows(round * 30));
    if (round % 2 === 1) await life.checkpoint("firsts");
  }
  await life.send("events", rows(200));
  await life.settled();
  const view = life.view("firsts"), file = await life.file("firsts.ndjson");
  assert.ok(file.length > 1000 && view.rows.length === 14, `${file.length} ${view.rows.length}`);
  for (const workers of [1, 3, 2]) {
    await life.restart(workers);
    assert.ok(restoredFrom(life, "firsts")! > 0);
    assert.deepEqual([life.view("firsts"), await life.file("firsts.ndjson")], [view, file]);
  }
  await life.send("events", rows(300));
  await life.settled();
  const after = [life.view("firsts"), await life.file("firsts.ndjson")];
  await life.restart();
  assert.deepEqual([life.view("firsts"), await life.file("firsts.ndjson")], after);
});
