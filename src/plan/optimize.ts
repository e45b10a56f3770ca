import { CALL_ARGS_MAX, EXPRESSION_DEPTH_MAX } from "../core/limits.ts";
import { type CallExpression, columnsOf, type Expression, isCall, isColumn } from "../expr/mod.ts";
import type { LogicalFilter, LogicalNode, LogicalProject } from "./logical.ts";
import { WINDOW_END, WINDOW_START } from "./plan.ts";

/**
 * Rewrites a plan so that it does less and means the same: filters move below projections, filters that follow each
 * other become one, and columns that nobody reads are not computed. `columns` are those that each source has, in order.
 */
export function optimize(
  nodes: readonly LogicalNode[],
  columns: ReadonlyMap<string, readonly string[]>,
): LogicalNode[] {
  return pruneProjections(mergeFilters(pushFilters(nodes)), columns);
}

/** How many nodes read each node. */
function countReaders(nodes: readonly LogicalNode[]): Map<string, number> {
  const readers = new Map<string, number>();
  for (const node of nodes) if (node.op !== "source") readers.set(node.input, (readers.get(node.input) ?? 0) + 1);
  return readers;
}

/**
 * A filter moves below the projection that it reads when it is the projection's only reader and uses only columns that
 * the projection passes on: then no expression is computed twice, and no other branch loses rows.
 */
export function pushFilters(nodes: readonly LogicalNode[]): LogicalNode[] {
  let rewritten = [...nodes];
  // Each step moves one filter one projection down, so that there are at most nodes² of them.
  for (let steps = nodes.length ** 2; steps > 0; steps--) {
    const next = pushOne(rewritten);
    if (next === null) break;
    rewritten = next;
  }
  return rewritten;
}

function pushOne(nodes: readonly LogicalNode[]): LogicalNode[] | null {
  const readers = countReaders(nodes);
  for (let i = 0; i < nodes.length; i++) {
    const filter = nodes[i];
    if (filter.op !== "filter" || readers.get(filter.input) !== 1) continue;
    const at = nodes.findIndex(({ id }) => id === filter.input), project = nodes[at];
    if (project.op !== "project") continue;
    const where = throughProjection(filter.where, project);
    if (where === null) continue;
    const rest = nodes.map((node): LogicalNode =>
      node.op !== "source" && node.input === filter.id ? { ...node, input: project.id } : node
    );
    rest.splice(i, 1);
    rest.splice(at, 1, { ...filter, where, input: project.input }, { ...project, input: filter.id });
    return rest;
  }
  return null;
}

/** `where` over the projection's input, or null when it uses a column that the projection computes. */
function throughProjection(where: Expression, { columns }: LogicalProject): Expression | null {
  const names = new Map<string, string>();
  for (const { as, expr } of columns) if (isColumn(expr)) names.set(as, expr.column);
  for (const name of columnsOf(where)) if (!names.has(name)) return null;
  return renameColumns(where, names);
}

function renameColumns(expression: Expression, names: ReadonlyMap<string, string>): Expression {
  if (isColumn(expression)) return { ...expression, column: names.get(expression.column) ?? expression.column };
  if (!isCall(expression)) return expression;
  return { ...expression, args: expression.args.map((arg) => renameColumns(arg, names)) };
}

/** Two filters in a row become one, under the id of the second, when nobody else reads the first. */
export function mergeFilters(nodes: readonly LogicalNode[]): LogicalNode[] {
  const readers = countReaders(nodes);
  const merged = new Map<string, LogicalNode>();
  for (const node of nodes) {
    const first = node.op === "filter" && readers.get(node.input) === 1 ? merged.get(node.input) : undefined;
    if (node.op !== "filter" || first?.op !== "filter") {
      merged.set(node.id, node);
      continue;
    }
    const where = conjunction(first, node);
    if (depthOf(where) > EXPRESSION_DEPTH_MAX || where.args.length > CALL_ARGS_MAX) {
      merged.set(node.id, node);
      continue;
    }
    merged.delete(first.id);
    merged.set(node.id, { ...node, input: first.input, where });
  }
  return [...merged.values()];
}

function conjunction(first: LogicalFilter, second: LogicalFilter): CallExpression {
  return { call: "and", args: [...conjuncts(first.where), ...conjuncts(second.where)] };
}

function conjuncts(where: Expression): readonly Expression[] {
  return isCall(where) && where.call === "and" ? where.args : [where];
}

function depthOf(expression: Expression): number {
  return isCall(expression) ? 1 + Math.max(0, ...expression.args.map(depthOf)) : 1;
}

/** Leaves out projected columns that no reader uses. */
export function pruneProjections(
  nodes: readonly LogicalNode[],
  columns: ReadonlyMap<string, readonly string[]>,
): LogicalNode[] {
  const used = usedColumns(nodes, columns);
  return nodes.map((node) => {
    if (node.op !== "project") return node;
    return { ...node, columns: node.columns.filter(({ as }) => used.get(node.id)!.has(as)) };
  });
}

/**
 * For each node the columns of its output that are read by the nodes behind it. Of a projection one is always read, for
 * a batch without columns would have no rows to count.
 */
export function usedColumns(
  nodes: readonly LogicalNode[],
  columns: ReadonlyMap<string, readonly string[]>,
): Map<string, Set<string>> {
  const outputs = outputColumns(nodes, columns);
  const used = new Map(nodes.map(({ id }) => [id, new Set<string>()]));
  for (const node of nodes.toReversed()) {
    if (node.op === "source") continue;
    const own = used.get(node.id)!;
    if (node.op === "project" && own.size === 0) {
      own.add((node.columns.find(({ expr }) => isColumn(expr)) ?? node.columns[0]).as);
    }
    const above = used.get(node.input)!;
    for (const name of readColumns(node, own, outputs.get(node.input)!)) above.add(name);
  }
  return used;
}

/** The columns that `node` reads when those in `wanted` of its own output are read. */
function readColumns(
  node: Exclude<LogicalNode, { op: "source" }>,
  wanted: ReadonlySet<string>,
  input: readonly string[],
): Iterable<string> {
  switch (node.op) {
    case "sink":
      return input;
    case "filter":
      return [...wanted, ...columnsOf(node.where)];
    case "project":
      return node.columns.filter(({ as }) => wanted.has(as)).flatMap(({ expr }) => [...columnsOf(expr)]);
    case "aggregate": {
      const args = node.calls.flatMap(({ arg }) => arg === null ? [] : [arg]);
      return [...node.keys, ...args, ...(node.time === null ? [] : [node.time])];
    }
  }
}

function outputColumns(
  nodes: readonly LogicalNode[],
  columns: ReadonlyMap<string, readonly string[]>,
): Map<string, readonly string[]> {
  const outputs = new Map<string, readonly string[]>();
  for (const node of nodes) {
    if (node.op === "source") outputs.set(node.id, columns.get(node.id)!);
    else if (node.op === "project") outputs.set(node.id, node.columns.map(({ as }) => as));
    else if (node.op === "aggregate") {
      outputs.set(node.id, [
        WINDOW_START,
        WINDOW_END,
        ...node.keys,
        ...node.calls.map(({ as }) => as),
      ]);
    } else outputs.set(node.id, outputs.get(node.input)!);
  }
  return outputs;
}
