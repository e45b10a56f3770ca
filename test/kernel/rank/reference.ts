import type { Value } from "../../../src/core/value.ts";
import type { RankSpec } from "../../../src/kernel/rank.ts";
import { type Change, textOf } from "../group/reference.ts";

const INSERT = 0, BEFORE = 1, AFTER = 2, DELETE = 3;

function compareValues(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number" && (Number.isNaN(a) || Number.isNaN(b))) {
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  }
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

/** Every key's rows as a sorted array; what is seen before and after each row is compared rank by rank. */
export class ReferenceRanks {
  readonly #keys = new Map<string, (readonly Value[])[]>();

  constructor(readonly spec: RankSpec, readonly picks: readonly number[]) {}

  #compare(a: readonly Value[], b: readonly Value[]): number {
    for (const { column, desc, nullsLast } of this.spec.order) {
      const x = a[column], y = b[column];
      if (x === null || y === null) {
        if (x === y) continue;
        return (x === null) === nullsLast ? 1 : -1;
      }
      const order = compareValues(x, y);
      if (order !== 0) return desc ? -order : order;
    }
    return 0;
  }

  push({ kind, values }: Change): Change[] {
    const { keys, from, to, number } = this.spec, key = values.slice(0, keys).map(textOf).join("|");
    const before = this.#keys.get(key) ?? [], after = [...before];
    if (kind === INSERT || kind === AFTER) {
      const at = after.findIndex((row) => this.#compare(row, values) > 0);
      after.splice(at < 0 ? after.length : at, 0, values);
    } else {
      const wanted = values.map(textOf).join("|"), at = after.findIndex((row) => row.map(textOf).join("|") === wanted);
      if (at >= 0) after.splice(at, 1);
    }
    this.#keys.set(key, after);
    return number ? this.#numbered(before, after) : this.#plain(before.slice(from - 1, to), after.slice(from - 1, to));
  }

  #row(values: readonly Value[]): Value[] {
    return this.picks.map((pick) => values[pick]);
  }

  #plain(before: readonly (readonly Value[])[], after: readonly (readonly Value[])[]): Change[] {
    const left = before.filter((row) => !after.includes(row)), came = after.filter((row) => !before.includes(row));
    const update = this.spec.from === this.spec.to && left.length > 0 && came.length > 0;
    return [
      ...left.map((row) => ({ kind: update ? BEFORE : DELETE, values: this.#row(row) })),
      ...came.map((row) => ({ kind: update ? AFTER : INSERT, values: this.#row(row) })),
    ];
  }

  #numbered(before: readonly (readonly Value[])[], after: readonly (readonly Value[])[]): Change[] {
    const changes: Change[] = [];
    for (let rank = this.spec.from; rank <= this.spec.to; rank++) {
      const was = before[rank - 1], is = after[rank - 1], number = BigInt(rank);
      if (was === is) continue;
      if (was) changes.push({ kind: is ? BEFORE : DELETE, values: [...this.#row(was), number] });
      if (is) changes.push({ kind: was ? AFTER : INSERT, values: [...this.#row(is), number] });
    }
    return changes;
  }
}
