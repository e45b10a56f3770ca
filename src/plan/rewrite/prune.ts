import { columnsOf } from "../../expr/mod.ts";
import { type LogicalLookup, type LogicalNode, type LogicalProject, MADE } from "../logical.ts";
import { type Names, outputOf, readColumns, readOf, type SourceNames, usedColumns } from "./columns.ts";

/** A plan in which nothing is passed on that nobody uses. */
export interface Pruned {
  readonly nodes: readonly LogicalNode[];
  /** The columns that are read of each source, in its order. */
  readonly read: Names;
}

/**
 * Leaves out what no reader uses: columns of projections; columns that operators would keep in their state, by a
 * projection in front of them; and positions of unions. Inputs of one node are different nodes afterwards.
 */
export function pruneColumns(nodes: readonly LogicalNode[], sources: SourceNames): Pruned {
  const all = new Map([...sources].map(([id, { names }]) => [id, names]));
  const used = usedColumns(nodes, all), before = new Map<string, readonly string[]>();
  const kept = nodes.filter(({ op }) => op === "source").map(({ id }) => id);
  const read = new Map(kept.map((id) => [id, readOf(id, used.get(id)!, sources)]));
  const outputs = new Map<string, readonly string[]>(), pruned: LogicalNode[] = [];
  const add = (node: LogicalNode) => {
    pruned.push(node);
    outputs.set(node.id, outputOf(node, node.inputs.map((id) => outputs.get(id)!), read));
  };
  for (const node of nodes) {
    const inputs = node.inputs.map((id) => before.get(id)!), wanted = used.get(node.id)!;
    before.set(node.id, outputOf(node, inputs, all));
    if (node.op === "project") {
      add({ ...node, columns: node.columns.filter(({ as }) => wanted.has(as)) });
      continue;
    }
    if (node.op === "lookup") {
      const [front] = frontsOf(node, readColumns(node, wanted, inputs), inputs, outputs);
      if (front) add(front);
      add({ ...picked(node, wanted), inputs: [front?.id ?? node.inputs[0]] });
      continue;
    }
    const fronts = frontsOf(node, readColumns(node, wanted, inputs), inputs, outputs);
    for (const front of fronts) if (front) add(front);
    add({ ...node, inputs: node.inputs.map((id, i) => fronts[i]?.id ?? id) });
  }
  return { nodes: pruned, read };
}

/** A lookup that asks only for what is used; one column comes back at least. */
function picked(node: LogicalLookup, wanted: ReadonlySet<string>): LogicalLookup {
  const named = node.where === null ? new Set<string>() : columnsOf(node.where);
  const used = node.columns.filter(({ as }) => wanted.has(as) || named.has(as));
  return { ...node, columns: used.length > 0 ? used : node.columns.slice(0, 1) };
}

/** The projections that stand in front of a node: for each input one, or null. */
function frontsOf(
  node: LogicalNode,
  reads: readonly (readonly string[])[],
  inputs: readonly (readonly string[])[],
  outputs: Names,
): (LogicalProject | null)[] {
  return node.inputs.map((id, i) => {
    const given = outputs.get(id)!, again = node.inputs.indexOf(id) < i;
    const wanted = wantedOf(node, i, reads, inputs, given);
    const same = wanted.length === given.length && wanted.every(({ from }, j) => from === given[j]);
    if (same && !again) return null;
    const columns = wanted.map(({ from, as }) => ({ as, expr: { column: from } }));
    return { op: "project", id: `${node.id}${MADE}in${i + 1}`, inputs: [id], lagMs: node.lagMs, columns };
  });
}

interface Wanted {
  readonly from: string;
  readonly as: string;
}

/** The columns that a node has to get from an input that gives `given`. */
function wantedOf(
  node: LogicalNode,
  input: number,
  reads: readonly (readonly string[])[],
  inputs: readonly (readonly string[])[],
  given: readonly string[],
): Wanted[] {
  const all = given.map((from) => ({ from, as: from }));
  if (node.op === "union") {
    // Columns go by position: every input gives exactly those that are used, in the order of the union's.
    const own = new Set(reads[input]);
    return inputs[input].flatMap((from, j) => own.has(from) ? [{ from, as: inputs[0][j] }] : []);
  }
  if (!keepsRows(node)) return all;
  const names = new Set(reads[input]), kept = all.filter(({ from }) => names.has(from));
  return kept.length > 0 ? kept : all.slice(0, 1);
}

/** Whether a node keeps whole rows of its inputs, or copies them. */
function keepsRows(node: LogicalNode): boolean {
  return ["join", "lookup", "rank", "over", "normalize", "assign", "unnest"].includes(node.op) ||
    (node.op === "session" && node.calls === null);
}
