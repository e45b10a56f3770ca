import type { Clock } from "../core/clock.ts";
import { QUIESCE_POLL_MS } from "../core/limits.ts";
import { sideDepth } from "./late_columns.ts";
import type { Pipeline } from "./pipeline.ts";

/** Ends pipelines over what others leave out behind those others; resolves when all have come to their end. */
export async function drainAll(pipelines: Iterable<Pipeline>): Promise<void> {
  const stages = Map.groupBy(pipelines, ({ plan }) => Math.max(0, ...plan.sources.map(sideDepth)));
  for (const [, stage] of [...stages].sort(([a], [b]) => a - b)) {
    await Promise.all(stage.map((pipeline) => pipeline.drain()));
  }
}

/** Resolves when nothing that was accepted waits for one that runs. */
export async function allAtRest(pipelines: () => Iterable<Pipeline>, clock: Clock): Promise<void> {
  const isBusy = ({ state, lagRows, inFlight }: Pipeline) => state === "running" && lagRows + inFlight > 0;
  while ([...pipelines()].some(isBusy)) await clock.soon(QUIESCE_POLL_MS);
}
