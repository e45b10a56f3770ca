import assert from "node:assert/strict";
import { until } from "../until.ts";
import { DurableRun } from "./durable_run.ts";
import { EVENTS } from "./engine_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;

function plan(stream: string, view: string) {
  return {
    rdx: 1,
    nodes: [
      { id: "in", op: "source", stream, idle_timeout_ms: 0 },
      { id: "out", op: "sink", input: ["in"], sink: { kind: "view", name: view } },
    ],
  };
}

/** Files are looked at ten times a second: what was written just before may be gone without a word. */
const looked = () => new Promise((resolve) => setTimeout(resolve, 120));

async function withTwo(run: (life: DurableRun) => Promise<void>): Promise<void> {
  await DurableRun.with(async (life) => {
    for (const name of ["a", "b"]) {
      life.engine.streams.put(name, EVENTS);
      await life.engine.pipelines.put(name, plan(name, name), HOW);
      await life.send(name, [{ ts: 1, key: "k", value: 1 }]);
    }
    await life.settled();
    await looked();
    await run(life);
  });
}

Deno.test("a stream whose log is removed under a running engine takes nothing more, and the engine is not ready", async () => {
  await withTwo(async (life) => {
    const { engine } = life;
    await Deno.remove(`${life.folder}/data/journal/a`, { recursive: true });
    const row = [{ ts: 2, key: "k", value: 2 }];
    await assert.rejects(life.send("a", row), { code: "closing", message: /was removed while it was written/ });
    await assert.rejects(life.send("a", row), { code: "closing" });
    const { ready, reason } = engine.readiness();
    assert.equal(ready, false);
    assert.match(reason, /journal\/a\/0 could not be written .* see to the disk, then restart/);
    assert.deepEqual(life.view("a").rows.length, 1);
    // The others go on.
    await life.send("b", row);
    await until(() => life.view("b").rows.length === 2);
  });
});

Deno.test("a pipeline whose order is removed under a running engine fails and shows nothing more, and says why", async () => {
  await withTwo(async (life) => {
    const { pipelines } = life.engine;
    await Deno.remove(`${life.folder}/data/order/a`, { recursive: true });
    const row = [{ ts: 2, key: "k", value: 2 }];
    await life.send("a", row);
    await until(() => pipelines.get("a").state === "failed");
    assert.match(
      pipelines.get("a").reason!,
      /Its order cannot be written: order\/a .*was removed while it was written/,
    );
    assert.equal(life.view("a").rows.length, 1);
    await life.send("b", row);
    await until(() => life.view("b").rows.length === 2);
  });
});

/** Names of the segments of a log, in order. */
async function segments(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).filter((name) => name.endsWith(".seg"))
    .sort();
}

Deno.test("an engine does not start on a stream whose newest segment is missing, though nobody reads it", async () => {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("a", EVENTS);
    const rows = Array.from({ length: 5000 }, (_, i) => ({ ts: i, key: `key ${i} ${"x".repeat(40)}`, value: i }));
    const folder = `${life.folder}/data/journal/a/0`;
    do await life.send("a", rows); while ((await segments(folder)).length < 3);
    await life.engine.close();
    const newest = (await segments(folder)).at(-1)!, aside = `${life.folder}/${newest}`;
    await Deno.rename(`${folder}/${newest}`, aside);
    const before = await segments(folder);
    await assert.rejects(life.open(), {
      code: "invalid",
      message: new RegExp(`The files of journal/a/0 from ${newest} on are missing: put a copy in their place`),
    });
    assert.deepEqual(await segments(folder), before);
    await Deno.rename(aside, `${folder}/${newest}`);
    await life.start();
    await life.send("a", rows);
  });
});
