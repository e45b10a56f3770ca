import { WINDOW_MS_MAX } from "../../core/limits.ts";
import type * as ast from "../ast.ts";
import { AggregateCalls, type BoundCall, writeCalls } from "./aggregate_calls.ts";
import { nameOfCall } from "./calls.ts";
import { type Column, nameIn, type Relation } from "./column.ts";
import type { RankFunction } from "../../plan/mod.ts";
import type { Context, PendingRank } from "./context.ts";
import { milliseconds } from "./durations.ts";
import { ExpressionBinder } from "./expression.ts";
import { lagValue } from "./lag.ts";
import { wholeOf } from "./literal.ts";
import { columnOf } from "./nodes.ts";
import { nullsLast } from "./order.ts";
import { numberColumn } from "./rank.ts";
import { rankValue } from "./rank_over.ts";
import type { Scope } from "./scope.ts";
import type { Value } from "./value.ts";

export interface BoundOrder {
  readonly value: Value;
  readonly desc: boolean;
  readonly nullsLast: boolean;
}

/** Calls over the same rows: one node. */
interface OverGroup {
  readonly keys: readonly Value[];
  readonly order: readonly BoundOrder[];
  readonly frame: { readonly kind: "range" | "rows"; readonly preceding: number | null };
  readonly calls: AggregateCalls;
  readonly at: ast.Span;
  /** The function that numbers rows by time, where it is one. */
  readonly ranks: string | null;
}

/** A number of rows that the query around it cuts. */
export interface RankCall {
  readonly fn: RankFunction;
  readonly column: Column;
  readonly keys: readonly Value[];
  readonly order: readonly BoundOrder[];
  readonly at: ast.Span;
}

const ALL_ROWS = "counts all rows, and those of a stream are never all there";
/** Functions that no stream can have: why, and what to write. */
const REFUSED: ReadonlyMap<string, readonly [string, string]> = new Map([
  ["lead", [
    "looks at rows that are still to come",
    "Turn it around: SELECT LAG(x) OVER (…) AS x, x AS next gives each row behind the one before it",
  ]],
  ["ntile", [ALL_ROWS, "PERCENTILE(x, 0.25) of a window or group gives where a quarter of them ends: compare with it"]],
  ["percent_rank", [
    ALL_ROWS,
    "RANK() and COUNT(*) of a window or group give its parts; PERCENTILE(x, p) the value at a part",
  ]],
  ["cume_dist", [ALL_ROWS, "PERCENTILE(x, p) of a window or group gives the value up to which a part of them lies"]],
  ["nth_value", ["is not there", "Write LAG(x, n), or ROW_NUMBER() AS n in a subquery, and WHERE n = 3 around it"]],
]);

/** The calls with OVER of one SELECT. */
export class OverCalls {
  readonly #groups = new Map<string, OverGroup>();
  rank: RankCall | null = null;
  /** The call that is a whole item of SELECT, with its name. */
  item: { readonly call: ast.FunctionCall; readonly name: string } | null = null;
  /** Whether it is QUALIFY that is bound, whose conditions may say how far a row number goes. */
  filters = false;

  constructor(
    readonly scope: Scope,
    readonly windows: readonly ast.NamedWindow[],
    readonly context: Context,
    /** Whether a column is event time, as far as it is known before there are nodes. */
    readonly isTime: (id: string) => boolean,
  ) {}

  /** Whether a column is the result of one of the calls. */
  has(id: string): boolean {
    if (this.rank?.column.id === id) return true;
    return [...this.#groups.values()].some(({ calls }) => calls.calls.some(({ column }) => column.id === id));
  }

  /** The result of a call with OVER; null with a problem. `binder` binds what is inside, aggregates of groups among it. */
  bind(call: ast.FunctionCall, binder: ExpressionBinder): Value | null {
    const { report, aggregates } = this.context, name = nameOfCall(call), shown = name.toUpperCase();
    const spec = this.#spec(call.over!);
    if (spec === null) return null;
    const keys = binder.bindAll(spec.partitionBy);
    const order = spec.orderBy.map((item): BoundOrder | null => {
      const value = binder.bind(item.expr);
      return value && { value, desc: item.desc, nullsLast: nullsLast(item) };
    });
    if (keys === null || order.includes(null)) return null;
    const sound = order as BoundOrder[];
    switch (name) {
      case "row_number":
        return this.#number(call, name, keys, sound);
      case "lag":
        return lagValue(
          call,
          binder,
          this.context,
          (rows) => this.#calls(keys, sound, { kind: "rows", preceding: rows }, call.at),
        );
      case "rank":
      case "dense_rank":
        return this.#rank(call, name, keys, sound);
    }
    const refused = REFUSED.get(name);
    if (refused !== undefined) return report.add(call.at, `${shown} ${refused[0]}`, refused[1]);
    if (!aggregates.has(name)) {
      return report.add(
        call.at,
        `${shown} cannot stand before OVER`,
        "Aggregates, ROW_NUMBER, RANK, DENSE_RANK and LAG can",
      );
    }
    const frame = this.#frame(spec), plain = { ...call, over: null };
    if (frame === null) return null;
    const calls = this.#calls(keys, sound, frame, call.at);
    calls.wanted = this.item?.call === call ? { call: plain, name: this.item.name } : null;
    return calls.bind(plain, binder) ?? null;
  }

  /** A number of rows for which a query around this one, or QUALIFY, says how far it goes. */
  #number(
    call: ast.FunctionCall,
    fn: RankFunction,
    keys: readonly Value[],
    order: readonly BoundOrder[],
  ): Value | null {
    const { report, values } = this.context, shown = fn.toUpperCase();
    if (call.args.length > 0) return report.add(call.at, `${shown} takes no arguments`);
    if (this.item?.call !== call && !this.filters) {
      return report.add(
        call.at,
        `${shown} must be a column of its own`,
        `Write ${shown}() OVER (…) AS n, and n in the query around it`,
      );
    }
    const { rank } = this;
    if (rank !== null && (rank.fn !== fn || identityOf(rank.keys, rank.order) !== identityOf(keys, order))) {
      const hint = "Number the rows of a subquery again in the query around it";
      return report.add(call.at, `SELECT takes one number of rows, and ${rank.fn.toUpperCase()} is one`, hint);
    }
    this.rank ??= { fn, column: numberColumn(this.item?.name ?? "$number", this.context), keys, order, at: call.at };
    return values.column(this.rank.column, call.at);
  }

  #rank(
    call: ast.FunctionCall,
    name: "rank" | "dense_rank",
    keys: readonly Value[],
    order: readonly BoundOrder[],
  ): Value | null {
    const { report } = this.context, shown = name.toUpperCase();
    if (order.length === 0) return report.add(call.at, `${shown} needs ORDER BY in its OVER`);
    const [{ value: { expr }, desc }] = order, isInTime = "column" in expr && this.isTime(expr.column) && !desc;
    if (order.length > 1 || !isInTime) return this.#number(call, name, keys, order);
    const frame = (kind: "range" | "rows", preceding: number | null, isBehind = false) => () =>
      this.#calls(keys, order, { kind, preceding }, call.at, shown, isBehind);
    const frames = {
      all: frame("range", null),
      peers: frame("range", 0),
      pair: frame("rows", 1),
      behind: frame("range", null, true),
    };
    return rankValue(call, name, order[0].value, frames, this.context);
  }

  /** The calls of one window and frame. `isBehind`: of a node behind those of all others that were asked for so far. */
  #calls(
    keys: readonly Value[],
    order: readonly BoundOrder[],
    frame: OverGroup["frame"],
    at: ast.Span,
    ranks: string | null = null,
    isBehind = false,
  ): AggregateCalls {
    const key = `${identityOf(keys, order)} ${JSON.stringify(frame)}${isBehind ? " behind" : ""}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { keys, order, frame, calls: new AggregateCalls(this.scope, this.context), at, ranks };
      this.#groups.set(key, group);
    }
    return group.calls;
  }

  #spec(over: ast.WindowSpec | ast.WindowReference, seen: readonly string[] = []): ast.WindowSpec | null {
    const { report } = this.context;
    const base = over.kind === "window_reference" ? over.name : over.base;
    if (base === null) return over as ast.WindowSpec;
    const found = this.windows.find(({ name }) => name.name === base.name) ??
      this.windows.find(({ name }) => !base.quoted && name.name.toLowerCase() === base.name.toLowerCase());
    if (!found) return report.add(base.at, `Unknown window ${base.name}`, "Name it in WINDOW w AS (…)");
    if (seen.includes(found.name.name)) return report.add(base.at, `Window ${base.name} is made of itself`);
    const below = this.#spec(found.spec, [...seen, found.name.name]);
    if (below === null || over.kind === "window_reference") return below;
    if (over.partitionBy.length > 0) return report.add(over.at, `${base.name} has its PARTITION BY already`);
    const orderBy = over.orderBy.length > 0 ? over.orderBy : below.orderBy;
    return { ...over, partitionBy: below.partitionBy, orderBy, frame: over.frame ?? below.frame };
  }

  #frame({ frame, orderBy, at }: ast.WindowSpec): OverGroup["frame"] | null {
    const { report } = this.context;
    if (orderBy.length === 0) {
      return report.add(at, "OVER needs ORDER BY event time: the rows of a stream never all are there");
    }
    if (frame === null) return { kind: "range", preceding: null };
    const { unit, start, end } = frame, kind = unit === "ROWS" ? "rows" : "range";
    if (end !== null && end.kind !== "current_row") {
      return report.add(
        end.at,
        "A frame ends at the current row: rows after it are still to come",
        "Write AND CURRENT ROW",
      );
    }
    if (start.kind === "unbounded_preceding") return { kind, preceding: null };
    if (start.kind === "current_row") return { kind, preceding: 0 };
    if (start.kind !== "preceding" || start.value === null) {
      return report.add(start.at, "A frame begins at the current row or before it", "Write 10 PRECEDING");
    }
    const preceding = kind === "rows" ? this.#rows(start.value) : milliseconds(start.value, "RANGE", 0, this.context);
    return preceding === null ? null : { kind, preceding };
  }

  #rows(expression: ast.Expression): number | null {
    const { report, values } = this.context;
    const value = new ExpressionBinder(values, { scope: this.scope, clause: "ROWS" }).bind(expression);
    const whole = value && !value.interval ? wholeOf(value.expr) : null;
    if (whole !== null && whole >= 0n && whole <= WINDOW_MS_MAX) return Number(whole);
    return report.add(
      expression.at,
      "ROWS needs a number of rows here",
      "Write ROWS BETWEEN 10 PRECEDING AND CURRENT ROW",
    );
  }

  /** The relation with the results; `over` brings values to it. Null with a problem. */
  build(relation: Relation, over: (value: Value) => Value | null): Relation | null {
    let result: Relation | null = relation;
    for (const group of this.#groups.values()) result = result && overNode(result, group, over, this.context);
    return result;
  }
}

/** Equal for the same rows in the same order. */
function identityOf(keys: readonly Value[], order: readonly BoundOrder[]): string {
  const by = order.map(({ value, desc, nullsLast }) => [value.expr, desc, nullsLast]);
  return JSON.stringify([keys.map(({ expr }) => expr), by]);
}

function overNode(
  relation: Relation,
  { keys, order, frame, calls, at, ranks }: OverGroup,
  over: (value: Value) => Value | null,
  context: Context,
): Relation | null {
  const { report, nodes } = context;
  const moved = calls.calls.map((call) => movedCall(call, over)), by = keys.map(over), first = over(order[0].value);
  if (moved.includes(null) || by.includes(null) || first === null) return null;
  const time = columnOf(relation, first),
    isArrival = "column" in first.expr && nodes.columns.isArrival(first.expr.column);
  const isTime = isArrival || (time !== null && relation.times.has(time.column.id));
  if (order.length > 1 || order[0].desc || !isTime) {
    if (ranks === null) {
      return report.add(order[0].value.at, "OVER needs ORDER BY event time, in ascending order, and nothing else");
    }
    const reason = `${ranks} goes by what is event time in its table, and behind this FROM or GROUP BY it is none`;
    return report.add(at, reason, "Write what is in FROM as a subquery: SELECT … FROM (SELECT …)");
  }
  const keyed = nodes.asColumns(relation, by as Value[], "$key", at), rows = keyed.relation;
  const taken = new Set(rows.columns.map(({ name }) => name));
  const written = writeCalls(moved as BoundCall[], rows, taken, context);
  const body = {
    keys: keyed.columns.map(({ id }) => nameIn(rows, id)!),
    ...(time === null ? {} : { time: nameIn(rows, time.column.id)! }),
    frame,
    aggs: written.aggs,
  };
  const node = nodes.plan.add("over", [rows.node], body, at);
  const columns = [...rows.columns, ...written.columns];
  return { ...rows, node, columns, times: new Set(time ? [time.column.id] : []), windows: new Map(), windowed: false };
}

function movedCall(call: BoundCall, over: (value: Value) => Value | null): BoundCall | null {
  const arg = call.arg && over(call.arg), filter = call.filter && over(call.filter);
  if ((call.arg && arg === null) || (call.filter && filter === null)) return null;
  return { ...call, arg, filter };
}

/** A row number as the query around it takes it, over the columns of `relation`. Null with a problem. */
export function pendingRank(
  relation: Relation,
  { fn, column, keys, order: written, at }: RankCall,
  over: (value: Value) => Value | null,
  { nodes, report }: Context,
): { relation: Relation; rank: PendingRank } | null {
  // Rows that are equal go by the log, which is the order in which they are taken.
  const last = written[written.length - 1],
    inLog = last && "column" in last.value.expr && nodes.columns.isArrival(last.value.expr.column);
  if (inLog && last.desc) {
    return report.add(
      last.value.at,
      "The newest row that was taken cannot be kept: rows are numbered as they come",
      "Order by event time",
    );
  }
  const order = inLog ? written.slice(0, -1) : written;
  const values = [...keys, ...order.map(({ value }) => value)].map(over);
  if (values.includes(null)) return null;
  const keyed = nodes.asColumns(relation, values as Value[], "$key", at);
  const ordered = order.map(({ desc, nullsLast }, i) => ({ column: keyed.columns[keys.length + i], desc, nullsLast }));
  return {
    relation: keyed.relation,
    rank: { fn, column, keys: keyed.columns.slice(0, keys.length), order: ordered, at },
  };
}
