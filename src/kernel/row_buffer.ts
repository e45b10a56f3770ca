import type { Batch } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import type { DataType } from "../core/schema.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import type { Kernel, KernelFunction } from "./module.ts";

/** What batch_buffer_add answers when there is no room for so many rows. */
const FULL = -2;

/** Rows of many small batches, copied together in kernel memory until they are taken out as one. */
export class RowBuffer {
  readonly #kernel: Kernel;
  readonly #add: KernelFunction;
  #types: readonly DataType[] = [];
  #at = 0;
  #rows = 0;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#add = kernel.fn("batch_buffer_add");
  }

  get rows(): number {
    return this.#rows;
  }

  /**
   * Copies the selected rows of a batch; all batches have the same columns. False: there is no room for them before what is
   * there has been taken out. Throws RdxError("no_space") without memory.
   */
  add({ columns, selection, selected, kinds }: Batch): boolean {
    const kernel = this.#kernel, mark = kernel.mark(), descriptors = writeColumns(kernel, columns);
    if (this.#at === 0) {
      this.#types = columns.map(({ type }) => type);
      this.#at = kernel.fn("batch_buffer_new")(descriptors, columns.length) >>> 0;
    }
    const rows = this.#at === 0 ? -1 : this.#add(this.#at, descriptors, selection, selected, kinds);
    kernel.release(mark);
    if (rows === FULL) return false;
    if (rows < 0) throw new RdxError("no_space", `Cannot get kernel memory for ${selected} more rows on their way out`);
    this.#rows = rows;
    return true;
  }

  /** All rows, which stay until `clear`. */
  get batch(): Batch {
    const kernel = this.#kernel, columns = kernel.fn("batch_buffer_columns")(this.#at) >>> 0;
    const kinds = kernel.fn("batch_buffer_kinds")(this.#at) >>> 0;
    return { ...readBatch(kernel, columns, this.#types, this.#rows), kinds };
  }

  clear(): void {
    this.#rows = 0;
    if (this.#at !== 0) this.#kernel.fn("batch_buffer_clear")(this.#at);
  }

  close(): void {
    if (this.#at !== 0) this.#kernel.fn("batch_buffer_free")(this.#at);
    this.#at = 0;
    this.#rows = 0;
  }
}
