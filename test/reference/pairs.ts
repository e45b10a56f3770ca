import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { JoinNode } from "../../src/plan/plan.ts";
import { expression } from "./expression.ts";
import { places } from "./schema.ts";
import { compareValues } from "./value.ts";

/** How the rows of two sides pair up, and what comes out of a pair or of a row without one. */
export class Pairs {
  readonly columns: readonly Column[];
  readonly #left: readonly number[];
  readonly #right: readonly number[];
  /** Null: no condition. */
  readonly #where: ((values: readonly Value[]) => boolean) | null;
  readonly #nulls: readonly [readonly null[], readonly null[]];
  readonly #leftOnly: boolean;

  constructor({ type, on, where }: JoinNode, left: readonly Column[], right: readonly Column[]) {
    const both = [...left, ...right], condition = where === undefined ? null : expression(where, both);
    this.#left = places(left, on.map((pair) => pair.left));
    this.#right = places(right, on.map((pair) => pair.right));
    this.#where = condition && ((values) => condition.of(values) === true);
    this.#nulls = [left.map(() => null), right.map(() => null)];
    this.#leftOnly = type === "semi" || type === "anti";
    const padded = (columns: readonly Column[], may: boolean) =>
      columns.map((column) => may ? { ...column, nullable: true } : column);
    const leftMay = type === "right" || type === "full", rightMay = type === "left" || type === "full";
    this.columns = this.#leftOnly ? left : [...padded(left, leftMay), ...padded(right, rightMay)];
  }

  /** Whether the keys are equal; NULL equals nothing. */
  keysMeet(left: readonly Value[], right: readonly Value[]): boolean {
    return this.#left.every((at, i) => {
      const a = left[at], b = right[this.#right[i]];
      return a !== null && b !== null && compareValues(a, b) === 0;
    });
  }

  /** Whether the row has NULL among its keys. */
  meetsNone(row: readonly Value[], input: number): boolean {
    return (input === 0 ? this.#left : this.#right).some((at) => row[at] === null);
  }

  /** Whether two rows of a side have the same keys, none of them NULL. */
  sameKeys(a: readonly Value[], b: readonly Value[], input: number): boolean {
    const keys = input === 0 ? this.#left : this.#right;
    return keys.every((at) => a[at] !== null && b[at] !== null && compareValues(a[at], b[at]) === 0);
  }

  whereHolds(left: readonly Value[], right: readonly Value[]): boolean {
    return this.#where === null || this.#where([...left, ...right]);
  }

  meet(left: readonly Value[], right: readonly Value[]): boolean {
    return this.keysMeet(left, right) && this.whereHolds(left, right);
  }

  /**
   * NOT IN: whether the right row keeps the left one from being given. The first pair of keys is what is looked for, and NULL on either
   * side of it may be equal; the other keys and the condition say which rows are looked at.
   */
  mayEqual(left: readonly Value[], right: readonly Value[]): boolean {
    const same = this.#left.every((at, i) => {
      const a = left[at], b = right[this.#right[i]];
      return a === null || b === null ? i === 0 : compareValues(a, b) === 0;
    });
    return same && this.whereHolds(left, right);
  }

  /** What comes out; null on the side that has no row. */
  out(left: readonly Value[] | null, right: readonly Value[] | null): readonly Value[] {
    if (this.#leftOnly) return left!;
    return [...left ?? this.#nulls[0], ...right ?? this.#nulls[1]];
  }
}

/**
 * The whole result of a join of two sets of rows, left by left in the order in which they came, then what is left of the right.
 */
export function joinAll(
  { type, null_aware }: JoinNode,
  pairs: Pairs,
  lefts: readonly (readonly Value[])[],
  rights: readonly (readonly Value[])[],
  meet: (left: readonly Value[], right: readonly Value[]) => boolean = (left, right) => pairs.meet(left, right),
): (readonly Value[])[] {
  const met = new Set<readonly Value[]>(), out: (readonly Value[])[] = [];
  for (const left of lefts) {
    const partners = rights.filter((right) => meet(left, right));
    for (const right of partners) met.add(right);
    if (type === "semi" || type === "anti") {
      const kept = null_aware ? rights.some((right) => pairs.mayEqual(left, right)) : partners.length > 0;
      if (kept === (type === "semi")) out.push(pairs.out(left, null));
    } else {
      out.push(...partners.map((right) => pairs.out(left, right)));
      if (partners.length === 0 && (type === "left" || type === "full")) out.push(pairs.out(left, null));
    }
  }
  if (type === "right" || type === "full") {
    out.push(...rights.filter((right) => !met.has(right)).map((right) => pairs.out(null, right)));
  }
  return out;
}
