import type { Clock } from "../../core/clock.ts";
import { BREAKER_FAILURES_MAX, BREAKER_OPEN_MS } from "../../core/limits.ts";

/** `closed`: requests go through · `open`: none does · `half-open`: one does, and its answer decides. */
export type BreakerState = "closed" | "half-open" | "open";

/**
 * Leaves a server alone that does not answer. After BREAKER_FAILURES_MAX failures in a row nothing is sent for BREAKER_OPEN_MS, or for as long as the server says; then
 * one request is, and when it fails nothing is sent again for so long. Shared by all who send to one server.
 */
export class Breaker {
  readonly #clock: Clock;
  #failures = 0;
  #openUntil = -Infinity;
  /** A request is on its way that decides. */
  #probing = false;
  /** Those who wait for their turn. */
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): BreakerState {
    if (this.#failures < BREAKER_FAILURES_MAX) return "closed";
    return this.#clock.monotonic() < this.#openUntil ? "open" : "half-open";
  }

  /** Resolves when a request may be sent, whose end has to be told then. Rejects with the signal's reason. */
  async admitted(signal: AbortSignal): Promise<void> {
    while (true) {
      signal.throwIfAborted();
      const { state } = this;
      if (state === "closed") return;
      if (state === "half-open" && !this.#probing) {
        this.#probing = true;
        return;
      }
      await this.#changed(state === "open" ? this.#openUntil - this.#clock.monotonic() : Infinity, signal);
    }
  }

  #changed(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>(), wake = () => resolve();
    const cancel = ms === Infinity ? () => {} : this.#clock.after(ms, wake);
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake);
    return promise.finally(() => {
      cancel();
      this.#waiting.delete(wake);
      signal.removeEventListener("abort", wake);
    });
  }

  /** The server has answered, whatever it said. */
  succeeded(): void {
    this.#failures = 0;
    this.#ended();
  }

  /** It has not, or said that it cannot. `waitMs`: how long it wants to be left alone. */
  failed(waitMs = 0): void {
    this.#failures++;
    if (this.#failures >= BREAKER_FAILURES_MAX) {
      this.#openUntil = this.#clock.monotonic() + Math.max(BREAKER_OPEN_MS, waitMs);
    }
    this.#ended();
  }

  /** Nobody waits for the request any more. */
  gaveUp(): void {
    this.#ended();
  }

  #ended(): void {
    this.#probing = false;
    for (const wake of [...this.#waiting]) wake();
  }
}
