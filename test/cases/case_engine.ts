import { systemClock } from "../../src/core/clock.ts";
import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { memoryLogs } from "../../src/log/memory.ts";
import type { Catalog, Plan } from "../../src/plan/mod.ts";
import { Engine } from "../../src/runtime/engine.ts";
import { forgetfulOrder } from "../../src/runtime/order.ts";
import { DenoFileReader } from "../../src/source/file_deno.ts";
import { openMade } from "../../src/source/made.ts";
import { openRanges } from "../../src/source/range.ts";
import { MetricRegistry } from "../../src/telemetry/metrics.ts";
import { createView } from "../../src/view/create.ts";
import { extensionModule, kernelModule } from "../kernel/load.ts";
import { CollectSinks } from "../reference/collect_sink.ts";
import type { Row } from "../reference/value.ts";
import { rowsOf } from "../contract/view.ts";

const WORKER = new URL("../../workers/task_deno.ts", import.meta.url);

/** Knows no streams, and a sink that takes all rows. */
export const CATALOG: Catalog = {
  stream: () => null,
  sinkKinds: new Map([["collect", { options: { type: "object", properties: {} }, changes: "all" }]]),
};

/** An engine for plans that have their rows in themselves, or make or read them. */
export class CaseEngine {
  readonly #engine: Engine;
  readonly #sinks: CollectSinks;

  private constructor(engine: Engine, sinks: CollectSinks) {
    this.#engine = engine;
    this.#sinks = sinks;
  }

  static async start(workers = 2): Promise<CaseEngine> {
    const sinks = new CollectSinks();
    const engine = await Engine.start({
      module: kernelModule(),
      loadExtension: (name) => Promise.resolve(extensionModule(name)),
      spawn: (index) => new Worker(WORKER, { type: "module", name: `task ${index}` }),
      workers,
      clock: systemClock,
      registry: new MetricRegistry(),
      createLog: memoryLogs(systemClock),
      createOrder: () => forgetfulOrder,
      createView,
      sinks: new Map([[sinks.kind, sinks]]),
      openMade,
      openRanges: ({ path, format, delimiter }) => openRanges(new DenoFileReader(), { path, format, delimiter }),
    });
    return new CaseEngine(engine, sinks);
  }

  /** Runs a plan to its end: what came to the sink, and the types of its columns. */
  async run(plan: Plan): Promise<{ rows: Row[]; types: readonly DataType[] }> {
    return await this.#finish(plan, () => {
      const { rows, columns } = this.#sinks.made.get("")!;
      return { rows, types: columns.map(({ type }) => type) };
    });
  }

  /** Runs a plan to its end: all rows of one of its views, in the order of its answers, and the types of its columns. */
  async view(plan: Plan, name: string): Promise<{ rows: (readonly Value[])[]; types: readonly DataType[] }> {
    return await this.#finish(plan, () => {
      const view = this.#engine.views.get(name);
      return { rows: rowsOf(view.all()), types: view.columns.map(({ type }) => type) };
    });
  }

  async #finish<T>(plan: Plan, result: () => T): Promise<T> {
    const { pipelines } = this.#engine;
    await pipelines.put(plan.name, plan, { start: "earliest", state: "fresh" });
    await pipelines.find(plan.name)!.settled();
    const { state, reason, deadRows, errors } = pipelines.get(plan.name), made = result();
    await pipelines.delete(plan.name);
    if (state !== "completed") throw new Error(`The pipeline is ${state}: ${reason}`);
    if (deadRows > 0) throw new Error(`${deadRows} rows could not be read: ${errors[0].reason}`);
    return made;
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}
