import type { Expression } from "../expr/mod.ts";
import { type Plan, type SinkOptions, WINDOW_END, WINDOW_START } from "../plan/plan.ts";
import { type Aggregated, Aggregates } from "./aggregate.ts";
import type { ColumnSpecs } from "./column.ts";
import { Draft, type DraftNode } from "./draft.ts";
import type { Value } from "./expression.ts";
import { type Extended, type JsonRow, type Row, rowOf, type RowOfColumns } from "./row.ts";
import type { SourceSpec } from "./source.ts";
import type { WindowSpec } from "./window.ts";

/** Begins a pipeline. Several sources and branches may hang on it; `toPlan` of any part gives the whole. */
export function pipeline(name: string): Pipeline {
  return new Pipeline(name);
}

export class Pipeline {
  readonly #draft: Draft;

  constructor(readonly name: string) {
    this.#draft = new Draft(name);
  }

  from<S extends ColumnSpecs>(source: SourceSpec<S>): Stage<RowOfColumns<S>> {
    const node = this.#draft.add("source", null, source.node);
    return new Stage(this.#draft, node, Object.keys(source.columns));
  }

  /** The plan's JSON. What cannot be seen here, such as streams that are not there, `compilePlan` tells. */
  toPlan(): Plan {
    return this.#draft.toPlan();
  }
}

/** Rows on their way, with columns that the compiler knows. */
export class Stage<R extends Row> {
  readonly #draft: Draft;
  readonly #node: DraftNode;
  readonly #names: readonly string[];
  /** For the compiler only: the type of a row, as `typeof stage.row`. */
  declare readonly row: JsonRow<R>;

  constructor(draft: Draft, node: DraftNode, names: readonly string[]) {
    this.#draft = draft;
    this.#node = node;
    this.#names = names;
  }

  /** Gives the last node an id of its own, to which state belongs; else nodes are numbered by their operation. */
  named(id: string): this {
    this.#draft.rename(this.#node, id);
    return this;
  }

  /** Keeps the rows for which the condition is true. */
  filter(condition: (row: R) => Value<"bool">): Stage<R> {
    const where = condition(rowOf(this.#names)).expression;
    return new Stage(this.#draft, this.#draft.add("filter", this.#node, { where }), this.#names);
  }

  /** Rows of these columns only. */
  map<M extends Row>(columns: (row: R) => M): Stage<M> {
    const made = columns(rowOf(this.#names));
    return new Stage(this.#draft, this.#project(made, false), Object.keys(made));
  }

  /** Rows with these columns too; those of the same name are replaced. */
  extend<M extends Row>(columns: (row: R) => M): Stage<Extended<R, M>> {
    const made = columns(rowOf(this.#names));
    const names = new Set([...this.#names, ...Object.keys(made)]);
    return new Stage(this.#draft, this.#project(made, true), [...names]);
  }

  #project(made: Row, keep: boolean): DraftNode {
    const columns = Object.entries(made).map(([as, { expression: expr }]) => ({ as, expr }));
    return this.#draft.add("project", this.#node, { columns, keep });
  }

  /** The columns that windows are counted by; none = all rows together. */
  keyBy<K extends keyof R & string>(...keys: readonly K[]): Keyed<R, K> {
    return new Keyed(this.#draft, this.#node, this.#names, keys);
  }

  /** Sends the rows to a sink, whose node gets the id `id` if there is one; there may be several. */
  to(sink: SinkOptions, id?: string): this {
    this.#draft.add("sink", this.#node, { sink }, id);
    return this;
  }

  /** The plan's JSON, of the whole pipeline. */
  toPlan(): Plan {
    return this.#draft.toPlan();
  }
}

/** Rows with keys, which wait for a window. */
export class Keyed<R extends Row, K extends keyof R & string> {
  constructor(
    private readonly draft: Draft,
    private readonly input: DraftNode,
    private readonly names: readonly string[],
    private readonly keys: readonly K[],
  ) {}

  /** Puts the rows in windows; the window's node gets the id `id` if there is one. */
  window<T extends keyof R & string>(spec: WindowSpec<T>, id?: string): Windowed<R, K> {
    const node = this.draft.add("window", this.input, { window: spec.window }, id);
    return new Windowed(this.draft, node, this.names, this.keys);
  }
}

/** What an aggregate gives: the window, the keys, the aggregates. */
export type AggregatedRow<R extends Row, K extends keyof R, A extends Readonly<Record<string, Aggregated>>> =
  & { readonly window_start: Value<"timestamp", false>; readonly window_end: Value<"timestamp", false> }
  & Pick<R, K>
  & { readonly [N in keyof A]: Value<A[N]["kind"], A[N]["nullable"]> };

/** Rows in windows, which wait for their aggregates. */
export class Windowed<R extends Row, K extends keyof R & string> {
  constructor(
    private readonly draft: Draft,
    private readonly window: DraftNode,
    private readonly names: readonly string[],
    private readonly keys: readonly K[],
  ) {}

  /** `(a, row) => ({ late: a.count().where(row.delay.gt(0)), worst: a.max("delay") })` */
  aggregate<A extends Readonly<Record<string, Aggregated>>>(
    aggregates: (a: Aggregates<R>, row: R) => A,
    options: { readonly twoPhase?: boolean } = {},
  ): Stage<AggregatedRow<R, K, A>> {
    const made = aggregates(new Aggregates(), rowOf(this.names));
    const aggs = Object.entries(made).map(([as, { call: { fn, arg, filter } }]) => ({
      fn,
      ...optional("arg", arg),
      as,
      ...optional("filter", filter),
    }));
    const body = { keys: this.keys, aggs, two_phase: options.twoPhase ?? false };
    const names = [WINDOW_START, WINDOW_END, ...this.keys, ...Object.keys(made)];
    return new Stage(this.draft, this.draft.add("aggregate", this.window, body), names);
  }
}

function optional(name: string, value: Expression | undefined): Record<string, Expression> {
  return value === undefined ? {} : { [name]: value };
}
