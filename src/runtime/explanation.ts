import { CHECKPOINT_INTERVAL_MS } from "../core/limits.ts";
import { type Explanation, formatExplanation, type RuntimeFacts } from "../plan/explain.ts";
import type { PipelinesParts } from "./pipeline_maker.ts";

/** `name`: of the pipeline that is explained; null: it runs not here. `shared` lists the streams that other pipelines read too: their rows are decoded once for all. */
export function runtimeFacts(parts: PipelinesParts, name: string | null): RuntimeFacts {
  const shared = [...parts.streams.all()]
    .filter(({ readers }) => readers.size > 1 && (name === null || readers.has(name)))
    .map((stream) => ({ stream: stream.name, pipelines: [...stream.readers] }));
  const { streams } = parts, late = [...streams.names()].filter((stream) => streams.wantsLate(stream));
  return {
    workers: parts.pool.tasks,
    shared,
    late,
    ...durabilityOf(parts, name),
    ...(parts.durable && name !== null
      ? { checkpointIntervalMs: parts.checkpointIntervalMs ?? CHECKPOINT_INTERVAL_MS }
      : {}),
    answersLogged: parts.ordersKept ?? !!parts.durable,
  };
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
