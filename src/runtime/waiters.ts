/** Those who wait until something holds. */
export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** Resolves when `holds` does, now or at some `wake`. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
    });
  }

  /** Something may hold now. */
  wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}
