import { FrameBuilder } from "../core/frame_builder.ts";
import { BATCH_ROWS_MAX, LOOKUP_ANSWER_BYTES_MAX, LOOKUP_ANSWER_ROWS_MAX } from "../core/limits.ts";
import { type Column, INT64, STRING } from "../core/schema.ts";
import type { Value } from "../core/value.ts";
import { KEY_NUMBER, LookupFailure, placeOf } from "../lookup.ts";
import { Misfit } from "./cells.ts";

const NUMBER: Column = { name: KEY_NUMBER, type: INT64, nullable: false };

/** Puts the rows of an answer into frames. Those of a key come together, and keys in the order of their numbers. */
export class AnswerBuilder {
  readonly #columns: readonly Column[];
  readonly #keys: number;
  readonly #builder: FrameBuilder;
  readonly #frames: ArrayBuffer[] = [];
  /** Rows of the last key, which may turn out to make no sense. */
  #open: Value[][] = [];
  #key = -1;
  /** Why keys have no answer. */
  readonly #misfits = new Map<number, string>();
  #rows = 0;
  #bytes = 0;

  /** Of a question for so many keys. */
  constructor(columns: readonly Column[], keys: number) {
    this.#columns = columns;
    this.#keys = keys;
    this.#builder = new FrameBuilder([NUMBER, ...columns]);
  }

  /** Adds a row of the key with this number, which `read` gives or throws Misfit. Throws LookupFailure when there is too much of all. */
  add(key: number, read: () => readonly Value[]): void {
    if (key !== this.#key) this.#close();
    this.#key = key;
    if (this.#misfits.has(key)) return;
    try {
      this.#open.push(this.#checked(read()));
    } catch (thrown) {
      if (!(thrown instanceof Misfit)) throw thrown;
      this.#misfits.set(key, thrown.message);
      this.#open = [];
    }
  }

  #checked(values: readonly Value[]): Value[] {
    values.forEach((value, i) => {
      if (value === null && !this.#columns[i].nullable) {
        throw new Misfit(`Column ${this.#columns[i].name} is NULL, and it was declared NOT NULL`);
      }
      this.#bytes += 8 + (typeof value === "string" || value instanceof Uint8Array ? value.length : 0);
    });
    if (++this.#rows > LOOKUP_ANSWER_ROWS_MAX) throw tooMuch(`${LOOKUP_ANSWER_ROWS_MAX} rows`);
    if (this.#bytes > LOOKUP_ANSWER_BYTES_MAX) throw tooMuch(`${LOOKUP_ANSWER_BYTES_MAX} bytes`);
    return [...values];
  }

  #close(): void {
    for (const values of this.#open) {
      this.#builder.append([this.#key, ...values]);
      if (this.#builder.rows === BATCH_ROWS_MAX) this.#frames.push(this.#builder.finish());
    }
    this.#open = [];
  }

  /** Throws LookupFailure when no key has an answer. */
  finish(): ArrayBuffer[] {
    this.#close();
    if (this.#builder.rows > 0) this.#frames.push(this.#builder.finish());
    const [reason] = this.#misfits.values();
    if (this.#misfits.size === this.#keys && reason !== undefined) throw new LookupFailure(reason, true);
    if (this.#misfits.size > 0) this.#frames.push(...this.#misfitFrames());
    return this.#frames;
  }

  #misfitFrames(): ArrayBuffer[] {
    const builder = new FrameBuilder([NUMBER, { name: "reason", type: STRING, nullable: false }]);
    for (const [key, reason] of this.#misfits) builder.append([placeOf(key), reason]);
    return [builder.finish()];
  }
}

/** An answer is larger than what is held of one. */
export function tooMuch(most: string): LookupFailure {
  return new LookupFailure(`The answer has more than ${most}: ask for fewer keys at once with batch_rows`, true);
}
