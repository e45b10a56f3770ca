import assert from "node:assert/strict";
import { hostParts } from "../../workers/parts.ts";
import { planShape } from "../../src/runtime/plan_shape.ts";
import type { FromTask, TaskPlan } from "../../src/runtime/protocol.ts";
import { ChunkReader } from "../../src/runtime/task/chunk_reader.ts";
import { PipelineTask } from "../../src/runtime/task/task.ts";
import { loadOperators } from "../kernel/load.ts";
import { compiled } from "./pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row, textOfRanges } from "./rows.ts";

const ROWS = 1000, KEYS = 50;

/** Two aggregates of the same rows, joined by their key: row after row has its turn at each. */
function joinedCounts() {
  const column = (name: string) => ({ column: name });
  return compiled({
    rdx: 1,
    name: "joined",
    nodes: [
      { id: "rows", op: "source", stream: "rows", time: "ts", idle_timeout_ms: 0, future_skew_ms: 0 },
      { id: "counts", op: "aggregate", input: ["rows"], keys: ["text"], aggs: [{ fn: "count", as: "n" }] },
      { id: "sums", op: "aggregate", input: ["rows"], keys: ["text"], aggs: [{ fn: "sum", arg: "value", as: "sum" }] },
      {
        id: "right",
        op: "project",
        input: ["sums"],
        columns: [{ as: "of", expr: column("text") }, { as: "sum", expr: column("sum") }],
        keep: false,
      },
      { id: "both", op: "join", input: ["counts", "right"], type: "inner", on: [{ left: "text", right: "of" }] },
      { id: "out", op: "sink", input: ["both"], sink: { kind: "discard" } },
    ],
  });
}

function rowsFrom(first: number): Row[] {
  return Array.from({ length: ROWS }, (_, i): Row => {
    const at = first + i;
    return [BigInt(at), null, `the key with the number ${at * 7 % KEYS}`, null, null, null, BigInt(at % 13), null];
  });
}

/** A task by itself takes two batches, `ahead`: with steps in front of a cut. */
function run(ahead: boolean) {
  const plan = joinedCounts(), { mode } = planShape(plan), kernel = loadOperators("simd"), sent: FromTask[] = [];
  assert.equal(mode, "ordered");
  const positions = plan.sources.map(({ columns }) =>
    columns.map(({ name }) => COLUMNS.findIndex((one) => one.name === name))
  );
  const taskPlan: TaskPlan = { plan, positions, after: 0, watermarks: [-Infinity], inherits: null, mode, owner: 0 };
  let ms = 0;
  const place = {
    pipeline: 1,
    task: 0,
    tasks: 1,
    report: (message: FromTask) => void sent.push(message),
    exchange: () => assert.fail("there is no other task"),
    wake: () => {},
    busy: () => false,
    now: () => ms += 1,
  };
  const parts = hostParts(null), chunks = new ChunkReader(kernel, taskPlan, parts);
  const task = new PipelineTask(kernel, taskPlan, place, { chunks, create: parts.createOperator, previous: null });
  const drain = task.state.drainAhead.bind(task.state), handedOut: number[] = [];
  let steps = 0;
  task.state.drainAhead = (endMs, now) => {
    steps++;
    return drain(endMs, now);
  };
  for (const number of [1, 2]) {
    if (ahead) task.ahead(true);
    const before = steps, frames = [{ frame: frameOfRows(COLUMNS, rowsFrom(number * ROWS)), arrivalMs: 0 }];
    task.receive({ kind: "chunk", pipeline: 1, number, source: 0, frames, range: null, late: false });
    handedOut.push(steps - before);
  }
  const results = sent.flatMap((message) => {
    assert.ok(message.kind === "done", JSON.stringify(message));
    return message.outputs.flatMap(({ frame, rows }) => textOfRanges([{ frame, start: 0, rows }]));
  });
  task.close();
  return { results, handedOut };
}

Deno.test("rows that have their turn one by one leave room for steps in front of a cut before their batch is done", () => {
  const plain = run(false), stepped = run(true);
  assert.deepEqual(plain.handedOut, [0, 0]);
  assert.ok(stepped.handedOut.every((steps) => steps >= 2), `${stepped.handedOut} steps a batch`);
  assert.ok(plain.results.length > ROWS, `${plain.results.length} rows`);
  assert.deepEqual(stepped.results, plain.results);
});
