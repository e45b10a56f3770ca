import { reasonOf } from "../core/errors.ts";
import { FrameBuilder } from "../core/frame_builder.ts";
import { BATCH_ROWS_MAX, LOOKUP_ANSWER_BYTES_MAX, LOOKUP_ANSWER_ROWS_MAX } from "../core/limits.ts";
import { type Column, INT64 } from "../core/schema.ts";
import type { Value } from "../core/value.ts";
import { KEY_NUMBER, LookupFailure } from "../lookup.ts";

/** Puts the rows of an answer into frames. */
export class AnswerBuilder {
  readonly #columns: readonly Column[];
  readonly #builder: FrameBuilder;
  readonly #frames: ArrayBuffer[] = [];
  #rows = 0;
  #bytes = 0;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#builder = new FrameBuilder([{ name: KEY_NUMBER, type: INT64, nullable: false }, ...columns]);
  }

  /** Adds a row of the key with this number. Throws LookupFailure: a value does not fit its column, or there is too much of all. */
  add(key: number, values: readonly Value[]): void {
    values.forEach((value, i) => {
      if (value === null && !this.#columns[i].nullable) {
        throw new LookupFailure(`Column ${this.#columns[i].name} is NULL, and it was declared NOT NULL`, true);
      }
      this.#bytes += 8 + (typeof value === "string" || value instanceof Uint8Array ? value.length : 0);
    });
    if (++this.#rows > LOOKUP_ANSWER_ROWS_MAX) throw tooMuch(`${LOOKUP_ANSWER_ROWS_MAX} rows`);
    if (this.#bytes > LOOKUP_ANSWER_BYTES_MAX) throw tooMuch(`${LOOKUP_ANSWER_BYTES_MAX} bytes`);
    try {
      this.#builder.append([key, ...values]);
    } catch (thrown) {
      throw new LookupFailure(reasonOf(thrown), true);
    }
    if (this.#builder.rows === BATCH_ROWS_MAX) this.#frames.push(this.#builder.finish());
  }

  finish(): ArrayBuffer[] {
    if (this.#builder.rows > 0) this.#frames.push(this.#builder.finish());
    return this.#frames;
  }
}

/** An answer is larger than what is held of one. */
export function tooMuch(most: string): LookupFailure {
  return new LookupFailure(`The answer has more than ${most}: ask for fewer keys at once with batch_rows`, true);
}
