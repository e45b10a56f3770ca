/** Waits between tries that fail: twice as long each time, up to a bound, each cut short by chance so that clients do not come all at once. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #tries = 0;

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  /** How long to wait now; `atLeastMs` is what the server asked for. */
  next(atLeastMs = 0): number {
    const most = Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(this.#tries++, 30));
    return Math.round(Math.max(most * (0.5 + Math.random() / 2), Math.min(atLeastMs, this.#mostMs)));
  }

  /** Something worked. */
  reset(): void {
    this.#tries = 0;
  }
}

/** Resolves after `ms`, or at once when the signal aborts: look at it then. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
