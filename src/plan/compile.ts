import { type DataType, isVariable } from "../core/schema.ts";
import { columnsOf } from "../expr/mod.ts";
import type { Catalog, SinkKind } from "./catalog.ts";
import { checkFunctions } from "./expressions.ts";
import { checkGraph } from "./graph.ts";
import type { LogicalNode } from "./logical.ts";
import { type Lowering, lowerPlan } from "./lower.ts";
import { lowerNodes } from "./lower_nodes.ts";
import { optimize, type Optimized } from "./optimize.ts";
import { draftPlan, finishPlan } from "./parse.ts";
import type { PhysicalPlan } from "./physical.ts";
import type { Plan } from "./plan.ts";
import { spreadPartitions } from "./partitions.ts";
import { index } from "./problems.ts";
import { resolve } from "./resolve.ts";
import type { Resolved, ResolvedSource } from "./resolved.ts";
import type { SourceNames } from "./rewrite/columns.ts";

/** A plan in its two forms: what its author means, and what runs. Both are plain data. */
export interface CompiledPlan {
  readonly plan: Plan;
  readonly physical: PhysicalPlan;
}

/** A compiled plan with the steps between its two forms. */
export interface AnalysedPlan extends CompiledPlan {
  readonly resolved: Resolved;
  /** As the plan says it. */
  readonly written: readonly LogicalNode[];
  /** As it runs. */
  readonly optimized: Optimized;
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
  const draft = draftPlan(json, catalog.sinkKinds, catalog.aggregates?.keys(), catalog.lookupKinds);
  const ordered = checkGraph(draft, catalog.sinkKinds), { functions } = catalog;
  if (functions) {
    draft.nodes.forEach((node, i) => node && checkFunctions(node, index("nodes", i), functions, draft.problems));
  }
  const resolved = resolve(ordered, catalog, draft.problems);
  const plan = finishPlan(draft), written = lowerNodes(resolved);
  const optimized = optimize(written, sourceNames(resolved.sources));
  const physical = spreadPartitions(lowerPlan(plan.name, optimized, loweringOf(resolved, catalog)), catalog);
  return { plan, physical, resolved, written, optimized };
}

/** What lowering a resolved plan needs. */
export function loweringOf({ nodes, sources }: Resolved, { aggregates }: Catalog): Lowering {
  return {
    sources,
    resolved: new Map(nodes.map((one) => [one.node.id, one])),
    aggregates,
  };
}

function isExact({ kind }: DataType): boolean {
  return kind === "int64" || kind === "timestamp";
}

function sourceNames(sources: readonly ResolvedSource[]): SourceNames {
  return new Map(sources.map(({ id, columns, time, computed }) => {
    const own = columns.slice(0, columns.length - computed.length);
    const least = own.find(({ type }) => !isVariable(type)) ?? own[0];
    const needs = new Map(computed.map(({ as, expr }) => [as, columnsOf(expr)]));
    const exact = new Set(columns.filter(({ type }) => isExact(type)).map(({ name }) => name));
    return [id, { names: columns.map(({ name }) => name), time, needs, exact, least: least.name }];
  }));
}

/**
 * Reads a plan into its normal form and checks its shape and graph, but no columns and types. `aggregates` are names
 * beside AGGREGATE_NAMES. Throws as `compilePlan` does.
 */
export function parsePlan(
  json: unknown,
  sinkKinds: ReadonlyMap<string, SinkKind>,
  aggregates: Iterable<string> = [],
): Plan {
  const draft = draftPlan(json, sinkKinds, aggregates);
  checkGraph(draft, sinkKinds);
  return finishPlan(draft);
}
