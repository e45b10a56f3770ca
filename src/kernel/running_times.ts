import type { Vector } from "../core/batch.ts";
import { writeColumnsAt } from "./column.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel } from "./module.ts";

const STATE_BYTES = 32;

export interface Running {
  /**
   * Address of i64 a row, in the batch arena: the greatest event time of the rows before it in the chunk (−2^62 before the
   * first). A row's own time is not in it: it must not make itself late.
   */
  readonly running: number;
  /** Least and greatest event time of the chunk so far; +Infinity and −Infinity without any. */
  readonly min: number;
  readonly max: number;
  /** No row of the chunk so far is earlier than one before it. */
  readonly sorted: boolean;
}

/** Running maxima of event time over all rows of a chunk, across its batches; taken before any row is filtered out. */
export class RunningTimes {
  readonly #kernel: Kernel;
  readonly #at: number;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#at = kernel.alloc(STATE_BYTES + COLUMN_SIZE);
    this.begin();
  }

  /** Begins a chunk. */
  begin(): void {
    this.#kernel.fn("agg_running_begin")(this.#at);
  }

  /** Adds the next batch of the chunk. Rows whose time is NULL, or beyond what a Date can hold, do not count. */
  add(time: Vector, rows: number): Running {
    const running = this.#kernel.arena(Math.max(1, rows) * 8), column = this.#at + STATE_BYTES;
    writeColumnsAt(this.#kernel, [time], column);
    this.#kernel.fn("agg_running_add")(this.#at, column, rows, running);
    const data = this.#kernel.data;
    const max = Number(data.getBigInt64(this.#at, true)), min = Number(data.getBigInt64(this.#at + 8, true));
    const none = min > max;
    return {
      running,
      min: none ? Infinity : min,
      max: none ? -Infinity : max,
      sorted: data.getUint32(this.#at + 16, true) !== 0,
    };
  }

  close(): void {
    this.#kernel.free(this.#at, STATE_BYTES + COLUMN_SIZE);
  }
}
