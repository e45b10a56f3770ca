import { RANK_ROWS_MAX } from "../../core/limits.ts";
import { INT64 } from "../../core/schema.ts";
import { columnsOf, type Expression, isCall, isColumn } from "../../expr/mod.ts";
import { type Column, freeName, nameIn, type Relation } from "./column.ts";
import type { Context, OrderKey, PendingRank } from "./context.ts";
import { wholeOf } from "./literal.ts";
import type { Value } from "./value.ts";

/** The rows of a rank from and to which numbers, both included; null: without end. */
interface Range {
  readonly from: number;
  readonly to: number | null;
}

const ALL: Range = { from: 1, to: null };

/**
 * Puts the row number in a node: the conditions upon it say how far it goes. Returns the conditions that are left. Null
 * with a problem.
 */
export function finishRank(
  relation: Relation,
  rank: PendingRank,
  conditions: readonly Value[],
  context: Context,
): { relation: Relation; rest: readonly Value[] } | null {
  let range = ALL;
  const rest: Value[] = [];
  for (const condition of conditions) {
    const bound = rangeOf(condition.expr, rank.column.id);
    if (bound === null) rest.push(condition);
    else range = meet(range, bound.range);
    if (bound?.keep) rest.push(condition);
  }
  const { from, to } = range;
  if (to === null) return unbounded(relation, rank, rest, context);
  if (to > RANK_ROWS_MAX) {
    return context.report.add(rank.at, `${rank.fn.toUpperCase()} can go up to ${RANK_ROWS_MAX} here, not ${to}`);
  }
  if (from > to) {
    const on = conditions.find(({ expr }) => columnsOf(expr).has(rank.column.id))!;
    return context.report.add(on.at, `${rank.fn.toUpperCase()} gives no number for which this holds: it counts from 1`);
  }
  return { relation: rankNode(relation, rank, from, to, context), rest };
}

/** A rank node behind `relation`, with its number as a column if there is one for it. */
export function rankNode(
  relation: Relation,
  rank: Omit<PendingRank, "column"> & { readonly column: Column | null },
  from: number,
  to: number,
  context: Context,
): Relation {
  const { nodes, settings } = context, { fn, keys, order, column, at } = rank;
  const as = column && freeName(column.name, new Set(relation.columns.map(({ name }) => name)));
  const end = windowEnd(relation, keys.map(({ id }) => id));
  const body = {
    keys: keys.map(({ id }) => nameIn(relation, id)!),
    order: order.map((key) => orderColumn(relation, key)),
    from,
    to,
    ...(fn === "row_number" ? {} : { fn }),
    ...(as === null ? {} : { as }),
    ...(end === null ? {} : { window_end: end }),
    ...(end === null && settings.ttlMs !== null ? { ttl_ms: settings.ttlMs } : {}),
  };
  const node = nodes.plan.add("rank", [relation.node], body, at);
  return {
    node,
    columns: column === null ? relation.columns : [...relation.columns, { column, name: as! }],
    ...factsOf(relation, rank, from, to, end !== null),
    windowed: false,
  };
}

/** A better row takes another's place, but the first rows in the order of the log stay. The oldest or newest by event time keeps it. */
function factsOf(
  relation: Relation,
  { fn, order }: Pick<PendingRank, "fn" | "order">,
  from: number,
  to: number,
  isFinal: boolean,
) {
  const { times, windows } = relation, stays = order.length === 0 && !relation.changes;
  if (isFinal || stays) return { times, windows, changes: false };
  const [first] = order, isOne = from === 1 && to === 1 && fn === "row_number";
  const isTime = isOne && first && times.has(first.column.id);
  return { times: new Set(isTime ? [first.column.id] : []), windows: new Map(), changes: true };
}

export function orderColumn(relation: Relation, { column, desc, nullsLast }: OrderKey) {
  return { column: nameIn(relation, column.id)!, desc, nulls_last: nullsLast };
}

/** The window_end column among `ids` when the window_start of the same window is there too: then results are final. */
export function windowEnd(relation: Relation, ids: readonly string[]): string | null {
  const parts = ids.flatMap((id) => {
    const part = relation.windows.get(id);
    return part ? [{ ...part, id }] : [];
  });
  const end = parts.find((one) =>
    one.part === "end" && parts.some((s) => s.part === "start" && s.window === one.window)
  );
  return end ? nameIn(relation, end.id) : null;
}

/** Without an end, rows are numbered as they come if that is the order of their event time. */
function unbounded(
  relation: Relation,
  rank: PendingRank,
  rest: readonly Value[],
  { report, nodes }: Context,
): { relation: Relation; rest: readonly Value[] } | null {
  const [first, ...others] = rank.order, { fn } = rank, shown = fn.toUpperCase();
  const inTime = !first || (!first.desc && relation.times.has(first.column.id));
  if (!inTime || others.length > 0 || fn !== "row_number") {
    const name = rank.column.name.toUpperCase().startsWith("EXPR$") ? "n" : rank.column.name;
    const hint = `Say how many ${
      fn === "row_number" ? "rows" : "ranks"
    } you need: WHERE ${name} <= 10 in the query around it`;
    return report.add(rank.at, `${shown} without an end would number all rows anew at each row`, hint);
  }
  const as = freeName(rank.column.name, new Set(relation.columns.map(({ name }) => name)));
  const body = {
    keys: rank.keys.map(({ id }) => nameIn(relation, id)!),
    ...(first ? { time: nameIn(relation, first.column.id)! } : {}),
    frame: { kind: "rows", preceding: null },
    aggs: [{ fn: "count", as }],
  };
  const node = nodes.plan.add("over", [relation.node], body, rank.at);
  const columns = [...relation.columns, { column: rank.column, name: as }];
  const facts = { times: new Set(first ? [first.column.id] : relation.times), windows: new Map(), windowed: false };
  return { relation: { ...relation, node, columns, ...facts }, rest };
}

/** The numbers for which a condition holds, and whether it must be looked at again behind the rank. */
function rangeOf(expr: Expression, id: string): { range: Range; keep: boolean } | null {
  if (!isCall(expr)) return null;
  const { call, args: [x, ...others] } = expr;
  const whole = others.map((other) => wholeOf(other));
  if (isColumn(x) && x.column === id && !whole.includes(null)) {
    const numbers = whole.map(Number);
    if (call === "in") return { range: { from: Math.min(...numbers), to: Math.max(...numbers) }, keep: true };
    if (call === "between") return { range: { from: numbers[0], to: numbers[1] }, keep: false };
    return compared(call, numbers[0]);
  }
  const [y] = others, turned = TURNED.get(call), number = wholeOf(x);
  if (turned === undefined || number === null || !isColumn(y) || y.column !== id) return null;
  return compared(turned, Number(number));
}

const TURNED = new Map([["eq", "eq"], ["lt", "gt"], ["le", "ge"], ["gt", "lt"], ["ge", "le"]]);

function compared(call: string, number: number): { range: Range; keep: boolean } | null {
  const made = (from: number, to: number | null) => ({ range: { from, to }, keep: false });
  switch (call) {
    case "eq":
      return made(number, number);
    case "le":
      return made(1, number);
    case "lt":
      return made(1, number - 1);
    case "ge":
      return made(number, null);
    case "gt":
      return made(number + 1, null);
    default:
      return null;
  }
}

function meet(a: Range, b: Range): Range {
  const to = a.to === null || b.to === null ? a.to ?? b.to : Math.min(a.to, b.to);
  return { from: Math.max(a.from, b.from), to };
}

/** A column for a row number. */
export function numberColumn(name: string, { nodes }: Context) {
  return nodes.columns.make(name, { type: INT64, nullable: false });
}
