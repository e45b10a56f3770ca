import type * as ast from "../ast.ts";
import type { JoinType } from "../../plan/mod.ts";
import { columnsOf, isCall } from "../../expr/mod.ts";
import type { Relation } from "./column.ts";
import type { Context } from "./context.ts";
import { conjuncts } from "./conjuncts.ts";
import { ExpressionBinder } from "./expression.ts";
import { type FromTree, fromTree } from "./from.ts";
import { join } from "./join.ts";
import { isNow, type LookedUp, lookedUp, lookUp } from "./lookup.ts";
import { compare } from "./operators.ts";
import { findPath, type MergedColumn, Scope, suggestion } from "./scope.ts";
import { isUnnestJoin, unnestTree } from "./unnest.ts";
import type { Value } from "./value.ts";

/** Inputs of inner joins in a row, with the conditions of all of them. */
interface Cluster {
  readonly inputs: readonly { readonly tree: FromTree; readonly at: ast.Span }[];
  readonly conditions: readonly Value[];
  readonly tables: FromTree["tables"];
  readonly merged: readonly MergedColumn[];
}

/** A join as a tree; null with its problems. */
export function joinTree(item: ast.Join, outer: Scope | null, context: Context): FromTree | null {
  if (isUnnestJoin(item)) return unnestTree(item, outer, context);
  if (isInner(item)) return innerTree(item, outer, context);
  const table = lookedUp(item, context);
  return table === undefined ? outerTree(item, outer, context) : table && lookupTree(item, table, outer, context);
}

/** Rows with those of a table outside that have their keys now. */
function lookupTree(item: ast.Join, table: LookedUp, outer: Scope | null, context: Context): FromTree | null {
  const left = fromTree(item.left, outer, context), right = { tables: [table.table], merged: [], ids: table.ids };
  if (left === null) return null;
  const bound = joinConditions(item, left, right, outer, context), scope = new Scope(left.tables, left.merged);
  if (!isNow(asOfTime(item.right)!, scope, table.name, context) || bound === null) return null;
  return {
    tables: [...left.tables, table.table],
    merged: bound.merged,
    ids: new Set([...left.ids, ...table.ids]),
    eventTime: left.eventTime,
    build: (conditions) => {
      const pushed = push(table.type, left, right, bound.conditions, conditions, true), input = left.build(pushed.left);
      const joined = input && lookUp(input, table, pushed.on, context);
      return joined && context.nodes.filter(joined, pushed.behind);
    },
  };
}

function isInner(item: ast.FromItem): item is ast.Join {
  if (item.kind !== "join" || item.asof || isUnnestJoin(item)) return false;
  return item.type === "CROSS" || (item.type === "INNER" && asOfTime(item.right) === null);
}

/** The time of FOR SYSTEM_TIME AS OF. */
function asOfTime(item: ast.FromItem): ast.Expression | null {
  return item.kind === "table" ? item.asOf : null;
}

function innerTree(item: ast.Join, outer: Scope | null, context: Context): FromTree | null {
  const cluster = clusterOf(item, outer, context);
  if (cluster === null) return null;
  const { tables, merged } = cluster;
  return {
    tables,
    merged,
    ids: new Set(cluster.inputs.flatMap(({ tree }) => [...tree.ids])),
    eventTime: cluster.inputs[0].tree.eventTime,
    build: (conditions) => buildCluster(cluster, conditions, item.at, context),
  };
}

/** Collects inner joins that follow each other: what joins them may stand in any ON or in WHERE. */
function clusterOf(item: ast.FromItem, outer: Scope | null, context: Context): Cluster | null {
  const inputs: Cluster["inputs"][number][] = [], conditions: Value[] = [];
  // Joins lean to the left and may be many, so that they are walked without recursion.
  const joins: ast.Join[] = [];
  let first: ast.FromItem = item;
  while (isInner(first)) {
    joins.push(first);
    first = first.left;
  }
  const start = fromTree(first, outer, context);
  let tables = start?.tables ?? [], merged = start?.merged ?? [], sound = start !== null;
  if (start) inputs.push({ tree: start, at: first.at });
  for (const one of joins.reverse()) {
    const nested = isInner(one.right) ? clusterOf(one.right, outer, context) : null;
    const right = nested ?? (isInner(one.right) ? null : fromTree(one.right, outer, context));
    if (right === null) {
      sound = false;
      continue;
    }
    if (nested) {
      inputs.push(...nested.inputs);
      conditions.push(...nested.conditions);
    } else inputs.push({ tree: right as FromTree, at: one.right.at });
    const bound = joinConditions(one, { tables, merged }, right, outer, context);
    if (bound === null) sound = false;
    else conditions.push(...bound.conditions);
    tables = [...tables, ...right.tables];
    merged = bound?.merged ?? merged;
  }
  return sound ? { inputs, conditions, tables, merged } : null;
}

function buildCluster(
  { inputs, conditions: own }: Cluster,
  given: readonly Value[],
  at: ast.Span,
  context: Context,
): Relation | null {
  const pools = inputs.map((): Value[] => []), between: Value[] = [], constant: Value[] = [];
  for (const condition of [...own, ...given]) {
    const read = columnsOf(condition.expr);
    const touched = inputs.flatMap(({ tree }, i) => [...read].some((id) => tree.ids.has(id)) ? [i] : []);
    if (touched.length === 1) pools[touched[0]].push(condition);
    else (touched.length === 0 ? constant : between).push(condition);
  }
  const built = inputs.map(({ tree }, i) => tree.build(pools[i]));
  if (built.includes(null)) return null;
  let result: Relation = built[0]!, ids: ReadonlySet<string> = inputs[0].tree.ids, open = between;
  const left = inputs.map((_, i) => i).slice(1);
  while (left.length > 0) {
    const next = left.splice(nextInput(left, inputs, ids, open), 1)[0];
    const all: ReadonlySet<string> = new Set([...ids, ...inputs[next].tree.ids]);
    const now = open.filter(({ expr }) => [...columnsOf(expr)].every((id) => all.has(id)));
    const joined = join({ type: "inner", left: result, right: built[next]!, conditions: now, at }, context);
    if (joined === null) return null;
    [result, ids, open] = [joined, all, open.filter((one) => !now.includes(one))];
  }
  return context.nodes.filter(result, constant);
}

/** Where in `left` the input is that is joined next: one that an equality ties to what is joined already, else one that any condition does. */
function nextInput(
  left: readonly number[],
  inputs: Cluster["inputs"],
  ids: ReadonlySet<string>,
  open: readonly Value[],
): number {
  const ties = (at: number, isWanted: (value: Value) => boolean) =>
    open.some((condition) => {
      const read = [...columnsOf(condition.expr)], other = inputs[at].tree.ids;
      return isWanted(condition) && read.every((id) => ids.has(id) || other.has(id));
    });
  const equal = left.findIndex((at) => ties(at, ({ expr }) => isCall(expr) && expr.call === "eq"));
  if (equal >= 0) return equal;
  return Math.max(0, left.findIndex((at) => ties(at, () => true)));
}

type Names = Pick<FromTree, "tables" | "merged">;

/** What ON, USING and NATURAL say; null with a problem. */
function joinConditions(
  item: ast.Join,
  left: Names,
  right: Names,
  outer: Scope | null,
  context: Context,
): { conditions: Value[]; merged: readonly MergedColumn[] } | null {
  const { report, values } = context, conditions: Value[] = [];
  const merged: MergedColumn[] = [...left.merged, ...right.merged];
  const sides = [new Scope(left.tables, left.merged), new Scope(right.tables, right.merged)];
  const names = item.natural ? commonNames(sides[0], sides[1], item.at) : item.using ?? [];
  for (const name of names) {
    const [a, b] = sides.map((scope) => findPath(scope, [name]));
    if (!a || !b) {
      const known = sides[a ? 1 : 0].star().map((one) => one.name);
      report.add(
        name.at,
        `${a ? "The right" : "The left"} side has no one column ${name.name}`,
        suggestion(name.name, known),
      );
      continue;
    }
    const equal = compare("=", values.column(a, name.at), values.column(b, name.at), name.at, values);
    if (equal === null) continue;
    conditions.push(equal);
    if (item.type === "FULL") {
      report.add(
        name.at,
        "A FULL JOIN with USING has no one column",
        "Write ON a.k = b.k, and COALESCE(a.k, b.k) in SELECT",
      );
    }
    merged.push({ name: name.name, columns: [a, b], column: item.type === "RIGHT" ? b : a });
  }
  if (names.length > conditions.length) return null;
  if (item.on === null) return { conditions, merged };
  const scope = new Scope([...left.tables, ...right.tables], merged, outer);
  const binder = new ExpressionBinder(values, { scope, clause: "ON" });
  const bound = conjuncts(item.on).map((one) => binder.condition(one));
  return bound.includes(null) ? null : { conditions: [...conditions, ...bound as Value[]], merged };
}

function commonNames(left: Scope, right: Scope, at: ast.Span): ast.Identifier[] {
  const names = new Set(right.star().map(({ name }) => name));
  return left.star().filter(({ name }) => names.has(name)).map(({ name }) => ({ name, quoted: true, at }));
}

/** Outer, semi, anti, temporal and ASOF joins: conditions of WHERE stay behind them, but for those of a side that is kept. */
function outerTree(item: ast.Join, outer: Scope | null, context: Context): FromTree | null {
  const left = fromTree(item.left, outer, context), right = fromTree(item.right, outer, context);
  if (left === null || right === null) return null;
  const bound = joinConditions(item, left, right, outer, context);
  const time = asOfTime(item.right);
  const at = time && new ExpressionBinder(context.values, {
    scope: new Scope(left.tables, left.merged),
    clause: "FOR SYSTEM_TIME AS OF",
  }).bind(time);
  if (bound === null || (time !== null && at === null)) return null;
  const type = item.type === "CROSS" ? "inner" : item.type.toLowerCase() as JoinType;
  const leftOnly = type === "semi" || type === "anti";
  const asOf = at ? { kind: "temporal", time: at } as const : item.asof ? { kind: "asof" } as const : undefined;
  return {
    tables: leftOnly ? left.tables : [...left.tables, ...right.tables],
    merged: leftOnly ? left.merged : bound.merged,
    ids: leftOnly ? left.ids : new Set([...left.ids, ...right.ids]),
    eventTime: type === "right" || type === "full" ? null : left.eventTime,
    build: (conditions) => {
      const pushed = push(type, left, right, bound.conditions, conditions, asOf !== undefined);
      const a = left.build(pushed.left), b = right.build(pushed.right);
      if (a === null || b === null) return null;
      const request = { type, left: a, right: b, conditions: pushed.on, at: item.at, ...(asOf ? { asOf } : {}) };
      const joined = join(request, context);
      return joined && context.nodes.filter(joined, pushed.behind);
    },
  };
}

/** Where each condition holds: in front of a side, in the join or behind it. */
function push(
  type: JoinType,
  left: Pick<FromTree, "ids">,
  right: Pick<FromTree, "ids">,
  on: readonly Value[],
  where: readonly Value[],
  isVersioned: boolean,
): { left: Value[]; right: Value[]; on: Value[]; behind: Value[] } {
  const pushed = { left: [] as Value[], right: [] as Value[], on: [] as Value[], behind: [] as Value[] };
  const isOnly = ({ expr }: Value, { ids }: Pick<FromTree, "ids">) => {
    const read = columnsOf(expr);
    return read.size > 0 && [...read].every((id) => ids.has(id));
  };
  // A row of the left side that ON turns away is still given by a left or an anti join; versions that are hidden would let older ones through.
  const mayLeft = type === "inner" || type === "right" || type === "semi";
  const mayRight = !isVersioned && type !== "right" && type !== "full";
  for (const one of on) {
    if (mayLeft && isOnly(one, left)) pushed.left.push(one);
    else if (mayRight && isOnly(one, right)) pushed.right.push(one);
    else pushed.on.push(one);
  }
  const keepsLeft = type !== "right" && type !== "full";
  const keepsRight = !isVersioned && (type === "right" || type === "inner");
  for (const one of where) {
    if (keepsLeft && isOnly(one, left)) pushed.left.push(one);
    else if (keepsRight && isOnly(one, right)) pushed.right.push(one);
    else pushed.behind.push(one);
  }
  return pushed;
}
