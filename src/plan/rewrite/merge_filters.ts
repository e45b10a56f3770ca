import type { LogicalNode } from "../logical.ts";
import { countReaders } from "./columns.ts";
import { conjunction, conjuncts } from "./expressions.ts";

/** Two filters in a row become one, under the id of the second, when nobody else reads the first. */
export function mergeFilters(nodes: readonly LogicalNode[]): LogicalNode[] {
  const readers = countReaders(nodes);
  const merged = new Map<string, LogicalNode>();
  for (const node of nodes) {
    const first = node.op === "filter" && readers.get(node.inputs[0]) === 1 ? merged.get(node.inputs[0]) : undefined;
    const where = node.op === "filter" && first?.op === "filter"
      ? conjunction([...conjuncts(first.where), ...conjuncts(node.where)])
      : null;
    if (node.op !== "filter" || first === undefined || where === null) {
      merged.set(node.id, node);
      continue;
    }
    merged.delete(first.id);
    merged.set(node.id, { ...node, inputs: first.inputs, where });
  }
  return [...merged.values()];
}
