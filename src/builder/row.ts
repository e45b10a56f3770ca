import type { ColumnSpecs, ValueOf } from "./column.ts";
import { Value } from "./expression.ts";
import type { Kind } from "./kind.ts";

/** A row as the builder's functions see it: a value for each column. */
export type Row = Readonly<Record<string, Value>>;

/** The row of a source with these columns. */
export type RowOfColumns<S extends ColumnSpecs> = {
  readonly [N in keyof S]: Value<NonNullable<S[N]["kind"]>, S[N]["nullable"]>;
};

/** Two rows side by side; columns of `M` take the place of those in `R`. */
export type Extended<R extends Row, M extends Row> =
  & { readonly [N in keyof R as N extends keyof M ? never : N]: R[N] }
  & M;

/** The columns that windows add. */
export type WindowRow = {
  readonly window_start: Value<"timestamp", false>;
  readonly window_end: Value<"timestamp", false>;
  readonly window_time: Value<"timestamp", false>;
};

/** A row any of whose columns may be NULL. */
export type Optional<R extends Row> = {
  readonly [N in keyof R]: R[N] extends Value<infer K extends Kind> ? Value<K, true> : never;
};

/** A row whose columns have `P` in front of their names. */
export type Prefixed<R extends Row, P extends string> = {
  readonly [N in keyof R & string as `${P}${N}`]: R[N];
};

/** A row as JSON has it. */
export type JsonRow<R extends Row> = {
  -readonly [N in keyof R]: R[N] extends Value<infer K, infer M> ? ValueOf<K, M> : never;
};

/** A row that gives each of `names` as a column. Any name works, `__proto__` too. */
export function rowOf<R extends Row>(names: readonly string[]): R {
  const row: Record<string, Value> = Object.create(null);
  for (const name of names) row[name] = new Value({ column: name });
  return row as R;
}
