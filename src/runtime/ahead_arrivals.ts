import type { Arrivals } from "../log.ts";

/** A wall clock that is set by less is set all the time. */
const TOLD_MS = 10_000;

/** Tells that the wall clock is behind the rows of a stream, and that it has come up with them: once each. */
export class AheadArrivals {
  readonly #stream: string;
  readonly #arrivals: Arrivals;
  readonly #said: (what: string) => void;
  #told = false;

  constructor(stream: string, arrivals: Arrivals, said: (what: string) => void) {
    this.#stream = stream;
    this.#arrivals = arrivals;
    this.#said = said;
  }

  /** Looks, when rows have come. */
  look(): void {
    const { aheadMs } = this.#arrivals, seconds = Math.round(aheadMs / 1000);
    if (aheadMs >= TOLD_MS && !this.#told) {
      this.#told = true;
      this.#said(
        `The wall clock is ${seconds} s behind the newest rows of stream ${this.#stream}, by which it was set back: their times of arrival go on from there, slower than time passes, until it ` +
          `has come up with them. If it had been too far ahead, delete the stream and declare it again to have the right times at once`,
      );
    } else if (aheadMs === 0 && this.#told) {
      this.#told = false;
      this.#said(`The wall clock has come up with the rows of stream ${this.#stream}`);
    }
  }
}
