import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { ROW_KINDS, type RowKind } from "../../src/core/batch.ts";
import { FrameView } from "../../src/core/frame.ts";
import { type Column, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { compileExpression } from "../../src/expr/mod.ts";
import type { GroupEmit, PhysicalOperator, PhysicalPlan, PhysicalSource } from "../../src/plan/physical.ts";
import type { RowRange } from "../../src/sink.ts";
import type { OperatorFactory } from "../../src/runtime/task/flow.ts";
import { COUNT_COLUMNS, CountChanges } from "./count_changes.ts";
import { chunksOf, PipelineRun } from "./pipeline_run.ts";
import type { Row } from "./rows.ts";
import { anyRows } from "./shapes.ts";

/** What the source reads: the time, a key, a value and the kind of the row. */
const READ: readonly Column[] = [
  { name: "ts", type: TIMESTAMP, nullable: false },
  { name: "number", type: INT64, nullable: true },
  { name: "value", type: INT64, nullable: true },
  { name: "text", type: STRING, nullable: true },
];
const ROWS = READ.slice(0, 3);
const DAY_MS = 86_400_000;

function sourceOf(kinds: boolean): PhysicalSource {
  return {
    id: "source",
    stream: "rows",
    file: null,
    made: null,
    computed: [],
    columns: kinds ? READ : ROWS,
    time: 0,
    delayMs: 0,
    idleTimeoutMs: 0,
    futureSkewMs: 0,
    kindColumn: kinds ? 3 : -1,
  };
}

const base = { sources: ["source"], lagMs: 0 };
const CHANGES: GroupEmit = { mode: "changes", ttlMs: 0, end: -1 };

function filterOf(id: string, input: string, least: number): PhysicalOperator {
  const where = { call: "ge", args: [{ column: "value" }, { literal: least }] };
  return {
    ...base,
    op: "filter",
    id,
    inputs: [input],
    columns: ROWS,
    predicate: compileExpression(where, ROWS).program,
  };
}

/** A key and a number, to stand beside counts. */
function pairOf(id: string, input: string): PhysicalOperator {
  const programs = ["number", "value"].map((name) => compileExpression({ column: name }, ROWS).program);
  return { ...base, op: "project", id, inputs: [input], columns: COUNT_COLUMNS, programs };
}

function countOf(
  id: string,
  input: string,
  key: number,
  inputColumns: readonly Column[],
  emit = CHANGES,
): PhysicalOperator {
  return {
    ...base,
    op: "group",
    id,
    inputs: [input],
    columns: COUNT_COLUMNS,
    inputColumns,
    keys: [key],
    calls: [],
    retracts: true,
    emit,
  };
}

function planOf(operators: readonly PhysicalOperator[], inputs: readonly string[], kinds = false): PhysicalPlan {
  const sinks = inputs.map((input) => {
    const columns = operators.find(({ id }) => id === input)?.columns ?? ROWS;
    const facts = { keys: [], upsertKeys: null, changes: true, sink: { kind: "discard" } };
    return { id: `sink ${input}`, input, columns, ...facts };
  });
  return { name: "p", sources: [sourceOf(kinds)], operators, sinks };
}

const counting: (...given: Parameters<OperatorFactory>) => CountChanges | null = (kernel, plan, _, previous) =>
  plan.op === "group" ? new CountChanges(kernel, plan, previous instanceof CountChanges ? previous : null) : null;

function changeTexts(ranges: readonly RowRange[]): string[] {
  return ranges.flatMap(({ frame, start, rows }) => {
    const view = new FrameView(frame);
    return Array.from({ length: rows }, (_, i) => {
      const values = view.types.map((_, column) => view.value(start + i, column));
      return [view.kind(start + i), ...values.map(String)].join(" ");
    });
  });
}

async function runOnce(plan: PhysicalPlan, rows: readonly Row[], tasks: number, seed: number): Promise<string[][]> {
  const run = await new PipelineRun(tasks, seed, 1, counting).deploy(plan);
  await run.put(chunksOf(rows, run.random));
  await run.end();
  assert.equal(run.pipeline.reason, null);
  const texts = run.sinks.map(({ outputs }) => outputs.flatMap(({ ranges }) => changeTexts(ranges)));
  await run.close();
  return texts;
}

/** Counts as a changelog, change by change. */
class Counts {
  readonly #counts = new Map<unknown, bigint>();

  take(key: unknown, kind: RowKind = "+I"): { kind: RowKind; key: unknown; n: bigint; text: string }[] {
    const before = this.#counts.get(key) ?? 0n, after = before + (kind === "+I" || kind === "+U" ? 1n : -1n);
    this.#counts.set(key, after);
    const change = (kind: RowKind, n: bigint) => ({ kind, key, n, text: `${kind} ${key} ${n}` });
    return [
      ...(before === 0n ? [] : [change(after === 0n ? "-D" : "-U", before)]),
      ...(after === 0n ? [] : [change(before === 0n ? "+I" : "+U", after)]),
    ];
  }
}

Deno.test("changes of changes follow each row at once, however many operators they pass", async () => {
  // Counts by key, then how many keys have each count, and beside them the rows themselves.
  const plan = planOf([
    filterOf("where", "source", -10),
    countOf("count", "where", 1, ROWS),
    pairOf("pair", "where"),
    countOf("counts", "count", 1, COUNT_COLUMNS),
    { ...base, op: "union", id: "all", inputs: ["pair", "counts", "count"], columns: COUNT_COLUMNS },
  ], ["all", "count"]);
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(anyRows(60), fc.integer(), async (rows, seed) => {
      const count = new Counts(), counts = new Counts(), all: string[] = [], byKey: string[] = [];
      for (const [, key, , , , , value] of rows) {
        if (value === null || value < -10n) continue;
        // As the union names its inputs: the row, then what the second count makes of each change, then the change.
        all.push(`+I ${key} ${value}`);
        for (const change of count.take(key)) {
          byKey.push(change.text);
          all.push(...counts.take(change.n, change.kind).map(({ text }) => text), change.text);
        }
      }
      for (const tasks of [1, 2, 3]) assert.deepEqual(await runOnce(plan, rows, tasks, seed + tasks), [all, byKey]);
      seen += all.length;
    }),
    { numRuns: 80 },
  );
  assert.ok(seen > 1000, `${seen} changes`);
});

const anyKinds = fc.array(
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...ROW_KINDS) }, fc.constantFrom(null, "?")),
  {
    minLength: 60,
    maxLength: 60,
  },
);

Deno.test("the kinds of a source's rows go through filters, projections and unions to sinks and operators as they are", async () => {
  const stateless = [
    filterOf("some", "source", 0),
    pairOf("pair", "some"),
    pairOf("every", "source"),
    { ...base, op: "union", id: "all", inputs: ["pair", "every"], columns: COUNT_COLUMNS } as const,
  ];
  const plans = [
    planOf(stateless, ["all"], true),
    planOf([...stateless, countOf("count", "all", 0, COUNT_COLUMNS)], ["all", "count"], true),
  ];
  let bad = 0;
  await fc.assert(
    fc.asyncProperty(anyRows(60), anyKinds, fc.integer(), async (given, kinds, seed) => {
      const rows = given.map((row, i) => row.with(2, kinds[i]) as unknown as Row),
        all: string[] = [],
        counted: string[] = [];
      const count = new Counts();
      for (const [, key, kind, , , , value] of rows) {
        if (!ROW_KINDS.includes(kind as RowKind)) {
          bad++;
          continue;
        }
        const copies = value !== null && value >= 0n ? 2 : 1;
        for (let copy = 0; copy < copies; copy++) {
          all.push(`${kind} ${key} ${value}`);
          counted.push(...count.take(key, kind as RowKind).map(({ text }) => text));
        }
      }
      for (const tasks of [1, 2, 3]) {
        assert.deepEqual(await runOnce(plans[0], rows, tasks, seed), [all]);
        assert.deepEqual(await runOnce(plans[1], rows, tasks, seed), [all, counted]);
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(bad > 10, `${bad} rows without a kind`);
});

const rowAt = (ts: number, key: number): Row => [BigInt(ts), BigInt(key), null, null, null, null, 1n, null];

Deno.test("rows that name no kind are counted and told", async () => {
  const run = await new PipelineRun(2, 1).deploy(planOf([], ["source"], true));
  const named = (kind: string | null) => rowAt(1, 1).with(2, kind) as unknown as Row;
  await run.put(chunksOf([named("+I"), named("add"), named(null), named("-D")], run.random));
  await run.end();
  assert.deepEqual(run.sinks[0].outputs.flatMap(({ ranges }) => changeTexts(ranges)), ["+I 1 1 1", "-D 1 1 1"]);
  assert.equal(run.pipeline.meter.deadRows, 2);
  assert.match(run.pipeline.errors[0].reason, /Column text says of \d rows? none of \+I, -U, \+U and -D/);
  await run.close();
});

Deno.test("a changed plan goes on with the state of operators that run in order, where it is", async () => {
  const first = [countOf("count", "source", 1, ROWS)], where = filterOf("where", "source", 0);
  const second = [where, countOf("count", "where", 1, ROWS), countOf("counts", "count", 1, COUNT_COLUMNS)];
  for (const tasks of [1, 2, 3]) {
    const run = await new PipelineRun(tasks, tasks, 1, counting).deploy(planOf(first, ["count"]));
    await run.put(chunksOf([rowAt(1, 7), rowAt(2, 7), rowAt(3, 8)], run.random));
    await run.change(planOf(second, ["count", "counts"]));
    await run.put(chunksOf([rowAt(4, 7), rowAt(5, 8)], run.random));
    await run.end();
    const [counts, more] = run.sinks.map(({ outputs }) => outputs.flatMap(({ ranges }) => changeTexts(ranges)));
    const before = ["+I 7 1", "-U 7 1", "+U 7 2", "+I 8 1"];
    assert.deepEqual(counts, [...before, "-U 7 2", "+U 7 3", "-U 8 1", "+U 8 2"], `${tasks} tasks`);
    assert.equal(more.length > 0, true);
    assert.equal(run.kernels.size, tasks);
    await run.close();
  }
});

Deno.test("early results come at ticks of the wall clock, which the order has, and none comes without rows or behind the end", async () => {
  const emit: GroupEmit = { mode: "every", everyMs: 1000, ttlMs: 0, end: -1 };
  const plan = planOf([countOf("count", "source", 1, ROWS, emit)], ["count"]);
  for (const tasks of [1, 3]) {
    const run = await new PipelineRun(tasks, tasks, 1, counting).deploy(plan), started = run.clock.now();
    const told = () => run.sinks[0].outputs.flatMap(({ ranges }) => changeTexts(ranges));
    const pass = async (ms: number) => {
      run.clock.advance(ms);
      await run.pool.settle();
    };
    await run.put([chunksOf([rowAt(1, 7), rowAt(2, 7), rowAt(3, 8)], run.random).flat()]);
    assert.deepEqual(told(), []);
    await pass(1000 - started % 1000);
    assert.deepEqual(told(), ["+I 7 2", "+I 8 1"]);
    await pass(1000);
    assert.equal(told().length, 2);
    await run.put([chunksOf([rowAt(DAY_MS, 7)], run.random).flat()]);
    await pass(1000);
    assert.deepEqual(told().slice(2), ["-U 7 2", "+U 7 3"]);
    const ticks = run.order.flatMap((record) => record.kind === "tick" ? [record.nowMs] : []);
    assert.deepEqual(ticks.map((nowMs) => nowMs % 1000), [0, 0, 0]);
    await run.end();
    assert.equal(run.pipeline.state, "completed");
    await pass(5000);
    assert.equal(run.order.filter(({ kind }) => kind === "tick").length, 3);
    await run.close();
  }
});
