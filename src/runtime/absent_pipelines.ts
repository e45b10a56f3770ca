import { NOTHING_COLD } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import type { SinkOptions } from "../plan/plan.ts";
import type { SavedPlan } from "../store.ts";
import type { Writer } from "./deploy_checks.ts";
import type { PipelineInfo } from "./service.ts";
import type { ReturningView } from "./views.ts";

/** Pipelines that an earlier process has left and that are not there: not yet, or not any more. */
export class AbsentPipelines {
  readonly #infos = new Map<string, PipelineInfo>();
  /** The plans of those that are on their way back, also while they are there and do again what they did under earlier plans. */
  readonly #returning = new Map<string, SavedPlan>();
  readonly #tasks: number;

  /** `tasks` of each pipeline. */
  constructor(tasks: number) {
    this.#tasks = tasks;
  }

  list(): PipelineInfo[] {
    return [...this.#infos.values()];
  }

  get(name: string): PipelineInfo | null {
    return this.#infos.get(name) ?? null;
  }

  /** Throws RdxError("unavailable") when it is about to come back. */
  check(name: string): void {
    if (this.#infos.get(name)?.state !== "recovering") return;
    throw new RdxError("unavailable", `Pipeline ${name} is about to go on from where it was: ask again`);
  }

  /** Views that are about to come back with their pipelines. */
  get views(): ReturningView[] {
    return this.targets.flatMap(({ plan: { name: pipeline, sinks } }) =>
      sinks.flatMap(({ sink }) => sink.kind === "view" ? [{ view: String(sink.name), pipeline }] : [])
    );
  }

  /** What those write that are on their way back, under the plans that they come to. */
  get targets(): Writer[] {
    return [...this.#returning].map(([name, { plan }]) => ({ plan: { name, sinks: sinksIn(plan) } }));
  }

  /** Streams that one reads that is on its way back. */
  reads(name: string): string[] {
    return Object.keys(this.#returning.get(name)?.streams ?? {});
  }

  /** It is about to come back. */
  await(name: string, plan: SavedPlan): void {
    this.#infos.set(name, { ...this.#infoOf(name, plan), state: "recovering", progress: 0 });
    this.#returning.set(name, plan);
  }

  /** It is there, and does again what it did. */
  take(name: string): void {
    this.#infos.delete(name);
  }

  /** It has done again all that it did, or does not go on. */
  arrive(name: string): void {
    this.#returning.delete(name);
  }

  /** It cannot be made again. */
  lose(name: string, plan: SavedPlan, reason: string): void {
    this.#returning.delete(name);
    this.#infos.set(name, {
      ...this.#infoOf(name, plan),
      state: "failed",
      reason: `It cannot be recovered: ${reason}`,
    });
  }

  /** Another has its name, or it is forgotten. */
  delete(name: string): void {
    this.#infos.delete(name);
    this.#returning.delete(name);
  }

  #infoOf(name: string, { plan, sql, streams }: SavedPlan): PipelineInfo {
    return {
      name,
      state: "starting",
      reason: null,
      sources: Object.keys(streams),
      partitions: [],
      sinks: [],
      watermark: null,
      rowsIn: 0,
      rowsOut: 0,
      lateRows: 0,
      rowsInPerSecond: 0,
      rowsOutPerSecond: 0,
      latencyMs: null,
      lagRows: 0,
      stateRows: 0,
      stateBytes: 0,
      cold: NOTHING_COLD,
      progress: null,
      tasks: this.#tasks,
      deadRows: 0,
      quarantined: [],
      functionErrors: 0,
      errors: [],
      checkpoint: null,
      plan,
      sql,
    };
  }
}

function sinksIn(plan: unknown): { readonly sink: SinkOptions }[] {
  const { nodes } = plan as { readonly nodes: readonly { readonly sink?: SinkOptions }[] };
  return nodes.flatMap(({ sink }) => sink ? [{ sink }] : []);
}
