import type { Catalog } from "./catalog.ts";
import type { PlacedNode } from "./graph.ts";
import { inputsOf, type PlanNode } from "./plan.ts";
import { Problems } from "./problems.ts";
import { resolveAggregate } from "./resolve_aggregate.ts";
import { resolveJoin } from "./resolve_join.ts";
import { resolveLookup } from "./resolve_lookup.ts";
import { resolveOver } from "./resolve_over.ts";
import { resolveRank } from "./resolve_rank.ts";
import { resolveFilter, resolveProject, resolveUnion } from "./resolve_rows.ts";
import { resolveSink } from "./resolve_sink.ts";
import { resolveSource } from "./resolve_source.ts";
import { resolveUnnest } from "./resolve_unnest.ts";
import { resolveWindow } from "./resolve_window.ts";
import type { Facts, Resolved, ResolvedNode, ResolvedSource, Resolving } from "./resolved.ts";

/**
 * Lets columns, types and what is known of rows flow from the sources to the sinks. Adds what does not fit to
 * `problems`; nodes behind a node that has problems are not looked at.
 *
 * A node that names a column of a source without event time makes it the source's. Nodes that were resolved before it
 * knew nothing of that: then all are resolved once more.
 */
export function resolve(nodes: readonly PlacedNode[], catalog: Catalog, problems: Problems): Resolved {
  const claims = new Map<string, string>();
  if (nodes.some(({ node }) => namesTime(node))) {
    resolveAll(nodes, new Map(), { catalog, problems: new Problems(), claims });
  }
  return resolveAll(nodes, claims, { catalog, problems, claims: new Map() });
}

function namesTime(node: PlanNode): boolean {
  switch (node.op) {
    case "window":
      return node.window.time !== undefined;
    case "join":
      return node.within !== undefined || node.as_of !== undefined;
    case "over":
      return node.time !== undefined;
    default:
      return false;
  }
}

function resolveAll(
  nodes: readonly PlacedNode[],
  times: ReadonlyMap<string, string>,
  resolving: Resolving,
): Resolved {
  const resolved = new Map<string, ResolvedNode>(), sources: ResolvedSource[] = [];
  for (const placed of nodes) {
    const before = resolving.problems.count, { node } = placed;
    const inputs = inputsOf(node).map((id) => resolved.get(id)).filter((input) => input !== undefined);
    if (inputs.length < inputsOf(node).length) continue;
    const found = node.op === "source"
      ? resolveSource({ ...placed, node }, resolving, times.get(node.id))
      : resolveInner(placed, inputs, resolving);
    if (!found || resolving.problems.count > before) continue;
    resolved.set(node.id, found);
    if (node.op === "source") sources.push(...found.sources);
  }
  return { nodes: [...resolved.values()], sources };
}

function resolveInner(
  placed: PlacedNode,
  inputs: readonly ResolvedNode[],
  resolving: Resolving,
): ResolvedNode | null {
  const facts = factsOf(placed, inputs, resolving);
  return facts && { ...placed, inputs, sources: [...new Set(inputs.flatMap(({ sources }) => sources))], ...facts };
}

function factsOf(
  { node, path }: PlacedNode,
  inputs: readonly ResolvedNode[],
  resolving: Resolving,
): Facts & Partial<Pick<ResolvedNode, "time" | "window">> | null {
  const [input] = inputs;
  switch (node.op) {
    case "filter":
      return resolveFilter({ node, path }, input, resolving);
    case "project":
      return resolveProject({ node, path }, input, resolving);
    case "union":
      return resolveUnion({ node, path }, inputs, resolving);
    case "window":
      return resolveWindow({ node, path }, input, resolving);
    case "aggregate":
      return resolveAggregate({ node, path }, input, resolving);
    case "join":
      return resolveJoin({ node, path }, inputs, resolving);
    case "lookup":
      return resolveLookup({ node, path }, input, resolving);
    case "unnest":
      return resolveUnnest({ node, path }, input, resolving);
    case "rank":
      return resolveRank({ node, path }, input, resolving);
    case "over":
      return resolveOver({ node, path }, input, resolving);
    case "sink":
      return resolveSink({ node, path }, input, resolving);
    case "source":
      throw new TypeError(`Source ${node.id} has inputs`);
  }
}
