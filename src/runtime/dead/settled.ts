import { RdxError } from "../../core/errors.ts";
import { DEAD_RANGES_MAX } from "../../core/limits.ts";
import type { IdRange } from "../verdict.ts";

/** Where settled letters are noted so that they stay so after a restart. */
export interface SettledStore {
  /** Adds ranges to those that are noted, all or none, durably. */
  settle(ranges: readonly IdRange[]): void;
}

/**
 * Which letters of a dead-letter stream are none any more, by their offsets in it: they were replayed or discarded. Ranges that meet are one, so
 * that what is settled from the oldest on costs nothing.
 */
export class Settled {
  /** Disjoint, ascending, and with something between them. */
  #ranges: IdRange[];
  readonly #store: SettledStore | null;
  /** What is settled and could not be noted yet. */
  #unsaved: readonly IdRange[] = [];
  /** Grows with each change. */
  version = 0;

  constructor(ranges: readonly IdRange[], store: SettledStore | null) {
    this.#ranges = union([], ranges);
    this.#store = store;
  }

  get ranges(): readonly IdRange[] {
    return this.#ranges;
  }

  /** Throws RdxError("conflict") when there is no room for what settling of letters here and there leaves. */
  checkRoom(): void {
    if (this.#ranges.length < DEAD_RANGES_MAX) return;
    throw new RdxError(
      "conflict",
      `Dead rows of this stream were settled at ${DEAD_RANGES_MAX} places: replay or discard all that are older first`,
    );
  }

  /** What is settled is so from now on, whether it can be noted or not. Throws when it cannot; the next call notes it too. */
  add(ranges: readonly IdRange[]): void {
    if (ranges.length > 0) {
      this.#ranges = union(this.#ranges, ranges);
      this.#unsaved = union(this.#unsaved, ranges);
      this.version++;
    }
    this.save();
  }

  /** Notes what could not be noted before. Throws when it still cannot. */
  save(): void {
    if (this.#unsaved.length === 0) return;
    this.#store?.settle(this.#unsaved);
    this.#unsaved = [];
  }

  has(id: number): boolean {
    const range = this.#ranges[this.#behind(id) - 1];
    return range !== undefined && id < range[1];
  }

  /** The first letter from `id` on that is not settled. */
  nextOpen(id: number): number {
    const range = this.#ranges[this.#behind(id) - 1];
    return range !== undefined && id < range[1] ? range[1] : id;
  }

  /** How many from `from` up to `to` are settled. */
  count(from: number, to: number): number {
    let count = 0;
    for (let i = Math.max(0, this.#behind(from) - 1); i < this.#ranges.length && this.#ranges[i][0] < to; i++) {
      count += Math.max(0, Math.min(to, this.#ranges[i][1]) - Math.max(from, this.#ranges[i][0]));
    }
    return count;
  }

  /** Position of the first range that begins behind `id`. */
  #behind(id: number): number {
    let low = 0, high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ranges[middle][0] <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** All that is in one or the other, as few ranges as can be. */
export function union(a: readonly IdRange[], b: readonly IdRange[]): IdRange[] {
  const all = [...a, ...b].filter(([from, to]) => from < to).sort(([x], [y]) => x - y), joined: IdRange[] = [];
  for (const [from, to] of all) {
    const last = joined.at(-1);
    if (last && from <= last[1]) joined[joined.length - 1] = [last[0], Math.max(last[1], to)];
    else joined.push([from, to]);
  }
  return joined;
}

/** Ascending numbers as ranges. */
export function rangesOf(ids: readonly number[]): IdRange[] {
  return union([], ids.map((id): IdRange => [id, id + 1]));
}
