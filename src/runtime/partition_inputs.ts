import { RdxError } from "../core/errors.ts";
import { LOOKUP_IN_FLIGHT_MAX } from "../core/limits.ts";
import type { SourceClock } from "../core/watermark.ts";
import { writtenSource } from "../plan/partitions.ts";
import type { PhysicalPlan, PhysicalSource } from "../plan/physical.ts";
import type { PipelineInput } from "./input.ts";
import type { Pipeline } from "./pipeline.ts";
import type { PipelineParts } from "./pipeline_parts.ts";
import type { SequencedSource } from "./sequencer.ts";
import type { PartitionInfo } from "./service.ts";

/** The sources of a plan as they are put in order: those of the partitions of one stream belong together. */
export function sequencedSources(
  { sources }: PhysicalPlan,
  inputs: readonly PipelineInput[],
  clocks: readonly SourceClock[],
): SequencedSource[] {
  return sources.map(({ id, idleTimeoutMs, time }, i) => ({
    id,
    stream: writtenSource(id),
    idleTimeoutMs,
    byArrival: time < 0,
    input: inputs[i],
    clock: clocks[i],
  }));
}

/** Chunks that a pipeline may have in flight for each worker. */
export function chunksInFlight({ inputs, lookups }: Pick<PipelineParts, "inputs" | "lookups">): number {
  return Math.min(...inputs.map(({ inFlightMax }) => inFlightMax), ...(lookups ? [LOOKUP_IN_FLIGHT_MAX] : []));
}

/** Rows that were not taken yet. How many of a log's rows are of which partition nobody counts: of several, those behind the place of the slowest. */
export function lagOf({ sources }: PhysicalPlan, inputs: readonly PipelineInput[]): number {
  let sum = 0, slowest = 0;
  sources.forEach(({ partition = { index: 0, count: 1 } }, i) => {
    slowest = Math.max(partition.index === 0 ? 0 : slowest, inputs[i].lagRows);
    if (partition.index === partition.count - 1) sum += slowest;
  });
  return sum;
}

/** How far bounded inputs are, 0 to 1, by the slowest; null when one is not bounded. */
export function progressOf(inputs: readonly PipelineInput[]): number | null {
  const each = inputs.map((input) => input.progress);
  return each.reduce((low, one) => low === null || one === null ? null : Math.min(low, one));
}

/** Where a pipeline is in each partition of the streams that have several. */
export function partitionsOf(pipeline: Pipeline): PartitionInfo[] {
  return pipeline.plan.sources.flatMap(({ id, stream, partition }, i) => {
    if (!partition) return [];
    const watermark = pipeline.watermarkOf(id), { offset: position, lagRows } = pipeline.inputs[i];
    const source = writtenSource(id), { index } = partition;
    return [{
      ...{ source, stream: stream!, partition: index, position, lagRows },
      watermark: watermark === -Infinity ? null : watermark,
      idle: pipeline.isIdle(id),
    }];
  });
}

/** How many partitions the plan reads a stream in. */
export function partitionsRead({ sources }: PhysicalPlan, stream: string): number {
  return sources.find((source) => source.stream === stream)?.partition?.count ?? 1;
}

/**
 * What a pipeline has that reads what a source is to read, when its stream is cut into partitions in another way now: the source of it that had them. Null: it has
 * none, or the same one.
 */
export function sharedBefore(keep: Pipeline | null, { id, stream, partition }: PhysicalSource): number | null {
  if (!keep || stream === null) return null;
  const of = writtenSource(id), { index, count } = partition ?? { index: 0, count: 1 };
  const all = keep.plan.sources.map((source, at) => ({ at, ...source }))
    .filter((source) => source.stream === stream && writtenSource(source.id) === of);
  const before = all.find((source) => index % all.length === (source.partition?.index ?? 0));
  return before === undefined || all.length === count ? null : before.at;
}

/** Where sources begin, by their ids or all at one end. */
type Begin = "earliest" | "latest" | Readonly<Record<string, number>>;

/** Where those sources begin of which `keep` has nothing: the others go on from where it is. */
export function startOfOthers(start: Begin, { sources }: PhysicalPlan, keep: Pipeline): Begin {
  if (typeof start === "string") return start;
  const shared = new Set(sources.filter((one) => sharedBefore(keep, one) !== null).map(({ id }) => id));
  return Object.fromEntries(Object.entries(start).filter(([id]) => !shared.has(id)));
}

/**
 * Throws RdxError("conflict") where a stream that is to be read in more inputs than before has got partitions since the plan was compiled: an input would begin
 * where another has taken some of their rows, or left them out.
 */
export function checkPartitions(keep: Pipeline, { sources }: PhysicalPlan, countOf: (stream: string) => number): void {
  for (const source of sources) {
    if (sharedBefore(keep, source) === null) continue;
    const { stream, partition } = source, count = partition?.count ?? 1, now = countOf(stream!);
    if (now === count) continue;
    const reason =
      `Stream ${stream} has ${now} partitions now, and had ${count} when the plan was read: deploy it again`;
    throw new RdxError("conflict", reason);
  }
}
