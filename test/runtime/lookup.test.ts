import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { frameRows } from "../../src/core/frame_info.ts";
import { columnIndex } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { OrderRecord } from "../../src/log.ts";
import { LookupFailure } from "../../src/lookup.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import { lookupsOf } from "../../src/runtime/plan_shape.ts";
import { parsePlan } from "../../src/plan/compile.ts";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import type { ArrivedFrame } from "../../src/runtime/protocol.ts";
import { type LogEntry, runReference } from "../reference/engine.ts";
import { seeded } from "../sim/pool.ts";
import { MemoryTable } from "./lookup_table.ts";
import { anyCase, type Case, meetingPlan, MEETINGS, planOf, TABLE_COLUMNS, tableRows } from "./lookup_plans.ts";
import { chunksOf, compiled, PipelineRun } from "./pipeline_run.ts";
import { replay, type ReplayedOutput } from "./replay.ts";
import { COLUMNS, type Row, textOf, textOfRanges } from "./rows.ts";

function tablesOf(plan: PhysicalPlan, rows: readonly (readonly Value[])[], seed: number): MemoryTable[] {
  return lookupsOf(plan).map((lookup, i) => new MemoryTable(TABLE_COLUMNS, rows, lookup, seeded(seed + i)));
}

async function runOnce(one: Case, tasks: number, seed: number, json = planOf(one)) {
  const plan = compiled(json), run = new PipelineRun(tasks, seed), tables = tablesOf(plan, tableRows, seed);
  run.tables = tables;
  await run.deploy(plan);
  const chunks = chunksOf(one.rows, run.random);
  for (const chunk of chunks) await (run.random(2) === 0 ? run.put([chunk]) : Promise.resolve(run.input.put([chunk])));
  await run.end();
  assert.equal(run.pipeline.reason, null);
  assert.equal(run.pipeline.state, "completed");
  await run.close();
  return { run, plan, chunks, tables };
}

function expectedOf(one: Case): string[][] {
  const plan = parsePlan(planOf(one), STANDARD_SINKS), source = "source";
  const log: LogEntry[] = one.rows.map((values): LogEntry => ({ source, kind: "+I", values }));
  const tables = new Map(plan.nodes.flatMap((node) => {
    if (node.op !== "lookup") return [];
    const at = node.columns.map(({ name }) => columnIndex(TABLE_COLUMNS, name));
    return [[node.id, tableRows.map((row) => at.map((i) => row[i]))] as const];
  }));
  const sinks = runReference(plan, [...log, { source, end: true }], { rows: COLUMNS }, tables);
  return [...sinks.values()].map(({ rows }) => rows.map(({ values }) => textOf(values)));
}

/** The reference does not know in which order the keys of a window come out. */
function comparable({ front, behind }: Case, rows: readonly string[][]): string[][] {
  return front === "window" || behind === "window" ? rows.map((sink) => [...sink].sort()) : [...rows];
}

Deno.test("lookups give what the reference gives with the table as it stands, for every number of tasks and every delay of answers", async () => {
  let rowsOut = 0, questions = 0;
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const expected = expectedOf(one);
      for (const tasks of [1, 2, 3]) {
        const { run, tables } = await runOnce(one, tasks, one.seed + tasks);
        assert.deepEqual(comparable(one, run.rows), comparable(one, expected), `${tasks} tasks`);
        for (const table of tables) {
          const { batch_rows, concurrency } = one.options;
          questions += table.questions.length;
          assert.ok(table.questions.every((keys) => keys.length <= batch_rows && new Set(keys).size === keys.length));
          assert.ok(table.together <= concurrency, `${table.together} questions at a time`);
          assert.equal(table.closed > 0, true);
        }
      }
      rowsOut += expected.flat().length;
    }),
    { numRuns: 100 },
  );
  assert.ok(rowsOut > 1000 && questions > 1000, `${rowsOut} rows, ${questions} questions`);
});

/** The numbers of outputs, and their rows to the bit. */
function bytesOf(outputs: readonly ReplayedOutput[]): (readonly [number, ...string[]])[] {
  return outputs.map(({ number, ranges }) => [number, ...textOfRanges(ranges)]);
}

Deno.test("a recorded order gives the same output number by number without asking anybody, whatever the tables say by then", async () => {
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const { run, plan, chunks } = await runOnce(one, 1 + one.seed % 3, one.seed);
      answers += run.order.filter(({ kind }) => kind === "lookup").length;
      for (const tasks of [1, 2, 4]) {
        const outputs = await replay(plan, run.order, [chunks], tasks, one.seed + tasks);
        assert.deepEqual(outputs.map(bytesOf), run.sinks.map((sink) => bytesOf(sink.outputs)), `${tasks} tasks`);
      }
    }),
    { numRuns: 40 },
  );
  assert.ok(answers > 100, `${answers} answers`);
});

Deno.test("a recorded order gives the same output where rows that were looked up meet others, in windows and in joins", async () => {
  let rowsOut = 0;
  await fc.assert(
    fc.asyncProperty(anyCase, fc.constantFrom(...MEETINGS), async (one, meeting) => {
      const { run, plan, chunks } = await runOnce(one, 1 + one.seed % 3, one.seed, meetingPlan(one, meeting));
      rowsOut += run.rows.flat().length;
      for (const tasks of [1, 3]) {
        const outputs = await replay(plan, run.order, [chunks], tasks, one.seed + tasks);
        assert.deepEqual(outputs.map(bytesOf), run.sinks.map((sink) => bytesOf(sink.outputs)), `${tasks} tasks`);
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(rowsOut > 300, `${rowsOut} rows`);
});

const plain: Case = {
  rows: Array.from({ length: 100 }, (_, i): Row => [BigInt(i), BigInt(i % 7), "a", null, null, null, BigInt(i), null]),
  seed: 1,
  type: "left",
  two: false,
  residual: false,
  behind: "nothing",
  front: "nothing",
  options: { cache_rows: 1000, cache_ttl_ms: 0, batch_rows: 3, concurrency: 2, on_error: "retry" },
};

Deno.test("keys are asked for once while their answers are kept, and anew when these are too old by the clock of the order", async () => {
  const plan = compiled(planOf({ ...plain, options: { ...plain.options, cache_ttl_ms: 2000 } }));
  const run = new PipelineRun(2, 1), [table] = run.tables = tablesOf(plan, tableRows, 1);
  await run.deploy(plan);
  const chunk = () => chunksOf(plain.rows, seeded(1));
  await run.put(chunk());
  const keys = table.questions.flat();
  assert.equal(new Set(keys).size, 7);
  assert.equal(keys.length, 7);
  await run.put(chunk());
  assert.equal(table.questions.flat().length, 7, "all are known");
  for (let second = 0; second < 3; second++) {
    run.clock.advance(1000);
    await run.pool.settle();
  }
  await run.put(chunk());
  assert.equal(table.questions.flat().length, 14, "all are too old");
  await run.end();
  await run.close();
});

Deno.test("without a cache every batch that waits asks anew, and with a small one the oldest answers leave first", async () => {
  for (const cache_rows of [0, 2]) {
    const plan = compiled(planOf({ ...plain, options: { ...plain.options, cache_rows, batch_rows: 100 } }));
    const run = new PipelineRun(1, 1), [table] = run.tables = tablesOf(plan, tableRows, 1);
    await run.deploy(plan);
    for (let i = 0; i < 3; i++) await run.put([chunksOf(plain.rows.slice(0, 7), seeded(9)).flat()]);
    const asked = table.questions.map((keys) => keys.length);
    assert.ok(asked.slice(1).every((keys) => keys >= 7 - cache_rows - 2), `${asked}`);
    assert.ok(asked.length >= 3, `${asked}`);
    await run.end();
    await run.close();
  }
});

Deno.test("rows wait while a table is down, the watermark and the windows behind with them, and go on in their order when it is back", async () => {
  const one: Case = { ...plain, behind: "window", type: "inner" }, plan = compiled(planOf(one));
  const run = new PipelineRun(2, 3), [table] = run.tables = tablesOf(plan, tableRows, 1);
  table.fails = () => new LookupFailure("The server is down", false);
  await run.deploy(plan);
  await run.put(chunksOf(one.rows, run.random));
  assert.equal(run.pipeline.state, "running");
  assert.equal(run.pipeline.pendingRows, 100);
  assert.equal(run.pipeline.watermark, -Infinity);
  assert.deepEqual(run.rows.flat(), []);
  table.fails = () => null;
  for (let i = 0; i < 20; i++) {
    run.clock.advance(1000);
    await run.pool.settle();
  }
  assert.equal(run.pipeline.pendingRows, 0);
  await run.end();
  assert.deepEqual(comparable(one, run.rows), comparable(one, expectedOf(one)));
  await run.close();
});

Deno.test("a question that hangs is given up after its time and asked again", async () => {
  const plan = compiled(planOf({ ...plain, options: { ...plain.options, batch_rows: 100 } }));
  const run = new PipelineRun(1, 3), [table] = run.tables = tablesOf(plan, tableRows, 1);
  table.fails = (question) => question === 0 ? "hangs" : null;
  await run.deploy(plan);
  await run.put(chunksOf(plain.rows, run.random));
  assert.equal(run.pipeline.pendingRows, 100);
  run.clock.advance(5000);
  await run.pool.settle();
  run.clock.advance(200);
  await run.pool.settle();
  assert.equal(run.pipeline.pendingRows, 0);
  await run.end();
  assert.deepEqual(run.rows, expectedOf(plain));
  await run.close();
});

Deno.test("with on_error null rows whose question is not answered go on with NULL, and are asked for anew later", async () => {
  const options = { ...plain.options, on_error: "null" as const, batch_rows: 100 };
  const plan = compiled(planOf({ ...plain, options })), run = new PipelineRun(1, 3);
  const [table] = run.tables = tablesOf(plan, tableRows, 1);
  let down = true;
  table.fails = () => down ? new LookupFailure("HTTP 500", false) : null;
  await run.deploy(plan);
  const settle = async () => {
    for (let i = 0; i < 10; i++) {
      run.clock.advance(1000);
      await run.pool.settle();
    }
  };
  await run.put(chunksOf(plain.rows.slice(0, 20), run.random));
  await settle();
  assert.equal(run.rows[0].length, 20);
  assert.ok(run.rows[0].every((row) => row.endsWith("null null")), run.rows[0][0]);
  assert.equal(table.questions.length % 4, 0, "each question is asked four times");
  down = false;
  await run.put(chunksOf(plain.rows.slice(0, 20), run.random));
  await settle();
  await run.end();
  assert.deepEqual(run.rows[0].slice(20), expectedOf({ ...plain, rows: plain.rows.slice(0, 20) })[0]);
  await run.close();
});

Deno.test("with on_error dead_letter the rows of an answer that makes no sense are dead, with their content and the reason, and others go on", async () => {
  const options = { ...plain.options, on_error: "dead_letter" as const, batch_rows: 1 };
  const plan = compiled(planOf({ ...plain, options })), run = new PipelineRun(2, 3);
  const [table] = run.tables = tablesOf(plan, tableRows, 1);
  table.fails = (question) =>
    table.questions[question][0].includes("i3") ? new LookupFailure("Column name is a number", true) : null;
  await run.deploy(plan);
  await run.put(chunksOf(plain.rows, run.random));
  await run.end();
  const dead = plain.rows.filter(([, number]) => number === 3n),
    others = plain.rows.filter((row) => !dead.includes(row));
  assert.deepEqual(run.rows, expectedOf({ ...plain, rows: others }));
  assert.equal(run.pipeline.meter.deadRows, dead.length);
  assert.equal(run.side.dead.length, dead.length);
  assert.match(run.side.dead[0], /Lookup dim: Column name is a number/);
  assert.match(run.side.dead[0], /\\"number\\":3/);
  assert.match(run.pipeline.errors[0].reason, /Lookup dim/);
  await run.close();
});

Deno.test("with on_error retry an answer that makes no sense ends the pipeline with the reason", async () => {
  const plan = compiled(planOf(plain)),
    run = new PipelineRun(1, 3),
    [table] = run.tables = tablesOf(plan, tableRows, 1);
  table.fails = () => new LookupFailure("Column name is a number", true);
  await run.deploy(plan);
  await run.put(chunksOf(plain.rows, run.random));
  assert.equal(run.pipeline.state, "failed");
  assert.match(run.pipeline.reason!, /Lookup dim cannot be answered: Column name is a number/);
  assert.ok(table.closed > 0);
});

Deno.test("while too many rows wait no more chunks are taken", async () => {
  const many = Array.from({ length: 20 }, (_, i): ArrivedFrame[] =>
    chunksOf(
      Array.from({ length: 8000 }, (_, j): Row => [BigInt(i), BigInt(i * 8000 + j), null, null, null, null, 1n, null]),
      () => 1,
    ).flat());
  const plan = compiled(planOf(plain)),
    run = new PipelineRun(1, 3),
    [table] = run.tables = tablesOf(plan, tableRows, 1);
  let isDown = true;
  table.fails = () => isDown ? "hangs" : null;
  await run.deploy(plan);
  await run.put(many);
  const waiting = run.pipeline.pendingRows;
  assert.ok(waiting > 65_536 && waiting < 65_536 + 5 * 8000, `${waiting} rows wait`);
  isDown = false;
  assert.ok(frameRows(many[0][0].frame) > 0);
  await run.close();
});

Deno.test("a changed plan goes on when nothing waits any more, and its lookups ask anew", async () => {
  const plan = compiled(planOf({ ...plain, behind: "window" })), run = new PipelineRun(2, 5);
  run.tables = tablesOf(plan, tableRows, 1);
  await run.deploy(plan);
  await run.put(chunksOf(plain.rows.slice(0, 50), run.random));
  const [before] = run.tables as MemoryTable[];
  const changed = compiled(planOf({ ...plain, behind: "window", residual: false }));
  run.tables = tablesOf(changed, tableRows, 2);
  await run.change(changed);
  assert.equal(before.closed, 1);
  await run.put(chunksOf(plain.rows.slice(50), run.random));
  await run.end();
  const one: Case = { ...plain, behind: "window" };
  assert.deepEqual(comparable(one, run.rows), comparable(one, expectedOf(one)));
  await run.close();
});

Deno.test("the order has a record for each answer, with its keys and its rows", async () => {
  const { run } = await runOnce(plain, 2, 7);
  const records = run.order.filter((record): record is OrderRecord & { kind: "lookup" } => record.kind === "lookup");
  assert.deepEqual(records.map(({ node, request }) => [node, request]).sort(), records.map((_, i) => ["dim", i + 1]));
  assert.equal(records.reduce((sum, { keys }) => sum + frameRows(keys), 0), 7);
  assert.ok(records.some(({ frames }) => frames!.length > 0));
});
