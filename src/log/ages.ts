import type { Clock } from "../core/clock.ts";

/** For so long a process that was started does not believe the wall clock how old rows of earlier processes are. */
export const AGES_TRUSTED_AFTER_MS = 3_600_000;

/**
 * How old what is in a log is, by the time that passes: a wall clock that is set makes nothing old. Of what an earlier process has written, only the wall clock tells how
 * old it was when this one began; it is not heard before this process has run for a while, in which a clock that is wrong is put right, and what it said first
 * counts no more than what it says now.
 */
export class Ages {
  readonly #clock: Pick<Clock, "now" | "monotonic">;
  readonly #openedWallMs: number;
  readonly #openedMs: number;

  constructor(clock: Pick<Clock, "now" | "monotonic">) {
    this.#clock = clock;
    this.#openedWallMs = clock.now();
    this.#openedMs = clock.monotonic();
  }

  /** Of what came at a monotonic time of this process. */
  since(monotonicMs: number): number {
    return this.#clock.monotonic() - monotonicMs;
  }

  /** Of what had come to an earlier process by a time of the wall clock. */
  before(arrivalMs: number): number {
    const passedMs = this.since(this.#openedMs);
    if (passedMs < AGES_TRUSTED_AFTER_MS) return passedMs;
    const first = passedMs + Math.max(0, this.#openedWallMs - arrivalMs);
    return Math.min(first, Math.max(passedMs, this.#clock.now() - arrivalMs));
  }
}
