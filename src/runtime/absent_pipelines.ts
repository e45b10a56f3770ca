import { NOTHING_COLD } from "../core/cold_file.ts";
import type { SavedPlan } from "../store.ts";
import type { PipelineInfo } from "./service.ts";

/** Pipelines that an earlier process has left and that are not there: not yet, or not any more. */
export class AbsentPipelines {
  readonly #infos = new Map<string, PipelineInfo>();
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

  /** It is about to come back. */
  await(name: string, plan: SavedPlan): void {
    this.#infos.set(name, { ...this.#infoOf(name, plan), state: "recovering", progress: 0 });
  }

  /** It cannot be made again. */
  lose(name: string, plan: SavedPlan, reason: string): void {
    this.#infos.set(name, {
      ...this.#infoOf(name, plan),
      state: "failed",
      reason: `It cannot be recovered: ${reason}`,
    });
  }

  /** It is there again, or forgotten. */
  delete(name: string): void {
    this.#infos.delete(name);
  }

  #infoOf(name: string, { plan, sql, streams }: SavedPlan): PipelineInfo {
    return {
      name,
      state: "starting",
      reason: null,
      sources: Object.keys(streams),
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
      functionErrors: 0,
      errors: [],
      checkpoint: null,
      plan,
      sql,
    };
  }
}
