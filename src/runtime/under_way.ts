import type { Clock } from "../core/clock.ts";

/** What has come to a stream and is neither in its log nor refused: it is being decoded, or on its way to disk. Nobody can say of that time that nothing came. */
export class UnderWay {
  readonly #clock: Clock;
  /** In the order in which they came. */
  readonly #all = new Set<{ readonly sinceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Since when (monotonic) the oldest of it is under way; Infinity: nothing is. */
  get sinceMs(): number {
    for (const { sinceMs } of this.#all) return sinceMs;
    return Infinity;
  }

  /** Something is under way until `act`, which begins at once, has come to its end. */
  async during<T>(act: () => Promise<T>): Promise<T> {
    const one = { sinceMs: this.#clock.monotonic() };
    this.#all.add(one);
    try {
      return await act();
    } finally {
      this.#all.delete(one);
    }
  }
}
