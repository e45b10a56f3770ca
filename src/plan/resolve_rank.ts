import { columnIndex, INT64 } from "../core/schema.ts";
import type { PlacedNode } from "./graph.ts";
import type { RankNode } from "./plan.ts";
import { index, type Problems } from "./problems.ts";
import { checkWidth } from "./resolve_rows.ts";
import {
  addUnknownColumn,
  type Facts,
  lostAt,
  plainFacts,
  type ResolvedNode,
  type Resolving,
  type WindowFact,
} from "./resolved.ts";
import { lengthOf } from "./window.ts";

export function resolveRank(
  { node, path }: PlacedNode<RankNode>,
  input: ResolvedNode,
  { problems }: Resolving,
): Facts & { readonly window: WindowFact | null } {
  checkColumns(node, input, path, problems);
  if (node.from > node.to) {
    problems.add(`${path}.from`, `Expected at most to (${node.to}), got ${node.from}`);
  }
  if (isShared(node) && node.order.length === 0) {
    problems.add(
      `${path}.order`,
      `Without an order all rows would be of rank 1`,
      "Say which columns rows are ranked by",
    );
  }
  const columns = [...input.columns];
  if (node.as !== undefined) {
    if (columnIndex(columns, node.as) < 0) columns.push({ name: node.as, type: INT64, nullable: false });
    else problems.add(`${path}.as`, `Column ${JSON.stringify(node.as)} is there already`, "Choose another name");
  }
  checkWidth(columns, path, problems);
  const window = node.window_end === undefined ? null : windowOf(node, node.window_end, input, path, problems);
  if (window && node.ttl_ms !== undefined) {
    problems.add(`${path}.ttl_ms`, "Rows by window are forgotten with their window", "Leave it out");
  }
  const facts = window ? windowFacts(input, window) : changeFacts(node, input);
  const upsertKeys = keysOf(node, input, facts.changes);
  const keys = upsertKeys?.filter((name) => ![window?.start, window?.end, window?.time].includes(name)) ?? [];
  return { ...facts, columns, upsertKeys, keys, window };
}

/** Whether rows that are equal in the order have one number. */
function isShared({ fn = "row_number" }: Pick<RankNode, "fn">): boolean {
  return fn !== "row_number";
}

function checkColumns({ keys, order }: RankNode, { columns }: ResolvedNode, path: string, problems: Problems): void {
  keys.forEach((name, i) => {
    const at = index(`${path}.keys`, i);
    if (columnIndex(columns, name) < 0) addUnknownColumn(name, columns, at, problems);
    else if (keys.indexOf(name) < i) problems.add(at, `Column ${JSON.stringify(name)} is named twice`);
  });
  order.forEach(({ column }, i) => {
    if (columnIndex(columns, column) < 0) {
      addUnknownColumn(column, columns, `${index(`${path}.order`, i)}.column`, problems);
    }
  });
}

function windowOf(
  { keys }: RankNode,
  end: string,
  input: ResolvedNode,
  path: string,
  problems: Problems,
): WindowFact | null {
  const at = `${path}.window_end`, window = input.windows.find((one) => one.end === end) ?? null;
  if (columnIndex(input.columns, end) < 0) addUnknownColumn(end, input.columns, at, problems);
  else if (!window) {
    problems.add(
      at,
      `Column ${end} is not the end of a window`,
      "Put a window node before the rank and name its window_end",
    );
  } else if (!keys.includes(end)) {
    problems.add(`${path}.keys`, `The keys lack ${end}: rows are ranked within their window`, `Add ${end} to them`);
  }
  return window;
}

/**
 * A row number is unique within its keys; where only one row of each key is given, the keys are. Rows that change change by their rank: one that moves up has its
 * new rank before the old one is taken back, so that its own key would not tell the two apart. Of rows that may share a rank each is told anew by itself.
 */
function keysOf({ keys, from, to, fn, as }: RankNode, input: ResolvedNode, changes: boolean): readonly string[] | null {
  if (isShared({ fn })) return input.upsertKeys;
  if (from === to) return keys;
  const numbered = as === undefined ? null : [...keys, as];
  return changes ? numbered ?? input.upsertKeys : input.upsertKeys ?? numbered;
}

/** Rows come at the end of their window, once. */
function windowFacts(input: ResolvedNode, window: WindowFact): Facts {
  const length = lengthOf(window.window), { time, lagMs } = window;
  const times = [...input.times].flatMap(([name, fact]) => {
    if (name === time) return [[name, { ...fact, lagMs }] as const];
    return length === null ? [] : [[name, { ...fact, lagMs: Math.max(fact.lagMs, lagMs) + length }] as const];
  });
  return { ...plainFacts(input.columns, input.lost), times: new Map(times), windows: [window] };
}

/**
 * A better row takes another's place, but the first rows in the order of the log stay. Event time is lost, unless the
 * newest or oldest row of each key is kept by it.
 */
function changeFacts({ id, order, from, to, fn }: RankNode, input: ResolvedNode): Facts {
  const [first] = order, isOne = from === 1 && to === 1 && !isShared({ fn });
  const fact = first && isOne ? input.times.get(first.column) : undefined;
  const stays = order.length === 0 && !input.changes;
  const lost = stays || fact ? input.lost : lostAt(`rank ${id} has none, for rows of any age may come back`);
  return {
    ...plainFacts(input.columns, lost),
    changes: !stays,
    times: stays ? input.times : new Map(fact ? [[first.column, fact]] : []),
    windows: stays ? input.windows : [],
  };
}
