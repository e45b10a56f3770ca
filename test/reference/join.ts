import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { JoinNode } from "../../src/plan/plan.ts";
import { changes } from "./changes.ts";
import type { Operator } from "./operator.ts";
import { joinAll, Pairs } from "./pairs.ts";
import { place } from "./schema.ts";
import { comes, type Row, rowKey } from "./value.ts";
import { isOver } from "./windows.ts";

/** A row of one side, which is itself even where another has the same values. */
type Held = readonly Value[];

/** Puts the row among the rows of its side, or takes the first one like it out. Whether there was something to do. */
function hold(held: Held[], row: Row): boolean {
  if (comes(row)) {
    held.push([...row.values]);
    return true;
  }
  const at = held.findIndex((values) => rowKey(values) === rowKey(row.values));
  if (at >= 0) held.splice(at, 1);
  return at >= 0;
}

/** What belongs to the side at hand and to the other, left first. */
function inOrder<T>(input: number, own: T, other: T): [T, T] {
  return input === 0 ? [own, other] : [other, own];
}

/** A join that no time bounds: after every row the result is what the rows of both sides make together. */
export class RegularJoin implements Operator {
  readonly columns: readonly Column[];
  readonly #node: JoinNode;
  readonly #pairs: Pairs;
  readonly #sides: readonly [Held[], Held[]] = [[], []];

  constructor(node: JoinNode, left: readonly Column[], right: readonly Column[]) {
    this.#node = node;
    this.#pairs = new Pairs(node, left, right);
    this.columns = this.#pairs.columns;
  }

  take(row: Row, input: number): Row[] {
    if (!this.#node.null_aware && this.#pairs.meetsNone(row.values, input)) return this.#alone(row, input);
    return this.#node.type === "inner" ? this.#takeInner(row, input) : this.#takeOuter(row, input);
  }

  /** A row that meets none is kept nowhere: what takes it back is not held against those that came. */
  #alone(row: Row, input: number): Row[] {
    const sides: [Held[], Held[]] = input === 0 ? [[row.values], []] : [[], [row.values]];
    const kind = comes(row) ? "+I" : "-D";
    return joinAll(this.#node, this.#pairs, ...sides).map((values): Row => ({ kind, values }));
  }

  /** The row's pairs come and go with it. */
  #takeInner(row: Row, input: number): Row[] {
    if (!hold(this.#sides[input], row)) return [];
    const kind = comes(row) ? "+I" : "-D";
    return this.#sides[1 - input].flatMap((other): Row[] => {
      const [left, right] = inOrder(input, row.values, other);
      return this.#pairs.meet(left, right) ? [{ kind, values: this.#pairs.out(left, right) }] : [];
    });
  }

  /** Only rows that the new one may meet are looked at: nothing else changes. */
  #takeOuter(row: Row, input: number): Row[] {
    const own = this.#sides[input], near = this.#near(row, input), before = joinAll(this.#node, this.#pairs, ...near());
    if (!hold(own, row)) return [];
    return changes(before, joinAll(this.#node, this.#pairs, ...near()));
  }

  /** The rows of both sides that are part of results in which the row is: those with its keys. Of NOT IN, which NULL hinders, all. */
  #near(row: Row, input: number): () => [Held[], Held[]] {
    const { null_aware: isNotIn } = this.#node, pairs = this.#pairs;
    const near = (side: number) => (held: Held) =>
      isNotIn ||
      (side === input ? pairs.sameKeys(held, row.values, side) : pairs.keysMeet(...inOrder(input, row.values, held)));
    const others = this.#sides[1 - input].filter(near(1 - input));
    return () => inOrder(input, this.#sides[input].filter(near(input)), others);
  }

  advance(): Row[] {
    return [];
  }
}

/** A join of rows of one window, given when the watermark has passed it. Rows whose window is over are left out. */
export class WindowJoin implements Operator {
  readonly columns: readonly Column[];
  readonly #node: JoinNode;
  readonly #pairs: Pairs;
  readonly #ends: readonly [number, number];
  readonly #windows = new Map<number, [Held[], Held[]]>();

  constructor(node: JoinNode, left: readonly Column[], right: readonly Column[]) {
    this.#node = node;
    this.#pairs = new Pairs(node, left, right);
    this.#ends = [place(left, node.window!.left), place(right, node.window!.right)];
    this.columns = this.#pairs.columns;
  }

  take(row: Row, input: number, watermark: number): Row[] {
    const end = Number(row.values[this.#ends[input]]);
    if (this.isLate(row, input, watermark)) return [];
    const window = this.#windows.get(end) ?? [[], []];
    this.#windows.set(end, window);
    hold(window[input], row);
    return [];
  }

  isLate({ values }: Row, input: number, watermark: number): boolean {
    return isOver(Number(values[this.#ends[input]]), watermark);
  }

  advance(watermark: number): Row[] {
    const over = [...this.#windows.keys()].filter((end) => isOver(end, watermark)).sort((a, b) => a - b);
    return over.flatMap((end) => {
      const [left, right] = this.#windows.get(end)!;
      this.#windows.delete(end);
      return joinAll(this.#node, this.#pairs, left, right).map((values): Row => ({ kind: "+I", values }));
    });
  }
}
