import { FrameView } from "../../src/core/frame.ts";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { SourceClock } from "../../src/core/watermark.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import type { OperatorState } from "../../src/operator.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import { planShape } from "../../src/runtime/plan_shape.ts";
import type { FromTask, TaskPlan, ToTask } from "../../src/runtime/protocol.ts";
import { ChunkReader } from "../../src/runtime/task/chunk_reader.ts";
import { PipelineTask } from "../../src/runtime/task/task.ts";
import { UserModules } from "../../src/runtime/task/user_modules.ts";
import { hostParts } from "../../workers/parts.ts";
import { USER_REFERENCES } from "../reference/user_functions.ts";
import { extensionModule, loadKernel } from "../kernel/load.ts";
import { drainSteps, restoreSteps, type TableStep, takeSteps } from "../kernel/state_steps.ts";
import { textOf } from "../runtime/rows.ts";

/** A step of a drain of one of the plan's operators. */
export type Step = TableStep & { readonly node: string };

/** A message without what the run says. */
export type Input =
  | Omit<Extract<ToTask, { kind: "chunk" }>, "pipeline" | "number">
  | Omit<Extract<ToTask, { kind: "mark" }>, "pipeline" | "number">
  | Omit<Extract<ToTask, { kind: "tick" }>, "pipeline" | "number">;

/** Rows of a frame as text. */
export function frameText(frame: ArrayBuffer): string[] {
  const view = new FrameView(frame), columns = view.types.map((_, column) => column);
  return Array.from(
    { length: view.rows },
    (_, row) => `${view.kind(row)} ${textOf(columns.map((column) => view.value(row, column)))}`,
  );
}

/** The user functions of random plans. */
const modules = new UserModules(hostParts(null).importModule);
await modules.load(USER_REFERENCES);

/** One task that runs a plan in a kernel of its own, and gives its state out after any message. */
export class StateRun {
  readonly #kernel: Kernel;
  readonly #task: PipelineTask;
  readonly #sent: FromTask[] = [];
  readonly #clocks: readonly SourceClock[];
  #number: number;

  /** Columns of the streams are those of the plan's sources in their order. With `from`, goes on behind that run. `kernel` is one of its own. */
  constructor(
    plan: PhysicalPlan,
    readonly positions: readonly (readonly number[])[],
    from: StateRun | null = null,
    kernel: Kernel = loadKernel(),
  ) {
    this.#kernel = kernel;
    kernel.extend("functions", extensionModule("functions"));
    kernel.extend("operators", extensionModule("operators"));
    modules.provide(USER_REFERENCES, kernel.functions);
    const watermarks = from ? from.#clocks.map(({ watermark }) => watermark) : plan.sources.map(() => -Infinity);
    this.#clocks = plan.sources.map(({ delayMs }, i) => new SourceClock(delayMs, watermarks[i]));
    this.#number = from ? from.#number : 0;
    const { mode } = planShape(plan), parts = hostParts(null);
    const taskPlan: TaskPlan = {
      plan,
      positions,
      after: this.#number,
      watermarks,
      inherits: null,
      mode,
      owner: 0,
    };
    const place = {
      pipeline: 1,
      task: 0,
      tasks: 1,
      report: (message: FromTask) => void this.#sent.push(message),
      exchange: () => {
        throw new Error("There is no other task");
      },
      wake: () => {},
      busy: () => false,
    };
    const chunks = new ChunkReader(kernel, taskPlan, parts);
    this.#task = new PipelineTask(kernel, taskPlan, place, { chunks, create: parts.createOperator, previous: null });
  }

  /** Sends a message; what comes out for the sinks, as text. */
  send(input: Input): string[] {
    const number = ++this.#number, before = this.#sent.length;
    this.#task.receive({ ...input, pipeline: 1, number });
    if (input.kind === "mark") this.#clocks[input.source].raise(input.watermark);
    return this.#sent.slice(before).flatMap((message) => {
      if (message.kind === "failed") throw new Error(`The task failed: ${message.reason}`);
      const { chunk, outputs, late, untimed } = message;
      if (chunk) this.#clocks[chunk.source].observe(chunk.timeMax);
      const rows = outputs.flatMap(({ sink, frame }) => frameText(frame).map((row) => `${sink}: ${row}`));
      return [...rows, `late ${late} untimed ${untimed}`];
    });
  }

  get #states(): [string, OperatorState][] {
    return this.#task.flow.operators.flatMap((operator): [string, OperatorState][] =>
      operator && typeof operator.state === "object" ? [[operator.id, operator.state]] : []
    );
  }

  /** What has changed since the last drain, or, `ahead`, since rounds that belong to this one. */
  drain(whole: boolean, rowsMax = BATCH_ROWS_MAX, ahead = false): Step[] {
    return this.#states.flatMap(([node, state]) =>
      drainSteps(this.#kernel, state, whole, rowsMax, ahead).map((step) => ({ node, ...step }))
    );
  }

  /** Some of a round in front of a cut: so many upserts of each operator at most. */
  ahead(whole: boolean, rowsMax: number, upsertsMax: number): Step[] {
    return this.#states.flatMap(([node, state]) => {
      if (!state.ahead?.(whole)) return [];
      return takeSteps(this.#kernel, state, rowsMax, upsertsMax).map((step) => ({ node, ...step }));
    });
  }

  /** Takes in what drains gave. */
  restore(steps: readonly Step[]): void {
    for (const [node, state] of this.#states) {
      restoreSteps(this.#kernel, state, steps.filter((step) => step.node === node));
    }
  }

  close(): void {
    this.#task.close();
  }
}

/** The tables of a whole drain as sorted text. */
export function tablesText(steps: readonly Step[]): string[] {
  const rows = steps.flatMap(({ node, kind, table, frame }) =>
    kind === "upsert" ? frameText(frame!).map((row) => `${node} ${table} ${row}`) : []
  );
  return rows.sort();
}
