import type { ProjectColumn } from "../../plan/mod.ts";
import type { Span } from "../ast.ts";
import { type Column, ColumnMaker, freeName, type PlacedColumn, type Relation } from "./column.ts";
import type { PlanWriter } from "./plan_writer.ts";
import type { Value, ValueMaker } from "./value.ts";
import type { Expression } from "../../expr/mod.ts";

/** A column that a projection gives: one of its input, or one that is computed. */
export interface Output {
  readonly name: string;
  readonly value: Value;
}

/** Puts nodes behind relations. */
export class NodeMaker {
  readonly columns = new ColumnMaker();

  constructor(readonly plan: PlanWriter, readonly values: ValueMaker) {}

  /** An expression over a relation's names instead of the columns' ids. */
  placed(expr: Expression, relation: Relation): Expression {
    const names = new Map(relation.columns.map(({ column, name }) => [column.id, name]));
    return this.values.places.rename(expr, (id, at) => {
      const name = names.get(id);
      if (name === undefined && at !== undefined && this.columns.isArrival(id)) {
        const hint = "Windows, OVER and ROW_NUMBER can go by it; leave it out of what is computed and written";
        this.values.report.add(at, "PROCTIME() has no value: a replay would give another", hint);
      }
      return name ?? id;
    });
  }

  filter(relation: Relation, conditions: readonly Value[], at?: Span): Relation {
    const all = this.values.all(conditions);
    if (all === null) return relation;
    const node = this.plan.add("filter", [relation.node], { where: this.placed(all.expr, relation) }, at ?? all.at);
    return { ...relation, node, windowed: false };
  }

  /** The same rows, by the time at which they arrive; null where they go by another time already. */
  byArrival(relation: Relation): Relation | null {
    if (relation.times.size === 0) return relation;
    if (relation.windows.size > 0 || !this.plan.mayGoByArrival(relation.node)) return null;
    return { ...relation, node: this.plan.byArrival(relation.node), times: new Set() };
  }

  /** The rows but those for which the condition is false, which are refused. */
  refuse(relation: Relation, holds: Value, reason: string, at: Span): Relation {
    const body = { where: this.placed(holds.expr, relation), refuse: reason };
    return { ...relation, node: this.plan.add("filter", [relation.node], body, at), windowed: false };
  }

  /** Only `outputs`, whose names differ; nothing is added where the relation has just these. Columns stay themselves. */
  project(relation: Relation, outputs: readonly Output[], at: Span, force = false): Relation {
    const given = outputs.map((output) => this.#given(relation, output));
    const same = !force && given.length === relation.columns.length &&
      given.every(({ column, name }, i) =>
        column.id === relation.columns[i].column.id && name === relation.columns[i].name
      );
    if (same) return relation;
    const columns = outputs.map((output) => this.#projected(relation, output));
    const node = this.plan.add("project", [relation.node], { columns, keep: false }, at);
    return { ...relation, node, columns: given, windowed: false };
  }

  /** The same rows behind a node that is no window, so that an aggregate of them is not by window by itself. */
  detached(relation: Relation, at: Span): Relation {
    const outputs = relation.columns.map(({ column, name }) => ({ name, value: this.values.column(column, at) }));
    return this.project(relation, outputs, at, true);
  }

  /** The relation with further columns behind its own; the names are made free. Returns the columns too. */
  extend(relation: Relation, added: readonly Output[], at: Span): { relation: Relation; columns: readonly Column[] } {
    if (added.length === 0) return { relation, columns: [] };
    const taken = new Set(relation.columns.map(({ name }) => name));
    const named = added.map(({ name, value }) => {
      const free = freeName(name, taken);
      taken.add(free);
      return { name: free, value };
    });
    const columns = named.map((output) => this.#projected(relation, output));
    const node = this.plan.add("project", [relation.node], { columns, keep: true }, at);
    const made = named.map(({ name, value }) => ({ column: this.computed(name, value), name }));
    return {
      relation: { ...relation, node, columns: [...relation.columns, ...made], windowed: false },
      columns: made.map(({ column }) => column),
    };
  }

  /** The column of each value in the relation: its own where it is one, else one that is computed in front. */
  asColumns(
    relation: Relation,
    values: readonly Value[],
    name: string,
    at: Span,
  ): { relation: Relation; columns: readonly Column[] } {
    const found = values.map((value) => columnOf(relation, value)?.column ?? null);
    const added: Value[] = [];
    const keys = values.map((value, i) => {
      if (found[i] !== null) return -1;
      const text = JSON.stringify(value.expr), known = added.findIndex(({ expr }) => JSON.stringify(expr) === text);
      return known >= 0 ? known : added.push(value) - 1;
    });
    const extended = this.extend(relation, added.map((value) => ({ name, value })), at);
    return { relation: extended.relation, columns: found.map((column, i) => column ?? extended.columns[keys[i]]) };
  }

  /** A column for what is computed. */
  computed(name: string, { type, nullable }: Value): Column {
    if (type === null) throw new TypeError(`The column ${name} has no type`);
    return this.columns.make(name, { type, nullable });
  }

  #given(relation: Relation, { name, value }: Output): PlacedColumn {
    const own = columnOf(relation, value);
    return { column: own?.column ?? this.computed(name, value), name };
  }

  #projected(relation: Relation, { name, value }: Output): ProjectColumn {
    return this.values.places.mark({ as: name, expr: this.placed(value.expr, relation) }, value.at);
  }
}

/** The column of a relation that a value is, or null where it is more than a column. */
export function columnOf(relation: Relation, { expr }: Value): PlacedColumn | null {
  if (!("column" in expr)) return null;
  return relation.columns.find(({ column }) => column.id === expr.column) ?? null;
}
