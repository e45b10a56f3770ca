import type { Digest } from "../../../src/runtime/state/digest.ts";
import assert from "node:assert/strict";
import { EVENTS, windowsPlan } from "../engine_run.ts";
import { DurableRun } from "../durable_run.ts";

const HOW = { start: "earliest", state: "keep" } as const;

function rows(from: number, count: number) {
  return Array.from({ length: count }, (_, i) => ({ ts: from + i, key: `key ${i % 9}`, value: from + i }));
}

async function started(life: DurableRun): Promise<void> {
  life.engine.streams.put("events", EVENTS);
  await life.engine.pipelines.put("windows", windowsPlan({ kind: "view", name: "windows" }, { delayMs: 200 }), HOW);
}

/** Making one takes a number of the order, so that two of the same state differ in that alone. */
function contentOf({ digest, tables }: Digest) {
  return { digest, tables };
}

Deno.test("a digest is the same with one to four workers and after restarts, and another row makes another", async () => {
  await DurableRun.with(async (life) => {
    await started(life);
    for (let from = 0; from < 400; from += 50) await life.send("events", rows(from, 50));
    await life.settled();
    const digest = await life.engine.states.digest("windows", null);
    assert.ok(digest.tables.some(({ table, rows }) => table === "slices" && rows > 0), JSON.stringify(digest));
    assert.match(digest.digest, /^[0-9a-f]{64}$/);
    const number = await life.checkpoint("windows");
    assert.deepEqual(contentOf(await life.engine.states.digest("windows", number)), contentOf(digest));
    for (const workers of [2, 3, 4, 1]) {
      await life.restart(workers);
      await life.settled();
      const again = await life.engine.states.digest("windows", null);
      assert.deepEqual(contentOf(again), contentOf(digest), `${workers} workers`);
    }
    await life.send("events", [{ ts: 400, key: "key 1", value: 1 }]);
    await life.settled();
    const other = await life.engine.states.digest("windows", null);
    assert.notEqual(other.digest, digest.digest);
    assert.equal((await life.engine.states.digest("windows", number)).digest, digest.digest);
    await assert.rejects(
      life.engine.states.digest("windows", 100_000),
      /no checkpoint behind number 100000: there are /,
    );
    await assert.rejects(life.engine.states.digest("none", null), /no pipeline none/);
  });
});

Deno.test("without a number a digest is of now, and of what does not run any more of its newest checkpoint", async () => {
  await DurableRun.with(async (life) => {
    await started(life);
    await life.send("events", rows(0, 50));
    await life.checkpoint("windows");
    await life.send("events", rows(50, 50));
    await life.settled();
    const now = await life.engine.states.digest("windows", null);
    assert.ok(now.number > life.engine.pipelines.get("windows").checkpoint!.number!);
    await life.engine.streams.end("events");
    await life.engine.pipelines.find("windows")!.settled();
    const { state, checkpoint } = life.engine.pipelines.get("windows");
    assert.equal(state, "completed");
    const last = await life.engine.states.digest("windows", null);
    assert.equal(last.number, checkpoint!.number);
    assert.deepEqual(last, await life.engine.states.digest("windows", checkpoint!.number));
  });
});

Deno.test("checkpoints behind a digest have everything", async () => {
  await DurableRun.with(async (life) => {
    await started(life);
    await life.send("events", rows(0, 50));
    await life.checkpoint("windows");
    await life.send("events", rows(50, 50));
    await life.settled();
    await life.engine.states.digest("windows", null);
    await life.send("events", rows(100, 10));
    const number = await life.checkpoint("windows"), digest = await life.engine.states.digest("windows", null);
    assert.deepEqual(contentOf(await life.engine.states.digest("windows", number)), contentOf(digest));
    await life.restart(3);
    assert.equal(life.engine.pipelines.get("windows").checkpoint!.restored, number);
    assert.deepEqual(contentOf(await life.engine.states.digest("windows", null)), contentOf(digest));
  });
});

Deno.test("a pipeline tells what its operators keep by worker, and which keys get most rows", async () => {
  await DurableRun.with(async (life) => {
    await started(life);
    const all = Array.from({ length: 60_000 }, (_, i) => ({ ts: i, key: i % 3 < 2 ? "hot" : `key ${i}`, value: i }));
    for (let from = 0; from < all.length; from += 5000) await life.send("events", all.slice(from, from + 5000));
    await life.settled();
    const number = await life.checkpoint("windows"), state = await life.engine.states.get("windows");
    assert.deepEqual([state.pipeline, state.state, state.checkpoints], ["windows", "running", [number]]);
    assert.deepEqual(state.numbers, [number, number]);
    const [{ node, op, keys, rows, bytes, tasks, tables, hot }] = state.operators, kept = tasks.map((task) => task!);
    assert.deepEqual([state.operators.length, op, keys], [1, "aggregate", ["key"]]);
    assert.ok(node.length > 0 && rows > 0 && bytes > 0 && kept.length === 2);
    assert.equal(kept.reduce((sum, task) => sum + task.rows, 0), rows);
    assert.deepEqual(tables.map(({ name, expiry }) => [name, expiry]), [["scalars", null], ["slices", "$slice"]]);
    assert.ok(hot[0].samples >= 1 && hot[0].keys.length >= 1, JSON.stringify(hot));
    for (const { key, samples } of hot[0].keys) {
      assert.match(key, /^\{"key":"(hot|key \d+)"\}$/);
      assert.ok(samples <= hot[0].samples);
    }
    const info = life.engine.pipelines.get("windows");
    assert.deepEqual([info.stateRows, info.stateBytes], [rows, bytes]);
  }, { workers: 2 });
});

Deno.test("of a plan that runs in order, one worker keeps all, and its tables are told", async () => {
  await DurableRun.with(async (life) => {
    life.engine.streams.put("events", EVENTS);
    const group = {
      id: "group",
      op: "aggregate",
      input: ["source"],
      keys: ["key"],
      aggs: [{ fn: "count", as: "n" }],
    };
    const source = { id: "source", op: "source", stream: "events", idle_timeout_ms: 0 };
    const sink = { id: "sink", op: "sink", input: ["group"] };
    for (let i = 0; i < 3; i++) {
      await life.engine.pipelines.put(`groups${i}`, {
        rdx: 1,
        nodes: [source, group, { ...sink, sink: { kind: "view", name: `groups${i}` } }],
      }, HOW);
    }
    await life.send("events", rows(0, 50));
    await life.settled();
    for (let i = 0; i < 3; i++) {
      const { operators: [{ op, rows, tasks, tables }], checkpoints } = await life.engine.states.get(`groups${i}`);
      assert.deepEqual([op, rows, checkpoints], ["group", 9, []]);
      assert.deepEqual(tasks.map((task) => task?.rows ?? null).sort(), [9, null]);
      assert.ok(tables.some(({ name }) => name === "groups"), JSON.stringify(tables));
    }
  }, { workers: 2 });
});
