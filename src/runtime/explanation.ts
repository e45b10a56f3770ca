import { CHECKPOINT_INTERVAL_MS } from "../core/limits.ts";
import { type Explanation, formatExplanation, type RuntimeFacts } from "../plan/explain.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import { sharedWith } from "../plan/share_points.ts";
import type { Deployed, PipelinesParts } from "./pipeline_maker.ts";

/**
 * `name`: of the pipeline that is explained; null: it runs not here. `shared` lists the streams that other pipelines read too: their rows are decoded once for all.
 * `deployed`: the pipelines that there are, which may have steps in common with `plan`.
 */
export function runtimeFacts(
  parts: PipelinesParts,
  name: string | null,
  plan: PhysicalPlan,
  deployed: ReadonlyMap<string, Deployed>,
): RuntimeFacts {
  const isPlanned = name === null;
  const shared = [...parts.streams.all()].flatMap(({ name: stream, readers }) => {
    // One that runs under its name would make room for it
    const pipelines = [...readers].filter((reader) => !isPlanned || reader !== plan.name);
    const isShared = isPlanned ? pipelines.length > 0 : readers.size > 1 && readers.has(name);
    return isShared ? [{ stream, pipelines }] : [];
  });
  const { streams } = parts, late = [...streams.names()].filter((stream) => streams.wantsLate(stream));
  return {
    workers: parts.pool.tasks,
    shared,
    isPlanned,
    late,
    notes: [...shareNotes(plan, isPlanned, deployed), ...quarantineNotes(name, deployed)],
    ...durabilityOf(parts, name),
    ...(parts.durable && name !== null
      ? { checkpointIntervalMs: parts.checkpointIntervalMs ?? CHECKPOINT_INTERVAL_MS }
      : {}),
    answersLogged: parts.ordersKept ?? !!parts.durable,
  };
}

/** Which steps of a plan other pipelines have too. */
function shareNotes(
  plan: PhysicalPlan,
  isPlanned: boolean,
  deployed: ReadonlyMap<string, Deployed>,
): { node: string; note: string }[] {
  const others = [...deployed].filter(([other, { pipeline }]) => other !== plan.name && pipeline.state === "running");
  const shares = sharedWith(plan, new Map(others.map(([other, { pipeline }]) => [other, pipeline.plan])));
  const so = isPlanned ? "which would be computed once" : "computed once";
  return [...shares].map(([node, names]) => ({
    node,
    note: `has expressions in common with ${names.join(", ")}: ${so} for all that are at the same rows`,
  }));
}

/** Which chunks a pipeline leaves out. */
function quarantineNotes(name: string | null, deployed: ReadonlyMap<string, Deployed>) {
  const chunks = name === null ? [] : deployed.get(name)?.order.quarantined ?? [];
  return chunks.map(({ number, source: node, from, to, reason }) => ({
    node,
    note:
      `goes on without its chunk from ${from} to ${to}, number ${number}, which broke the pipeline again and again ` +
      `and is quarantined: ${reason}`,
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
