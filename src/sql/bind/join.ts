import { columnsOf, type Expression, isCall } from "../../expr/mod.ts";
import { commonType } from "../../expr/type.ts";
import type { JoinNode, JoinType } from "../../plan/mod.ts";
import type { Span } from "../ast.ts";
import { type Column, freeName, nameIn, type Relation } from "./column.ts";
import type { Context } from "./context.ts";
import { type JoinTime, joinTime } from "./join_time.ts";
import { columnOf, type Output } from "./nodes.ts";
import type { Value } from "./value.ts";

export interface JoinRequest {
  readonly type: JoinType;
  readonly left: Relation;
  readonly right: Relation;
  /** Joined by AND; over the columns of both sides. */
  readonly conditions: readonly Value[];
  readonly at: Span;
  /** `temporal`: FOR SYSTEM_TIME AS OF this time of the left side; `asof`: ASOF JOIN. */
  readonly asOf?: { readonly kind: "temporal"; readonly time: Value } | { readonly kind: "asof" };
  /** NOT IN: the equality for which NULL counts. */
  readonly nullAware?: Value;
}

/** Two values that are equal, one of each side. */
export interface KeyPair {
  readonly left: Value;
  readonly right: Value;
  /** NULL equals NULL. */
  readonly nulls: boolean;
  readonly condition: Value;
}

/** Joins two relations; null with a problem. Columns keep their ids. */
export function join(request: JoinRequest, context: Context): Relation | null {
  const { type, left, right, at } = request;
  const conditions = request.conditions.filter((condition) => condition !== request.nullAware);
  const leftIds = idsOf(left), rightIds = idsOf(right);
  const pairs: KeyPair[] = [], rest: Value[] = [];
  for (const condition of conditions) {
    const pair = keyPair(condition, leftIds, rightIds, context);
    if (pair === null) rest.push(condition);
    else pairs.push(pair);
  }
  const time = joinTime(request, pairs, rest, context);
  if (time === null) return null;
  const keys = [...time.pairs];
  if (request.nullAware !== undefined) {
    const pair = keyPair(request.nullAware, leftIds, rightIds, context);
    if (pair === null) {
      return context.report.add(request.nullAware.at, "NOT IN needs a value of each side to compare");
    }
    keys.push(pair);
  }
  const sides = prepared(left, right, keys, at, context);
  if (sides === null) return null;
  const body: Omit<JoinNode, "id" | "op" | "input"> = {
    type,
    on: sides.on,
    ...residual(time.rest, sides, context),
    ...time.member(sides.left, sides.right),
    ...(time.mode === "regular" && context.settings.ttlMs !== null ? { ttl_ms: context.settings.ttlMs } : {}),
    ...(request.nullAware === undefined ? {} : { null_aware: true }),
  };
  const node = context.nodes.plan.add("join", [sides.left.node, sides.right.node], { ...body }, at);
  return joined(node, type, sides.left, sides.right, time);
}

export function idsOf({ columns }: Relation): ReadonlySet<string> {
  return new Set(columns.map(({ column }) => column.id));
}

/** Whether an expression reads columns, and only these. */
export function isOver(expr: Expression, ids: ReadonlySet<string>): boolean {
  const read = columnsOf(expr);
  return read.size > 0 && [...read].every((id) => ids.has(id));
}

/** A condition as an equality between the sides; null where it is none. */
function keyPair(
  condition: Value,
  left: ReadonlySet<string>,
  right: ReadonlySet<string>,
  { values }: Context,
): KeyPair | null {
  const { expr } = condition;
  if (!isCall(expr) || (expr.call !== "eq" && expr.call !== "is_not_distinct")) return null;
  const [a, b] = expr.args, nulls = expr.call === "is_not_distinct";
  if (isOver(a, left) && isOver(b, right)) return { left: values.part(a), right: values.part(b), nulls, condition };
  if (isOver(b, left) && isOver(a, right)) return { left: values.part(b), right: values.part(a), nulls, condition };
  return null;
}

interface Sides {
  readonly left: Relation;
  readonly right: Relation;
  readonly on: JoinNode["on"];
}

/** Both sides with their keys as columns of one type each, and without names in common. */
function prepared(
  left: Relation,
  right: Relation,
  pairs: readonly KeyPair[],
  at: Span,
  context: Context,
): Sides | null {
  const leftKeys: Value[] = [], rightKeys: Value[] = [];
  for (const pair of pairs) {
    for (const [a, b] of keyValues(pair, context)) {
      leftKeys.push(a);
      rightKeys.push(b);
    }
  }
  const leftSide = context.nodes.asColumns(left, leftKeys, "$key", at);
  const taken = new Set(leftSide.relation.columns.map(({ name }) => name));
  const rightSide = withoutNames(right, rightKeys, taken, at, context);
  const on = leftSide.columns.map((column, i) => ({
    left: nameIn(leftSide.relation, column.id)!,
    right: nameIn(rightSide.relation, rightSide.columns[i].id)!,
  }));
  return { left: leftSide.relation, right: rightSide.relation, on };
}

/** The values to compare as keys: of one type, and where NULL equals NULL with a key that says which is NULL. */
function keyValues({ left, right, nulls }: KeyPair, context: Context): readonly (readonly [Value, Value])[] {
  const { values } = context, type = commonType(left.type, right.type) ?? left.type;
  if (type === null) return [[left, right]];
  const [x, y] = [left, right].map((side) => values.cast(side, type) ?? side);
  if (!nulls) return [[x, y]];
  const known = [x, y].map((side) => values.call("coalesce", [side, values.zero(type, side.at)], side.at)!);
  const missing = [x, y].map((side) => values.call("is_null", [side], side.at)!);
  return [[known[0], known[1]], [missing[0], missing[1]]];
}

/** The relation under names that are not taken, with the columns of its keys. */
function withoutNames(
  relation: Relation,
  keys: readonly Value[],
  taken: ReadonlySet<string>,
  at: Span,
  { nodes, values }: Context,
): { relation: Relation; columns: readonly Column[] } {
  const free = freeName("$key", taken);
  if (!relation.columns.some(({ name }) => taken.has(name))) return nodes.asColumns(relation, keys, free, at);
  const names = new Set([...taken, ...relation.columns.map(({ name }) => name)]), outputs: Output[] = [];
  const add = (wanted: string, value: Value) => {
    const name = taken.has(wanted) || !("column" in value.expr) ? freeName(wanted, names) : wanted;
    names.add(name);
    return outputs.push({ name, value }) - 1;
  };
  for (const { column, name } of relation.columns) add(name, values.column(column, at));
  const own = relation.columns.map(({ column }) => column.id), known = new Map<string, number>();
  const places = keys.map((key) => {
    const place = "column" in key.expr ? own.indexOf(key.expr.column) : -1, text = JSON.stringify(key.expr);
    if (place >= 0) return place;
    if (!known.has(text)) known.set(text, add(free, key));
    return known.get(text)!;
  });
  const projected = nodes.project(relation, outputs, at);
  return { relation: projected, columns: places.map((place) => projected.columns[place].column) };
}

function residual(rest: readonly Value[], { left, right }: Sides, { values, nodes }: Context): { where?: Expression } {
  const all = values.all(rest);
  if (all === null) return {};
  return { where: nodes.placed(all.expr, { ...left, columns: [...left.columns, ...right.columns] }) };
}

/** What the rows of the join are: regular joins have no event time and no windows any more, others those of the sides that all rows have. */
function joined(node: string, type: JoinType, left: Relation, right: Relation, { mode, times }: JoinTime): Relation {
  const leftOnly = type === "semi" || type === "anti", isAsOf = mode === "temporal" || mode === "asof";
  const columns = leftOnly ? left.columns : [...left.columns, ...right.columns];
  const waits = mode === "regular" && type !== "inner" && type !== "semi";
  const changes = left.changes || (!isAsOf && right.changes) || waits;
  const sides = [
    ...(type === "right" || type === "full" ? [] : [left]),
    ...(leftOnly || type === "left" || type === "full" ? [] : [right]),
  ];
  const present = new Set(sides.flatMap((side) => side.columns.map(({ column }) => column.id)));
  const windows = mode === "window" ? sides.flatMap((side) => [...side.windows]) : isAsOf ? [...left.windows] : [];
  return {
    node,
    columns,
    times: new Set(times.filter((id) => present.has(id))),
    windows: new Map(windows),
    windowed: false,
    changes,
  };
}

/** Whether a value is a column of event time. */
export function isTimeOf(relation: Relation, value: Value): boolean {
  const own = columnOf(relation, value);
  return own !== null && relation.times.has(own.column.id);
}
