/** Pipelines that are there and do again what they did. Whoever goes on with the state of one waits for that, and nobody else. */
export class Repeating {
  readonly #through = new Map<string, Promise<void>>();

  /** It is through when this resolves. */
  add(name: string, through: Promise<void>): void {
    this.#through.set(name, through);
    void through.then(() => {
      if (this.#through.get(name) === through) this.#through.delete(name);
    });
  }

  /** Resolves when it has its state as a whole; null: now. `there` resolves when one that is `awaited` is there. */
  whole(name: string, awaited: boolean, there: Promise<unknown>): Promise<void> | null {
    if (!awaited && !this.#through.has(name)) return null;
    return there.then(() => this.#through.get(name));
  }
}
