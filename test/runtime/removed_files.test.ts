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
