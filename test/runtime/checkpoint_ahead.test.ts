import assert from "node:assert/strict";
import { Ending } from "../../src/core/ending.ts";
import { INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { AHEAD_HELD_BYTES_MAX } from "../../src/core/limits.ts";
import { compilePlan } from "../../src/plan/compile.ts";
import { takeCheckpoint } from "../../src/runtime/checkpoint/take.ts";
import { SpareShelf } from "../../src/runtime/spare_frames.ts";
import type { CheckpointStore, SavedStep } from "../../src/store.ts";
import { Lives } from "./lives.ts";
import { frameOfRows } from "./rows.ts";

const COLUMNS = [
  { name: "ts", type: TIMESTAMP, nullable: false },
  { name: "key", type: INT64, nullable: false },
  { name: "text", type: STRING, nullable: false },
];
/** With long texts there are several steps of keys. */
const CHUNKS = 6, KEYS = 3000, FAT_KEYS = 4096;

/** Counts of keys, of which a text is a part that nobody is told: every chunk has all keys, with short texts, or others than the ones before. */
function lives(seed: number, text = ""): Lives {
  const nodes = [
    { id: "source", op: "source", stream: "s", idle_timeout_ms: 0 },
    { id: "counts", op: "aggregate", input: ["source"], keys: ["key", "text"], aggs: [{ fn: "count", as: "n" }] },
    { id: "told", op: "project", input: ["counts"], columns: [{ as: "n", expr: { column: "n" } }] },
    { id: "sink", op: "sink", input: ["told"], sink: { kind: "view", name: "counts" } },
  ];
  const plan = compilePlan({ rdx: 1, name: "p", nodes }, {
    stream: () => ({ columns: COLUMNS, time: "ts", delayMs: 0, futureSkewMs: 0 }),
    sinkKinds: new Map([["view", { changes: "all" as const, options: { type: "object" } }]]),
  }).physical;
  const keys = text === "" ? KEYS : FAT_KEYS;
  const chunks = Array.from({ length: CHUNKS }, (_, i) => {
    const first = text === "" ? 0 : i * keys;
    const rows = Array.from({ length: keys }, (_, key) => [BigInt(i), BigInt(first + key), `${first + key}${text}`]);
    return [{ frame: frameOfRows(COLUMNS, rows), arrivalMs: 0 }];
  });
  return new Lives(plan, [[0, 1, 2]], [chunks], seed);
}

/** Takes one that has everything, whose store hears of each step; resolves to what became of it. */
function taking(run: Lives, heard: (step: SavedStep) => void, left = new Ending()): Promise<string> {
  const store: Pick<CheckpointStore, "begin"> = {
    begin: async (folder, below) => {
      const writer = await run.store.begin(folder, below);
      const add = (step: SavedStep) => {
        heard(step);
        return writer.add(step);
      };
      return { ...writer, add };
    },
  };
  const how = { below: null, turn: 0, earlier: [], flush: true, spare: new SpareShelf() };
  return takeCheckpoint(run.pipeline, { store, folder: "p", clock: run.clock, left, ...how }).then(
    (taken) => `number ${taken?.number}`,
    (thrown) => `left: ${thrown}`,
  );
}

for (const workers of [1, 2]) {
  Deno.test(`rows that are set aside in front of a cut are in its checkpoint (${workers} workers)`, async () => {
    const run = lives(workers);
    await run.start(workers);
    run.inputs[0].come(CHUNKS - 1);
    await run.settle();
    const { number } = run.pipeline, taken = taking(run, () => {});
    await run.settle();
    assert.equal(await taken, `number ${number + 1}`);
    run.inputs[0].come(1);
    await run.settle();
    await run.crash();
    await run.start(workers);
    assert.equal(run.restored, 1);
    await run.end();
    const undisturbed = lives(workers);
    undisturbed.order = [...run.order];
    await undisturbed.start(1, true);
    await undisturbed.end();
    assert.deepEqual(run.results, undisturbed.results);
  });
}

Deno.test("of more than is to wait in a task, the first rows are with the store before the cut has a number", async () => {
  const run = lives(3, "x".repeat(2 * AHEAD_HELD_BYTES_MAX / CHUNKS / FAT_KEYS));
  await run.start(1);
  run.inputs[0].come(CHUNKS - 1);
  await run.settle();
  let before = 0, behind = 0;
  const { number } = run.pipeline;
  const taken = taking(run, (step) => {
    if (step.table !== "groups" || !("rows" in step)) return;
    if (run.pipeline.number === number) before += step.rows;
    else behind += step.rows;
  });
  await run.settle();
  assert.equal(await taken, `number ${number + 1}`);
  assert.ok(before > 0 && behind > 0, `${before} before, ${behind} behind`);
  assert.equal(before + behind, (CHUNKS - 1) * FAT_KEYS);
  await run.crash();
  await run.start(1);
  assert.equal(run.restored, 1);
  await run.end();
});

Deno.test("a checkpoint that is left while rows come in front of its cut leaves no trace, and the next one has everything", async () => {
  const run = lives(7), left = new Ending();
  await run.start(2);
  run.inputs[0].come(CHUNKS - 1);
  await run.settle();
  let steps = 0;
  const taken = taking(run, () => {
    if (steps++ === 0) left.end("unwanted");
  }, left);
  await run.settle();
  assert.equal(await taken, "left: unwanted");
  assert.ok(steps > 0);
  assert.deepEqual(await run.store.list("p"), []);
  const rows: number[] = [];
  const next = taking(run, (step) => {
    if (step.node === "counts" && "rows" in step) rows.push(step.rows);
  });
  await run.settle();
  assert.match(await next, /^number/);
  assert.ok(rows.reduce((sum, count) => sum + count, 0) >= KEYS);
  await run.end();
});
