import type { SavedPlan } from "../store.ts";
import type { PipelineInfo } from "./service.ts";

/** A pipeline that an earlier process has left and that cannot be made again. */
export function lostInfo(name: string, { plan, sql, streams }: SavedPlan, reason: string, tasks: number): PipelineInfo {
  return {
    name,
    state: "failed",
    reason: `It cannot be recovered: ${reason}`,
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
    progress: null,
    tasks,
    deadRows: 0,
    functionErrors: 0,
    errors: [],
    plan,
    sql,
  };
}
