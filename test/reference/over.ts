import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { OverNode } from "../../src/plan/plan.ts";
import { type Aggregate, aggregate, Members } from "./aggregates.ts";
import type { Operator } from "./operator.ts";
import { place, places } from "./schema.ts";
import { keyOf, type Row } from "./value.ts";

interface Timed {
  readonly values: readonly Value[];
  readonly time: number;
}

/**
 * Aggregates over the rows before each row, by (time, log). With a time, rows come out when the watermark has come to theirs, and one
 * whose time has passed is left out; without, at once. Rows of one time count for each other in a range.
 */
export class OverOperator implements Operator {
  readonly columns: readonly Column[];
  readonly #node: OverNode;
  readonly #keys: readonly number[];
  readonly #time: number;
  readonly #aggregates: readonly Aggregate[];
  #waiting: Timed[] = [];
  /** The rows of each key that came out, in their order. */
  readonly #groups = new Map<string, Timed[]>();

  constructor(node: OverNode, input: readonly Column[]) {
    this.#node = node;
    this.#keys = places(input, node.keys);
    this.#time = node.time === undefined ? -1 : place(input, node.time);
    this.#aggregates = node.aggs.map((call) => aggregate(call, input));
    this.columns = [...input, ...this.#aggregates.map(({ column }) => column)];
  }

  take({ values }: Row, _input: number, watermark: number): Row[] {
    if (this.#time < 0) return this.#rows([{ values, time: 0 }]);
    const time = values[this.#time];
    if (time !== null && Number(time) > watermark) this.#waiting.push({ values, time: Number(time) });
    return [];
  }

  isLate({ values }: Row, _input: number, watermark: number): boolean {
    const time = this.#time < 0 ? null : values[this.#time];
    return time !== null && Number(time) <= watermark;
  }

  advance(watermark: number): Row[] {
    const due = this.#waiting.filter(({ time }) => time <= watermark).sort((a, b) => a.time - b.time);
    this.#waiting = this.#waiting.filter(({ time }) => time > watermark);
    return this.#rows(due);
  }

  /** Puts rows behind those of their key; then each looks back. */
  #rows(due: readonly Timed[]): Row[] {
    for (const row of due) this.#groupOf(row).push(row);
    return due.map((row): Row => {
      const members = new Members();
      for (const { values } of this.#frame(this.#groupOf(row), row)) members.add({ kind: "+I", values });
      return { kind: "+I", values: [...row.values, ...this.#aggregates.map((one) => one.over(members))] };
    });
  }

  #groupOf({ values }: Timed): Timed[] {
    const key = keyOf(this.#keys.map((at) => values[at])), group = this.#groups.get(key) ?? [];
    this.#groups.set(key, group);
    return group;
  }

  #frame(group: readonly Timed[], row: Timed): Timed[] {
    const { kind, preceding } = this.#node.frame, at = group.indexOf(row);
    if (kind === "rows") return group.slice(preceding === null ? 0 : Math.max(0, at - preceding), at + 1);
    return group.filter(({ time }) => time <= row.time && (preceding === null || time >= row.time - preceding));
  }
}
