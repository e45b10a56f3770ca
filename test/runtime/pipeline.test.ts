import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { chunksOf, compiled, PipelineRun } from "./pipeline_run.ts";
import { type Row, textOf } from "./rows.ts";
import { anyRows, anyShape, expected, planOf, type Shape } from "./shapes.ts";

const TASKS = [1, 2, 3, 4];

async function runOnce(shape: Shape, rows: readonly Row[], tasks: number, seed: number) {
  const run = await new PipelineRun(tasks, seed).deploy(compiled(planOf(shape)));
  await run.put(chunksOf(rows, run.random));
  await run.end();
  assert.equal(run.pipeline.reason, null);
  assert.equal(run.pipeline.state, "completed");
  const result = { sinks: run.rows, late: run.pipeline.meter.lateRows, rowsIn: run.pipeline.meter.rowsIn };
  await run.close();
  return result;
}

Deno.test("results and late rows are those of a row-by-row run for every number of tasks, cut and interleaving", async () => {
  await fc.assert(
    fc.asyncProperty(anyShape(), anyRows(150), fc.integer(), async (shape, rows, seed) => {
      const { sinks, late } = expected(shape, rows), texts = sinks.map((sink) => sink.map(textOf));
      for (const tasks of TASKS) {
        const result = await runOnce(shape, rows, tasks, seed + tasks);
        assert.deepEqual(result, { sinks: texts, late, rowsIn: rows.length }, `${tasks} tasks`);
      }
    }),
    { numRuns: 80 },
  );
});

Deno.test("open rows are what the end of the input would fire, and looking at them changes nothing", async () => {
  await fc.assert(
    fc.asyncProperty(anyShape(), anyRows(120), fc.integer(), async (shape, rows, seed) => {
      const tasks = 1 + Math.abs(seed % 4), { sinks } = expected(shape, rows);
      const run = await new PipelineRun(tasks, seed).deploy(compiled(planOf(shape)));
      await run.put(chunksOf(rows, run.random));
      for (const sink of sinks.keys()) {
        const open = await run.openRows(sink);
        assert.deepEqual([...run.rows[sink], ...open], sinks[sink].map(textOf), `sink ${sink} of ${tasks} tasks`);
      }
      await run.end();
      assert.deepEqual(run.rows, sinks.map((sink) => sink.map(textOf)));
      await run.close();
    }),
    { numRuns: 25 },
  );
});

Deno.test("a changed plan that keeps its state goes on as if it had never been replaced", async () => {
  const part = fc.record({ having: fc.boolean(), tail: fc.boolean(), twoPhase: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      anyShape(),
      part,
      anyRows(120),
      fc.nat(120),
      fc.integer(),
      async (shape, change, rows, at, seed) => {
        const before = { ...shape, having: false, tail: false }, after = { ...before, ...change };
        const tasks = 1 + Math.abs(seed % 4), run = await new PipelineRun(tasks, seed).deploy(compiled(planOf(before)));
        await run.put(chunksOf(rows.slice(0, at), run.random));
        const emitted = run.rows.map((sink) => sink.length);
        await run.change(compiled(planOf(after)));
        await run.put(chunksOf(rows.slice(at), run.random));
        await run.end();
        const early = expected(before, rows), late = expected(after, rows);
        // Windows that the change lets through only in part: those that fired before it are as the first plan has them.
        const fired = early.sinks[0].slice(0, emitted[0]);
        const kept = after.having
          ? fired.filter((row) => (row[2 + shape.keys.length] as bigint) >= 2n).length
          : fired.length;
        const sinks = [[...fired, ...late.sinks[0].slice(kept)], ...late.sinks.slice(1)];
        assert.deepEqual(run.rows, sinks.map((sink) => sink.map(textOf)));
        assert.equal(run.pipeline.meter.lateRows, late.late);
        await run.close();
      },
    ),
    { numRuns: 40 },
  );
});
