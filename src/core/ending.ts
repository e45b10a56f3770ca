/**
 * Something that may end while others wait for what comes of it. They wait by `before`: a race against one promise that is there for long would keep what came of each
 * wait for as long as that (https://tc39.es/ecma262/#sec-performpromiserace adds a reaction to it each time, which goes with the promise alone).
 */
export class Ending {
  /** Why it has ended. */
  #reason: { readonly thrown: unknown } | null = null;
  readonly #waits = new Set<(thrown: unknown) => void>();

  /** How many wait. */
  get waiting(): number {
    return this.#waits.size;
  }

  /** It ends, once: all who wait get the reason. */
  end(thrown: unknown): void {
    this.#reason ??= { thrown };
    for (const reject of this.#waits) reject(this.#reason.thrown);
    this.#waits.clear();
  }

  /** Settles as the work does, or rejects with the reason when this ends before. */
  before<Result>(work: Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    if (this.#reason) reject(this.#reason.thrown);
    else this.#waits.add(reject);
    const settled = () => void this.#waits.delete(reject);
    work.then(resolve, reject).then(settled);
    return promise;
  }
}
