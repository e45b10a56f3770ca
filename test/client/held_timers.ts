interface Held {
  readonly ms: number;
  readonly call: () => void;
}

/** Timers of so many ms and more stand until the test lets them run out; shorter ones run as ever. */
export class HeldTimers implements Disposable {
  readonly #set = globalThis.setTimeout;
  readonly #clear = globalThis.clearTimeout;
  readonly #held = new Map<number, Held>();
  /** Timers that were set so far. */
  made = 0;

  constructor(leastMs: number) {
    const set = this.#set as (call: () => void, ms?: number, ...args: unknown[]) => number;
    const clear = this.#clear as (id?: number) => void;
    const hold = (call: () => void, ms = 0, ...args: unknown[]) => {
      if (ms < leastMs) return set.call(globalThis, call, ms, ...args);
      // No timer of the platform has such a number.
      const id = -++this.made;
      this.#held.set(id, { ms, call: () => call() });
      return id;
    };
    const letGo = (id?: number) => {
      if (id === undefined || !this.#held.delete(id)) clear.call(globalThis, id);
    };
    globalThis.setTimeout = hold as unknown as typeof setTimeout;
    globalThis.clearTimeout = letGo as unknown as typeof clearTimeout;
  }

  /** How long each of those that stand would take. */
  get waiting(): number[] {
    return [...this.#held.values()].map(({ ms }) => ms);
  }

  /** Lets all that stand run out. */
  runOut(): void {
    for (const [id, { call }] of [...this.#held]) if (this.#held.delete(id)) call();
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#set;
    globalThis.clearTimeout = this.#clear;
  }
}
