import type { Column } from "../core/schema.ts";
import { KEY_GROUPS } from "../core/limits.ts";
import type { Kernel } from "../kernel/module.ts";
import type { Program } from "../kernel/program.ts";
import type { Operator } from "../operator.ts";
import { Filter } from "./filter.ts";
import { Project } from "./project.ts";
import { WindowAggregateOperator, type WindowAggregatePlan } from "./window_aggregate.ts";

/** One step of a plan, as far as this room knows them. */
export type OperatorPlan =
  | { readonly op: "filter"; readonly id: string; readonly columns: readonly Column[]; readonly predicate: Program }
  | {
    readonly op: "project";
    readonly id: string;
    readonly columns: readonly Column[];
    readonly programs: readonly Program[];
  }
  | { readonly op: "aggregate" } & WindowAggregatePlan
  | {
    readonly op: "union" | "assign" | "session" | "group" | "join" | "rank" | "over" | "normalize";
    readonly id: string;
  };

/** The operator of a step. Task t of T owns the key groups from t × 128 / T on, rounded up, as the exchange cuts them. */
export function createOperator(
  kernel: Kernel,
  plan: OperatorPlan,
  { task, tasks }: { readonly task: number; readonly tasks: number },
  previous: Operator | null,
): Operator {
  switch (plan.op) {
    case "filter":
      return new Filter(kernel, plan.id, plan.columns, plan.predicate);
    case "project":
      return new Project(kernel, plan.id, plan.columns, plan.programs);
    case "aggregate": {
      const groups = { from: Math.ceil(task * KEY_GROUPS / tasks), to: Math.ceil((task + 1) * KEY_GROUPS / tasks) };
      const same = previous instanceof WindowAggregateOperator ? previous : null;
      return new WindowAggregateOperator(kernel, plan, groups, same);
    }
    default:
      throw new Error(`Node ${plan.id} cannot run: this build has no operator ${plan.op}`);
  }
}
