import type { Kind } from "../core/schema.ts";
import type { AggregateCall, AggregateName } from "../plan/plan.ts";
import { type NumberKind, Value } from "./expression.ts";
import type { Row } from "./row.ts";

/** Columns of `R` whose kind is one of `K`. */
type Names<R extends Row, K extends Kind> = {
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
}

/** The aggregates over rows of `R`. NULLs are left out, and where nothing else came the result is NULL. */
export class Aggregates<R extends Row> {
  /** Rows, or values that are not NULL. */
  count(argument?: Argument<R, Kind>): Aggregated<"int64", false> {
    return aggregated("count", argument);
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
}

function aggregated<K extends Kind, N extends boolean>(
  fn: AggregateName,
  argument: string | Value | undefined,
): Aggregated<K, N> {
  if (argument === undefined) return new Aggregated({ fn });
  return new Aggregated({ fn, arg: argument instanceof Value ? argument.expression : { column: argument } });
}
