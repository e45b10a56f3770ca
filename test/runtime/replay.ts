import { hostParts } from "../../workers/parts.ts";
import { Collector, outputOf } from "../../src/runtime/collector.ts";
import { TaskDispatch } from "../../src/runtime/dispatch.ts";
import { modeAfter } from "../../src/runtime/plan_shape.ts";
import type { OrderRecord } from "../../src/log.ts";
import type { PhysicalPlan } from "../../src/plan/physical.ts";
import type { ArrivedFrame } from "../../src/runtime/protocol.ts";
import type { OutputBatch } from "../../src/sink.ts";
import { kernelModule } from "../kernel/load.ts";
import { seeded, SimPool } from "../sim/pool.ts";
import { SideRows } from "./pipeline_run.ts";
import { COLUMNS } from "./rows.ts";

/** What an output is, but for the watermark, which the pipeline tells and not the tasks. */
export type ReplayedOutput = Pick<OutputBatch, "number" | "ranges" | "rows">;

/**
 * Gives tasks a recorded order, with the chunks of each source as they were taken, and nothing else: whatever they ask stays unanswered. Returns
 * what each sink would have got.
 */
export async function replay(
  plan: PhysicalPlan,
  order: readonly OrderRecord[],
  chunks: readonly (readonly (readonly ArrivedFrame[])[])[],
  tasks: number,
  seed: number,
): Promise<ReplayedOutput[][]> {
  const pool = new SimPool(tasks, kernelModule(), hostParts(null), seeded(seed)), collector = new Collector(0);
  const positions = plan.sources.map(({ columns }) =>
    columns.map(({ name }) => COLUMNS.findIndex((column) => column.name === name))
  );
  const watermarks = plan.sources.map(() => -Infinity), mode = modeAfter(plan, null);
  const taskPlan = { plan, positions, after: 0, watermarks, inherits: null, mode, owner: 1 % tasks };
  const dispatch = new TaskDispatch({ id: 1, plan, taskPlan, pool, side: new SideRows() }, collector);
  const outputs = plan.sinks.map((): ReplayedOutput[] => []);
  pool.receive = (message) => {
    if (message.kind === "failed") throw new Error(message.reason);
    for (const finished of collector.take(message)) {
      plan.sinks.forEach((_, i) => {
        const { number, ranges, rows } = outputOf(finished, i, 0);
        outputs[i].push({ number, ranges, rows });
      });
    }
  };
  await pool.deploy(1, taskPlan);
  for (const record of order) {
    const source = "source" in record ? plan.sources.findIndex(({ id }) => id === record.source) : -1;
    switch (record.kind) {
      case "chunk": {
        const { from, to } = record, frames = chunks[source][from].map((frame) => ({ ...frame, offset: from }));
        dispatch.chunk(record.number, source, { frames, range: null, from, to, end: false }, record.late);
        break;
      }
      case "idle":
        dispatch.mark(record.number, source, record.watermark);
        break;
      case "end":
        dispatch.mark(record.number, source, Infinity);
        break;
      case "tick":
        dispatch.tick(record.number, record.nowMs);
        break;
      case "lookup":
        dispatch.answer(plan.operators.findIndex(({ id }) => id === record.node), record);
    }
    if (seed % 2 === 0) await pool.settle();
  }
  await pool.settle();
  await pool.remove(1);
  return outputs;
}
