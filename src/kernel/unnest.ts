import type { Batch } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { FIRE_ROWS_MAX, UNNEST_BYTES } from "../core/limits.ts";
import { type DataType, INT64, JSON_VALUE } from "../core/schema.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";

const NO_MEMORY = -1;

/** Rows, each once for each item of an array, with the item as JSON and its number from 1; every batch lies in the batch arena. */
export class Unnester {
  readonly #kernel: Kernel;
  readonly #at: number;
  readonly #push: KernelFunction;
  readonly #next: KernelFunction;
  #types: readonly DataType[] = [];

  /** `outer`: rows without items come once, without one. Throws RdxError("no_space") without memory. */
  constructor(kernel: Kernel, outer: boolean) {
    this.#kernel = kernel;
    this.#at = kernel.fn("unnest_new")(Number(outer)) >>> 0;
    if (this.#at === 0) throw noSpace();
    this.#push = kernel.fn("unnest_push");
    this.#next = kernel.fn("unnest_next");
  }

  /** Takes the selected rows of a batch; its column `list` holds arrays. `next` gives the rows that they make. */
  push(batch: Batch, list: number): void {
    const { columns, selection, selected, kinds } = batch, at = writeColumns(this.#kernel, columns);
    this.#types = columns.map(({ type }) => type);
    this.#push(this.#at, at, columns.length, at + list * COLUMN_SIZE, selection, selected, kinds);
  }

  /** The next rows of what was pushed last, at most `rowsMax`, and where the u32 numbers are of the rows that they come from. */
  next(rowsMax: number): Batch & { readonly causes: number } | null {
    const kernel = this.#kernel, types = [...this.#types, JSON_VALUE, INT64];
    const facts = types.length * COLUMN_SIZE, out = kernel.arena(facts + 8);
    const most = Math.max(1, Math.min(Math.floor(rowsMax), FIRE_ROWS_MAX));
    const rows = this.#next(this.#at, most, UNNEST_BYTES, out);
    if (rows === NO_MEMORY) throw noSpace();
    if (rows === 0) return null;
    const data = kernel.data, kinds = data.getUint32(out + facts, true), causes = data.getUint32(out + facts + 4, true);
    return { ...readBatch(kernel, out, types, rows), kinds, causes };
  }

  close(): void {
    this.#kernel.fn("unnest_free")(this.#at);
  }
}

function noSpace(): RdxError {
  return new RdxError("no_space", "Cannot get kernel memory for the items of arrays");
}
