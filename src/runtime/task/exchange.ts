import type { Batch, Vector } from "../../core/batch.ts";
import { BATCH_ROWS_MAX } from "../../core/limits.ts";
import { INT64 } from "../../core/schema.ts";
import { FrameReader, FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import { BatchGather, type Origins, OWN_ROWS } from "../../kernel/gather.ts";
import type { Kernel } from "../../kernel/module.ts";
import { Partitioner } from "../../kernel/partition.ts";
import type { BatchTimes, Operator } from "../../operator.ts";

/** Frames for one keyed operator, by the task that owns the rows. */
export type Outgoing = ArrayBuffer[][];

/**
 * Cuts batches by key group, one frame for each task that owns some of the rows. A frame holds the columns in exchange layout and, for
 * operators that judge rows one by one, the running event time behind them, unless the rows' own time does for it.
 */
export class ExchangeWriter {
  readonly #frames: FrameWriter;
  readonly #partitioner: Partitioner;

  constructor(kernel: Kernel, tasks: number) {
    this.#frames = new FrameWriter(kernel);
    this.#partitioner = new Partitioner(kernel, tasks);
  }

  /**
   * Adds the batch's rows to `outgoing`. `running` is the address of the running event times, 0 to send none; that of the last column, the
   * time, is not sent twice.
   */
  write(batch: Batch, keys: number, running: number, outgoing: Outgoing): void {
    const parts = this.#partitioner.byKeys(batch, batch.columns.slice(0, keys));
    const sent = running === 0 || running === batch.columns[batch.columns.length - 1].data;
    const columns = sent ? batch.columns : [...batch.columns, { type: INT64, data: running, validity: 0 }];
    parts.forEach(({ selection, selected }, task) => {
      // Partial rows of a chunk may be more than one frame takes.
      for (let at = 0; at < selected; at += BATCH_ROWS_MAX) {
        const piece = { selection: selection + at * 4, selected: Math.min(BATCH_ROWS_MAX, selected - at) };
        outgoing[task].push(this.#frames.write({ ...batch, columns, ...piece }, NO_INFO));
      }
    });
  }

  /** Takes the buffer of a frame that was read, for one that will be written. */
  recycle(frame: ArrayBuffer): void {
    this.#frames.recycle(frame);
  }
}

/** Reads what another task's ExchangeWriter wrote and pushes it into the operator. */
export class ExchangeReader {
  readonly #frames: FrameReader;

  constructor(kernel: Kernel) {
    this.#frames = new FrameReader(kernel);
  }

  /** Returns how many rows those were. Throws StateFull. `around`: the source's event time before the chunk, and whether earlier frames of the chunk came before this one. */
  push(frame: ArrayBuffer, operator: Operator, input: number, around: Omit<BatchTimes, "running">): number {
    const all = this.#frames.read(frame), exchange = operator.exchanges[input]!;
    const judged = operator.combiner === null;
    const columns = judged ? all.columns.slice(0, exchange.columns.length) : all.columns;
    // The last column is the running event time, or the time itself where that does for it.
    const running = judged ? all.columns[all.columns.length - 1].data : 0;
    operator.push({ ...all, columns }, { ...around, running }, input);
    return all.rows;
  }
}

/** Rows on their way to the task that runs what is ordered. */
export interface OrderedRows {
  readonly batch: Batch;
  /** Address of the running event times. */
  readonly running: number;
  readonly origins: Origins;
}

/** Copies batches whole, with the running event time of each row behind the columns, and behind that, if wanted, the number of the row. */
export class OrderedExchange {
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #gather: BatchGather;

  constructor(kernel: Kernel) {
    this.#writer = new FrameWriter(kernel);
    this.#reader = new FrameReader(kernel);
    this.#gather = new BatchGather(kernel);
  }

  write(batch: Batch, running: number, numbered: boolean): ArrayBuffer {
    const more: Vector[] = [{ type: INT64, data: running, validity: 0 }];
    if (numbered) more.push(this.#gather.numbers(batch.rows));
    return this.#writer.write({ ...batch, columns: [...batch.columns, ...more] }, NO_INFO);
  }

  /** The rows live in the batch arena. */
  read(frame: ArrayBuffer, numbered: boolean): OrderedRows {
    const all = this.#reader.read(frame), columns = all.columns.slice(0, numbered ? -2 : -1);
    const origins = numbered ? { at: all.columns.at(-1)!.data, stride: 8 } : OWN_ROWS;
    this.#writer.recycle(frame);
    return { batch: { ...all, columns }, running: all.columns[columns.length].data, origins };
  }
}
