import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";

/** SET of asm/batch/order.ts */
const SET_BYTES = 12;
/** A set is told by one byte. */
const SETS_MAX = 256;

/** Rows of several batches in one. */
export interface MergedRows {
  readonly batch: Batch;
  /** Address of a u32 a row: its number in the batch that it comes from. */
  readonly rows: number;
}

/** Puts rows of batches together anew. What it makes lies in the batch arena. */
export class BatchGather {
  readonly #kernel: Kernel;
  readonly #gather: KernelFunction;
  readonly #kinds: KernelFunction;
  readonly #times: KernelFunction;
  readonly #order: KernelFunction;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#gather = kernel.fn("batch_gather");
    this.#kinds = kernel.fn("batch_kinds");
    this.#times = kernel.fn("batch_times");
    this.#order = kernel.fn("batch_order");
  }

  /**
   * The selected rows of batches with equal column types and the same row numbers, in the order of these, and of one row in
   * the order of the batches. Throws RangeError for more than 256 batches, RdxError("no_space") without memory.
   */
  merge(batches: readonly Batch[]): MergedRows {
    if (batches.length > SETS_MAX) throw new RangeError(`Cannot merge ${batches.length} batches: at most ${SETS_MAX}`);
    const kernel = this.#kernel, total = batches.reduce((sum, { selected }) => sum + selected, 0);
    const sets = kernel.arena(batches.length * SET_BYTES), which = kernel.arena(total), rows = kernel.arena(total * 4);
    const data = kernel.data;
    batches.forEach(({ selection, selected }, i) => {
      data.setUint32(sets + i * SET_BYTES, selection, true);
      data.setUint32(sets + i * SET_BYTES + 4, selected, true);
    });
    this.#order(sets, batches.length, which, rows);
    return { batch: this.#collect(batches, which, rows, total), rows };
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
