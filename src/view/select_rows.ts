import type { Chunk } from "./chunks.ts";
import type { RowTest } from "./key_filter.ts";
import { type KeyCells, keyCells } from "./key_order.ts";
import { RowList } from "./row_list.ts";
import { selectLeast } from "./selection.ts";
import { type Span, windowGroups } from "./spans.ts";

/** How rows come out: by window end where there is one, then by keys, then as they arrived. */
export interface Ordering {
  readonly order: "asc" | "desc";
  /** Positions of the key columns. */
  readonly keys: readonly number[];
  /** `arrival`: there are no windows · `sorted`: window_end never descends · `unsorted`. */
  readonly windows: "arrival" | "sorted" | "unsorted";
}

/** The first `limit` rows of `spans` that pass their chunk's test (null: all do), in order. */
export function selectRows(
  chunks: readonly Chunk[],
  spans: readonly Span[],
  test: ((chunk: Chunk) => RowTest) | null,
  ordering: Ordering,
  limit: number,
): RowList {
  const found = new RowList(), opened: (RowTest | undefined)[] = [];
  const tests = test && ((chunk: number) => opened[chunk] ??= test(chunks[chunk]));
  if (ordering.windows === "arrival") {
    collect(found, ordering.order === "asc" ? spans : backwards(spans), tests, limit);
    return found;
  }
  const groups = ordering.windows === "sorted" ? windowGroups(chunks, spans, ordering.order) : [spans];
  const compare = new RowOrder(chunks, ordering);
  for (const group of groups) {
    if (found.length >= limit) break;
    const candidates = new RowList();
    collect(candidates, group, tests, compare.isArrival ? limit - found.length : Infinity);
    const chosen = selectLeast(candidates.length, limit - found.length, compare.of(candidates));
    for (const i of chosen) found.push(candidates.chunk(i), candidates.row(i));
  }
  return found;
}

function collect(
  into: RowList,
  spans: Iterable<Span>,
  tests: ((chunk: number) => RowTest) | null,
  limit: number,
): void {
  for (const { chunk, start, end } of spans) {
    const passes = tests?.(chunk);
    for (let row = start; row < end && into.length < limit; row++) {
      if (!passes || passes(row)) into.push(chunk, row);
    }
    if (into.length >= limit) return;
  }
}

/** Every row as a span of its own, the newest first. */
function* backwards(spans: readonly Span[]): Generator<Span> {
  for (const { chunk, start, end } of spans.toReversed()) {
    for (let row = end - 1; row >= start; row--) yield { chunk, start: row, end: row + 1 };
  }
}

/** Compares rows; of each chunk the key columns are opened once. */
class RowOrder {
  readonly #chunks: readonly Chunk[];
  readonly #ordering: Ordering;
  readonly #keys: (readonly KeyCells[] | undefined)[] = [];

  constructor(chunks: readonly Chunk[], ordering: Ordering) {
    this.#chunks = chunks;
    this.#ordering = ordering;
  }

  /** True when rows of one group stay as they arrived. */
  get isArrival(): boolean {
    return this.#ordering.windows === "sorted" && this.#ordering.keys.length === 0;
  }

  /** An order of the positions of a list. */
  of(rows: RowList): (a: number, b: number) => number {
    const { windows, order, keys } = this.#ordering, sign = order === "asc" ? 1 : -1;
    return (a, b) => {
      const chunkA = rows.chunk(a), rowA = rows.row(a), chunkB = rows.chunk(b), rowB = rows.row(b);
      if (windows === "unsorted") {
        const difference = compareTimes(this.#end(chunkA, rowA), this.#end(chunkB, rowB));
        if (difference !== 0) return difference * sign;
      }
      const keysA = this.#keysOf(chunkA), keysB = chunkA === chunkB ? keysA : this.#keysOf(chunkB);
      for (let i = 0; i < keys.length; i++) {
        const difference = keysA[i].compare(rowA, keysB[i], rowB);
        if (difference !== 0) return difference;
      }
      return a - b;
    };
  }

  #end(chunk: number, row: number): number {
    return this.#chunks[chunk].windowEnd!.at(row);
  }

  #keysOf(chunk: number): readonly KeyCells[] {
    return this.#keys[chunk] ??= this.#ordering.keys.map((column) => keyCells(this.#chunks[chunk].view, column));
  }
}

/** NULL (NaN) comes first. */
function compareTimes(a: number, b: number): number {
  if (a === b) return 0;
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
  return a < b ? -1 : 1;
}
