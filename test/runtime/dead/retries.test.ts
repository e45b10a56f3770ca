import assert from "node:assert/strict";
import { RdxError } from "../../../src/core/errors.ts";
import { STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import type { StreamDeclaration } from "../../../src/runtime/service.ts";
import { BASE, durableTest, LENIENT, list, post, rows, rowsOf } from "./dead_run.ts";
import { SimClock } from "../../sim/clock.ts";
import { until } from "../../until.ts";
import { textOfRanges } from "../rows.ts";
import { streamsInMemory } from "./world.ts";
import type { DurableRun } from "../durable_run.ts";

const encoder = new TextEncoder();
const attempts = async (life: DurableRun) => rowsOf(await list(life), "attempts").map(Number);

durableTest("dead rows are tried again after each delay, and stay dead behind the last", async (life) => {
  const { streams } = life.engine;
  streams.put("s", { ...BASE, retryMs: [10, 300] });
  const before = Date.now();
  await post(life, '{"id":1}\n{"text":"a"}\n{"text":"b"}', "ndjson");
  // Whatever was tried until it is seen here: the next try is a delay behind the last, and there is none behind both.
  const [[ts, retryAt, tries]] = rowsOf(await list(life), "ts", "retry_at", "attempts").map((text) => text.split(" "));
  const delay = [10, 300][Number(tries)];
  assert.equal(retryAt, delay === undefined ? "null" : String(Number(ts) + delay), `after ${tries} tries`);
  await until(async () => (await attempts(life)).every((count) => count === 2));
  assert.ok(Date.now() - before >= 310, "no delay was skipped");
  const ids = rowsOf(await list(life), "id", "retry_at");
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.deepEqual(rowsOf(await list(life), "id", "retry_at"), ids);
  assert.ok(ids.every((text) => text.endsWith("null")));
  // Another delay tries them once more, and now they can be taken.
  streams.put("s", { ...LENIENT, retryMs: [10, 300, 20] });
  await until(async () => (await rows(life)).length === 3);
  assert.deepEqual(await attempts(life), []);
});

durableTest("delays go on behind a restart, by the clock", async (life) => {
  life.engine.streams.put("s", { ...BASE, retryMs: [900] });
  const before = Date.now();
  await post(life, '{"id":1}\n{"text":"a"}', "ndjson");
  life.engine.streams.put("s", { ...LENIENT, retryMs: [900] });
  const { retryMs } = life.engine.streams.get("s");
  await life.restart();
  assert.deepEqual(life.engine.streams.get("s").retryMs, retryMs);
  await until(async () => (await rows(life)).length === 2);
  assert.ok(Date.now() >= before + 900, "it did not wait for its delay");
});

durableTest("a row that is too far ahead of its arrival is in time later", async (life) => {
  const columns = [{ name: "ts", type: TIMESTAMP, nullable: false }, { name: "text", type: STRING, nullable: true }];
  const declaration: StreamDeclaration = { ...BASE, columns, time: "ts", futureSkewMs: 500, retryMs: [100, 1000] };
  life.engine.streams.put("s", declaration);
  const ts = Date.now() + 1200;
  await post(life, `{"ts":${Date.now()}}\n{"ts":${ts}}`, "ndjson");
  await until(async () => (await rows(life)).length === 2);
  assert.ok(Date.now() >= ts - 500);
});

Deno.test("delays go by the time that passes when the wall clock is set back", async () => {
  const clock = new SimClock(), streams = streamsInMemory({}, clock);
  streams.put("s", { ...BASE, retryMs: [60_000, 60_000] });
  await streams.ingest("s", { body: encoder.encode('{"id":1}\n{"text":"a"}'), format: "ndjson", autoCreate: false });
  const tries = async () => {
    const { columns, ranges } = await streams.dead.list("s", { filter: {}, order: "oldest", limit: 9, cursor: null });
    return Number(rowsOf({ columns, ranges, next: null }, "attempts")[0]);
  };
  // Looks come one behind the other, each in turns of the thread.
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1000) {
      clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await pass(30_000);
  assert.equal(await tries(), 0);
  clock.jump(-24 * 3_600_000);
  await pass(25_000);
  assert.equal(await tries(), 0);
  await pass(15_000);
  assert.equal(await tries(), 1);
  // The next begins at the failure, and no earlier.
  await pass(50_000);
  assert.equal(await tries(), 1);
  streams.put("s", { ...LENIENT, retryMs: [60_000, 60_000] });
  await pass(20_000);
  assert.equal(textOfRanges((await streams.rows("s", 10)).ranges).length, 2);
  await streams.close();
});

/** A pipeline that knows the event time, of which its stream says nothing. */
const SKEWED = {
  rdx: 1,
  nodes: [
    { id: "in", op: "source", stream: "s", time: "at", delay_ms: 0, future_skew_ms: 1000, idle_timeout_ms: 0 },
    { id: "out", op: "sink", input: ["in"], sink: { kind: "view", name: "seen" } },
  ],
};

durableTest(
  "what a pipeline left out enters its stream again where no other reads it, or when it is asked for",
  async (life) => {
    const { streams, dead, pipelines } = life.engine;
    const columns = [{ name: "at", type: TIMESTAMP, nullable: true }, { name: "text", type: STRING, nullable: true }];
    streams.put("s", { ...BASE, columns });
    await pipelines.put("p", SKEWED, { start: "earliest", state: "keep" });
    const far = Date.now() + 1_000_000;
    await post(life, `{"at":${Date.now()},"text":"now"}\n{"at":${far},"text":"far"}`, "ndjson");
    await life.settled();
    await until(() => streams.get("s").deadOpen === 1);
    assert.deepEqual(rowsOf(await list(life), "pipeline", "offset", "format", "attempts"), ["p 1 json 0"]);
    // Alone: it enters, and is left out again.
    const alone = await dead.replay("s", {});
    assert.deepEqual([alone.replayed, alone.skipped, (await rows(life)).length], [1, 0, 3]);
    await until(() => streams.get("s").deadOpen === 1);
    await pipelines.put(
      "q",
      { ...SKEWED, nodes: [SKEWED.nodes[0], { ...SKEWED.nodes[1], sink: { kind: "discard" } }] },
      {
        start: "latest",
        state: "keep",
      },
    );
    const both = await dead.replay("s", {});
    assert.deepEqual([both.replayed, both.skipped, (await rows(life)).length], [0, 1, 3]);
    const asked = await dead.replay("s", { pipeline: "p" });
    assert.deepEqual([asked.replayed, asked.skipped, (await rows(life)).length], [1, 0, 4]);
  },
);

durableTest("a stream that has ended is left alone by its delays", async (life) => {
  const { streams, dead } = life.engine;
  streams.put("s", { ...BASE, retryMs: [20, 20, 20, 20, 20, 20, 20, 20] });
  await post(life, '{"id":1}\n{"text":"a"}', "ndjson");
  await streams.end("s");
  // On a loaded machine it may have been tried before the end, or just then.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const tried = await attempts(life);
  assert.ok(tried[0] < 8, `${tried} tries in front of the end`);
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.deepEqual(await attempts(life), tried);
  await assert.rejects(dead.replay("s", {}), (thrown) => thrown instanceof RdxError && thrown.code === "conflict");
  assert.deepEqual(life.said, []);
});
