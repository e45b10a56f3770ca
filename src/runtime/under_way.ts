import type { Clock } from "../core/clock.ts";
import type { Log } from "../log.ts";

interface One {
  readonly sinceMs: number;
  readonly arrivalMs: number;
}

/** What has come to a stream and is neither in its log nor refused: it is being decoded, or on its way to disk. Nobody can say of that time that nothing came. */
export class UnderWay {
  readonly #clock: Clock;
  readonly #log: Pick<Log<unknown>, "arrivals">;
  /** In the order in which they came. */
  readonly #all = new Set<One>();

  constructor(clock: Clock, log: Pick<Log<unknown>, "arrivals">) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Since when (monotonic) the oldest of it is under way; Infinity: nothing is. */
  get sinceMs(): number {
    return this.#oldest?.sinceMs ?? Infinity;
  }

  /** No row arrives earlier (epoch ms) that is not in the log yet. */
  get arrivalMs(): number {
    return this.#oldest?.arrivalMs ?? this.#log.arrivals.now();
  }

  get #oldest(): One | undefined {
    return this.#all.values().next().value;
  }

  /** Something is under way until `act`, which begins at once, has come to its end. */
  async during<T>(act: () => Promise<T>): Promise<T> {
    const one = { sinceMs: this.#clock.monotonic(), arrivalMs: this.#log.arrivals.now() };
    this.#all.add(one);
    try {
      return await act();
    } finally {
      this.#all.delete(one);
    }
  }
}
