import type { PhysicalPlan } from "../plan/physical.ts";

/** A way that rows take between two nodes of a plan, by their ids. */
export interface PlanEdge {
  readonly from: string;
  readonly to: string;
}

/** The edges of a plan as it runs: those into its operators, then those into its sinks. Counts of edges lie in this order. */
export function planEdges({ operators, sinks }: PhysicalPlan): PlanEdge[] {
  return [
    ...operators.flatMap(({ id, inputs }) => inputs.map((from) => ({ from, to: id }))),
    ...sinks.map(({ id, input }) => ({ from: input, to: id })),
  ];
}
