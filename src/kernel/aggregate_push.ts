import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { kindCode } from "../core/schema.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";

/** Event time of the rows that are pushed, and what came before them. */
export interface PushTimes {
  /** i64 milliseconds. Rows whose time is NULL, or beyond what a Date can hold, are dropped and counted. */
  readonly time: Vector;
  /**
   * Address of i64 a row: the greatest source event time of the rows before it in its chunk, as RunningTimes writes it; 0
   * when no row can be late (rows in order, none before `before`, and a delay of at least 1 ms).
   */
  readonly running: number;
  /** Greatest event time of this source partition before this chunk; −Infinity at first. */
  readonly before: number;
  /** The watermark of the partition is its greatest event time − delay. Not negative. */
  readonly delayMs: number;
  /** Least watermark of the other live partitions; +Infinity without any. */
  readonly others: number;
}

export interface PushResult {
  /** Selected rows taken. Fewer than given: state is full; the rest (`skipSelected`) may be pushed once slices are gone. */
  readonly consumed: number;
  /** Rows whose last window has fired. They are not in any result. */
  readonly late: number;
  /** Rows without a usable time. */
  readonly nullTime: number;
  /** Address of the i32 row numbers of late rows, ascending, in the batch arena; 0 without any. */
  readonly lateSelection: number;
  /** How many row numbers there are: of a merge, late partials, which stand for `late` rows. */
  readonly lateSelected: number;
}

/** Addresses (i64 a row) that make a push a merge. */
export interface MergeWords {
  readonly epochs: number;
  readonly counts: number;
}

/** A batch with what is read of its rows. */
export interface PushedBatch {
  readonly batch: Batch;
  readonly keys: readonly Vector[];
  /** Null for count(*). */
  readonly args: readonly (Vector | null)[];
  readonly times: PushTimes;
  readonly merge: MergeWords | null;
  /** How many rows of the log came between the batch before and this one; −1: it is the rest of that one. */
  readonly rowsBefore: number;
}

// PUSH of asm/aggregate/input.ts
const PUSH_BYTES = 96;
const STOP_MEMORY = 3;
const STOP_FOREIGN = 4;

/** Columns, times and answer of one push, in a block of kernel memory that is used again for each. */
export class PushBlock {
  readonly #kernel: Kernel;
  readonly #push: KernelFunction;
  readonly #columns: number;
  readonly #bytes: number;
  readonly #at: number;

  /** `columns`: keys and arguments (of a merge: state columns) together, at most. */
  constructor(kernel: Kernel, columns: number) {
    this.#kernel = kernel;
    this.#push = kernel.fn("agg_push");
    this.#bytes = PUSH_BYTES + (columns + 1) * COLUMN_SIZE;
    this.#at = kernel.alloc(this.#bytes);
    this.#columns = this.#at + PUSH_BYTES;
  }

  free(): void {
    this.#kernel.free(this.#at, this.#bytes);
  }

  #column(at: number, vector: Vector | null): number {
    const data = this.#kernel.data;
    data.setUint32(at, vector === null ? 0 : kindCode(vector.type.kind), true);
    data.setUint32(at + 4, vector?.data ?? 0, true);
    data.setUint32(at + 8, vector?.validity ?? 0, true);
    data.setUint32(at + 12, vector?.type.scale ?? 0, true);
    return at + COLUMN_SIZE;
  }

  /** Pushes a batch into `aggregation`. */
  push(aggregation: number, { batch, keys, args, times, merge, rowsBefore }: PushedBatch): PushResult {
    let at = this.#columns;
    for (const key of keys) at = this.#column(at, key);
    const argsAt = at;
    for (const arg of args) at = this.#column(at, arg);
    this.#column(at, times.time);
    const data = this.#kernel.data, push = this.#at;
    data.setUint32(push, this.#columns, true);
    data.setUint32(push + 4, argsAt, true);
    data.setUint32(push + 8, at, true);
    data.setUint32(push + 12, batch.selection, true);
    data.setUint32(push + 16, batch.selected, true);
    data.setUint32(push + 20, times.running, true);
    data.setUint32(push + 24, merge?.epochs ?? 0, true);
    data.setUint32(push + 28, merge?.counts ?? 0, true);
    data.setFloat64(push + 32, times.before, true);
    data.setFloat64(push + 40, times.others, true);
    data.setFloat64(push + 48, times.delayMs, true);
    data.setFloat64(push + 56, rowsBefore, true);
    this.#push(aggregation, push);
    return this.#answer();
  }

  #answer(): PushResult {
    const data = this.#kernel.data, push = this.#at;
    const stop = data.getUint32(push + 88, true);
    if (stop === STOP_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory to push a batch");
    if (stop === STOP_FOREIGN) throw new RdxError("internal", "A row came to a task that does not own its key group");
    return {
      consumed: data.getUint32(push + 64, true),
      late: data.getFloat64(push + 72, true),
      nullTime: data.getUint32(push + 80, true),
      lateSelection: data.getUint32(push + 84, true),
      lateSelected: data.getUint32(push + 68, true),
    };
  }
}

/** `batch` without its first `count` selected rows: what is left to push after a full state. */
export function skipSelected(kernel: Kernel, batch: Batch, count: number): Batch {
  const selected = batch.selected - count;
  if (batch.selection !== 0) return { ...batch, selection: batch.selection + count * 4, selected };
  const selection = kernel.arena(Math.max(1, selected) * 4), data = kernel.data;
  for (let i = 0; i < selected; i++) data.setInt32(selection + i * 4, count + i, true);
  return { ...batch, selection, selected };
}

/** What two pushes come to, the second of which has taken what the first had left. */
export function together(kernel: Kernel, first: PushResult, second: PushResult): PushResult {
  const counts = {
    consumed: first.consumed + second.consumed,
    late: first.late + second.late,
    nullTime: first.nullTime + second.nullTime,
  };
  if (first.lateSelected === 0 || second.lateSelected === 0) {
    const { lateSelection, lateSelected } = first.lateSelected === 0 ? second : first;
    return { ...counts, lateSelection, lateSelected };
  }
  const lateSelected = first.lateSelected + second.lateSelected, lateSelection = kernel.arena(lateSelected * 4);
  let to = lateSelection;
  for (const { lateSelection: from, lateSelected: rows } of [first, second]) {
    kernel.bytes.copyWithin(to, from, from + rows * 4);
    to += rows * 4;
  }
  return { ...counts, lateSelection, lateSelected };
}
