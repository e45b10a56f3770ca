import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { DEAD_TURN_ROWS } from "../../src/core/limits.ts";
import { renderRow } from "../../src/core/render.ts";
import { FrameView } from "../../src/core/frame.ts";
import { formatTime } from "../../src/core/time_text.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import type { ArrivedFrame } from "../../src/runtime/protocol.ts";
import type { Random } from "../sim/pool.ts";
import { compiled, PipelineRun } from "./pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row, textOf } from "./rows.ts";
import { anyRows, anyShape, COUNTS, expected, planOf, type Shape } from "./shapes.ts";

/** What one request brought. */
interface Record {
  readonly arrivalMs: number;
  readonly rows: readonly Row[];
}

const SKEW_MS = 20;

/** Requests of some rows each, which arrive at about the time of their first row. */
function recordsOf(rows: readonly Row[], sizes: readonly number[], offsets: readonly number[]): Record[] {
  const records: Record[] = [];
  for (let at = 0, i = 0; at < rows.length; i++) {
    const size = sizes[i % sizes.length];
    records.push({ arrivalMs: Number(rows[at][0]) + offsets[i % offsets.length], rows: rows.slice(at, at + size) });
    at += size;
  }
  return records;
}

/** Cuts records into frames and puts these into chunks as they come. */
function chunksOf(records: readonly Record[], random: Random): ArrivedFrame[][] {
  const frames = records.flatMap(({ arrivalMs, rows }) => {
    const pieces: ArrivedFrame[] = [];
    for (let at = 0; at < rows.length;) {
      const length = 1 + random(12);
      pieces.push({ frame: frameOfRows(COLUMNS, rows.slice(at, at + length)), arrivalMs });
      at += length;
    }
    return pieces;
  });
  const chunks: ArrivedFrame[][] = [];
  while (frames.length > 0) chunks.push(frames.splice(0, 1 + random(5)));
  return chunks;
}

function bounded(plan: PhysicalPlan): PhysicalPlan {
  return { ...plan, sources: plan.sources.map((source) => ({ ...source, futureSkewMs: SKEW_MS })) };
}

/** Line, field, reason, row, time and what else is known of a dead letter; the offset is a place in the test's chunks. */
function letterOf(row: Row, arrivalMs: number): string {
  const reason =
    `Time ${formatTime(Number(row[0]))} is more than 20 ms ahead of its arrival ${formatTime(arrivalMs)}: ` +
    "set the sender's clock, or raise future_skew_ms of pipeline p (0: without bound)";
  const raw = renderRow(new FrameView(frameOfRows(COLUMNS, [row])), COLUMNS, 0);
  return textOf([1n, "ts", reason, raw, BigInt(arrivalMs), 0n, "json", null, "p"]);
}

async function runOnce(shape: Shape, records: readonly Record[], tasks: number, seed: number) {
  const run = await new PipelineRun(tasks, seed).deploy(bounded(compiled(planOf(shape))));
  await run.put(chunksOf(records, run.random));
  await run.end();
  assert.equal(run.pipeline.reason, null);
  const { lateRows: late, deadRows, rowsIn } = run.pipeline.meter;
  const dead = run.side.dead.map((text) => text.slice(text.indexOf(" ") + 1));
  const watermark = run.pipeline.watermark;
  await run.close();
  return { sinks: run.rows, late, deadRows, rowsIn, dead, watermark };
}

Deno.test("rows far ahead of their arrival are dead letters, and everything else is as if they had never come", async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 });
  const offsets = fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 1, maxLength: 5 });
  let judged = 0;
  await fc.assert(
    fc.asyncProperty(
      anyShape(),
      anyRows(120),
      sizes,
      offsets,
      fc.integer(),
      async (shape, rows, sizes, offsets, seed) => {
        const records = recordsOf(rows, sizes, offsets);
        const isDead = (row: Row, arrivalMs: number) => Number(row[0]) > arrivalMs + SKEW_MS;
        const good = records.flatMap(({ arrivalMs, rows }) => rows.filter((row) => !isDead(row, arrivalMs)));
        const dead = records.flatMap(({ arrivalMs, rows }) =>
          rows.filter((row) => isDead(row, arrivalMs)).map((row) => letterOf(row, arrivalMs))
        );
        judged += dead.length;
        const { sinks, late } = expected(shape, good), texts = sinks.map((sink) => sink.map(textOf));
        for (const tasks of [1, 2, 3]) {
          const result = await runOnce(shape, records, tasks, seed + tasks);
          const counts = { late, deadRows: dead.length, rowsIn: rows.length, watermark: Infinity };
          assert.deepEqual(result, { sinks: texts, dead, ...counts }, `${tasks} tasks`);
        }
      },
    ),
    { numRuns: 60 },
  );
  assert.ok(judged > 100, `${judged} dead rows`);
});

const rowAt = (time: number): Row => [BigInt(time), 1n, "a", null, null, null, 1n, 0];

Deno.test("a row exactly at the bound stays, one a millisecond beyond does not move the watermark", async () => {
  const run = await new PipelineRun(2, 1).deploy(bounded(compiled(planOf(COUNTS))));
  await run.put([[{ frame: frameOfRows(COLUMNS, [120, 121, 120].map(rowAt)), arrivalMs: 100 }]]);
  assert.equal(run.pipeline.watermark, 119);
  assert.equal(run.side.dead.length, 1);
  assert.equal(run.pipeline.errors[0].offset, 1);
  await run.end();
  assert.deepEqual(run.rows[1].map((row) => row.split(" ")[0]), ["120n", "120n"]);
  assert.equal(run.pipeline.meter.lateRows, 0);
  await run.close();
});

Deno.test("a bound of 0 and a source by time of arrival let every row through", async () => {
  for (const plan of [compiled(planOf(COUNTS)), compiled(planOf({ ...COUNTS, delayMs: 0 }), COLUMNS, null)]) {
    const sources = plan.sources.map((source) => ({
      ...source,
      futureSkewMs: source.time < 0 ? source.futureSkewMs : 0,
    }));
    const run = await new PipelineRun(1, 1).deploy({ ...plan, sources });
    await run.put([[{ frame: frameOfRows(COLUMNS, [5, 8_000_000].map(rowAt)), arrivalMs: 5 }]]);
    await run.end();
    assert.equal(run.rows[1].length, 2);
    assert.deepEqual(run.side.dead, []);
    await run.close();
  }
});

Deno.test("a chunk of rows that are all ahead is buried in turns, in order", async () => {
  const run = await new PipelineRun(1, 1).deploy(bounded(compiled(planOf(COUNTS))));
  const rows = Array.from({ length: DEAD_TURN_ROWS * 2 + 1 }, (_, i) => rowAt(1000 + i)), puts: number[] = [];
  await run.put([[{ frame: frameOfRows(COLUMNS, rows), arrivalMs: 0 }]]);
  for (let turns = 0; turns < 4; turns++) {
    puts.push(run.side.dead.length);
    run.clock.advance(1);
    await run.pool.settle();
  }
  assert.deepEqual(puts, [DEAD_TURN_ROWS, DEAD_TURN_ROWS * 2, rows.length, rows.length]);
  assert.deepEqual(run.side.dead.map((text) => text.split(" ")[0]), rows.map((_, i) => `${i}n`));
  await run.end();
  assert.equal(run.pipeline.meter.deadRows, rows.length);
  await run.close();
});
