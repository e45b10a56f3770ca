/** Lets one after the other act, in the order in which they asked. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when all who have asked so far are through. */
  get through(): Promise<void> {
    return this.#last;
  }

  async take<Result>(act: () => Promise<Result>): Promise<Result> {
    const before = this.#last, { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    try {
      return await act();
    } finally {
      resolve();
    }
  }
}
