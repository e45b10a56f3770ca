import type { Catalog } from "./catalog.ts";
import { MADE } from "./logical.ts";
import { givenBy, type PhysicalOperator, type PhysicalPlan, type PhysicalSource } from "./physical.ts";

/** What comes behind the id of a source in those of its further partitions, and in that of what brings them together. */
const PARTITION = `${MADE}p`, ALL = `${MADE}all`;

/**
 * Reads each partition of a stream as an input of its own, with its own place in the log, its own watermark and its own silence, and brings their rows together
 * right behind. The first partition has the id of the plan's source, so that a plan over a stream that got more partitions finds its sources again.
 */
export function spreadPartitions(plan: PhysicalPlan, { stream }: Pick<Catalog, "stream">): PhysicalPlan {
  const spread = new Map<string, readonly PhysicalSource[]>();
  for (const source of plan.sources) {
    const count = source.stream === null ? 1 : stream(source.stream)?.partitions ?? 1;
    if (count > 1) spread.set(source.id, Array.from({ length: count }, (_, i) => partitionOf(source, i, count)));
  }
  if (spread.size === 0) return plan;
  const input = (id: string) => spread.has(id) ? id + ALL : id;
  const above = (ids: readonly string[]) => ids.flatMap((id) => spread.get(id)?.map((one) => one.id) ?? [id]);
  const unions = [...spread].map(([id, sources]): PhysicalOperator => {
    const ids = sources.map((source) => source.id);
    return { op: "union", id: id + ALL, inputs: ids, sources: ids, columns: givenBy(sources[0]), lagMs: 0 };
  });
  return {
    ...plan,
    sources: plan.sources.flatMap((source) => spread.get(source.id) ?? [source]),
    operators: [
      ...unions,
      ...plan.operators.map((one) => ({ ...one, inputs: one.inputs.map(input), sources: above(one.sources) })),
    ],
    sinks: plan.sinks.map((sink) => ({ ...sink, input: input(sink.input) })),
  };
}

function partitionOf(source: PhysicalSource, index: number, count: number): PhysicalSource {
  return { ...source, id: index === 0 ? source.id : `${source.id}${PARTITION}${index}`, partition: { index, count } };
}

/** The source of the plan that a source, or what brings its partitions together, was made for. */
export function writtenSource(id: string): string {
  const at = id.lastIndexOf(MADE), made = at < 0 ? "" : id.slice(at);
  return made === ALL || /^\$p[1-9]\d*$/.test(made) ? id.slice(0, at) : id;
}

/** Whether the node brings the partitions of a source together. */
export function isPartitions(id: string): boolean {
  return id.endsWith(ALL) && writtenSource(id) !== id;
}
