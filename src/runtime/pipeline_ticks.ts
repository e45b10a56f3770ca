import type { Clock } from "../core/clock.ts";
import { IDLE_TICK_MS } from "../core/limits.ts";

/** What a pipeline does by the clock, while it takes part. */
export class PipelineTicks {
  readonly #clock: Clock;
  #cancelIdle = () => {};
  #cancel = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Every IDLE_TICK_MS. */
  idle(call: () => void): void {
    this.#cancelIdle = this.#clock.after(IDLE_TICK_MS, () => {
      this.idle(call);
      call();
    });
  }

  /** At every multiple of the interval. */
  every(everyMs: number, call: () => void): void {
    this.#cancel = this.#clock.after(everyMs - this.#clock.now() % everyMs, () => {
      this.every(everyMs, call);
      call();
    });
  }

  stop(): void {
    this.#cancelIdle();
    this.#cancel();
  }
}
