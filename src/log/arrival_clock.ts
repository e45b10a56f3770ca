import type { Clock } from "../core/clock.ts";
import type { Arrivals } from "../log.ts";

/** While the wall clock is behind, times of arrival go on by so much of the time that passes, until it has come up with them. */
const CATCH_UP_PACE = 0.9;

/** The wall clock as one log has it: where it stood still instead, windows by arrival would wait for as long as it was set back. */
export class ArrivalClock implements Arrivals {
  readonly #clock: Pick<Clock, "now" | "monotonic">;
  /** It was so late at a monotonic time. */
  #reachedMs = -Infinity;
  #atMs = 0;

  constructor(clock: Pick<Clock, "now" | "monotonic">) {
    this.#clock = clock;
  }

  now(): number {
    const wallMs = this.#clock.now(), passedMs = this.#passed();
    if (wallMs < passedMs) return passedMs;
    this.#reached(wallMs);
    return wallMs;
  }

  raise(timeMs: number): void {
    if (timeMs > this.#passed()) this.#reached(timeMs);
  }

  #passed(): number {
    return this.#reachedMs + Math.floor((this.#clock.monotonic() - this.#atMs) * CATCH_UP_PACE);
  }

  #reached(timeMs: number): void {
    this.#reachedMs = timeMs;
    this.#atMs = this.#clock.monotonic();
  }

  get aheadMs(): number {
    return this.now() - this.#clock.now();
  }
}
