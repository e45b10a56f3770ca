import { RANGE_BYTES, RANGE_FIRST_BYTES, RANGE_LEAST_BYTES, RANGE_MS_MAX } from "../core/limits.ts";

/** Weight that the newest range has against all before it: one in which the worker had to wait for its processor says little. */
const NEWEST_WEIGHT = 1 / 8;

/** What is known of a source's ranges. */
interface Known {
  /** Shares of the usual length, and the time for them, the newest with more weight. */
  shares: number;
  ms: number;
  /** That of the next range. */
  next: number;
}

/**
 * How long the ranges of a plan's files are: no longer than what its tasks are through with in about RANGE_MS_MAX, since whatever comes behind a chunk, a cut too, waits
 * until all in front of it are done. They begin short, and double at most from one to the next that is known.
 */
export class RangePace {
  readonly #known: (Known | undefined)[] = [];
  readonly #underWay = new Map<number, { readonly source: number; readonly share: number }>();

  /** How much of the usual length the next range of a source is to have. */
  shareOf(source: number): number {
    return this.#known[source]?.next ?? RANGE_FIRST_BYTES / RANGE_BYTES;
  }

  /** A range of that length is under way as this number. */
  began(number: number, source: number): void {
    this.#underWay.set(number, { source, share: this.shareOf(source) });
  }

  /** The number is done; so long the task was at work that had most to do with it. */
  took(number: number, busyMs: number): void {
    const range = this.#underWay.get(number);
    if (!range) return;
    this.#underWay.delete(number);
    const { source, share } = range, before = this.#known[source] ?? { shares: 0, ms: 0 };
    const shares = before.shares * (1 - NEWEST_WEIGHT) + share, ms = before.ms * (1 - NEWEST_WEIGHT) + busyMs;
    const fits = Math.min(share * 2, RANGE_MS_MAX * shares / ms);
    this.#known[source] = { shares, ms, next: Math.min(1, Math.max(RANGE_LEAST_BYTES / RANGE_BYTES, fits)) };
  }
}
