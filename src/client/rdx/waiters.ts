interface Waiter {
  readonly at: number;
  resolve(): void;
  reject(reason: unknown): void;
}

/** Those who wait until a number is reached, in ascending order of what they wait for. */
export class Waiters {
  #waiters: Waiter[] = [];

  wait(at: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ at, resolve, reject }));
  }

  reached(number: number): void {
    const count = this.#waiters.findIndex(({ at }) => at > number);
    for (const { resolve } of this.#waiters.splice(0, count < 0 ? this.#waiters.length : count)) resolve();
  }

  /** Returns whether anyone waited. */
  fail(reason: unknown): boolean {
    const waiters = this.#waiters.splice(0);
    for (const { reject } of waiters) reject(reason);
    return waiters.length > 0;
  }
}
