import { writtenSource } from "../plan/partitions.ts";
import { partitionsOf } from "./partition_inputs.ts";
import { type Deployed, streamsOf } from "./pipeline_maker.ts";
import type { PipelineInfo } from "./service.ts";

/** A pipeline as people see it. */
export function pipelineInfo({ plan, pipeline, order }: Deployed, sql: string | null, tasks: number): PipelineInfo {
  const { meter, watermark, plan: physical } = pipeline;
  return {
    name: plan.name,
    state: pipeline.state,
    reason: pipeline.reason,
    sources: streamsOf({ ...physical, sources: physical.sources.filter(({ id }) => writtenSource(id) === id) }),
    partitions: partitionsOf(pipeline),
    sinks: physical.sinks.map(({ id, sink }, i) => ({
      kind: sink.kind,
      name: String(sink.name ?? sink.path ?? sink.url ?? id),
      guarantee: pipeline.sinks[i].guarantee,
      trouble: pipeline.sinks[i].trouble ?? null,
    })),
    watermark: watermark === -Infinity ? null : watermark,
    rowsIn: meter.rowsIn,
    rowsOut: meter.rowsOut,
    lateRows: meter.lateRows,
    rowsInPerSecond: meter.rowsInPerSecond,
    rowsOutPerSecond: meter.rowsOutPerSecond,
    latencyMs: meter.latencyMs,
    lagRows: pipeline.lagRows,
    stateRows: meter.stateRows,
    stateBytes: meter.stateBytes,
    cold: meter.cold,
    progress: pipeline.progress,
    tasks: tasks,
    deadRows: meter.deadRows,
    quarantined: order.quarantined,
    functionErrors: meter.functionErrors,
    errors: pipeline.errors,
    checkpoint: order.checkpoints?.status ?? null,
    plan: order.plans.at(-1)?.plan ?? plan,
    sql,
  };
}

/** Brings its gauges up to date. */
export function gauge({ pipeline, order }: Deployed, nowMs: number): void {
  const { watermark, lagRows, meter } = pipeline;
  meter.gauge(watermark, nowMs, lagRows, order.quarantined.length, partitionsOf(pipeline));
}
