import type { Chunk } from "./chunks.ts";

/** Rows `start` to `end` of the chunk at a position of the list; never empty. */
export interface Span {
  readonly chunk: number;
  readonly start: number;
  readonly end: number;
}

/** All rows of all chunks. */
export function allSpans(chunks: readonly Chunk[]): Span[] {
  return chunks.map(({ start, end }, chunk) => ({ chunk, start, end }));
}

/** The rows whose window_start lies in [from, to); for lists in which it never descends. */
export function timeSpans(chunks: readonly Chunk[], from: number, to: number): Span[] {
  const spans: Span[] = [];
  chunks.forEach(({ start, end, windowStart }, chunk) => {
    if (!windowStart || windowStart.at(end - 1) < from || windowStart.at(start) >= to) return;
    const first = firstRow(start, end, (row) => windowStart.at(row) >= from);
    const behind = firstRow(first, end, (row) => windowStart.at(row) >= to);
    if (behind > first) spans.push({ chunk, start: first, end: behind });
  });
  return spans;
}

/**
 * Spans of equal window_end together, one group after the other, from the oldest or from the newest; within a group in
 * order of arrival. For lists in which window_end never descends.
 */
export function* windowGroups(
  chunks: readonly Chunk[],
  spans: readonly Span[],
  order: "asc" | "desc",
): Generator<readonly Span[]> {
  let group: Span[] = [], groupEnd = NaN;
  const step = order === "asc" ? 1 : -1;
  for (let i = order === "asc" ? 0 : spans.length - 1; i >= 0 && i < spans.length; i += step) {
    const { chunk } = spans[i], times = chunks[chunk].windowEnd!;
    let { start, end } = spans[i];
    while (start < end) {
      const time = times.at(order === "asc" ? start : end - 1);
      if (time !== groupEnd && group.length > 0) {
        yield group;
        group = [];
      }
      groupEnd = time;
      if (order === "asc") {
        const behind = firstRow(start, end, (row) => times.at(row) > time);
        group.push({ chunk, start, end: behind });
        start = behind;
      } else {
        const first = firstRow(start, end, (row) => times.at(row) >= time);
        group.unshift({ chunk, start: first, end });
        end = first;
      }
    }
  }
  if (group.length > 0) yield group;
}

/** The first row of [start, end) for which `is` holds, given that it holds for all behind that one; `end` if for none. */
export function firstRow(start: number, end: number, is: (row: number) => boolean): number {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (is(middle)) end = middle;
    else start = middle + 1;
  }
  return start;
}
