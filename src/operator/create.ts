import type { Column } from "../core/schema.ts";
import { KEY_GROUPS } from "../core/limits.ts";
import type { Kernel } from "../kernel/module.ts";
import type { Program } from "../kernel/program.ts";
import type { Operator } from "../operator.ts";
import { Assign, type AssignPlan } from "./assign.ts";
import { Filter } from "./filter.ts";
import { GroupOperator, type GroupPlan } from "./group.ts";
import { JoinOperator, type JoinPlan } from "./join.ts";
import { LookupOperator, type LookupPlan } from "./lookup.ts";
import { NormalizeOperator, type NormalizePlan } from "./normalize.ts";
import { OverOperator, type OverPlan } from "./over.ts";
import { Project } from "./project.ts";
import { RankOperator, type RankPlan } from "./rank.ts";
import { SessionOperator, type SessionPlan } from "./session.ts";
import { Union } from "./union.ts";
import { Unnest, type UnnestPlan } from "./unnest.ts";
import { WindowAggregateOperator, type WindowAggregatePlan } from "./window_aggregate.ts";

interface Base {
  readonly id: string;
  readonly inputs: readonly string[];
  readonly columns: readonly Column[];
}

/** One step of a plan, as far as this room knows them. */
export type OperatorPlan =
  | { readonly op: "filter"; readonly predicate: Program; readonly refuse?: string } & Base
  | { readonly op: "project"; readonly programs: readonly Program[] } & Base
  | { readonly op: "union" } & Base
  | { readonly op: "assign" } & Base & AssignPlan
  | { readonly op: "aggregate" } & WindowAggregatePlan
  | { readonly op: "group" } & Base & GroupPlan
  | { readonly op: "session" } & Base & SessionPlan
  | { readonly op: "rank" } & Base & RankPlan
  | { readonly op: "over" } & Base & OverPlan
  | { readonly op: "normalize" } & Base & NormalizePlan
  | { readonly op: "join" } & Base & JoinPlan
  | { readonly op: "lookup" } & Base & LookupPlan
  | { readonly op: "unnest" } & Base & UnnestPlan;

/**
 * The operator of a step. Task t of T owns the key groups from t × 128 / T on, rounded up, as the exchange cuts them. With
 * `previous`, the operator of the same node in an earlier deployment, what that one knows goes on.
 */
export function createOperator(
  kernel: Kernel,
  plan: OperatorPlan,
  { task, tasks }: { readonly task: number; readonly tasks: number },
  previous: Operator | null,
): Operator {
  switch (plan.op) {
    case "filter":
      return new Filter(kernel, plan.id, plan.columns, plan.predicate, plan.refuse);
    case "project":
      return new Project(kernel, plan.id, plan.columns, plan.programs);
    case "union":
      return new Union(plan.id, plan.columns, plan.inputs.length);
    case "assign":
      return new Assign(kernel, plan, previous instanceof Assign ? previous : null);
    case "aggregate": {
      const groups = { from: Math.ceil(task * KEY_GROUPS / tasks), to: Math.ceil((task + 1) * KEY_GROUPS / tasks) };
      const same = previous instanceof WindowAggregateOperator ? previous : null;
      return new WindowAggregateOperator(kernel, plan, groups, same);
    }
    case "group":
      return new GroupOperator(kernel, plan, previous instanceof GroupOperator ? previous : null);
    case "session":
      return new SessionOperator(kernel, plan, previous instanceof SessionOperator ? previous : null);
    case "rank":
      return new RankOperator(kernel, plan, previous instanceof RankOperator ? previous : null);
    case "over":
      return new OverOperator(kernel, plan, previous instanceof OverOperator ? previous : null);
    case "normalize":
      return new NormalizeOperator(kernel, plan, previous instanceof NormalizeOperator ? previous : null);
    case "join":
      return new JoinOperator(kernel, plan, previous instanceof JoinOperator ? previous : null);
    case "lookup":
      // Nothing waits while a plan is changed, and answers are asked for anew.
      return new LookupOperator(kernel, plan);
    case "unnest":
      return new Unnest(kernel, plan);
  }
}
