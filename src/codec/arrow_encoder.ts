import type { Encoder } from "../codec.ts";
import { encodeRows, encodeSchema, endOfStream } from "../core/arrow/writer.ts";
import type { Column } from "../core/schema.ts";

/** Rows as a stream of Arrow's IPC format, one record batch for each call; with `kinds` the column `$op` comes last. */
export class ArrowEncoder implements Encoder {
  readonly contentType = "application/vnd.apache.arrow.stream";
  readonly #columns: readonly Column[];
  readonly #kinds: boolean;

  constructor(columns: readonly Column[], options: { readonly kinds?: boolean } = {}) {
    this.#columns = columns;
    this.#kinds = options.kinds ?? false;
  }

  head(): Uint8Array {
    return encodeSchema(this.#columns, this.#kinds);
  }

  rows(frame: ArrayBuffer, start: number, count: number): Uint8Array {
    return count === 0 ? new Uint8Array(0) : encodeRows(frame, start, count, this.#kinds);
  }

  tail(): Uint8Array {
    return endOfStream();
  }
}
