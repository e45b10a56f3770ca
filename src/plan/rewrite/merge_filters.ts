import type { LogicalFilter, LogicalNode } from "../logical.ts";
import { countReaders } from "./columns.ts";
import { conjunction, conjuncts } from "./expressions.ts";

function isPlain(node: LogicalNode | undefined): node is LogicalFilter {
  return node?.op === "filter" && node.refuse === undefined;
}

/** Two filters in a row become one, under the id of the second, when nobody else reads the first. What refuses rows stays by itself. */
export function mergeFilters(nodes: readonly LogicalNode[]): LogicalNode[] {
  const readers = countReaders(nodes);
  const merged = new Map<string, LogicalNode>();
  for (const node of nodes) {
    const first = node.op === "filter" && readers.get(node.inputs[0]) === 1 ? merged.get(node.inputs[0]) : undefined;
    const where = isPlain(node) && isPlain(first)
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
