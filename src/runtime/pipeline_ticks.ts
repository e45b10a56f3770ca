import type { Clock } from "../core/clock.ts";
import { IDLE_TICK_MS } from "../core/limits.ts";

/** So late is no timer of a process that runs. */
const STOOD_MS = 500;

/** What a pipeline does by the clock, while it takes part. */
export class PipelineTicks {
  readonly #clock: Clock;
  #cancelIdle = () => {};
  #cancel = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Every IDLE_TICK_MS. `stood`: the process, or the machine, stood still meanwhile. */
  idle(call: (stood: boolean) => void): void {
    const atMs = this.#clock.monotonic() + IDLE_TICK_MS;
    this.#cancelIdle = this.#clock.after(IDLE_TICK_MS, () => {
      const lateMs = this.#clock.monotonic() - atMs;
      this.idle(call);
      call(lateMs >= STOOD_MS);
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
