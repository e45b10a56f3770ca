import assert from "node:assert/strict";
import { FrameView } from "../../src/core/frame.ts";
import { AHEAD_REST_ROWS, BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { planShape } from "../../src/runtime/plan_shape.ts";
import type { ArrivedFrame, ExchangeMessage, FromTask, TaskPlan } from "../../src/runtime/protocol.ts";
import { ChunkReader } from "../../src/runtime/task/chunk_reader.ts";
import { PipelineTask } from "../../src/runtime/task/task.ts";
import type { SavedStep } from "../../src/store.ts";
import { hostParts } from "../../workers/parts.ts";
import { extensionModule, loadKernel } from "../kernel/load.ts";
import { randomOf } from "../kernel/numbers.ts";
import { compiled } from "./pipeline_run.ts";
import { COLUMNS, frameOfRows, type Row } from "./rows.ts";

const KEYS = 150_000, CHUNK_ROWS = 48_000, FRAME_ROWS = 6000, OWNER = 0, DECODER = 1;
/** By the clock of the steps, which does not depend on the machine: how long a chunk takes, and a look at the clock. */
const CHUNK_MS = 10, LOOK_MS = 0.1;
/** What a frame of a chunk may have changed since the last step, and what one step may leave of a round. */
const SLACK_ROWS = 2 * BATCH_ROWS_MAX;

const window = { id: "window", op: "window", input: ["source"], window: { kind: "tumble", size_ms: 1e9 } };
const counts = { id: "counts", op: "aggregate", keys: ["number"], aggs: [{ fn: "count", as: "n" }] };
const PLANS: readonly (readonly [name: string, mode: "parallel" | "ordered", nodes: readonly unknown[]])[] = [
  ["windows", "parallel", [window, { ...counts, input: ["window"], two_phase: false }]],
  ["windows in two phases", "parallel", [window, { ...counts, input: ["window"], two_phase: true }]],
  ["groups", "ordered", [{ ...counts, input: ["source"] }]],
];

/** Two tasks of a plan: one decodes every chunk, the other one owns all rows, or its share of them. */
class TwoTasks {
  readonly #tasks: readonly PipelineTask[];
  readonly #failed: FromTask[] = [];
  #number = 0;
  #nowMs = 0;

  constructor(nodes: readonly unknown[], mode: "parallel" | "ordered") {
    const source = { id: "source", op: "source", stream: "rows", delay_ms: 1 };
    const sink = { id: "out", op: "sink", input: ["counts"], sink: { kind: "discard" } };
    const plan = compiled({ rdx: 1, name: "p", nodes: [source, ...nodes, sink] }), parts = hostParts(null);
    assert.equal(planShape(plan).mode, mode);
    const positions = plan.sources.map(({ columns }) =>
      columns.map(({ name }) => COLUMNS.findIndex((one) => one.name === name))
    );
    const given = { plan, positions, after: 0, watermarks: [-Infinity], inherits: null, mode, owner: OWNER };
    this.#tasks = [OWNER, DECODER].map((task) => this.#task(given, task, parts));
  }

  #task(plan: TaskPlan, task: number, parts: ReturnType<typeof hostParts>): PipelineTask {
    const kernel = loadKernel();
    kernel.extend("operators", extensionModule("operators"));
    const place = {
      pipeline: 1,
      task,
      tasks: 2,
      report: (message: FromTask) => void (message.kind === "failed" && this.#failed.push(message)),
      exchange: (to: number, message: ExchangeMessage) => {
        this.#nowMs += CHUNK_MS;
        this.#tasks[to].receiveExchange(message);
      },
      wake: () => {},
      busy: () => true,
      now: () => this.#nowMs += LOOK_MS,
    };
    const chunks = new ChunkReader(kernel, plan, parts);
    return new PipelineTask(kernel, plan, place, { chunks, create: parts.createOperator, previous: null });
  }

  get owner(): PipelineTask {
    return this.#tasks[OWNER];
  }

  /** The decoder takes chunks of these rows. */
  take(keys: readonly number[]): void {
    for (let at = 0; at < keys.length; at += CHUNK_ROWS) this.#chunk(keys.slice(at, at + CHUNK_ROWS));
    assert.deepEqual(this.#failed, []);
  }

  #chunk(keys: readonly number[]): void {
    const frames: ArrivedFrame[] = [], number = ++this.#number, of = { pipeline: 1, number, source: 0 };
    for (let at = 0; at < keys.length; at += FRAME_ROWS) {
      const some = keys.slice(at, at + FRAME_ROWS);
      const rows = some.map((key): Row => [5n, BigInt(key), null, null, null, null, 1n, null]);
      frames.push({ frame: frameOfRows(COLUMNS, rows), arrivalMs: 0 });
    }
    this.#tasks[DECODER].receive({ ...of, kind: "chunk", frames, range: null, late: false });
  }

  /** What a cut behind the last number has: what was handed out in front of it, and what it hands out itself. */
  async cut(whole: boolean): Promise<{ ahead: SavedStep[]; rest: SavedStep[] }> {
    const { state, cuts } = this.owner, ahead: SavedStep[] = [], rest: SavedStep[] = [];
    cuts.begin(this.#number, { tables: [], tickedMs: -Infinity, reached: [] }, 0);
    cuts.put([]);
    for (;;) {
      const { steps } = await cuts.next(this.#number);
      if (steps.length === 0) break;
      ahead.push(...steps);
    }
    state.cut(whole);
    for (let steps = state.drain(); steps.length > 0; steps = state.drain()) rest.push(...steps);
    return { ahead, rest };
  }

  close(): void {
    for (const task of this.#tasks) task.close();
  }
}

function rowsOf(steps: readonly SavedStep[]): number {
  return steps.reduce((sum, step) => sum + ("rows" in step ? step.rows : 0), 0);
}

/** Adds what steps say of the keys' counts. */
function apply(steps: readonly SavedStep[], into: Map<bigint, bigint>): void {
  for (const step of steps) {
    if (step.kind === "clear") into.clear();
    if (step.kind !== "upsert") continue;
    const view = new FrameView(step.frame), names = step.columns.map(({ name }) => name);
    const key = names.indexOf("number"), count = names.findIndex((name) => name === "n" || name === "n.count");
    // What belongs to no key
    if (key < 0) continue;
    for (let row = 0; row < step.rows; row++) {
      into.set(view.value(row, key) as bigint, view.value(row, count) as bigint);
    }
  }
}

for (const [name, mode, nodes] of PLANS) {
  Deno.test(`rows that another task has decoded are followed by steps in front of a cut, frame by frame: ${name}`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), tasks = new TwoTasks(nodes, mode);
    const found = new Map<bigint, bigint>();
    tasks.take(Array.from({ length: KEYS }, (_, i) => i));
    for (const whole of [true, false, false]) {
      tasks.owner.ahead(whole);
      tasks.take(Array.from({ length: 2 * KEYS }, () => Math.floor(random() * KEYS)));
      const { ahead, rest } = await tasks.cut(whole), left = rowsOf(rest), before = found.size;
      assert.ok(ahead.length > 1, `seed ${seed}: ${ahead.length} steps`);
      assert.ok(left <= AHEAD_REST_ROWS + SLACK_ROWS, `seed ${seed}: ${left} rows at the cut, ${rowsOf(ahead)} before`);
      apply(ahead, found);
      apply(rest, found);
      assert.ok(whole || found.size === before, `seed ${seed}`);
    }
    const all = new Map<bigint, bigint>();
    tasks.owner.state.cut(true);
    for (let steps = tasks.owner.state.drain(); steps.length > 0; steps = tasks.owner.state.drain()) apply(steps, all);
    assert.ok(all.size >= KEYS / 3, `${all.size} keys`);
    assert.deepEqual(found, all, `seed ${seed}`);
    tasks.close();
  });
}
