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
  /** A value over the rows as they are now. */
  readonly moved: (value: Value) => Value | null;
}

/** The projection of a SELECT: its outputs, and behind them what ORDER BY and a row number need. Null with a problem. */
export function projected(
  rows: Relation,
  rank: PendingRank | null,
  { at, outputs, order, ties, moved }: Shown,
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
  // The number is in no node yet: it is none of the columns that are projected.
  const isNumber = ({ value }: Output) => rank !== null && isColumn(value, rank.column);
  const kept = shown.filter((output) => !isNumber(output)),
    behind = behindOutputs(kept, rank, hidden, rows, at, context);
  const relation = nodes.project(rows, [...kept, ...behind], at);
  const columns = relation.columns.map(({ column }) => column), own = columns.slice(0, kept.length);
  const visible = shown.map((output) => ({
    name: output.name,
    column: isNumber(output) ? rank!.column : own.shift()!,
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
  };
}

function isColumn({ expr }: Value, { id }: Column): boolean {
  return "column" in expr && expr.column === id;
}

/** What is projected beside the outputs: the columns of a row number that are not among them, then what is ordered by. */
function behindOutputs(
  kept: readonly Output[],
  rank: PendingRank | null,
  hidden: readonly Value[],
  rows: Relation,
  at: Span,
  { values }: Context,
): Output[] {
  const needed = rank === null ? [] : [...rank.keys, ...rank.order.map(({ column }) => column)];
  const missing = needed.filter((column) => !kept.some(({ value }) => isColumn(value, column)));
  // Rows without columns could not be counted.
  if (kept.length + missing.length + hidden.length === 0) missing.push(rows.columns[0].column);
  const more = [...new Map(missing.map((column) => [column.id, column])).values()].map((column) =>
    values.column(column, at)
  );
  const taken = new Set(kept.map(({ name }) => name));
  return [...more, ...hidden].map((value) => {
    const name = freeName("$order", taken);
    taken.add(name);
    return { name, value };
  });
}
