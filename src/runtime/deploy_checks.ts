import { RdxError } from "../core/errors.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { Pipeline } from "./pipeline.ts";
import { modeAfter, shareState } from "./plan_shape.ts";
import type { Views } from "./views.ts";

/** State that is spread over workers cannot come together in one. Throws RdxError("conflict"). */
export function checkPlaces(pipeline: Pipeline, plan: PhysicalPlan, tasks: number): void {
  const spread = pipeline.mode === "parallel" && modeAfter(plan, pipeline.mode) === "ordered";
  if (!spread || !shareState(pipeline.plan, plan)) return;
  throw new RdxError(
    "conflict",
    `The state of pipeline ${plan.name} is spread over ${tasks} workers, and its new plan, whose operators feed each ` +
      "other, runs in one; state=fresh starts without it",
  );
}

/** No two pipelines write one view. Throws RdxError("conflict"). */
export function checkViews(name: string, plan: PhysicalPlan, views: Views): void {
  for (const { id, sink } of plan.sinks) {
    const owner = sink.kind === "view" ? views.ownerOf(String(sink.name)) : null;
    if (owner === null || owner === name) continue;
    const reason = `View ${sink.name} belongs to pipeline ${owner}`;
    throw new RdxError("conflict", reason, [{ node: id, path: "sink.name", reason, hint: "Choose another name" }]);
  }
}
