import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { RankNode } from "../../src/plan/plan.ts";
import { changes } from "./changes.ts";
import type { Operator } from "./operator.ts";
import { column, place, places } from "./schema.ts";
import { comes, compareValues, keyOf, type Row, rowKey } from "./value.ts";
import { isOver } from "./windows.ts";

/** Rows with the numbers `from` to `to` of each key in an order; equal rows go by the log. By window: once, when the watermark has passed it. */
export class RankOperator implements Operator {
  readonly columns: readonly Column[];
  readonly #node: RankNode;
  readonly #keys: readonly number[];
  readonly #order: readonly number[];
  readonly #end: number;
  /** The rows of each key in the order in which they came. */
  readonly #groups = new Map<string, (readonly Value[])[]>();

  constructor(node: RankNode, input: readonly Column[]) {
    this.#node = node;
    this.#keys = places(input, node.keys);
    this.#order = places(input, node.order.map(({ column }) => column));
    this.#end = node.window_end === undefined ? -1 : place(input, node.window_end);
    this.columns = node.as === undefined ? input : [...input, column(node.as, { kind: "int64" }, false)];
  }

  take(row: Row, _input: number, watermark: number): Row[] {
    if (this.isLate(row, _input, watermark)) return [];
    const key = keyOf(this.#keys.map((at) => row.values[at])), group = this.#groups.get(key) ?? [];
    this.#groups.set(key, group);
    const before = this.#end < 0 ? this.#ranked(group) : [];
    if (comes(row)) group.push(row.values);
    else {
      const at = group.findIndex((values) => rowKey(values) === rowKey(row.values));
      if (at >= 0) group.splice(at, 1);
    }
    return this.#end < 0 ? changes(before, this.#ranked(group)) : [];
  }

  isLate({ values }: Row, _input: number, watermark: number): boolean {
    return this.#end >= 0 && isOver(Number(values[this.#end]), watermark);
  }

  #ranked(group: readonly (readonly Value[])[]): (readonly Value[])[] {
    const sorted = group.toSorted((a, b) => this.#compare(a, b)), { from, to, as } = this.#node;
    const numbered = sorted.map((values, i) => ({ values, number: this.#numberOf(sorted, i) }));
    return numbered.filter(({ number }) => number >= from && number <= to)
      .map(({ values, number }) => as === undefined ? values : [...values, BigInt(number)]);
  }

  #numberOf(sorted: readonly (readonly Value[])[], at: number): number {
    const before = sorted.slice(0, at),
      isBehind = (values: readonly Value[], other: readonly Value[]) => this.#compare(values, other) > 0;
    switch (this.#node.fn ?? "row_number") {
      case "row_number":
        return at + 1;
      case "rank":
        return before.filter((other) => isBehind(sorted[at], other)).length + 1;
      case "dense_rank":
        return sorted.slice(1, at + 1).filter((values, i) => isBehind(values, sorted[i])).length + 1;
    }
  }

  #compare(a: readonly Value[], b: readonly Value[]): number {
    for (const [i, { desc, nulls_last }] of this.#node.order.entries()) {
      const x = a[this.#order[i]], y = b[this.#order[i]];
      if (x === null && y === null) continue;
      if (x === null || y === null) return (x === null) === nulls_last ? 1 : -1;
      const order = compareValues(x, y);
      if (order !== 0) return desc ? -order : order;
    }
    return 0;
  }

  advance(watermark: number): Row[] {
    if (this.#end < 0) return [];
    const endOf = ([first]: readonly (readonly Value[])[]) =>
      first === undefined ? -Infinity : Number(first[this.#end]);
    const over = [...this.#groups].filter(([, group]) => isOver(endOf(group), watermark));
    for (const [key] of over) this.#groups.delete(key);
    over.sort(([, a], [, b]) => endOf(a) - endOf(b));
    return over.flatMap(([, group]) => this.#ranked(group).map((values): Row => ({ kind: "+I", values })));
  }
}
