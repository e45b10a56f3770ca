import assert from "node:assert/strict";
import { planShape } from "../../src/runtime/plan_shape.ts";
import type { FromTask, TaskPlan } from "../../src/runtime/protocol.ts";
import { ChunkReader } from "../../src/runtime/task/chunk_reader.ts";
import { PipelineTask } from "../../src/runtime/task/task.ts";
import { hostParts } from "../../workers/parts.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { extensionModule, loadKernel } from "../kernel/load.ts";
import { compiled } from "./pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row } from "./rows.ts";

const ROWS = 5000, PUSHED = 1;

/** Counts by key, in a node with this name. */
function planOf(node: string) {
  const source = { id: "source", op: "source", stream: "rows", delay_ms: 1 };
  const counts = { id: node, op: "aggregate", keys: ["number"], aggs: [{ fn: "count", as: "n" }], input: ["source"] };
  const sink = { id: "out", op: "sink", input: [node], sink: { kind: "discard" } };
  return compiled({ rdx: 1, name: "p", nodes: [source, counts, sink] });
}

function taskOf(kernel: Kernel, node: string, after: number, previous: PipelineTask | null): PipelineTask {
  const plan = planOf(node), parts = hostParts(null), { mode } = planShape(plan);
  const positions = plan.sources.map(({ columns }) =>
    columns.map(({ name }) => COLUMNS.findIndex((one) => one.name === name))
  );
  const given: TaskPlan = { plan, positions, after, watermarks: [-Infinity], inherits: null, mode, owner: 0 };
  const place = {
    pipeline: 1,
    task: 0,
    tasks: 1,
    report: (message: FromTask) => assert.notEqual(message.kind, "failed"),
    exchange: () => assert.fail("there is no other task"),
    wake: () => {},
    busy: () => false,
  };
  return new PipelineTask(kernel, given, place, {
    chunks: new ChunkReader(kernel, given, parts),
    create: parts.createOperator,
    previous,
  });
}

/** A kernel with a task that has counted rows by as many keys, and how much state that is. */
function counted(): { readonly kernel: Kernel; readonly task: PipelineTask; readonly stateBytes: () => number } {
  const kernel = loadKernel(), stateBytes = () => kernel.fn("state_bytes")();
  kernel.extend("operators", extensionModule("operators"));
  const task = taskOf(kernel, "counts", 0, null), before = stateBytes();
  const rows = Array.from({ length: ROWS }, (_, i): Row => [5n, BigInt(i), null, null, null, null, 1n, null]);
  const frames = [{ frame: frameOfRows(COLUMNS, rows), arrivalMs: 0 }];
  task.receive({ kind: "chunk", pipeline: 1, number: PUSHED, source: 0, frames, range: null, late: false });
  assert.ok(stateBytes() - before > ROWS * 16, "each key is state");
  return { kernel, task, stateBytes };
}

Deno.test("a task whose kernel goes with it leaves what is in there as it is, however much that is", () => {
  const { task, stateBytes } = counted(), before = stateBytes();
  task.close();
  assert.equal(stateBytes(), before);
});

Deno.test("a task that is followed in its kernel gives back what it has not handed on", () => {
  const { kernel, task, stateBytes } = counted(), next = taskOf(kernel, "others", PUSHED, task);
  task.close();
  assert.equal(stateBytes(), 0);
  next.close();
});

Deno.test("what a task has handed on stays when it closes", () => {
  const { kernel, task, stateBytes } = counted(), next = taskOf(kernel, "counts", PUSHED, task), before = stateBytes();
  task.close();
  assert.equal(stateBytes(), before);
  const [{ kept }] = next.stateFacts.operators;
  assert.equal(kept?.rows, ROWS);
  next.close();
});
