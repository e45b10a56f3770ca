import type { Expression } from "../expr/mod.ts";
import type { AggregateCall } from "../plan/plan.ts";
import { type NumberKind, Value } from "./expression.ts";
import type { ArrayKind, Kind } from "./kind.ts";
import { type Row, rowOf } from "./row.ts";

/** Columns of `R` whose kind is one of `K`. */
export type Names<R extends Row, K extends Kind> = {
  [N in keyof R & string]: R[N] extends Value<K> ? N : never;
}[keyof R & string];

/** What is aggregated: a column by its name, or a value computed from the row. */
type Argument<R extends Row, K extends Kind> = Names<R, K> | Value<K>;

/** The kind of an argument. */
type KindOf<R extends Row, A> = A extends keyof R ? (R[A] extends Value<infer K> ? K : never)
  : A extends Value<infer K> ? K
  : never;

/** An aggregate that gives a value of kind `K`. */
export class Aggregated<K extends Kind = Kind, N extends boolean = boolean> {
  /** For the compiler only. */
  declare readonly kind: K;
  declare readonly nullable: N;

  constructor(readonly call: Omit<AggregateCall, "as">) {}

  /** Only rows for which `condition` is true: SQL's FILTER (WHERE …). */
  where(condition: Value<"bool">): Aggregated<K, N> {
    return new Aggregated({ ...this.call, filter: condition.expression });
  }

  /** Each different value once: SQL's DISTINCT. */
  distinct(): Aggregated<K, N> {
    return new Aggregated({ ...this.call, distinct: true });
  }
}

/** Aggregates by the names of the columns that they make. */
export type AggregatedColumns = Readonly<Record<string, Aggregated>>;

/** The columns that aggregates make. */
export type RowOfAggregates<A extends AggregatedColumns> = {
  readonly [N in keyof A]: Value<A[N]["kind"], A[N]["nullable"]>;
};

/** `(a, row) => ({ late: a.count().where(row.delay.gt(0)), worst: a.max("delay") })` */
export type AggregatesOf<R extends Row, A extends AggregatedColumns> = (a: Aggregates<R>, row: R) => A;

/** The aggregates over rows of `R`. NULLs are left out, and where nothing else came the result is NULL. */
export class Aggregates<R extends Row> {
  /** Rows, or values that are not NULL. */
  count(argument?: Argument<R, Kind>): Aggregated<"int64", false> {
    return aggregated("count", argument);
  }
  /** Different values that are not NULL. */
  countDistinct(argument: Argument<R, Kind>): Aggregated<"int64", false> {
    return aggregated<"int64", false>("count", argument).distinct();
  }
  sum<A extends Argument<R, NumberKind>>(argument: A): Aggregated<KindOf<R, A>> {
    return aggregated("sum", argument);
  }
  avg(argument: Argument<R, NumberKind>): Aggregated<"double"> {
    return aggregated("avg", argument);
  }
  min<A extends Argument<R, Kind>>(argument: A): Aggregated<KindOf<R, A>> {
    return aggregated("min", argument);
  }
  max<A extends Argument<R, Kind>>(argument: A): Aggregated<KindOf<R, A>> {
    return aggregated("max", argument);
  }
  /** The first in the order of the log. */
  first<A extends Argument<R, Kind>>(argument: A): Aggregated<KindOf<R, A>> {
    return aggregated("first", argument);
  }
  /** The last in the order of the log. */
  last<A extends Argument<R, Kind>>(argument: A): Aggregated<KindOf<R, A>> {
    return aggregated("last", argument);
  }
  /** One of the values. */
  any<A extends Argument<R, Kind>>(argument: A): Aggregated<KindOf<R, A>> {
    return aggregated("any_value", argument);
  }

  /** Standard deviation and variance of all values (`Pop`) or of a sample of them. */
  stddevPop(argument: Argument<R, NumberKind>): Aggregated<"double"> {
    return aggregated("stddev_pop", argument);
  }
  stddevSamp(argument: Argument<R, NumberKind>): Aggregated<"double"> {
    return aggregated("stddev_samp", argument);
  }
  varPop(argument: Argument<R, NumberKind>): Aggregated<"double"> {
    return aggregated("var_pop", argument);
  }
  varSamp(argument: Argument<R, NumberKind>): Aggregated<"double"> {
    return aggregated("var_samp", argument);
  }
  /** Whether all are true. */
  every(argument: Argument<R, "bool">): Aggregated<"bool"> {
    return aggregated("bool_and", argument);
  }
  /** Whether one is true. */
  some(argument: Argument<R, "bool">): Aggregated<"bool"> {
    return aggregated("bool_or", argument);
  }

  /** The texts in the order of the log, joined. */
  join(argument: Argument<R, "string">, separator: string): Aggregated<"string"> {
    return aggregated("string_agg", argument, separator);
  }
  /** The values in the order of the log. */
  list<A extends Argument<R, Kind>>(argument: A): Aggregated<ArrayKind<KindOf<R, A>>> {
    return aggregated("array_agg", argument);
  }
  /** The value below which this part (0 to 1) of the values lies, with a relative error of 1 %. */
  percentile(argument: Argument<R, NumberKind>, part: number): Aggregated<"double"> {
    return aggregated("percentile", argument, part);
  }
  /** About how many different values there are. */
  approxCountDistinct(argument: Argument<R, Kind>): Aggregated<"int64", false> {
    return aggregated("approx_count_distinct", argument);
  }
  /** The exact median of numbers, between the two in the middle where there are two; all different values are kept. */
  median(argument: Argument<R, NumberKind>): Aggregated<"double"> {
    return aggregated("percentile_cont", argument, 0.5);
  }
  /** The exact value below which the part `p` of the values lies; all different values are kept. */
  exactPercentile(argument: Argument<R, NumberKind>, p: number): Aggregated<"double"> {
    return aggregated("percentile_cont", argument, p);
  }
  /** The most frequent value, of several the least. */
  mode<A extends Argument<R, Kind>>(argument: A): Aggregated<KindOf<R, A>> {
    return aggregated("mode", argument);
  }
  /** All different values with how often they came, as JSON. */
  histogram(argument: Argument<R, Kind>): Aggregated<"string"> {
    return aggregated("histogram", argument);
  }
  /** The most frequent values, with how often they came, as JSON. */
  top(argument: Argument<R, Kind>, count: number): Aggregated<"string"> {
    return aggregated("top_k", argument, count);
  }
  /** About the most frequent values, with how often they came, as JSON. */
  approxTop(argument: Argument<R, Kind>, count: number): Aggregated<"string"> {
    return aggregated("approx_top_k", argument, count);
  }
}

function aggregated<K extends Kind, N extends boolean>(
  fn: string,
  argument: string | Value | undefined,
  ...constants: readonly (string | number)[]
): Aggregated<K, N> {
  if (argument === undefined) return new Aggregated({ fn });
  const args = constants.map((literal) => ({ literal }));
  return new Aggregated({ fn, arg: expressionOf(argument), ...(args.length > 0 ? { args } : {}) });
}

function expressionOf(argument: string | Value): Expression {
  return argument instanceof Value ? argument.expression : { column: argument };
}

/** The calls of a plan that aggregates over rows with these columns make. */
export function callsOf<R extends Row, A extends AggregatedColumns>(
  aggregates: AggregatesOf<R, A>,
  names: readonly string[],
): AggregateCall[] {
  const made = aggregates(new Aggregates(), rowOf(names));
  return Object.entries(made).map(([as, { call: { fn, arg, args, distinct, filter } }]) => ({
    fn,
    ...(arg === undefined ? {} : { arg }),
    ...(args === undefined ? {} : { args }),
    as,
    ...(distinct ? { distinct } : {}),
    ...(filter === undefined ? {} : { filter }),
  }));
}
