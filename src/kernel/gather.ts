import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { INT64 } from "../core/schema.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";

/** SET of asm/batch/order.ts */
const SET_BYTES = 20;
/** A set is told by one byte. */
const SETS_MAX = 256;

/** Which rows the rows of a batch come from: u32 numbers that never descend. `at` 0: each row from that of its own number. */
export interface Origins {
  readonly at: number;
  /** Bytes from one to the next. */
  readonly stride: number;
}

/** Rows come from those of their own numbers. */
export const OWN_ROWS: Origins = { at: 0, stride: 4 };

/** A batch whose rows come from those of another. */
export interface TracedBatch {
  readonly batch: Batch;
  readonly origins: Origins;
}

/** Puts rows of batches together anew. What it makes lies in the batch arena. */
export class BatchGather {
  readonly #kernel: Kernel;
  readonly #gather: KernelFunction;
  readonly #kinds: KernelFunction;
  readonly #times: KernelFunction;
  readonly #order: KernelFunction;
  readonly #numbers: KernelFunction;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#gather = kernel.fn("batch_gather");
    this.#kinds = kernel.fn("batch_kinds");
    this.#times = kernel.fn("batch_times");
    this.#order = kernel.fn("batch_order");
    this.#numbers = kernel.fn("batch_numbers");
  }

  /**
   * The selected rows of batches with equal column types in the order of the rows that they come from, and of one such row in
   * the order of the batches. Throws RangeError for more than 256 batches, RdxError("no_space") without memory.
   */
  merge(parts: readonly TracedBatch[]): TracedBatch {
    if (parts.length > SETS_MAX) throw new RangeError(`Cannot merge ${parts.length} batches: at most ${SETS_MAX}`);
    const kernel = this.#kernel, total = parts.reduce((sum, { batch }) => sum + batch.selected, 0);
    const sets = kernel.arena(parts.length * SET_BYTES), which = kernel.arena(Math.max(1, total));
    const rows = kernel.arena(Math.max(1, total) * 4), origins = kernel.arena(Math.max(1, total) * 4);
    const data = kernel.data;
    parts.forEach(({ batch, origins }, i) => {
      const fields = [batch.selection, batch.selected, origins.at, origins.stride];
      fields.forEach((field, at) => data.setUint32(sets + i * SET_BYTES + at * 4, field, true));
    });
    this.#order(sets, parts.length, which, rows, origins);
    const batch = this.#collect(parts.map((part) => part.batch), which, rows, total);
    return { batch, origins: { at: origins, stride: 4 } };
  }

  /** The rows (u32 numbers at the address `rows`) of one batch, which may occur more than once. */
  take(batch: Batch, rows: number, count: number): Batch {
    return this.#collect([batch], 0, rows, count);
  }

  /** For each of `count` rows the i64 of the row that caused it (u32 numbers at the address `causes`). */
  times(times: number, causes: number, count: number): number {
    const out = this.#kernel.arena(Math.max(1, count) * 8);
    this.#times(times, causes, count, out);
    return out;
  }

  /** A column with the number of each row of a batch. */
  numbers(rows: number): Vector {
    const data = this.#kernel.arena(Math.max(1, rows) * 8);
    this.#numbers(rows, data);
    return { type: INT64, data, validity: 0 };
  }

  #collect(batches: readonly Batch[], which: number, rows: number, count: number): Batch {
    const kernel = this.#kernel, types = batches[0].columns.map(({ type }) => type), ncols = types.length;
    const vectors: Vector[] = batches.flatMap(({ columns }) => columns);
    const columns = writeColumns(kernel, vectors), out = kernel.arena(Math.max(1, ncols) * COLUMN_SIZE);
    if (this.#gather(columns, batches.length, ncols, which, rows, count, out) < 0) {
      throw new RdxError("no_space", `Cannot get kernel memory to put ${count} rows together`);
    }
    return { ...readBatch(kernel, out, types, count), kinds: this.#kindsOf(batches, which, rows, count) };
  }

  #kindsOf(batches: readonly Batch[], which: number, rows: number, count: number): number {
    if (batches.every(({ kinds }) => kinds === 0)) return 0;
    const kernel = this.#kernel, sets = kernel.arena(batches.length * 4), out = kernel.arena(Math.max(1, count));
    batches.forEach(({ kinds }, i) => kernel.data.setUint32(sets + i * 4, kinds, true));
    this.#kinds(sets, which, rows, count, out);
    return out;
  }
}
