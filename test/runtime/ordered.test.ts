import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "../deps/fast_check.ts";
import { NdjsonEncoder } from "../../src/codec/json_encoder.ts";
import type { OutputBatch } from "../../src/sink.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import { frameRows } from "../../src/core/frame_info.ts";
import type { Value } from "../../src/core/value.ts";
import { planShape } from "../../src/runtime/plan_shape.ts";
import type { ArrivedFrame } from "../../src/runtime/protocol.ts";
import { type GraphEvent, GraphReference, type LateEvent, type NodeRow } from "./graph_reference.ts";
import { jsonOf } from "./graph_plan.ts";
import { anyGraph, hasTwins, NODE_COLUMNS, physicalOf } from "./graphs.ts";
import { chunksOf, compiled, PipelineRun, type SideRows } from "./pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row, textOf, textOfRanges } from "./rows.ts";
import { anyRows } from "./shapes.ts";

/** What a source reads of the rows of these tests. */
function nodeRow(row: Row): NodeRow {
  return [row[0], row[1], row[6]];
}

function texts(sinks: readonly (readonly NodeRow[])[]): string[][] {
  return sinks.map((rows) => rows.map((row) => textOf(row as readonly Value[])));
}

/** Some rows without a usable time. */
function withGaps(rows: readonly Row[], gaps: readonly number[]): Row[] {
  const times = [null, 8_640_000_000_000_001n] as unknown as bigint[];
  return rows.map((row, i) => gaps.includes(i) ? row.with(0, times[i % 2]) as unknown as Row : row);
}

/** What was kept of late rows, in its order. */
function lateTexts({ lateFrames }: SideRows): string[] {
  return lateFrames.flatMap((frame) => textOfRanges([{ frame, start: 0, rows: frameRows(frame) }]));
}

/** What has to be kept of these rows. */
function lateExpected(events: readonly LateEvent[], rowAt: (event: number) => Row): string[] {
  return events.map(({ event, watermark, nodes }) => {
    const ids = nodes.map((node) => `node${node} rows`).join(" ");
    return textOf([BigInt(watermark), "graph", ids, ...rowAt(event) as readonly Value[]]);
  });
}

const anyCase = fc.record({
  graph: anyGraph(1, true),
  rows: anyRows(120),
  gaps: fc.array(fc.nat(120), { maxLength: 3 }),
  seed: fc.integer(),
}).map(({ rows, gaps, ...rest }) => ({ ...rest, rows: withGaps(rows, gaps) }));

async function runOnce(plan: PhysicalPlan, rows: readonly Row[], tasks: number, seed: number) {
  const run = await new PipelineRun(tasks, seed).deploy(plan);
  run.side.wanted = true;
  await run.put(chunksOf(rows, run.random));
  await run.end();
  assert.equal(run.pipeline.reason, null);
  const { lateRows, deadRows } = run.pipeline.meter, kept = lateTexts(run.side);
  const result = { sinks: run.rows, lateRows, kept, deadRows };
  await run.close();
  return result;
}

Deno.test("any graph gives what a plain reference gives row by row, for every number of tasks and every cut", async () => {
  let ordered = 0, rowsOut = 0, late = 0, keptRows = 0;
  await fc.assert(
    fc.asyncProperty(anyCase, async ({ graph, rows, seed }) => {
      const end: GraphEvent = { source: 0, watermark: Infinity };
      const reference = new GraphReference(graph).run([...rows.map((row) => ({ source: 0, row: nodeRow(row) })), end]);
      const { late: lateRows, untimed: deadRows } = reference;
      const kept = lateExpected(reference.lateEvents, (event) => rows[event]);
      const expected = { sinks: texts(reference.sinks), lateRows, kept, deadRows };
      keptRows += kept.length;
      for (const tasks of [1, 2, 3, 4]) {
        assert.deepEqual(await runOnce(physicalOf(graph), rows, tasks, seed + tasks), expected, `${tasks} tasks`);
      }
      if (planShape(physicalOf(graph)).mode === "ordered") ordered++;
      rowsOut += reference.sinks.flat().length;
      late += lateRows;
    }),
    { numRuns: 200 },
  );
  assert.ok(ordered > 60 && rowsOut > 5000 && late > 400, `${ordered} ordered, ${rowsOut} rows, ${late} late`);
  assert.ok(keptRows > 100, `${keptRows} late rows of the source`);
});

/** SHA-256 of what a sink writes as NDJSON. */
function digestOf(outputs: readonly OutputBatch[]): string {
  const encoder = new NdjsonEncoder(NODE_COLUMNS), hash = createHash("sha256");
  for (const { ranges } of outputs) {
    for (const { frame, start, rows } of ranges) hash.update(encoder.rows(frame, start, rows));
  }
  return hash.digest("hex");
}

Deno.test("graphs written as plans give the same bytes for every number of tasks and every cut, those of the reference", async () => {
  let ordered = 0, rowsOut = 0;
  await fc.assert(
    fc.asyncProperty(anyCase, async ({ graph, rows, seed }) => {
      fc.pre(!hasTwins(graph) && !graph.nodes.some((node) => "lagMs" in node && node.lagMs));
      const plan = compiled(jsonOf(graph)), end: GraphEvent = { source: 0, watermark: Infinity };
      const reference = new GraphReference(graph, true).run([
        ...rows.map((row) => ({ source: 0, row: nodeRow(row) })),
        end,
      ]);
      const expected = reference.sinks.map((rows) => {
        const frame = frameOfRows(NODE_COLUMNS, rows);
        return digestOf([{
          number: 1,
          ranges: [{ frame, start: 0, rows: rows.length }],
          rows: rows.length,
          watermark: 0,
        }]);
      });
      for (const tasks of [1, 2, 3, 4]) {
        const run = await new PipelineRun(tasks, seed + tasks).deploy(plan);
        await run.put(chunksOf(rows, run.random));
        await run.end();
        assert.equal(run.pipeline.reason, null);
        assert.deepEqual(run.sinks.map(({ outputs }) => digestOf(outputs)), expected, `${tasks} tasks`);
        await run.close();
      }
      if (planShape(plan).mode === "ordered") ordered++;
      rowsOut += reference.sinks.flat().length;
    }),
    { numRuns: 100 },
  );
  assert.ok(ordered > 15 && rowsOut > 2000, `${ordered} ordered, ${rowsOut} rows`);
});

/** What a test does with one of two sources: it sends rows, or nothing comes for a while. */
const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ source: fc.constantFrom(0, 0, 0, 1), rows: anyRows(25) }) },
  { weight: 1, arbitrary: fc.record({ silentMs: fc.integer({ min: 500, max: 4000 }) }) },
);

function chunkOf(rows: readonly Row[]): ArrivedFrame[] {
  const half = rows.length >> 1, parts = [rows.slice(0, half), rows.slice(half)];
  return parts.filter((part) => part.length > 0).map((part) => ({ frame: frameOfRows(COLUMNS, part), arrivalMs: 0 }));
}

Deno.test("two sources of different rates, one of them silent at times, give what a reference gives in the order that was written down", async () => {
  let idle = 0, ordered = 0, keptRows = 0;
  await fc.assert(
    fc.asyncProperty(
      anyGraph(2, true),
      fc.array(anyStep, { maxLength: 14 }),
      fc.integer(),
      async (graph, steps, seed) => {
        for (const tasks of [1, 2, 3]) {
          const run = await new PipelineRun(tasks, seed + tasks, 2).deploy(physicalOf(graph, 1000));
          run.side.wanted = true;
          const chunks: Row[][][] = [[], []];
          for (const step of steps) {
            if ("silentMs" in step) run.clock.advance(step.silentMs);
            else if (step.rows.length > 0) {
              chunks[step.source].push(step.rows);
              run.inputs[step.source].put([chunkOf(step.rows)]);
            }
            if (run.random(2) === 0) await run.pool.settle();
          }
          await run.end();
          assert.equal(run.pipeline.reason, null);
          const events = run.order.flatMap((record): (GraphEvent & { readonly whole?: Row })[] => {
            if (record.kind === "tick" || record.kind === "lookup") return [];
            const source = Number(record.source.slice(-1));
            if (record.kind === "chunk") {
              return chunks[source][record.from].map((row) => ({ source, row: nodeRow(row), whole: row }));
            }
            if (record.kind === "idle") {
              idle++;
            }
            return [{ source, watermark: record.kind === "idle" ? record.watermark : Infinity }];
          });
          const reference = new GraphReference(graph).run(events);
          assert.deepEqual(run.rows, texts(reference.sinks), `${tasks} tasks`);
          assert.equal(run.pipeline.meter.lateRows, reference.late);
          const kept = lateExpected(reference.lateEvents, (at) => events[at].whole!);
          assert.deepEqual(lateTexts(run.side), kept, `${tasks} tasks`);
          keptRows += kept.length;
          await run.close();
        }
        if (planShape(physicalOf(graph)).mode === "ordered") ordered++;
      },
    ),
    { numRuns: 150 },
  );
  assert.ok(idle > 20 && ordered > 30 && keptRows > 200, `${idle} idle marks, ${ordered} ordered, ${keptRows} late`);
});
