import { columnsOf, type Expression, isColumn } from "../../expr/mod.ts";
import { type LogicalFilter, type LogicalJoin, type LogicalNode, MADE } from "../logical.ts";
import { WINDOW_END, WINDOW_START, WINDOW_TIME } from "../plan.ts";
import { type Names, outputColumns } from "./columns.ts";
import { conjunction, conjuncts, substitute } from "./expressions.ts";
import { Graph } from "./graph.ts";

/** Conditions that a node can leave to its inputs, and those that stay behind it. */
interface Split {
  /** For each input what is asked of its rows there. */
  readonly below: readonly (readonly Expression[])[];
  readonly stay: readonly Expression[];
}

/**
 * A filter moves towards the sources where the node that it reads has no other reader, so that no other branch loses
 * rows: below projections that pass its columns on (then nothing is computed twice), unions, windows, joins to the side
 * that it concerns, and below what has state by keys where it is over the keys alone.
 */
export function pushFilters(nodes: readonly LogicalNode[], sources: Names): LogicalNode[] {
  const graph = new Graph(nodes), outputs = outputColumns(nodes, sources);
  // Filters near the sources move first: then they are not in the way of others. What one becomes moves on at once.
  const open = nodes.filter(({ op }) => op === "filter").map(({ id }) => id).reverse();
  for (let id = open.pop(); id !== undefined; id = open.pop()) open.push(...pushOne(id, graph, outputs).toReversed());
  return graph.nodes(nodes);
}

/** Moves a filter one node down; gives the filters that can be looked at again. */
function pushOne(id: string, graph: Graph, outputs: Map<string, readonly string[]>): string[] {
  const filter = graph.get(id);
  if (filter?.op !== "filter" || filter.refuse !== undefined || graph.readersOf(filter.inputs[0]).length !== 1) {
    return [];
  }
  const node = graph.get(filter.inputs[0])!;
  const split = splitAt(node, conjuncts(filter.where), node.inputs.map((input) => outputs.get(input)!));
  if (!split || split.below.every((conditions) => conditions.length === 0)) return [];
  const moved = moveFilter(filter, node, split, graph);
  if (!moved) return [];
  if (moved.stays) graph.set(moved.stays);
  else graph.redirect(filter.id, node.id);
  for (const below of moved.below) {
    graph.set(below);
    outputs.set(below.id, outputs.get(below.inputs[0])!);
  }
  graph.set(moved.node);
  return moved.below.map(({ id }) => id);
}

interface Moved {
  readonly below: readonly LogicalFilter[];
  readonly node: LogicalNode;
  readonly stays: LogicalFilter | null;
}

/** The filter below its node; the first one that nothing stays of keeps its id. */
function moveFilter(filter: LogicalFilter, node: LogicalNode, { below, stay }: Split, graph: Graph): Moved | null {
  const stays = stay.length === 0 ? null : conjunction(stay);
  if (stay.length > 0 && stays === null) return null;
  const filters: LogicalFilter[] = [], inputs = [...node.inputs];
  let number = 1;
  const freeId = () => {
    while (graph.get(`${filter.id}${MADE}${number}`)) number++;
    return `${filter.id}${MADE}${number++}`;
  };
  for (const [i, conditions] of below.entries()) {
    if (conditions.length === 0) continue;
    const where = conjunction(conditions);
    if (where === null) return null;
    const id = filters.length === 0 && stays === null ? filter.id : freeId();
    filters.push({ op: "filter", id, inputs: [node.inputs[i]], lagMs: filter.lagMs, where });
    inputs[i] = id;
  }
  return { below: filters, node: { ...node, inputs }, stays: stays === null ? null : { ...filter, where: stays } };
}

function splitAt(
  node: LogicalNode,
  conditions: readonly Expression[],
  inputs: readonly (readonly string[])[],
): Split | null {
  switch (node.op) {
    case "project": {
      const passed = new Map(node.columns.flatMap(({ as, expr }) => isColumn(expr) ? [[as, expr] as const] : []));
      return splitBy(conditions, (condition) => substitute(condition, passed));
    }
    case "union":
      return splitUnion(conditions, inputs);
    case "assign":
      return splitBy(
        conditions,
        (condition) => uses(condition, [WINDOW_START, WINDOW_END, WINDOW_TIME]) ? null : condition,
      );
    case "unnest":
      return splitBy(conditions, (condition) => uses(condition, [node.item, node.number]) ? null : condition);
    case "join":
      return splitJoin(node, conditions, inputs);
    case "lookup":
      // What is not asked for costs nobody anything.
      return splitBy(conditions, (condition) => isOver(condition, inputs[0]) ? condition : null);
    case "group": {
      // Below the group conditions on its window would stand between it and what puts rows in windows.
      const keys = node.keys.filter((name) => !node.windowKeys.includes(name));
      return splitBy(conditions, (condition) => isOver(condition, keys) ? condition : null);
    }
    case "session":
    case "aggregate":
    case "rank":
    case "over":
    case "normalize":
      return splitBy(conditions, (condition) => isOver(condition, node.keys) ? condition : null);
    default:
      return null;
  }
}

/** Of a node with one input: `below` gives a condition over the input, or null. */
function splitBy(conditions: readonly Expression[], below: (condition: Expression) => Expression | null): Split {
  const moved: Expression[] = [], stay: Expression[] = [];
  for (const condition of conditions) {
    const found = below(condition);
    if (found === null) stay.push(condition);
    else moved.push(found);
  }
  return { below: [moved], stay };
}

function uses(condition: Expression, names: readonly string[]): boolean {
  return [...columnsOf(condition)].some((name) => names.includes(name));
}

/** Whether rows of one key are kept or left out together: a condition on constants is left where it is. */
function isOver(condition: Expression, keys: readonly string[]): boolean {
  const names = [...columnsOf(condition)];
  return names.length > 0 && names.every((name) => keys.includes(name));
}

/** All conditions go to all inputs, under the names there. */
function splitUnion(conditions: readonly Expression[], inputs: readonly (readonly string[])[]): Split {
  const [first] = inputs;
  return {
    below: inputs.map((names) => {
      const columns = new Map(first.map((name, i) => [name, { column: names[i] }]));
      return conditions.map((condition) => substitute(condition, columns)!);
    }),
    stay: [],
  };
}

/**
 * Rows that a side is not asked to have a match for may be left out before the join. What is asked of the right side of a
 * join with the newest row stays: the newest of all is meant, not the newest that fits.
 */
function splitJoin(
  { type, mode }: LogicalJoin,
  conditions: readonly Expression[],
  [left, right]: readonly (readonly string[])[],
): Split {
  const toLeft = type !== "right" && type !== "full";
  const toRight = (type === "inner" || type === "right") && mode.mode !== "temporal" && mode.mode !== "asof";
  const below: [Expression[], Expression[]] = [[], []], stay: Expression[] = [];
  for (const condition of conditions) {
    if (toLeft && isOver(condition, left)) below[0].push(condition);
    else if (toRight && isOver(condition, right)) below[1].push(condition);
    else stay.push(condition);
  }
  return { below, stay };
}
