import { CHECKPOINT_INTERVAL_MS } from "../core/limits.ts";
import { type Explanation, formatExplanation, type RuntimeFacts } from "../plan/explain.ts";
import { sharedWith } from "../plan/share_points.ts";
import type { Deployed, PipelinesParts } from "./pipeline_maker.ts";

/**
 * `name`: of the pipeline that is explained; null: it runs not here. `shared` lists the streams that other pipelines read too: their rows are decoded once for all.
 * `deployed`: the pipelines that there are, which may have steps in common with it.
 */
export function runtimeFacts(
  parts: PipelinesParts,
  name: string | null,
  deployed: ReadonlyMap<string, Deployed> = new Map(),
): RuntimeFacts {
  const shared = [...parts.streams.all()]
    .filter(({ readers }) => readers.size > 1 && (name === null || readers.has(name)))
    .map((stream) => ({ stream: stream.name, pipelines: [...stream.readers] }));
  const { streams } = parts, late = [...streams.names()].filter((stream) => streams.wantsLate(stream));
  return {
    workers: parts.pool.tasks,
    shared,
    late,
    notes: shareNotes(name, deployed),
    ...durabilityOf(parts, name),
    ...(parts.durable && name !== null
      ? { checkpointIntervalMs: parts.checkpointIntervalMs ?? CHECKPOINT_INTERVAL_MS }
      : {}),
    answersLogged: parts.ordersKept ?? !!parts.durable,
  };
}

/** Which steps of a pipeline others have too. */
function shareNotes(name: string | null, deployed: ReadonlyMap<string, Deployed>): { node: string; note: string }[] {
  const own = name === null ? undefined : deployed.get(name)?.pipeline;
  if (!own) return [];
  const others = [...deployed].filter(([other, { pipeline }]) => other !== name && pipeline.state === "running");
  const shares = sharedWith(own.plan, new Map(others.map(([other, { pipeline }]) => [other, pipeline.plan])));
  return [...shares].map(([node, names]) => ({
    node,
    note: `has expressions in common with ${names.join(", ")}: computed once for all that are at the same rows`,
  }));
}

/** Of a plan that does not run here, nobody knows where it will. */
function durabilityOf({ durable }: PipelinesParts, name: string | null): Pick<RuntimeFacts, "durability"> {
  if (durable) return { durability: durable.durability };
  return name === null ? {} : { durability: "none" };
}

/** For people and for tools. */
export function rendered(explanation: Explanation): { text: string; json: unknown } {
  return { text: formatExplanation(explanation), json: explanation };
}
