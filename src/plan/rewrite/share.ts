import type { LogicalNode } from "../logical.ts";

/**
 * Nodes that do the same with the same inputs become one, under the id of the first: sources, and then whatever is behind
 * them alike. Sinks stay, for each is written to. Gives the nodes, and by the id of each that went the one in its place.
 */
export function shareSubplans(
  nodes: readonly LogicalNode[],
): { readonly nodes: LogicalNode[]; readonly shared: ReadonlyMap<string, string> } {
  const shared = new Map<string, string>(), known = new Map<string, string>(), kept: LogicalNode[] = [];
  for (const node of nodes) {
    const inputs = node.inputs.map((id) => shared.get(id) ?? id), { id: _, ...what } = { ...node, inputs };
    const text = JSON.stringify(what), first = node.op === "sink" ? undefined : known.get(text);
    if (first !== undefined) {
      shared.set(node.id, first);
      continue;
    }
    if (node.op !== "sink") known.set(text, node.id);
    kept.push({ ...node, inputs });
  }
  return { nodes: kept, shared };
}
