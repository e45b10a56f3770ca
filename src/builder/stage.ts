import type { JoinType, Plan, SinkOptions } from "../plan/plan.ts";
import type { ColumnSpecs } from "./column.ts";
import { type Draft, type DraftNode, given } from "./draft.ts";
import type { Value } from "./expression.ts";
import { asOfBody, type AsOfOptions, joinBody, type JoinColumns, type JoinOptions, type SameNames } from "./join.ts";
import { type Found, lookupBody, type LookupOptions, type TableSpec } from "./lookup.ts";
import { Keyed, type MakeStage, windowedNames } from "./keyed.ts";
import type { ArrayKind, MapKind } from "./kind.ts";
import { type Extended, type JsonRow, type Optional, type Prefixed, type Row, rowOf, type WindowRow } from "./row.ts";
import type { ItemOf, ItemRow, UnnestOptions } from "./unnest.ts";
import type { WindowSpec } from "./window.ts";

/** What a join takes beside its columns: nothing but an explanation when both sides have a column of one name. */
type Joinable<R extends Row, S extends Row> = [SameNames<R, S>] extends [never] ? Stage<S>
  : Stage<S> & { readonly "both sides have a column of this name": SameNames<R, S> };

/** What rows are looked up in: nothing but an explanation when both have a column of one name. */
type Findable<R extends Row, S extends ColumnSpecs, P extends string> = [SameNames<R, Found<S, P>>] extends [never]
  ? TableSpec<S>
  : TableSpec<S> & { readonly "both have a column of this name: use prefix": SameNames<R, Found<S, P>> };

/** Rows on their way, with columns that the compiler knows. */
export class Stage<R extends Row> {
  readonly #draft: Draft;
  readonly #node: DraftNode;
  readonly #names: readonly string[];
  /** There may be columns that the compiler does not know. */
  readonly #open: boolean;
  /** For the compiler only: the type of a row, as `typeof stage.row`. */
  declare readonly row: JsonRow<R>;

  /** `open`: the node may give columns beside `names`, as streams do that were not written with all of theirs. */
  constructor(draft: Draft, node: DraftNode, names: readonly string[], open: boolean) {
    this.#draft = draft;
    this.#node = node;
    this.#names = names;
    this.#open = open;
  }

  /** Gives the last node an id of its own, to which state belongs; else nodes are numbered by their operation. */
  named(id: string): this {
    this.#draft.rename(this.#node, id);
    return this;
  }

  /** Keeps the rows for which the condition is true. */
  filter(condition: (row: R) => Value<"bool">): Stage<R> {
    const where = condition(rowOf(this.#names)).expression;
    return this.#behind(this.#draft.add("filter", [this.#node], { where }), this.#names, this.#open);
  }

  /** Sends rows for which the condition is false to the dead letters, for the reason that is given; those for which it is NULL go on. */
  check(condition: (row: R) => Value<"bool">, reason: string): Stage<R> {
    const where = condition(rowOf(this.#names)).expression;
    return this.#behind(this.#draft.add("filter", [this.#node], { where, refuse: reason }), this.#names, this.#open);
  }

  /** Rows of these columns only. */
  map<M extends Row>(columns: (row: R) => M): Stage<M> {
    const made = columns(rowOf(this.#names));
    return this.#behind(this.#project(made, false), Object.keys(made), false);
  }

  /** Rows with these columns too; those of the same name are replaced. */
  extend<M extends Row>(columns: (row: R) => M): Stage<Extended<R, M>> {
    const made = columns(rowOf(this.#names));
    const names = new Set([...this.#names, ...Object.keys(made)]);
    return this.#behind(this.#project(made, true), [...names], this.#open);
  }

  /** The same rows whose columns have `prefix` in front of their names: what is joined has no name twice. */
  prefixed<P extends string>(prefix: P): Stage<Prefixed<R, P>> {
    const row = rowOf(this.#names);
    const made = Object.fromEntries(this.#names.map((name) => [prefix + name, row[name]]));
    return this.#behind(this.#project(made, false), Object.keys(made), false);
  }

  #project(made: Row, keep: boolean): DraftNode {
    const columns = Object.entries(made).map(([as, { expression: expr }]) => ({ as, expr }));
    return this.#draft.add("project", [this.#node], { columns, keep });
  }

  /** The rows of this stage and of others with the same columns, whose names may differ. */
  union(...others: readonly [Stage<R>, ...Stage<R>[]]): Stage<R> {
    for (const other of others) this.#check(other);
    const nodes = [this.#exactly(), ...others.map((other) => other.#exactly())];
    return this.#behind(this.#draft.add("union", nodes, {}), this.#names, false);
  }

  /** Each row once for each of its windows, with their columns. */
  inWindows<T extends keyof R & string>(spec: WindowSpec<T>, id?: string): Stage<Extended<R, WindowRow>> {
    const node = this.#draft.add("window", [this.#node], { window: spec.window }, id);
    return this.#behind(node, windowedNames(this.#names), this.#open);
  }

  /**
   * A row for each item of an array, or entry of a map, as a column `as`; of entries and rows `.field(…)` gives the parts.
   */
  unnest<L extends ArrayKind | MapKind, A extends string, const O extends UnnestOptions = UnnestOptions>(
    list: (row: R) => Value<L>,
    as: A,
    options?: O,
  ): Stage<Extended<R, ItemRow<A, ItemOf<L>, O>>> {
    const { outer = false, ordinality, id } = options ?? {}, number = ordinality === undefined ? [] : [ordinality];
    const of = list(rowOf(this.#names)).expression, body = { of, type: outer ? "left" : "inner", as };
    const node = this.#draft.add("unnest", [this.#node], { ...body, ...given({ ordinality }) }, id);
    return this.#behind(node, [...this.#names, as, ...number], this.#open);
  }

  /** The columns that rows are told apart by; none = all rows together. */
  keyBy<K extends keyof R & string>(...keys: readonly K[]): Keyed<R, K> {
    const make: MakeStage = (node, names, open) => new Stage(this.#draft, node, names, open);
    return new Keyed(this.#draft, this.#node, this.#names, keys, this.#open, make);
  }

  /** Pairs of rows: `flights.join(airports, { origin: "code" })`. */
  join<S extends Row>(other: Joinable<R, S>, on: JoinColumns<R, S>, options: JoinOptions<R, S> = {}): Stage<R & S> {
    return this.#join("inner", other, on, options);
  }

  /** As `join`; left rows without a match stay, with NULL in right's columns. */
  leftJoin<S extends Row>(
    other: Joinable<R, S>,
    on: JoinColumns<R, S>,
    options: JoinOptions<R, S> = {},
  ): Stage<R & Optional<S>> {
    return this.#join("left", other, on, options);
  }

  /** As `join`; right rows without a match stay. */
  rightJoin<S extends Row>(
    other: Joinable<R, S>,
    on: JoinColumns<R, S>,
    options: JoinOptions<R, S> = {},
  ): Stage<Optional<R> & S> {
    return this.#join("right", other, on, options);
  }

  /** As `join`; rows of both without a match stay. */
  fullJoin<S extends Row>(
    other: Joinable<R, S>,
    on: JoinColumns<R, S>,
    options: JoinOptions<R, S> = {},
  ): Stage<Optional<R> & Optional<S>> {
    return this.#join("full", other, on, options);
  }

  /** The rows that have a match. */
  semiJoin<S extends Row>(other: Stage<S>, on: JoinColumns<R, S>, options: JoinOptions<R, S> = {}): Stage<R> {
    return this.#join("semi", other, on, options);
  }

  /** The rows that have none. */
  antiJoin<S extends Row>(other: Stage<S>, on: JoinColumns<R, S>, options: JoinOptions<R, S> = {}): Stage<R> {
    return this.#join("anti", other, on, options);
  }

  /** Rows with the newest row of the other side that is not after them, by event time. */
  joinAsOf<S extends Row, const O extends AsOfOptions<R, S>>(
    other: Joinable<R, S>,
    on: JoinColumns<R, S>,
    options: O,
  ): Stage<R & (O extends { readonly optional: true } ? Optional<S> : S)> {
    const { names, nodes } = this.#with(other);
    const node = this.#draft.add("join", nodes, asOfBody(on, names, options), options.id);
    return this.#behind(node, [...names.left, ...names.right], false);
  }

  /** Rows with those of a table outside that have their keys now: `orders.lookup(users, { on: { user: "id" } })`. */
  lookup<S extends ColumnSpecs, P extends string = "", const O extends { readonly optional?: boolean } = object>(
    table: Findable<R, S, P>,
    options: LookupOptions<R, S, P> & O,
  ): Stage<R & (O extends { readonly optional: true } ? Optional<Found<S, P>> : Found<S, P>)> {
    const { body, found } = lookupBody<R, S, P>(table, this.#names, options);
    const node = this.#draft.add("lookup", [this.#exactly()], body, options.id);
    return this.#behind(node, [...this.#names, ...found], false);
  }

  #join<S extends Row, J extends Row>(
    type: JoinType,
    other: Stage<S>,
    on: JoinColumns<R, S>,
    options: JoinOptions<R, S>,
  ): Stage<J> {
    if (type === "semi" || type === "anti") {
      this.#check(other);
      const names = { left: this.#names, right: other.#names }, nodes = [this.#node, other.#node];
      const node = this.#draft.add("join", nodes, joinBody(type, on, names, options), options.id);
      return this.#behind(node, this.#names, this.#open);
    }
    const { names, nodes } = this.#with(other);
    const node = this.#draft.add("join", nodes, joinBody(type, on, names, options), options.id);
    return this.#behind(node, [...names.left, ...names.right], false);
  }

  #with<S extends Row>(other: Stage<S>) {
    this.#check(other);
    return { names: { left: this.#names, right: other.#names }, nodes: [this.#exactly(), other.#exactly()] };
  }

  /** The node, behind a projection to the known columns where there may be others: names must not clash by accident. */
  #exactly(): DraftNode {
    return this.#open ? this.#project(rowOf(this.#names), false) : this.#node;
  }

  /** Throws TypeError for a stage of another pipeline. */
  #check<S extends Row>(other: Stage<S>): void {
    if (other.#draft === this.#draft) return;
    throw new TypeError(`Cannot put rows of pipelines ${this.#draft.name} and ${other.#draft.name} together`);
  }

  #behind<M extends Row>(node: DraftNode, names: readonly string[], open: boolean): Stage<M> {
    return new Stage(this.#draft, node, names, open);
  }

  /** Sends the rows to a sink, whose node gets the id `id` if there is one; there may be several. */
  to(sink: SinkOptions, id?: string): this {
    this.#draft.add("sink", [this.#node], { sink }, id);
    return this;
  }

  /** The plan's JSON, of the whole pipeline. */
  toPlan(): Plan {
    return this.#draft.toPlan();
  }
}
