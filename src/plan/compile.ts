import type { Catalog, SinkKind } from "./catalog.ts";
import { checkGraph } from "./graph.ts";
import { type LogicalNode, lowerNodes } from "./logical.ts";
import { lowerPlan } from "./lower.ts";
import { optimize } from "./optimize.ts";
import { draftPlan, finishPlan } from "./parse.ts";
import type { PhysicalPlan } from "./physical.ts";
import type { Plan } from "./plan.ts";
import { resolve } from "./resolve.ts";
import type { Resolved } from "./resolved.ts";

/** A plan in its two forms: what its author means, and what runs. Both are plain data. */
export interface CompiledPlan {
  readonly plan: Plan;
  readonly physical: PhysicalPlan;
}

/** A compiled plan with the steps between its two forms. */
export interface AnalysedPlan extends CompiledPlan {
  readonly resolved: Resolved;
  readonly logical: readonly LogicalNode[];
}

/**
 * Compiles a plan of any origin against a catalogue. Throws RdxError("invalid_plan") with every problem found as a
 * detail `{node, path, reason, hint}`, and nothing else whatever `json` is.
 */
export function compilePlan(json: unknown, catalog: Catalog): CompiledPlan {
  const { plan, physical } = analysePlan(json, catalog);
  return { plan, physical };
}

/** As `compilePlan`, for those who show how. */
export function analysePlan(json: unknown, catalog: Catalog): AnalysedPlan {
  const draft = draftPlan(json, catalog.sinkKinds);
  const ordered = checkGraph(draft, catalog.sinkKinds);
  const resolved = resolve(ordered, catalog, draft.problems);
  const plan = finishPlan(draft);
  const names = new Map(resolved.sources.map(({ id, columns }) => [id, columns.map(({ name }) => name)]));
  const keys = new Map(resolved.nodes.map(({ node, keys }) => [node.id, keys]));
  const logical = optimize(lowerNodes(resolved), names);
  return { plan, physical: lowerPlan(plan.name, logical, resolved.sources, keys), resolved, logical };
}

/**
 * Reads a plan into its normal form and checks its shape and graph, but no columns and types. Throws as `compilePlan`
 * does.
 */
export function parsePlan(json: unknown, sinkKinds: ReadonlyMap<string, SinkKind>): Plan {
  const draft = draftPlan(json, sinkKinds);
  checkGraph(draft, sinkKinds);
  return finishPlan(draft);
}
