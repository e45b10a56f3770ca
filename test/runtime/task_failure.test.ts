import assert from "node:assert/strict";
import { IN_FLIGHT_CHUNKS_MAX, OPEN_SLICES_MAX } from "../../src/core/limits.ts";
import fc from "../deps/fast_check.ts";
import { loadKernel } from "../kernel/load.ts";
import { hostParts } from "../../workers/parts.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import { planShape } from "../../src/runtime/plan_shape.ts";
import type { FromTask, TaskPlan, ToTask } from "../../src/runtime/protocol.ts";
import { ChunkReader } from "../../src/runtime/task/chunk_reader.ts";
import { PipelineTask } from "../../src/runtime/task/task.ts";
import { chunksOf, compiled, PipelineRun } from "./pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row } from "./rows.ts";
import { physicalOf } from "./graphs.ts";
import { planOf, type Shape } from "./shapes.ts";

const SHAPE: Shape = {
  where: "values",
  plusOne: true,
  keys: ["text"],
  calls: [["sum", "value"], ["last", "text"]],
  sizeMs: 1000,
  slideMs: 1000,
  offsetMs: 0,
  twoPhase: false,
  delayMs: 0,
  having: false,
  tail: false,
  rows: true,
  total: true,
};

function keyedRows(count: number, from = 0): Row[] {
  return Array.from(
    { length: count },
    (_, i): Row => [5n, null, `a long key with the number ${from + i}`, null, null, null, 1n, null],
  );
}

/** One task by itself, in a kernel of little memory. */
function smallTask(shape: Shape, bytesMax = 8 << 20) {
  return smallTaskOf(compiled(planOf(shape)), bytesMax);
}

function smallTaskOf(plan: PhysicalPlan, bytesMax: number) {
  const { mode } = planShape(plan), kernel = loadKernel("simd", bytesMax), sent: FromTask[] = [];
  const positions = plan.sources.map(({ columns }) =>
    columns.map(({ name }) => COLUMNS.findIndex((one) => one.name === name))
  );
  const taskPlan: TaskPlan = {
    plan,
    positions,
    after: 0,
    watermarks: [-Infinity],
    inherits: null,
    mode,
    owner: 0,
  };
  const place = {
    pipeline: 1,
    task: 0,
    tasks: 1,
    report: (message: FromTask) => void sent.push(message),
    exchange: () => assert.fail("there is no other task"),
    wake: () => {},
    busy: () => false,
  };
  const parts = hostParts(null), chunks = new ChunkReader(kernel, taskPlan, parts);
  return {
    task: new PipelineTask(kernel, taskPlan, place, { chunks, create: parts.createOperator, previous: null }),
    sent,
  };
}

function chunk(number: number, rows: readonly Row[]): ToTask {
  const frames = [{ frame: frameOfRows(COLUMNS, rows), arrivalMs: 0 }];
  return { kind: "chunk", pipeline: 1, number, source: 0, frames, range: null, late: false };
}

for (const twoPhase of [false, true]) {
  Deno.test(`full state stops the task and says that it is full${twoPhase ? ", in phase one too" : ""}`, () => {
    const { task, sent } = smallTask({ ...SHAPE, twoPhase });
    let number = 0;
    while (sent.at(-1)?.kind !== "failed" && number < 200) {
      task.receive(chunk(++number, keyedRows(4000, number * 4000)));
    }
    const failed = sent.at(-1)!;
    assert.ok(failed.kind === "failed" && failed.stalled, JSON.stringify(failed));
    assert.equal(failed.number, number);
    assert.match(failed.reason, /no room for more rows of state: \d+ in 1 open slices/);
    task.receive(chunk(number + 1, keyedRows(1)));
    assert.equal(sent.at(-1), failed, "it takes nothing more");
    task.close();
  });
}

Deno.test("full state of a plan that runs in order stops its owner, which says at which node", () => {
  const sums = (input: number) =>
    ({ kind: "aggregate", input, sizeMs: 1000, slideMs: 1000, offsetMs: 0, result: "sum" }) as const;
  const graph = { delaysMs: [0], nodes: [sums(0), sums(1)], sinks: [2] };
  const { task, sent } = smallTaskOf(physicalOf(graph), 8 << 20);
  const rows = (number: number) =>
    Array.from({ length: 4000 }, (_, i): Row => [5n, BigInt(number * 4000 + i), null, null, null, null, 1n, null]);
  for (let number = 1; number < 200 && sent.at(-1)?.kind !== "failed"; number++) {
    task.receive(chunk(number, rows(number)));
  }
  const failed = sent.at(-1)!;
  assert.ok(failed.kind === "failed" && failed.stalled, JSON.stringify(failed));
  assert.match(failed.reason, /Node node0 rows has no room for more rows of state/);
  task.close();
});

Deno.test("rows that open more windows than there may be stop the task, which does not blame their keys", () => {
  const { task, sent } = smallTask({ ...SHAPE, keys: [], calls: [["count", "value"]], delayMs: 1e9 }, 512 << 20);
  const row = (i: number): Row => [BigInt(i) * 1000n - 1_000_000_000n, null, null, null, null, null, 1n, null];
  for (let number = 1; number <= OPEN_SLICES_MAX / 4096 + 1 && sent.at(-1)?.kind !== "failed"; number++) {
    task.receive(chunk(number, Array.from({ length: 4096 }, (_, i) => row(number * 4096 + i))));
  }
  const failed = sent.at(-1)!;
  assert.ok(failed.kind === "failed" && failed.stalled, JSON.stringify(failed));
  assert.match(failed.reason, /65536 slices of event time open.*larger windows or a smaller delay/);
});

Deno.test("phase one whose state is full stalls, and no row goes missing in silence", () => {
  const { task, sent } = smallTask({ ...SHAPE, twoPhase: true });
  const frames = Array.from(
    { length: 40 },
    (_, i) => ({ frame: frameOfRows(COLUMNS, keyedRows(4000, i * 4000)), arrivalMs: 0 }),
  );
  task.receive({ kind: "chunk", pipeline: 1, number: 1, source: 0, frames, range: null, late: false });
  assert.equal(sent.length, 1);
  assert.ok(sent[0].kind === "failed" && sent[0].stalled, JSON.stringify(sent[0]));
});

Deno.test("a stalled pipeline keeps its place in its inputs, and a failed one gives it up", async () => {
  for (const stalled of [true, false]) {
    const run = await new PipelineRun(1, 1).deploy(compiled(planOf(SHAPE)));
    run.pipeline.receive({
      kind: "failed",
      pipeline: 1,
      number: 1,
      task: 0,
      stalled,
      node: null,
      reason: "the reason",
    });
    assert.equal(run.pipeline.state, stalled ? "stalled" : "failed");
    assert.equal(run.pipeline.reason, "the reason");
    assert.equal(run.input.closed, !stalled);
    await run.close();
    assert.equal(run.input.closed, true);
    assert.deepEqual(run.sinks.map(({ closed }) => closed), run.sinks.map(() => 1));
  }
});

Deno.test("a frame that is damaged anywhere fails the pipeline or passes, and nothing escapes", async () => {
  let failed = 0, passed = 0;
  const rows = Array.from(
    { length: 50 },
    (_, i): Row => [BigInt(i * 40), 1n, `key ${i % 5}`, true, 5n, 0.5, BigInt(i), 1],
  );
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      damage,
      fc.boolean(),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      async (bytes, header, tasks, at) => {
        const run = await new PipelineRun(tasks, at).deploy(compiled(planOf(SHAPE)));
        const chunks = chunksOf(rows, run.random), { frame } = chunks[at % chunks.length][0];
        const all = new Uint8Array(frame);
        for (const [place, value] of bytes) all[place % (header ? 200 : all.length)] = value;
        await run.put(chunks);
        await run.end();
        const { state, reason } = run.pipeline;
        assert.ok(
          state === "completed" || (state === "failed" && reason !== null && reason.length > 10),
          `${state} ${reason}`,
        );
        if (state === "failed") failed++;
        else passed++;
        await run.close();
      },
    ),
    { numRuns: 150 },
  );
  assert.ok(failed > 20 && passed > 20, `${failed} failed, ${passed} passed`);
});

Deno.test("a frame of another shape than the plan's fails the pipeline with a reason", async () => {
  const run = await new PipelineRun(2, 1).deploy(compiled(planOf(SHAPE)));
  run.input.put([[{ frame: new ArrayBuffer(10), arrivalMs: 0 }]]);
  await run.pool.settle();
  assert.equal(run.pipeline.state, "failed");
  assert.match(run.pipeline.reason!, /frame/);
});

Deno.test("what an input throws fails its pipeline and nobody who woke it", async () => {
  const run = await new PipelineRun(1, 1).deploy(compiled(planOf(SHAPE)));
  run.input.take = () => {
    throw new Error("the disk is gone");
  };
  run.input.put([[{ frame: frameOfRows(COLUMNS, keyedRows(1)), arrivalMs: 0 }]]);
  assert.equal(run.pipeline.state, "failed");
  assert.match(run.pipeline.reason!, /the disk is gone/);
});

Deno.test("a sink that cannot write fails its pipeline with the sink's reason", async () => {
  const run = await new PipelineRun(2, 1).deploy(compiled(planOf(SHAPE)));
  run.sinks[1].write = () => Promise.reject(new Error("no space left"));
  await run.put(chunksOf(keyedRows(5), run.random));
  assert.equal(run.pipeline.state, "failed");
  assert.match(run.pipeline.reason!, /no space left/);
});

Deno.test("while a sink is stuck no more is taken than the window has room for, and a change is refused in time", async () => {
  const run = await new PipelineRun(2, 1).deploy(compiled(planOf(SHAPE)));
  let release = () => {};
  const gate = new Promise<void>((resolve) => release = resolve), write = run.sinks[0].write.bind(run.sinks[0]);
  run.sinks[0].write = (output) => gate.then(() => write(output));
  const count = 3 * IN_FLIGHT_CHUNKS_MAX;
  await run.put(
    Array.from({ length: count }, (_, i) => [{ frame: frameOfRows(COLUMNS, keyedRows(3, i)), arrivalMs: 0 }]),
  );
  assert.equal(run.pipeline.number, 2 * IN_FLIGHT_CHUNKS_MAX);
  const refused = assert.rejects(run.pipeline.quiesce(), { code: "busy" });
  for (let ms = 0; ms <= 10_000; ms += 5) {
    run.clock.advance(5);
    await null;
  }
  await refused;
  release();
  await run.end();
  assert.equal(run.pipeline.state, "completed", "it goes on after a change that was refused");
  assert.equal(run.pipeline.meter.rowsIn, 3 * count);
});

Deno.test("what breaks while state is handed out between batches is not the fault of their chunk", async () => {
  const { task, sent } = smallTask(SHAPE);
  task.ahead(true);
  const ahead = task.cuts.nextAhead();
  ahead.catch(() => {}); // it ends with the task
  Object.assign(task.state, {
    drainAhead: () => {
      throw new Error("its memory is damaged");
    },
  });
  // A step is worth its while
  await new Promise((resolve) => setTimeout(resolve, 5));
  task.receive(chunk(1, keyedRows(10)));
  const failed = sent.at(-1)!;
  assert.ok(failed.kind === "failed" && failed.beside === true, JSON.stringify(failed));
  assert.equal(failed.reason, "its memory is damaged");
  await assert.rejects(ahead, /has ended/);
  task.close();
});
