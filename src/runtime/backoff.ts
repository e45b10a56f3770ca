import type { Clock } from "../core/clock.ts";
import { RESTART_WAIT_MS, RESTARTS_MAX, RESTARTS_WITHIN_MS } from "../core/limits.ts";

/** How long to wait before something that failed is started again: longer each time, until it has failed too often in a short time. */
export class Backoff {
  readonly #clock: Clock;
  #failures: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds to wait after a failure; null: it has failed RESTARTS_MAX times within RESTARTS_WITHIN_MS before. */
  next(): number | null {
    const nowMs = this.#clock.monotonic();
    this.#failures = this.#failures.filter((atMs) => nowMs - atMs < RESTARTS_WITHIN_MS);
    if (this.#failures.length >= RESTARTS_MAX) return null;
    this.#failures.push(nowMs);
    return RESTART_WAIT_MS * 2 ** (this.#failures.length - 1);
  }
}
