import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import type { Value } from "../../src/core/value.ts";
import { frameRows } from "../../src/core/frame_info.ts";
import type { ArrivedFrame } from "../../src/runtime/protocol.ts";
import { chunksOf, compiled, PipelineRun } from "./pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row, textOf, textOfRanges } from "./rows.ts";
import { anyRows, anyShape, COUNTS, passes, planOf, type Shape, TOTAL_MS } from "./shapes.ts";

/** Where the windows of one node lie, and which rows come to it. */
interface Windows {
  readonly node: string;
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
  readonly takes: (row: Row) => boolean;
}

function windowsOf(shape: Shape): Windows[] {
  const all = { node: "totals", sizeMs: TOTAL_MS, slideMs: TOTAL_MS, offsetMs: 0, takes: () => true };
  return [{ ...shape, node: "aggregate", takes: (row) => passes(shape, row) }, ...(shape.total ? [all] : [])];
}

/** The late rows of a run row by row, and for how many nodes they were late. */
function lateReference(shape: Shape, rows: readonly Row[]): { texts: string[]; count: number } {
  const texts: string[] = [];
  let greatest = -Infinity, count = 0;
  for (const row of rows) {
    const time = Number(row[0]), watermark = greatest - shape.delayMs;
    greatest = Math.max(greatest, time);
    const nodes = windowsOf(shape).filter(({ sizeMs, slideMs, offsetMs, takes }) => {
      const last = time - ((((time - offsetMs) % slideMs) + slideMs) % slideMs);
      return takes(row) && last + sizeMs - 1 <= watermark;
    }).map(({ node }) => node);
    if (nodes.length === 0) continue;
    count += nodes.length;
    texts.push(textOf([BigInt(watermark), "p", nodes.join(" "), ...row as readonly Value[]]));
  }
  return { texts, count };
}

async function runOnce(shape: Shape, chunks: (run: PipelineRun) => ArrivedFrame[][], tasks: number, seed: number) {
  const run = await new PipelineRun(tasks, seed).deploy(compiled(planOf(shape)));
  run.side.wanted = true;
  await run.put(chunks(run));
  await run.end();
  assert.equal(run.pipeline.reason, null);
  const texts = run.side.lateFrames.flatMap((frame) => textOfRanges([{ frame, start: 0, rows: frameRows(frame) }]));
  const result = { texts, count: run.pipeline.meter.lateRows };
  await run.close();
  return result;
}

Deno.test("late rows are kept whole, with their watermark, in the order of the log: those that windows leave out", async () => {
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(anyShape(), anyRows(150), fc.integer(), async (shape, rows, seed) => {
      const reference = lateReference(shape, rows);
      seen += reference.count;
      for (const tasks of [1, 2, 3, 4]) {
        const result = await runOnce(shape, (run) => chunksOf(rows, run.random), tasks, seed + tasks);
        assert.deepEqual(result, reference, `${tasks} tasks`);
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(seen > 50, `${seen} late rows`);
});

const SIMPLE: Shape = { ...COUNTS, rows: false };
const rowAt = (time: number): Row => [BigInt(time), 1n, `at ${time}`, null, null, null, 1n, 0];

Deno.test("a whole frame of late rows is kept, and none that comes while nobody wants them", async () => {
  const run = await new PipelineRun(2, 1).deploy(compiled(planOf(SIMPLE)));
  const late = Array.from({ length: BATCH_ROWS_MAX }, (_, i) => rowAt(i % 5));
  const frame = (rows: readonly Row[]) => [{ frame: frameOfRows(COLUMNS, rows), arrivalMs: 0 }];
  await run.put([frame([rowAt(1000)]), frame(late)]);
  assert.deepEqual(run.side.lateFrames, []);
  run.side.wanted = true;
  await run.put([frame(late)]);
  await run.end();
  assert.deepEqual(run.side.lateFrames.map(frameRows), [BATCH_ROWS_MAX]);
  assert.equal(run.pipeline.meter.lateRows, 2 * BATCH_ROWS_MAX);
  await run.close();
});

Deno.test("rows without a usable time are not late", async () => {
  const untimed = [8_640_000_000_000_001n, -8_640_000_000_000_001n].map((time) =>
    rowAt(0).with(0, time) as unknown as Row
  );
  const result = await runOnce(
    SIMPLE,
    () => [[
      { frame: frameOfRows(COLUMNS, [rowAt(1000), ...untimed, rowAt(3)]), arrivalMs: 0 },
    ]],
    2,
    1,
  );
  assert.deepEqual(result, { texts: [textOf([999n, "p", "aggregate", ...rowAt(3)])], count: 1 });
});
