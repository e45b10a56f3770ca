import { type Expression, isColumn } from "../../expr/mod.ts";
import {
  type LogicalGroup,
  type LogicalJoin,
  type LogicalNode,
  type LogicalProject,
  type LogicalRank,
  MADE,
} from "../logical.ts";
import { WINDOW_END, WINDOW_START } from "../plan.ts";
import { outputColumns, type SourceNames } from "./columns.ts";
import { peelWindows, type WindowedBranch, windowPart } from "./peel.ts";

/** Nodes by id, the columns of each, and what is known of those of the sources. */
interface Known {
  readonly nodes: ReadonlyMap<string, LogicalNode>;
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly sources: SourceNames;
}

/** The greatest or least value of the rows of a window table function. */
interface Extreme {
  readonly fn: string;
  readonly rows: WindowedBranch;
  /** By the name of each column what it is of those rows: a key, or what the greatest or least is taken of. */
  readonly columns: ReadonlyMap<string, Expression>;
}

/**
 * Rows of a window that are joined with the greatest or least value among themselves are the best rows of the window, all of them where
 * several are equal: they alone are kept, instead of every row until the window ends.
 */
export function keepBestRows(nodes: readonly LogicalNode[], sources: SourceNames): LogicalNode[] {
  const given = new Map([...sources].map(([id, { names }]) => [id, names]));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const known = { nodes: byId, names: outputColumns(nodes, given), sources }, renamed = new Map<string, string>();
  return nodes.flatMap((node): LogicalNode[] => {
    const best = node.op === "join" && isPlain(node) ? bestOf(node, known) : null;
    const made = best ?? [node];
    const all = made.map((one) => ({ ...one, inputs: one.inputs.map((id) => renamed.get(id) ?? id) }));
    if (best) renamed.set(node.id, best[1].id);
    return all;
  });
}

/** What takes the place of a join, the rank under its id; null where it is another join. */
function bestOf(join: LogicalJoin, known: Known): [LogicalRank, LogicalProject] | null {
  const [from, to] = join.inputs, left = onlyBranch(from, known), right = extremeOf(to, known);
  if (!left || !right || left.window.id !== right.rows.window.id) return null;
  const pairs = join.on.map(({ left: name, right: other }) => ({
    name,
    other,
    part: windowPart(left.columns.get(name)!),
    matches: JSON.stringify(left.columns.get(name)) === JSON.stringify(right.columns.get(other)),
  }));
  const value = pairs.find(({ part }) => part === null), keys = pairs.filter((pair) => pair !== value);
  const end = keys.find(({ part }) => part === WINDOW_END), start = keys.some(({ part }) => part === WINDOW_START);
  if (!value || !end || !start || !pairs.every(({ matches }) => matches)) return null;
  if (join.mode.mode !== "window" || join.mode.left !== end.name) return null;
  if (pairs.length !== right.columns.size || !isExact(left, value.name, known)) return null;
  const { id, lagMs } = join;
  const rank: LogicalRank = {
    op: "rank",
    id,
    inputs: [from],
    lagMs,
    keys: keys.map(({ name }) => name),
    order: [{ column: value.name, desc: right.fn === "max", nulls_last: true }],
    from: 1,
    to: 1,
    fn: "row_number",
    as: null,
    retracts: false,
    apart: [],
    ties: true,
    mode: { mode: "window", end: end.name },
  };
  const names = known.names.get(from)!.map((name) => ({ as: name, expr: { column: name } }));
  // In the order that the right has them, whatever that of the conditions is
  const others = known.names.get(to)!.map((as) => {
    return { as, expr: { column: pairs.find(({ other }) => other === as)!.name } };
  });
  return [rank, { op: "project", id: `${id}${MADE}out`, inputs: [id], lagMs, columns: [...names, ...others] }];
}

function isPlain({ type, mode, where, leftChanges, rightChanges, on }: LogicalJoin): boolean {
  return type === "inner" && mode.mode === "window" && where === null && !leftChanges && !rightChanges &&
    on.length === 3;
}

/** The one window table function whose rows a node gives, all of them and nothing else. */
function onlyBranch(id: string, { nodes, names }: Known): WindowedBranch | null {
  const branches = peelWindows(id, nodes, names);
  return branches?.length === 1 && branches[0].window.op === "assign" ? branches[0] : null;
}

/** Looks through projections that give columns new names for one greatest or least value of each window. */
function extremeOf(id: string, known: Known): Extreme | null {
  const node = known.nodes.get(id)!;
  if (node.op === "project") {
    const above = extremeOf(node.inputs[0], known), columns = new Map<string, Expression>();
    for (const { as, expr } of node.columns) {
      const own = isColumn(expr) ? above?.columns.get(expr.column) : undefined;
      if (own === undefined) return null;
      columns.set(as, own);
    }
    return above && { ...above, columns };
  }
  if (node.op !== "group" || !isExtreme(node)) return null;
  const rows = onlyBranch(node.inputs[0], known), [{ fn, arg, as }] = node.calls;
  if (!rows) return null;
  const columns = new Map(node.keys.map((key) => [key, rows.columns.get(key)!]));
  return { fn, rows, columns: columns.set(as, rows.columns.get(arg!)!) };
}

function isExtreme({ keys, calls, emit, retracts }: LogicalGroup): boolean {
  const [call] = calls, isOne = calls.length === 1 && (call.fn === "max" || call.fn === "min");
  return isOne && call.arg !== null && call.filter === null && keys.length === 2 && !retracts &&
    emit.mode === "final" && emit.latenessMs === 0;
}

/** Whether a column is one of a source whose greatest and least value equal no others: of doubles a NaN would be. */
function isExact({ window, columns }: WindowedBranch, name: string, { nodes, sources }: Known): boolean {
  let expr = columns.get(name)!, node = nodes.get(window.inputs[0])!;
  while (isColumn(expr) && node.op !== "source") {
    const { column } = expr;
    if (node.op === "project") expr = node.columns.find(({ as }) => as === column)!.expr;
    else if (node.op !== "filter") return false;
    node = nodes.get(node.inputs[0])!;
  }
  return isColumn(expr) && sources.get(node.id)!.exact.has(expr.column);
}
