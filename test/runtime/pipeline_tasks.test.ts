import assert from "node:assert/strict";
import { seeded } from "../sim/pool.ts";
import { chunksOf, compiled, PipelineRun } from "./pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row, textOf } from "./rows.ts";
import { COUNTS, expected, planOf, type Shape } from "./shapes.ts";

const SHAPE: Shape = { ...COUNTS, calls: [["sum", "value"]], delayMs: 5, rows: false };

function rowsOf(count: number, timeOf: (i: number) => number, keys = 7): Row[] {
  return Array.from({ length: count }, (_, i): Row => [
    BigInt(timeOf(i)),
    BigInt(i % keys),
    `row ${i}`,
    null,
    null,
    null,
    1n,
    0.1 * (i % 11),
  ]);
}

const stateless = {
  rdx: 1,
  name: "p",
  nodes: [
    { id: "source", op: "source", stream: "rows" },
    {
      id: "where",
      op: "filter",
      input: ["source"],
      where: { call: "ge", args: [{ column: "value" }, { literal: 0 }] },
    },
    { id: "windows", op: "sink", input: ["where"], sink: { kind: "discard" } },
  ],
};

for (const tasks of [1, 2, 3, 4]) {
  Deno.test(`a pipeline without keyed operators keeps the order of its rows and comes to its end on ${tasks} tasks`, async () => {
    const rows = rowsOf(300, (i) => 1000 - i), run = await new PipelineRun(tasks, tasks).deploy(compiled(stateless));
    await run.put(chunksOf(rows, run.random));
    await run.end();
    assert.equal(run.pipeline.state, "completed");
    assert.deepEqual(run.rows, [rows.map(textOf)]);
  });
}

Deno.test("state that is added to a running stateless plan judges lateness alike on every number of tasks", async () => {
  const before = planOf({ ...SHAPE, rows: true }) as { nodes: { id: string }[] };
  const only = { ...before, nodes: before.nodes.filter(({ id }) => id === "source" || id === "rows") };
  const first = rowsOf(40, (i) => i * 10), second = rowsOf(40, (i) => 380 + i);
  for (const tasks of [1, 2, 3, 4]) {
    const run = await new PipelineRun(tasks, 5).deploy(compiled(only));
    await run.put(chunksOf(first, run.random));
    await run.change(compiled(planOf({ ...SHAPE, rows: true })));
    await run.put(chunksOf([rowsOf(1, () => 300)[0], ...second], run.random));
    await run.end();
    assert.equal(run.pipeline.meter.lateRows, 1, `${tasks} tasks`);
  }
});

Deno.test("sums of doubles are the same bits for every number of tasks, and without two phases for every cut", async () => {
  const shape: Shape = { ...SHAPE, calls: [["sum", "weight"], ["avg", "weight"]], sizeMs: 60, slideMs: 20 };
  const rows = rowsOf(2000, (i) => i * 3 % 1000 + Math.floor(i / 100));
  for (const twoPhase of [false, true]) {
    const results: string[][] = [];
    for (const [tasks, cut] of [[1, 1], [2, 1], [4, 1], [3, 2]]) {
      if (twoPhase && cut === 2) continue;
      const run = await new PipelineRun(tasks, tasks).deploy(compiled(planOf({ ...shape, twoPhase })));
      await run.put(chunksOf(rows, seeded(cut)));
      await run.end();
      results.push(run.rows[0]);
    }
    assert.ok(results[0].length > 100);
    for (const result of results) assert.deepEqual(result, results[0]);
  }
});

Deno.test("thousands of windows that fire at once go through a projection in little memory", async () => {
  const shape: Shape = { ...SHAPE, keys: [], calls: [["max", "text"]], sizeMs: 1, slideMs: 1, tail: true };
  const rows = rowsOf(8000, (i) => i * 2), run = await new PipelineRun(2, 9).deploy(compiled(planOf(shape)));
  await run.put([chunkOf(rows)]);
  await run.end();
  assert.equal(run.rows[0].length, 8000);
  for (const kernel of run.kernels) assert.ok(kernel.memoryBytes < 64 << 20, `${kernel.memoryBytes} bytes`);
  const frames = new Set(run.sinks[0].outputs.flatMap(({ ranges }) => ranges.map(({ frame }) => frame)));
  assert.ok(frames.size < 10, `${frames.size} frames`);
});

function chunkOf(rows: readonly Row[]) {
  const frames = [];
  for (let at = 0; at < rows.length; at += 4000) {
    frames.push({ frame: frameOfRows(COLUMNS, rows.slice(at, at + 4000)), arrivalMs: 0 });
  }
  return frames;
}

Deno.test("without an event time the time of arrival counts, the same on every number of tasks", async () => {
  const plan = compiled(planOf({ ...SHAPE, delayMs: 0 }), COLUMNS, null);
  const rows = rowsOf(60, () => 0), results: string[][] = [];
  for (const tasks of [1, 3]) {
    const run = await new PipelineRun(tasks, tasks).deploy(plan);
    // Each record arrives 4 ms after the one before it; the windows are 10 ms long.
    const frames = Array.from({ length: 6 }, (_, i) => ({
      frame: frameOfRows(COLUMNS, rows.slice(i * 10, i * 10 + 10)),
      arrivalMs: 1000 + i * 4,
    }));
    await run.put(tasks === 1 ? frames.map((frame) => [frame]) : [frames.slice(0, 4), frames.slice(4)]);
    await run.end();
    results.push(run.rows[0]);
    const counts = run.rows[0].map((row) => row.split(" ")).map(([start, , , n]) => [start, Number(n.slice(0, -1))]);
    const perWindow = new Map<unknown, number>();
    for (const [start, n] of counts) perWindow.set(start, (perWindow.get(start) ?? 0) + (n as number));
    assert.deepEqual([...perWindow], [["1000n", 30], ["1010n", 20], ["1020n", 10]]);
  }
  assert.deepEqual(results[1], results[0]);
});

Deno.test("records that arrive in the last millisecond of a window are all in it", async () => {
  const plan = compiled(planOf({ ...SHAPE, delayMs: 0, keys: [] }), COLUMNS, null), rows = rowsOf(40, () => 0);
  const frames = Array.from({ length: 4 }, (_, i) => ({
    frame: frameOfRows(COLUMNS, rows.slice(i * 10, i * 10 + 10)),
    arrivalMs: i < 3 ? 1009 : 1010,
  }));
  for (const chunks of [frames.map((frame) => [frame]), [frames]]) {
    const run = await new PipelineRun(2, 1).deploy(plan);
    await run.put(chunks);
    await run.end();
    assert.deepEqual(run.rows, [["1000n 1010n 30n 30n", "1010n 1020n 10n 10n"]]);
    assert.equal(run.pipeline.meter.lateRows, 0);
  }
});

Deno.test("fifty changes of a plan leave no memory behind", async () => {
  const rows = rowsOf(600, (i) => i), run = await new PipelineRun(2, 3).deploy(compiled(planOf(SHAPE)));
  const bytes: number[] = [];
  for (let i = 0; i < 50; i++) {
    await run.put(chunksOf(rows.slice(i * 12, i * 12 + 12), run.random));
    const where = i % 2 === 0 ? "texts" : "values" as const;
    await run.change(
      compiled(planOf({ ...SHAPE, where, plusOne: i % 3 === 0, twoPhase: i % 4 < 2, tail: i % 5 === 0 })),
    );
    bytes.push([...run.kernels].reduce((sum, kernel) => sum + kernel.memoryBytes, 0));
  }
  assert.equal(run.kernels.size, 2, "a change keeps the kernels of the tasks");
  assert.equal(bytes[49], bytes[9], `memory grew: ${bytes}`);
  await run.end();
});

Deno.test("rows without a usable time are counted", async () => {
  const plan = compiled(planOf(SHAPE)), far = 8_640_000_000_000_001n;
  const rows = rowsOf(30, (i) => i).map((row, i): Row => i % 10 === 0 ? [far, ...row.slice(1)] as unknown as Row : row);
  for (const tasks of [1, 3]) {
    const run = await new PipelineRun(tasks, 1).deploy(plan);
    await run.put(chunksOf(rows, run.random));
    await run.end();
    assert.equal(run.pipeline.meter.deadRows, 3);
    const counted = run.rows[0].reduce((sum, row) => sum + Number(row.split(" ")[3].slice(0, -1)), 0);
    assert.equal(counted, 27);
  }
});

Deno.test("a chunk with more partial results than one frame takes reaches every task whole", async () => {
  const shape: Shape = {
    ...SHAPE,
    keys: ["text"],
    calls: [["sum", "value"]],
    sizeMs: 1000,
    slideMs: 1000,
    twoPhase: true,
  };
  const rows = rowsOf(20_000, () => 5), { sinks } = expected(shape, rows);
  for (const tasks of [1, 2]) {
    const run = await new PipelineRun(tasks, 1).deploy(compiled(planOf(shape)));
    await run.put([chunkOf(rows)]);
    await run.end();
    assert.deepEqual(run.rows, [sinks[0].map(textOf)]);
  }
});

Deno.test("first and last stay those of the log when a change takes the second phase away, or adds it", async () => {
  const shape: Shape = {
    ...SHAPE,
    keys: [],
    calls: [["last", "text"], ["last", "number"]],
    sizeMs: 1000,
    slideMs: 500,
  };
  // The rows that come last are those of the earlier slice.
  const rows = rowsOf(13, (i) => i < 10 ? 505 : 5, 99);
  for (const tasks of [1, 3]) {
    for (const twoPhase of [true, false]) {
      const run = await new PipelineRun(tasks, 1).deploy(compiled(planOf({ ...shape, delayMs: 20, twoPhase })));
      await run.put([chunkOf(rows.slice(0, 10))]);
      await run.change(compiled(planOf({ ...shape, delayMs: 20, twoPhase: !twoPhase })));
      await run.put([chunkOf(rows.slice(10))]);
      await run.end();
      assert.deepEqual(run.rows, [[
        '-500n 500n 3n "row 12" 12n',
        '0n 1000n 13n "row 12" 12n',
        '500n 1500n 10n "row 9" 9n',
      ]]);
    }
  }
});

Deno.test("columns that a source computes are there for all nodes, and one of them may be the event time", async () => {
  const at = (name: string) => ({ column: name });
  const plan = compiled({
    rdx: 1,
    name: "p",
    nodes: [
      {
        id: "source",
        op: "source",
        stream: "rows",
        time: "later",
        future_skew_ms: 50,
        computed: [
          { as: "later", expr: { call: "add", args: [at("ts"), { literal: 100 }] } },
          { as: "twice", expr: { call: "mul", args: [at("number"), { literal: 2 }] } },
        ],
      },
      { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 10 } },
      {
        id: "sums",
        op: "aggregate",
        input: ["window"],
        keys: [],
        aggs: [{ fn: "count", as: "n" }, { fn: "sum", arg: at("twice"), as: "sum" }],
      },
      { id: "sink", op: "sink", input: ["sums"], sink: { kind: "discard" } },
    ],
  });
  for (const tasks of [1, 3]) {
    const run = await new PipelineRun(tasks, tasks).deploy(plan), rows = rowsOf(30, (i) => i);
    const arrived = (rows: readonly Row[], arrivalMs: number) => [{ frame: frameOfRows(COLUMNS, rows), arrivalMs }];
    // The second record's times are over 50 ms ahead of its arrival, by the computed column.
    await run.put([arrived(rows.slice(0, 20), 100), arrived(rows.slice(20), 60)]);
    await run.end();
    assert.deepEqual(run.rows, [["100n 110n 10n 48n", "110n 120n 10n 66n"]], `${tasks} tasks`);
    assert.equal(run.pipeline.meter.deadRows, 10);
    assert.match(run.pipeline.errors[0].field!, /^later$/);
    await run.close();
  }
});
