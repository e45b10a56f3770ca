import type { Clock } from "../../src/core/clock.ts";

interface Timer {
  readonly atMs: number;
  readonly call: () => void;
}

/** A clock that stands until a test moves it. Wall clock and monotonic time start apart, so that nobody can mistake one for the other. */
export class SimClock implements Clock {
  #wallMs: number;
  #elapsedMs = 0;
  readonly #timers = new Set<Timer>();

  constructor(wallMs = 1_700_000_000_000) {
    this.#wallMs = wallMs;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(ms: number, call: () => void): () => void {
    const timer: Timer = { atMs: this.#elapsedMs + ms, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  soon(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Timers that have not run. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Moves both times on and runs what is due, in the order of its times. */
  advance(ms: number): void {
    const until = this.#elapsedMs + ms;
    for (let next = this.#due(until); next; next = this.#due(until)) {
      this.#timers.delete(next);
      this.#move(Math.max(next.atMs, this.#elapsedMs));
      next.call();
    }
    this.#move(until);
  }

  /** The process stands still: time passes, and what is due waits for the next `advance`. */
  stand(ms: number): void {
    this.#move(this.#elapsedMs + ms);
  }

  /** The wall clock is set, forward or back; what waits does not notice. */
  jump(ms: number): void {
    this.#wallMs += ms;
  }

  #due(until: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) if (timer.atMs <= until && (!first || timer.atMs < first.atMs)) first = timer;
    return first;
  }

  #move(toMs: number): void {
    this.#wallMs += toMs - this.#elapsedMs;
    this.#elapsedMs = toMs;
  }
}
