import type { Clock } from "../core/clock.ts";
import { Backoff } from "./backoff.ts";

/** Where a pipeline broke and has not got past since. */
export class Breaks {
  readonly backoff: Backoff;
  /** By number of its order. */
  readonly #times = new Map<number, number>();

  constructor(clock: Clock) {
    this.backoff = new Backoff(clock);
  }

  /** It broke at a number, and had committed those up to another: returns how often it has broken there. */
  add(number: number, committed: number): number {
    for (const known of this.#times.keys()) if (known <= committed) this.#times.delete(known);
    const times = (this.#times.get(number) ?? 0) + 1;
    this.#times.set(number, times);
    return times;
  }
}
