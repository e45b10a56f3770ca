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
  /** The rows that are not too late when some are, as the selection of a batch; null: all rows. */
  readonly kept: Kept | null;
}

/** Some rows of a batch, as its selection: ascending i32 row numbers in the batch arena. */
export interface Kept {
  readonly selection: number;
  readonly selected: number;
}

/** The rows of a batch of `rows` that are not among the kept ones. */
export function leftOut(kernel: Kernel, rows: number, { selection, selected }: Kept): number[] {
  const data = kernel.data, out: number[] = [];
  for (let row = 0, kept = 0; row < rows; row++) {
    if (kept < selected && data.getInt32(selection + kept * 4, true) === row) kept++;
    else out.push(row);
  }
  return out;
}

/** The event time of a row, epoch ms. */
export function timeAt(kernel: Kernel, time: Vector, row: number): number {
  return Number(kernel.data.getBigInt64(time.data + row * 8, true));
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

  /**
   * Adds the next batch of the chunk. Rows whose time is NULL, or beyond what a Date can hold, do not count, nor do rows
   * that are later than `mostMs`.
   */
  add(time: Vector, rows: number, mostMs = Infinity): Running {
    const running = this.#kernel.arena(Math.max(1, rows) * 8), column = this.#at + STATE_BYTES;
    writeColumnsAt(this.#kernel, [time], column);
    let kept: Kept | null = null;
    if (mostMs === Infinity) this.#kernel.fn("agg_running_add")(this.#at, column, rows, running);
    else {
      const selection = this.#kernel.arena(Math.max(1, rows) * 4);
      const add = this.#kernel.fn("agg_running_add_until");
      const selected = add(this.#at, column, rows, mostMs, running, selection);
      if (selected < rows) kept = { selection, selected };
    }
    const data = this.#kernel.data;
    const max = Number(data.getBigInt64(this.#at, true)), min = Number(data.getBigInt64(this.#at + 8, true));
    const none = min > max;
    return {
      running,
      min: none ? Infinity : min,
      max: none ? -Infinity : max,
      sorted: data.getUint32(this.#at + 16, true) !== 0,
      kept,
    };
  }

  /** The rows that are not later than `mostMs`, as a chunk of their own; null: none is. */
  within(time: Vector, rows: number, mostMs: number): Kept | null {
    const column = this.#at + STATE_BYTES;
    writeColumnsAt(this.#kernel, [time], column);
    if (this.#kernel.fn("agg_times_beyond")(column, rows, mostMs) === 0) return null;
    this.begin();
    return this.add(time, rows, mostMs).kept;
  }

  close(): void {
    this.#kernel.free(this.#at, STATE_BYTES + COLUMN_SIZE);
  }
}
