import type { ColumnExpression } from "../../expr/mod.ts";
import type { Span } from "../ast.ts";
import { type Column, freeName, type Relation } from "./column.ts";
import type { Context, OrderKey, PendingRank, Tie } from "./context.ts";
import type { Output } from "./nodes.ts";
import type { OrderItems } from "./order.ts";
import type { SelectOutput } from "./outputs.ts";
import type { BoundSelect } from "./select.ts";
import type { BoundTie } from "./ties.ts";
import type { Value } from "./value.ts";

/** What a SELECT shows of its rows. */
export interface Shown {
  readonly at: Span;
  readonly outputs: readonly SelectOutput[];
  readonly order: OrderItems;
  readonly ties: readonly BoundTie[];
  /** Event time that is kept although nobody names it. */
  readonly eventTime: Column | null;
  /** A value over the rows as they are now. */
  readonly moved: (value: Value) => Value | null;
}

/** The projection of a SELECT: its outputs, and behind them what ORDER BY and a row number need. Null with a problem. */
export function projected(
  rows: Relation,
  rank: PendingRank | null,
  { at, outputs, order, ties, eventTime, moved }: Shown,
  context: Context,
): BoundSelect | null {
  const { nodes } = context, hidden: Value[] = [], shown: Output[] = [];
  for (const value of [...order.hidden.map((one) => one.value), ...ties.map(({ inner }) => inner)]) {
    const over = moved(value);
    if (over !== null) hidden.push(over);
  }
  for (const { name, value } of outputs) {
    const over = moved(value);
    if (over !== null) shown.push({ name, value: over });
  }
  if (hidden.length < order.hidden.length + ties.length || shown.length < outputs.length) return null;
  // A row number is in no node yet, and the time of arrival never is: these are none of the columns that are projected.
  const isVirtual = ({ value: { expr } }: Output) =>
    "column" in expr && (expr.column === rank?.column.id || nodes.columns.isArrival(expr.column));
  const time = eventTime && rows.times.has(eventTime.id) ? [eventTime] : [];
  const needed = [...rank ? [...rank.keys, ...rank.order.map(({ column }) => column)] : [], ...time];
  const kept = shown.filter((output) => !isVirtual(output)),
    behind = behindOutputs(kept, needed, hidden, rows, at, context);
  const relation = nodes.project(rows, [...kept, ...behind], at);
  const columns = relation.columns.map(({ column }) => column), own = columns.slice(0, kept.length);
  const visible = shown.map((output) => ({
    name: output.name,
    column: isVirtual(output) ? virtualColumn(output, rank) : own.shift()!,
  }));
  const first = columns.length - hidden.length;
  const keys = order.keys.map((key): OrderKey => {
    const column = key.at.output === undefined ? columns[first + key.at.hidden] : visible[key.at.output].column;
    return { column, desc: key.desc, nullsLast: key.nullsLast };
  });
  const tied = ties.map(({ outer }, i): Tie => ({ column: columns[columns.length - ties.length + i], outer }));
  return {
    relation,
    outputs: visible,
    order: keys,
    ...(rank === null ? {} : { rank }),
    ...(tied.length === 0 ? {} : { ties: tied }),
    ...(time.length === 0 ? {} : { eventTime: time[0] }),
  };
}

function virtualColumn({ name, value: { expr, type, nullable } }: Output, rank: PendingRank | null): Column {
  const { column: id } = expr as ColumnExpression;
  return id === rank?.column.id ? rank.column : { id, name, type: type!, nullable };
}

function isColumn({ expr }: Value, { id }: Column): boolean {
  return "column" in expr && expr.column === id;
}

/** What is projected beside the outputs: columns that are needed and not among them, then what is ordered by. */
function behindOutputs(
  kept: readonly Output[],
  needed: readonly Column[],
  hidden: readonly Value[],
  rows: Relation,
  at: Span,
  { values }: Context,
): Output[] {
  const missing = needed.filter((column) => !kept.some(({ value }) => isColumn(value, column)));
  // Rows without columns could not be counted.
  if (kept.length + missing.length + hidden.length === 0) missing.push(rows.columns[0].column);
  const more = [...new Map(missing.map((column) => [column.id, column])).values()];
  const taken = new Set(kept.map(({ name }) => name));
  const output = (wanted: string, value: Value): Output => {
    const name = freeName(wanted, taken);
    taken.add(name);
    return { name, value };
  };
  return [
    ...more.map((column) => output(hiddenName(column.name), values.column(column, at))),
    ...hidden.map((value) => output("$by", value)),
  ];
}

/** The name of a column that nobody selected. */
function hiddenName(name: string): string {
  return name.startsWith("$") ? name : `$${name}`;
}
