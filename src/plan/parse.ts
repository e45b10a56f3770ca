import { RdxError } from "../core/errors.ts";
import { PLAN_DEPTH_MAX, PLAN_VALUES_MAX } from "../core/limits.ts";
import type { LookupKind, SinkKind } from "./catalog.ts";
import { checkExpressions } from "./expressions.ts";
import { checkShape, copyJson, isObject, type JsonObject } from "./json_schema.ts";
import { normalNode } from "./normal.ts";
import type { Plan, PlanNode } from "./plan.ts";
import { AGGREGATE_NAMES, PLAN_VERSION } from "./plan.ts";
import { index, Problems } from "./problems.ts";
import { planSchema } from "./schema.ts";

/** A plan as far as it could be read. */
export interface Draft {
  readonly name: string;
  /** The nodes by position; null where a node's shape is wrong, which then is among the problems. */
  readonly nodes: readonly (PlanNode | null)[];
  /** The ids by position, of nodes with a wrong shape too. */
  readonly ids: readonly (string | undefined)[];
  readonly problems: Problems;
}

/** The plan of a draft without problems; else throws RdxError("invalid_plan") with all of them. */
export function finishPlan(draft: Draft): Plan {
  draft.problems.throwIfAny(draft.name);
  return { rdx: PLAN_VERSION, name: draft.name, nodes: draft.nodes as readonly PlanNode[] };
}

/**
 * Reads the shapes. `aggregates` are the names of what a plan may aggregate with beside AGGREGATE_NAMES. Throws
 * RdxError("invalid_plan") only where nothing can be said of single nodes.
 */
export function draftPlan(
  json: unknown,
  sinkKinds: ReadonlyMap<string, SinkKind>,
  aggregates: Iterable<string> = [],
  lookupKinds?: ReadonlyMap<string, LookupKind>,
): Draft {
  const plan = plainPlan(json);
  const raw: readonly unknown[] = isObject(plan) && Array.isArray(plan.nodes) ? plan.nodes : [];
  const ids = raw.map((node) => isObject(node) && typeof node.id === "string" ? node.id : undefined);
  const problems = new Problems(ids, plan);
  const schema = planSchema(sinkKinds, [...AGGREGATE_NAMES, ...aggregates], lookupKinds);
  const { nodes: nodesSchema, ...others } = schema.properties!;
  const nodeSchema = nodesSchema.items!;
  checkShape({ ...schema, properties: { ...others, nodes: { ...nodesSchema, items: {} } } }, plan, "", problems);
  const name = isObject(plan) && typeof plan.name === "string" ? plan.name : "";
  if (raw.length > nodesSchema.maxItems!) problems.throwIfAny(name);
  const nodes = raw.map((node, i) => {
    const before = problems.count;
    checkShape(nodeSchema, node, index("nodes", i), problems);
    if (problems.count > before) return null;
    checkExpressions(node as JsonObject, index("nodes", i), problems);
    return problems.count > before ? null : normalNode(node as JsonObject);
  });
  if (raw.length === 0) problems.throwIfAny(name);
  return { name, nodes, ids, problems };
}

function plainPlan(json: unknown): unknown {
  try {
    return copyJson(json, { depth: PLAN_DEPTH_MAX, values: PLAN_VALUES_MAX });
  } catch (thrown) {
    if (thrown instanceof RdxError) throw thrown;
    throw new RdxError("invalid_plan", "Cannot read the plan: it is not plain JSON");
  }
}
