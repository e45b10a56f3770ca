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
    if (this.spec.fn && this.spec.fn !== "row_number") return this.#shared(before, after, values);
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

  /** The number of each row that is seen: as many as come before it, or different places in the order, and one. */
  #ranks(rows: readonly (readonly Value[])[]): Map<readonly Value[], number> {
    const { from, to, fn } = this.spec, first = rows.filter((row, i) => i === 0 || this.#compare(rows[i - 1], row) < 0);
    const rankOf = (row: readonly Value[]) =>
      (fn === "rank" ? rows : first).filter((other) => this.#compare(other, row) < 0).length + 1;
    return new Map(rows.map((row) => [row, rankOf(row)] as const).filter(([, rank]) => rank >= from && rank <= to));
  }

  /** What came or went first, then what it moves, row by row in their order. */
  #shared(
    before: readonly (readonly Value[])[],
    after: readonly (readonly Value[])[],
    own: readonly Value[],
  ): Change[] {
    const was = this.#ranks(before), is = this.#ranks(after), { number } = this.spec;
    const gone = before.filter((row) => !after.includes(row));
    const rows = [...gone, own, ...before.filter((row) => !gone.includes(row))];
    const made = (kind: number, row: readonly Value[], rank: number): Change => {
      return { kind, values: number ? [...this.#row(row), BigInt(rank)] : this.#row(row) };
    };
    return [...new Set(rows)].flatMap((row) => {
      const old = was.get(row), now = is.get(row);
      if (old === undefined) return now === undefined ? [] : [made(INSERT, row, now)];
      if (now === undefined) return [made(DELETE, row, old)];
      return number && old !== now ? [made(BEFORE, row, old), made(AFTER, row, now)] : [];
    });
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
