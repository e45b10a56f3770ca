import { formatDuration } from "../plan/duration.ts";
import type { Explanation } from "../plan/explain.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { PipelineFlow } from "./service.ts";

/** The nodes of a plan as it runs, each with what it does in one line. */
export function labelNodes({ nodes }: Explanation, { operators }: PhysicalPlan): PipelineFlow["nodes"] {
  return nodes.map(({ id, op, does }) => {
    const operator = operators.find((one) => one.id === id);
    if (operator?.op !== "aggregate") return { id, op, label: does };
    const { sizeMs, slideMs } = operator, every = slideMs === sizeMs ? "" : ` every ${formatDuration(slideMs)}`;
    return { id, op, label: `${does}, in windows of ${formatDuration(sizeMs)}${every}` };
  });
}
