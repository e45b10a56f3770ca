import { formatType } from "../../src/core/schema.ts";
import { analysePlan } from "../../src/plan/compile.ts";
import type { PhysicalOperator } from "../../src/plan/physical.ts";
import type { ResolvedNode } from "../../src/plan/resolved.ts";
import { CATALOG, type Json } from "./catalog.ts";

/** What is known of the rows of a node. */
export function factsOf(plan: Json, id: string): ResolvedNode {
  return analysePlan(plan, CATALOG).resolved.nodes.find(({ node }) => node.id === id)!;
}

/** Columns of event time with their lags. */
export function lagsOf(plan: Json, id: string): Record<string, number> {
  return Object.fromEntries([...factsOf(plan, id).times].map(([name, { lagMs }]) => [name, lagMs]));
}

export function columnsOf(plan: Json, id: string): string {
  return factsOf(plan, id).columns.map(({ name, type, nullable }) =>
    `${name} ${formatType(type)}${nullable ? "?" : ""}`
  )
    .join(", ");
}

/** The operators that a plan runs as. */
export function operatorsOf(plan: Json): readonly PhysicalOperator[] {
  return analysePlan(plan, CATALOG).physical.operators;
}

/** The operator of this kind, of which there is one. */
export function operatorOf<Op extends PhysicalOperator["op"]>(
  plan: Json,
  op: Op,
): Extract<PhysicalOperator, { readonly op: Op }> {
  const found = operatorsOf(plan).filter((one): one is Extract<PhysicalOperator, { readonly op: Op }> => one.op === op);
  if (found.length !== 1) throw new Error(`There are ${found.length} operators ${op}`);
  return found[0];
}

/** Names of the columns at these places. */
export function namesAt(columns: readonly { readonly name: string }[], places: readonly number[]): string[] {
  return places.map((at) => at < 0 ? "none" : columns[at].name);
}
