import { type Explanation, formatExplanation, type RuntimeFacts } from "../plan/explain.ts";
import type { PipelinesParts } from "./pipeline_maker.ts";

/** `shared` lists the streams that other pipelines read too: their rows are decoded once for all. */
export function runtimeFacts(parts: PipelinesParts, name: string | null): RuntimeFacts {
  const shared = [...parts.streams.all()]
    .filter(({ readers }) => readers.size > 1 && (name === null || readers.has(name)))
    .map((stream) => ({ stream: stream.name, pipelines: [...stream.readers] }));
  const { streams } = parts, late = [...streams.names()].filter((stream) => streams.wantsLate(stream));
  return {
    workers: parts.pool.tasks,
    shared,
    late,
    durability: parts.durable?.durability ?? "none",
    answersLogged: parts.ordersKept ?? !!parts.durable,
  };
}

/** For people and for tools. */
export function rendered(explanation: Explanation): { text: string; json: unknown } {
  return { text: formatExplanation(explanation), json: explanation };
}
