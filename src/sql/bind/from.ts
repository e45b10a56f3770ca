import type * as ast from "../ast.ts";
import { nearest } from "../../core/nearest.ts";
import type { BoundQuery, Context } from "./context.ts";
import { joinTree } from "./from_join.ts";
import { idsOf } from "./join.ts";
import { finishRank } from "./rank.ts";
import type { MergedColumn, Scope, ScopeTable } from "./scope.ts";
import type { Column, Relation } from "./column.ts";
import type { Value } from "./value.ts";
import { counted } from "./words.ts";
import { loneUnnest } from "./unnest.ts";
import { windowTable } from "./window_table.ts";

/**
 * What stands in FROM, before its nodes are made: names are known, so that conditions can be bound, and what they say is
 * known when rows are joined.
 */
export interface FromTree {
  readonly tables: readonly ScopeTable[];
  readonly merged: readonly MergedColumn[];
  /** The ids of its columns. */
  readonly ids: ReadonlySet<string>;
  /** Event time that rows keep although nobody names it. */
  readonly eventTime: Column | null;
  /** Makes the nodes, for rows for which all of `conditions` hold; null with a problem. */
  build(conditions: readonly Value[]): Relation | null;
}

/** Binds one item of FROM; null with its problems. */
export function fromTree(item: ast.FromItem, outer: Scope | null, context: Context): FromTree | null {
  switch (item.kind) {
    case "table":
      return tableTree(item, context);
    case "derived":
      return derivedTree(item, context);
    case "window_table":
      return windowTable(item, context);
    case "function_table":
      return refuseFunction(item, context);
    case "unnest":
      return loneUnnest(item, context);
    case "join":
      return joinTree(item, outer, context);
  }
}

function tableTree(item: ast.TableItem, context: Context): FromTree | null {
  const { timestampBy: by } = item;
  if (by !== null && by.kind !== "column") {
    return context.report.add(by.at, "TIMESTAMP BY takes a column here", "Compute it in CREATE TABLE: `ts AS …`");
  }
  const time = by === null ? null : by.parts[by.parts.length - 1];
  const bound = context.names.table({ name: item.name, hints: item.hints, time }, context);
  return bound && queryTree(bound, aliasOf(item, item.name.parts), item.alias, context);
}

function derivedTree(item: ast.DerivedTable, context: Context): FromTree | null {
  if (item.lateral) {
    return context.report.add(item.at, "LATERAL is not there", "Write a join with the conditions in ON");
  }
  const bound = context.query(item.query, { ...context, outer: null });
  return bound && queryTree(bound, aliasOf(item, []), item.alias, context);
}

function aliasOf({ alias }: ast.TableItem | ast.DerivedTable, parts: readonly ast.Identifier[]): readonly string[] {
  return alias ? [alias.name.name] : parts.map(({ name }) => name);
}

/** The rows of a query as an item of FROM. */
export function queryTree(
  bound: BoundQuery,
  names: readonly string[],
  alias: ast.TableAlias | null,
  context: Context,
): FromTree | null {
  const columns = renamed(bound, alias, context);
  if (columns === null) return null;
  const ids = new Set([...idsOf(bound.relation), ...columns.map(({ column }) => column.id)]);
  const time = bound.eventTime ??
    bound.relation.columns.find(({ column }) => bound.relation.times.has(column.id))?.column;
  return {
    tables: [{ names, columns, ...(time ? { time } : {}), times: bound.relation.times }],
    merged: [],
    ids,
    eventTime: bound.eventTime ?? null,
    build: (conditions) => {
      if (!bound.rank) return context.nodes.filter(bound.relation, conditions);
      const ranked = finishRank(bound.relation, bound.rank, conditions, context);
      return ranked && context.nodes.filter(ranked.relation, ranked.rest);
    },
  };
}

/** The columns by the names of `AS t (a, b)`. */
export function renamed(
  { outputs }: Pick<BoundQuery, "outputs">,
  alias: ast.TableAlias | null,
  { report }: Context,
): BoundQuery["outputs"] | null {
  const names = alias?.columns ?? null;
  if (names === null) return outputs;
  if (names.length !== outputs.length) {
    return report.add(
      alias!.at,
      `${alias!.name.name} names ${counted(names.length, "column")}, and the table has ${outputs.length}`,
    );
  }
  return outputs.map(({ column }, i) => ({ name: names[i].name, column }));
}

/** Table functions that were meant for a window. */
const WINDOWS = ["TUMBLE", "HOP", "CUMULATE", "SESSION"];

function refuseFunction({ name, at }: ast.FunctionTable, { report }: Context): null {
  const text = name.parts.map((part) => part.name).join("."), near = nearest(text.toUpperCase(), WINDOWS);
  return report.add(
    at,
    `Unknown table function ${text}`,
    near ? `Did you mean ${near}?` : `There are ${WINDOWS.join(", ")}`,
  );
}

/** The tree of `FROM a, b`: rows of all items that go together. Null with problems. */
export function fromAll(items: readonly ast.FromItem[], outer: Scope | null, context: Context): FromTree | null {
  const [first, ...others] = items;
  const joined = others.reduce<ast.FromItem>(beside, first);
  return fromTree(joined, outer, context);
}

/** `a, b` as a join. Of `a, UNNEST(a.x) JOIN b` UNNEST goes to a, whose rows it takes apart. */
function beside(left: ast.FromItem, right: ast.FromItem): ast.FromItem {
  const at = { start: left.at.start, end: right.at.end };
  if (right.kind === "join" && right.type !== "RIGHT" && right.type !== "FULL" && startsWithUnnest(right)) {
    return { ...right, left: beside(left, right.left), at };
  }
  return { kind: "join", type: "CROSS", natural: false, asof: false, left, right, on: null, using: null, at };
}

function startsWithUnnest(item: ast.FromItem): boolean {
  let first = item;
  while (first.kind === "join") first = first.left;
  return first.kind === "unnest";
}
