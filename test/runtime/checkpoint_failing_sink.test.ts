import assert from "node:assert/strict";
import { Ending } from "../../src/core/ending.ts";
import { INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { takeCheckpoint } from "../../src/runtime/checkpoint/take.ts";
import { Lives } from "./lives.ts";
import { frameOfRows } from "./rows.ts";

const COLUMNS = [
  { name: "ts", type: TIMESTAMP, nullable: false },
  { name: "key", type: STRING, nullable: false },
  { name: "value", type: INT64, nullable: false },
];
const CHUNKS = 12;

/** Counts of keys, which change with every chunk, to a view. */
function counts() {
  const nodes = [
    { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 },
    { id: "counts", op: "aggregate", input: ["source"], keys: ["key"], aggs: [{ fn: "count", as: "n" }] },
    { id: "sink", op: "sink", input: ["counts"], sink: { kind: "view", name: "counts" } },
  ];
  return compilePlan({ rdx: 1, name: "p", nodes }, {
    stream: () => ({ columns: COLUMNS, time: "ts", delayMs: 0, futureSkewMs: 0 }),
    sinkKinds: new Map([["view", { changes: "all" as const, options: { type: "object" } }]]),
  }).physical;
}

/** A pipeline with a checkpoint behind its first chunks. */
async function withCheckpoint(seed: number): Promise<Lives> {
  const chunks = Array.from({ length: CHUNKS }, (_, i) => {
    const rows = [0, 1, 2].map((row) => [BigInt(i * 10 + row), "abcd"[(i + row) % 4], BigInt(i)]);
    return [{ frame: frameOfRows(COLUMNS, rows), arrivalMs: 0 }];
  });
  const lives = new Lives(counts(), [[0, 1, 2]], [chunks], seed);
  await lives.start(1 + seed % 3);
  await come(lives, 4);
  lives.take();
  await lives.settle();
  assert.equal(lives.taken, 1);
  return lives;
}

async function come(lives: Lives, chunks: number): Promise<void> {
  lives.inputs[0].come(chunks);
  await lives.settle();
}

/** Takes a checkpoint as `Checkpoints` does; resolves to what became of it. */
async function taking({ pipeline, store, clock }: Lives): Promise<string> {
  const below = (await store.list("p")).at(0)?.number ?? null;
  const left = new Ending(), how = { turn: 0, earlier: [], flush: true };
  return await takeCheckpoint(pipeline, { store, folder: "p", below, clock, left, ...how }).then(
    (taken) => `number ${taken?.number}`,
    (thrown) => String(thrown.message),
  );
}

/** What becomes of it when it goes on from what its store has is what comes of the whole log. */
async function goesOn(lives: Lives, seed: number): Promise<void> {
  const { number } = (await lives.store.list("p"))[0];
  await lives.crash();
  await lives.start(2);
  assert.equal(lives.restored, 1, `from ${number}`);
  await lives.end();
  const undisturbed = new Lives(lives.plan, lives.positions, lives.chunks, seed);
  undisturbed.order = [...lives.order];
  await undisturbed.start(1, true);
  await undisturbed.end();
  assert.deepEqual(lives.results, undisturbed.results);
}

for (const seed of [1, 2, 3]) {
  Deno.test(`a sink that fails when the tasks have set their state aside, with an output that it did not take, leaves no checkpoint behind that output (seed ${seed})`, async () => {
    const lives = await withCheckpoint(seed), [sink] = lives.sinks, before = await lives.store.list("p");
    const { promise: gate, reject } = Promise.withResolvers<never>();
    gate.catch(() => {});
    sink.write = () => gate;
    await come(lives, 3);
    const became = taking(lives);
    // Everything but what the sink has not taken yet is done
    await lives.settle();
    reject(new Error("the other side is gone"));
    assert.equal(await became, "The pipeline ended before its sinks had everything");
    assert.match(lives.pipeline.reason!, /A sink cannot write: the other side is gone/);
    assert.deepEqual(await lives.store.list("p"), before);
    await goesOn(lives, seed);
  });

  Deno.test(`a sink that fails at an output behind a checkpoint does not take the checkpoint with it (seed ${seed})`, async () => {
    const lives = await withCheckpoint(seed), [sink] = lives.sinks;
    await come(lives, 2);
    const { promise: flushed, resolve } = Promise.withResolvers<void>();
    Object.assign(sink, { flush: () => flushed });
    const became = taking(lives);
    await lives.settle();
    const { committed } = lives.pipeline;
    sink.write = ({ number }) => Promise.reject(new Error(`no room for ${number}`));
    await come(lives, 2);
    assert.equal(lives.pipeline.state, "failed");
    resolve();
    assert.equal(await became, `number ${committed}`);
    await goesOn(lives, seed);
  });

  Deno.test(`a sink that cannot bring what it has to the device leaves no checkpoint (seed ${seed})`, async () => {
    const lives = await withCheckpoint(seed), [sink] = lives.sinks, before = await lives.store.list("p");
    Object.assign(sink, { flush: () => Promise.reject(new Error("EIO")) });
    await come(lives, 3);
    const became = taking(lives);
    await lives.settle();
    assert.equal(await became, "EIO");
    assert.deepEqual(await lives.store.list("p"), before);
    assert.equal(lives.pipeline.state, "running");
    await goesOn(lives, seed);
  });
}
