import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { AggregateNode } from "../../src/plan/plan.ts";
import { type Aggregate, aggregate, Members } from "./aggregates.ts";
import { change } from "./changes.ts";
import type { Operator } from "./operator.ts";
import { column, place } from "./schema.ts";
import { comes, keyOf, type Row } from "./value.ts";
import { isOver } from "./windows.ts";

interface Group {
  readonly keys: readonly Value[];
  readonly grouping: bigint;
  readonly members: Members;
  /** What was said of it last. */
  said: readonly Value[] | null;
  fired: boolean;
}

/** A set of keys: which of them count, and the number of GROUPING_ID. */
interface KeySet {
  readonly has: readonly boolean[];
  readonly id: bigint;
}

/**
 * Aggregates by keys. With `end`, the position of window_end among the keys: by window, where a result comes out once the watermark
 * has passed it, and rows that are later than that (and `lateness_ms`) are left out.
 */
export class GroupOperator implements Operator {
  readonly columns: readonly Column[];
  readonly #node: AggregateNode;
  readonly #keys: readonly number[];
  readonly #sets: readonly KeySet[];
  readonly #aggregates: readonly Aggregate[];
  readonly #end: number;
  readonly #changes: boolean;
  readonly #groups = new Map<string, Group>();

  constructor(node: AggregateNode, keys: readonly string[], input: readonly Column[], end: number) {
    this.#node = node;
    this.#keys = keys.map((key) => place(input, key));
    this.#sets = keySets(node, keys);
    this.#aggregates = node.aggs.map((call) => aggregate(call, input));
    this.#end = end;
    this.#changes = end < 0 || (node.emit !== undefined && node.emit.mode !== "final");
    const grouping = node.grouping === undefined ? [] : [column(node.grouping, { kind: "int64" }, false)];
    this.columns = [...this.#keys.map((at) => input[at]), ...grouping, ...this.#aggregates.map(({ column }) => column)];
  }

  take(row: Row, _input: number, watermark: number): Row[] {
    return this.#sets.flatMap((set) => this.#takeInto(set, row, watermark));
  }

  isLate({ values }: Row, _input: number, watermark: number): boolean {
    const end = this.#end < 0 ? Infinity : Number(values[this.#keys[this.#end]]);
    return end < Infinity && isOver(end + (this.#node.lateness_ms ?? 0), watermark);
  }

  #takeInto({ has, id }: KeySet, row: Row, watermark: number): Row[] {
    const keys = this.#keys.map((at, i) => has[i] ? row.values[at] : null);
    if (this.#end >= 0 && isOver(Number(keys[this.#end]) + (this.#node.lateness_ms ?? 0), watermark)) return [];
    const name = `${id} ${keyOf(keys)}`;
    let group = this.#groups.get(name);
    // What is taken back from nothing is left out.
    if (!comes(row) && (group?.members.count ?? 0) === 0) return [];
    if (!group) {
      this.#groups.set(name, group = { keys, grouping: id, members: new Members(), said: null, fired: false });
    }
    group.members.add(row);
    const out = this.#changes || group.fired ? this.#say(group) : [];
    if (group.members.count === 0 && this.#end < 0) this.#groups.delete(name);
    return out;
  }

  /** How the group's result has changed since it was said last. */
  #say(group: Group): Row[] {
    const { keys, grouping, members } = group, id = this.#node.grouping === undefined ? [] : [grouping];
    const now = members.count === 0 ? null : [...keys, ...id, ...this.#aggregates.map((one) => one.over(members))];
    const rows = change(group.said, now);
    group.said = now;
    return rows;
  }

  advance(watermark: number): Row[] {
    if (this.#end < 0) return [];
    const end = (group: Group) => Number(group.keys[this.#end]);
    const over = [...this.#groups].filter(([, group]) => isOver(end(group), watermark));
    over.sort(([, a], [, b]) => end(a) - end(b));
    return over.flatMap(([name, group]) => {
      const rows = group.fired ? [] : this.#say(group);
      group.fired = true;
      if (isOver(end(group) + (this.#node.lateness_ms ?? 0), watermark)) this.#groups.delete(name);
      return rows;
    });
  }
}

/** A bit for each key that is not in the set, the first key's the highest. */
function keySets({ sets }: AggregateNode, keys: readonly string[]): KeySet[] {
  return (sets ?? [keys]).map((set) => {
    const has = keys.map((key) => set.includes(key));
    return { has, id: has.reduce((id, one) => id * 2n + (one ? 0n : 1n), 0n) };
  });
}
