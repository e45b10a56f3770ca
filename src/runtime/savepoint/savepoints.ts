import { RdxError } from "../../core/errors.ts";
import type {
  CheckpointFacts,
  Durable,
  OpenedSavepoint,
  SavedStep,
  SavepointFacts,
  SavepointInfo,
  SavepointStore,
} from "../../store.ts";
import { savedRun } from "../checkpoint/saved_run.ts";
import { turnAt } from "../order_holds.ts";
import type { Deployed } from "../pipeline_maker.ts";
import type { PipelineInfo, SavepointService } from "../service.ts";
import type { RestoredPlan, SavedStart } from "./restore.ts";

/** What savepoints are taken of, and what becomes of them. */
export interface SavepointPipelines {
  /** Throws not_found. */
  deployed(name: string): Deployed;
  restore(
    name: string,
    saved: OpenedSavepoint,
    start: SavedStart,
    under?: RestoredPlan,
  ): Promise<{ created: boolean; pipeline: PipelineInfo }>;
}

/** Savepoints of pipelines: what checkpoints have, in files that stay and can go elsewhere. */
export class Savepoints implements SavepointService {
  readonly #durable: Durable | null;
  readonly #pipelines: SavepointPipelines;

  constructor(durable: Durable | null, pipelines: SavepointPipelines) {
    this.#durable = durable;
    this.#pipelines = pipelines;
  }

  get #own(): SavepointStore {
    return this.#kept.savepoints;
  }

  get #kept(): Durable {
    if (this.#durable) return this.#durable;
    throw new RdxError(
      "conflict",
      "There are no savepoints, for nothing outlives this process: start it with a data directory (--data)",
    );
  }

  list(pipeline: string): Promise<readonly SavepointInfo[]> {
    return this.#durable ? this.#own.list(pipeline) : Promise.resolve([]);
  }

  async take(pipeline: string, name: string): Promise<SavepointInfo> {
    const { facts, steps } = await this.#now(pipeline);
    return await this.#own.put(pipeline, name, facts, steps);
  }

  async read(pipeline: string, name: string | null) {
    if (name !== null) return await this.#own.read(pipeline, name);
    const { facts, steps } = await this.#now(pipeline);
    return { bytes: null, pieces: this.#own.encode(facts, steps) };
  }

  async remove(pipeline: string, name: string): Promise<void> {
    await this.#own.remove(pipeline, name);
  }

  async restore(
    pipeline: string,
    pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
    start: SavedStart,
    under: RestoredPlan = "saved",
  ) {
    const saved = await this.#own.take(pieces);
    try {
      return await this.#pipelines.restore(pipeline, saved, start, under);
    } finally {
      await saved.close();
    }
  }

  /** What a pipeline has now. Throws RdxError("conflict") when no checkpoint of it can be taken. */
  async #now(name: string): Promise<{ facts: SavepointFacts; steps: AsyncIterable<SavedStep> }> {
    const { checkpoints: store } = this.#kept, { pipeline, order } = this.#pipelines.deployed(name);
    const refused = (why: string) => new RdxError("conflict", `No savepoint of pipeline ${name} can be taken: ${why}`);
    if (pipeline.state !== "running") throw refused(`it is ${pipeline.state}`);
    await order.checkpoints!.take();
    const { number, problem } = order.checkpoints!.status;
    if (problem !== null || number === null) throw refused(problem ?? `it is ${pipeline.state}`);
    const { facts, steps } = await store.open(order.folder!, number);
    return { facts: { pipeline: name, plan: planOf(order.plans, facts), checkpoint: facts }, steps: steps() };
  }
}

/** The plan that a checkpoint is of. */
function planOf(plans: Deployed["order"]["plans"], facts: CheckpointFacts): SavepointFacts["plan"] {
  const { turn } = savedRun(facts), at = plans.findIndex((_, i) => turnAt(plans, i) === turn);
  if (at < 0) throw new RdxError("internal", `Checkpoint ${facts.number} is of a plan ${turn} that is not kept`);
  return plans[at];
}
