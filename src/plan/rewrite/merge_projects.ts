import { columnsOf, type Expression, isCall, isColumn } from "../../expr/mod.ts";
import type { LogicalNode, LogicalProject } from "../logical.ts";
import type { ProjectColumn } from "../plan.ts";
import { countReaders } from "./columns.ts";
import { isWithinBounds, substitute } from "./expressions.ts";

/**
 * A projection of a projection becomes one, under the id of the second, when nobody else reads the first and nothing is
 * computed twice by it.
 */
export function mergeProjects(nodes: readonly LogicalNode[]): LogicalNode[] {
  const readers = countReaders(nodes);
  const merged = new Map<string, LogicalNode>();
  for (const node of nodes) {
    const first = node.op === "project" && readers.get(node.inputs[0]) === 1 ? merged.get(node.inputs[0]) : undefined;
    const columns = node.op === "project" && first?.op === "project" ? composed(node, first) : null;
    if (node.op !== "project" || first === undefined || columns === null) {
      merged.set(node.id, node);
      continue;
    }
    merged.delete(first.id);
    merged.set(node.id, { ...node, inputs: first.inputs, columns });
  }
  return [...merged.values()];
}

function composed({ columns }: LogicalProject, first: LogicalProject): ProjectColumn[] | null {
  const made = new Map(first.columns.map(({ as, expr }) => [as, expr]));
  const times = new Map<string, number>();
  for (const { expr } of columns) {
    for (const name of appearances(expr)) times.set(name, (times.get(name) ?? 0) + 1);
  }
  for (const [name, count] of times) if (count > 1 && isCall(made.get(name))) return null;
  const result = columns.map(({ as, expr }) => ({ as, expr: substitute(expr, made)! }));
  return result.every(({ expr }) => isColumn(expr) || isWithinBounds(expr)) ? result : null;
}

/** The columns that an expression names, each as often as it does. */
function appearances(expression: Expression): readonly string[] {
  if (isColumn(expression)) return [expression.column];
  return isCall(expression) ? expression.args.flatMap(appearances) : [...columnsOf(expression)];
}
