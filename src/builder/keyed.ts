import { type RankFunction, WINDOW_END, WINDOW_START, WINDOW_TIME } from "../plan/plan.ts";
import { type AggregatedColumns, type AggregatesOf, callsOf, type Names, type RowOfAggregates } from "./aggregate.ts";
import { CountWindowed } from "./count_window.ts";
import { type Draft, type DraftNode, given } from "./draft.ts";
import type { Value } from "./expression.ts";
import { desc, type OrderSpec } from "./order.ts";
import type { Extended, Optional, Row, WindowRow } from "./row.ts";
import type { Stage } from "./stage.ts";
import { type Duration, milliseconds, windowBy, type WindowSpec } from "./window.ts";

/** Makes the stage behind a node with these columns; `open`: it may have others that the compiler does not know. */
export type MakeStage = <R extends Row>(node: DraftNode, names: readonly string[], open: boolean) => Stage<R>;

/** When results come out: once at the end of their window, at every row, or at ticks. */
export type EmitSpec = "final" | "changes" | { readonly every: Duration };

export interface AggregateOptions<K extends string> {
  /** Of windows with shared slices: partial results before the exchange, for few keys with many rows. */
  readonly twoPhase?: boolean;
  readonly emit?: EmitSpec;
  /** How long windows that have fired take late rows, for which they fire again. */
  readonly lateness?: Duration;
  /** How long a group without a window is kept after its last row; for ever without. */
  readonly ttl?: Duration;
  /** GROUPING SETS: rows of a set have NULL in the other keys. */
  readonly sets?: readonly (readonly K[])[];
  /** Adds a column of this name that tells the sets apart. */
  readonly grouping?: string;
  /** Adds the column window_time, which is event time for windows behind these. */
  readonly windowTime?: boolean;
}

/** The keys in the rows of an aggregate: NULL where grouping sets leave them out. */
type KeysOf<R extends Row, K extends keyof R, O> = O extends { readonly sets: readonly unknown[] }
  ? Optional<Pick<R, K>>
  : Pick<R, K>;
type GroupingOf<O> = O extends { readonly grouping: infer G extends string }
  ? { readonly [N in G]: Value<"int64", false> }
  : unknown;
type WindowOf<O> =
  & { readonly window_start: Value<"timestamp", false>; readonly window_end: Value<"timestamp", false> }
  & (O extends { readonly windowTime: true } ? { readonly window_time: Value<"timestamp", false> } : unknown);

/** What an aggregate without a window gives: the keys, the aggregates. */
export type GroupedRow<R extends Row, K extends keyof R, A extends AggregatedColumns, O = unknown> =
  & KeysOf<R, K, O>
  & GroupingOf<O>
  & RowOfAggregates<A>;

/** What an aggregate by window gives: the window, the keys, the aggregates. */
export type AggregatedRow<R extends Row, K extends keyof R, A extends AggregatedColumns, O = unknown> =
  & WindowOf<O>
  & GroupedRow<R, K, A, O>;

/** What a node of a plan says of an aggregate. */
function aggregateBody(
  keys: readonly string[],
  aggs: readonly unknown[],
  { twoPhase = false, emit, lateness, ttl, sets, grouping }: AggregateOptions<string>,
): Record<string, unknown> {
  const mode = typeof emit === "string"
    ? { mode: emit }
    : emit && { mode: "every", every_ms: milliseconds(emit.every) };
  return {
    keys,
    aggs,
    two_phase: twoPhase,
    ...given({
      sets,
      grouping,
      emit: mode,
      lateness_ms: lateness && milliseconds(lateness),
      ttl_ms: ttl && milliseconds(ttl),
    }),
  };
}

export interface TopOptions<N extends string> {
  /** Adds the row's number as a column of this name. */
  readonly as?: N;
  /** The window_end column, one of the keys: rows come out once, at the end of their window. */
  readonly windowEnd?: string;
  /** How long a key's rows are kept after the last; for ever without. */
  readonly ttl?: Duration;
  /** How rows are numbered: each by itself, or equal ones alike, with or without a gap behind them; "row_number" if left out. */
  readonly by?: RankFunction;
  /** The first number that is given; 1 if left out. */
  readonly from?: number;
  readonly id?: string;
}

type Ranked<R extends Row, N extends string> = string extends N ? R
  : Extended<R, { readonly [M in N]: Value<"int64", false> }>;

/** The rows before each row that count, beside the row itself: so many, those of so long, or all. */
export type FrameSpec<R extends Row> =
  | { readonly rows: number | "all"; readonly time?: Names<R, "timestamp" | "int64"> }
  | { readonly range: Duration | "all"; readonly time: Names<R, "timestamp" | "int64"> };

/** Rows with keys. */
export class Keyed<R extends Row, K extends keyof R & string> {
  constructor(
    private readonly draft: Draft,
    private readonly input: DraftNode,
    private readonly names: readonly string[],
    private readonly keys: readonly K[],
    private readonly open: boolean,
    private readonly make: MakeStage,
  ) {}

  /** Puts the rows in windows, sessions by the keys; the window's node gets the id `id` if there is one. */
  window<T extends keyof R & string>(spec: WindowSpec<T>, id?: string): Windowed<R, K> {
    const node = this.draft.add("window", [this.input], { window: windowBy(spec, this.keys) }, id);
    return new Windowed(this.draft, node, this.names, this.keys, this.make);
  }

  /** Windows of `rows` rows of each key, as they come, one every `slide` rows. */
  countWindow(rows: number, slide = rows): CountWindowed<R, K> {
    return new CountWindowed(this.draft, this.input, this.names, this.keys, { rows, slide }, this.make);
  }

  /** Each row once for each of its windows, sessions by the keys, with the window's columns. */
  inWindows<T extends keyof R & string>(spec: WindowSpec<T>, id?: string): Stage<Extended<R, WindowRow>> {
    const node = this.draft.add("window", [this.input], { window: windowBy(spec, this.keys) }, id);
    return this.make(node, windowedNames(this.names), this.open);
  }

  /** Aggregates all rows of each key so far: results change with every row. Without aggregates: the different keys. */
  aggregate<A extends AggregatedColumns, const O extends AggregateOptions<K> = AggregateOptions<K>>(
    aggregates: AggregatesOf<R, A>,
    options?: O,
  ): Stage<GroupedRow<R, K, A, O>> {
    const aggs = callsOf(aggregates, this.names), grouping = options?.grouping === undefined ? [] : [options.grouping];
    const node = this.draft.add("aggregate", [this.input], aggregateBody(this.keys, aggs, options ?? {}));
    return this.make(node, [...this.keys, ...grouping, ...aggs.map(({ as }) => as)], false);
  }

  /** The keys that there are, each once. */
  distinct(options: { readonly ttl?: Duration } = {}): Stage<Pick<R, K>> {
    const node = this.draft.add("aggregate", [this.input], aggregateBody(this.keys, [], options));
    return this.make(node, this.keys, false);
  }

  /** The rows with the first `count` numbers of each key in an order; equal ones and those without an order go by the log. */
  top<N extends string = string>(
    count: number,
    order: readonly OrderSpec<keyof R & string>[] = [],
    options: TopOptions<N> = {},
  ): Stage<Ranked<R, N>> {
    const { as } = options;
    const names = as === undefined ? this.names : [...this.names, as];
    return this.make(this.#rank(count, order, options), names, this.open);
  }

  /** The row of each key with the greatest value of a column: the last of its versions. */
  latest(column: keyof R & string, options: { readonly ttl?: Duration; readonly id?: string } = {}): Stage<R> {
    return this.make(this.#rank(1, [desc(column)], options), this.names, this.open);
  }

  #rank(count: number, order: readonly OrderSpec[], options: TopOptions<string>): DraftNode {
    const { as, windowEnd, ttl, from = 1, by, id } = options;
    const more = given({ fn: by, as, window_end: windowEnd, ttl_ms: ttl && milliseconds(ttl) });
    const body = { keys: this.keys, order: order.map(({ column }) => column), from, to: count, ...more };
    return this.draft.add("rank", [this.input], body, id);
  }

  /** Each row with what it and the rows of its key before it come to. */
  over<A extends AggregatedColumns>(
    frame: FrameSpec<R>,
    aggregates: AggregatesOf<R, A>,
    id?: string,
  ): Stage<Extended<R, RowOfAggregates<A>>> {
    const aggs = callsOf(aggregates, this.names), { time } = frame;
    const far = "rows" in frame ? frame.rows : frame.range;
    const preceding = far === "all" ? null : typeof far === "number" ? far : milliseconds(far);
    const body = {
      keys: this.keys,
      ...given({ time }),
      frame: { kind: "rows" in frame ? "rows" : "range", preceding },
      aggs,
    };
    const node = this.draft.add("over", [this.input], body, id);
    return this.make(node, [...this.names, ...aggs.map(({ as }) => as)], this.open);
  }
}

/** The columns of rows in windows. */
export function windowedNames(names: readonly string[]): string[] {
  const own = [WINDOW_START, WINDOW_END, WINDOW_TIME];
  return [...names.filter((name) => !own.includes(name)), ...own];
}

/** Rows in windows, which wait for their aggregates. */
export class Windowed<R extends Row, K extends keyof R & string> {
  constructor(
    private readonly draft: Draft,
    private readonly window: DraftNode,
    private readonly names: readonly string[],
    private readonly keys: readonly K[],
    private readonly make: MakeStage,
  ) {}

  /** `(a, row) => ({ late: a.count().where(row.delay.gt(0)), worst: a.max("delay") })` */
  aggregate<A extends AggregatedColumns, const O extends AggregateOptions<K> = AggregateOptions<K>>(
    aggregates: AggregatesOf<R, A>,
    options?: O,
  ): Stage<AggregatedRow<R, K, A, O>> {
    const aggs = callsOf(aggregates, this.names), time = options?.windowTime ? [WINDOW_TIME] : [];
    const grouping = options?.grouping === undefined ? [] : [options.grouping];
    const body = aggregateBody([...time, ...this.keys], aggs, options ?? {});
    const names = [WINDOW_START, WINDOW_END, ...time, ...this.keys, ...grouping, ...aggs.map(({ as }) => as)];
    return this.make(this.draft.add("aggregate", [this.window], body), names, false);
  }
}
