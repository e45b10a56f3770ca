import type { Batch } from "./core/batch.ts";
import type { Column } from "./core/schema.ts";

/** Event time around a batch; times are epoch ms. */
export interface BatchTimes {
  /** Address of an i64 a row: the greatest event time among the chunk's rows before this one. */
  readonly running: number;
  /** Greatest event time of this source before the chunk; −Infinity at first. */
  readonly before: number;
  /** The source's watermark is its greatest event time minus this. */
  readonly delayMs: number;
  /** Partial rows: they go on where the last batch of the same chunk ended. */
  readonly continued?: boolean;
}

/** What has to move before a keyed operator sees a row: rows of one key group meet in one task. */
export interface Exchange {
  /** Columns of the input that travel, keys first and the event time last; −1 is the source's arrival time. */
  readonly columns: readonly number[];
  /** How many of them are keys. */
  readonly keys: number;
}

/** Phase one of a two-phase operator: what a chunk's rows come to, before they travel. */
export interface Combiner {
  /** Takes rows in exchange layout. */
  push(batch: Batch, times: BatchTimes): void;
  /** The partial rows of the chunk, keys first, or null; starts the next chunk. */
  take(): Batch | null;
}

/** Rows that an operator did not use, since its start. */
export interface OperatorCounts {
  readonly late: number;
  readonly nullTime: number;
}

/**
 * A step of a plan inside one task: pure over batches. Time, progress, metrics and retries wrap it.
 *
 * `push` takes a batch and may hand on rows at once; `advance` tells the watermark; `pull` drains what that made ready,
 * in bounded steps, until it returns null. Batches live until the arena's reset, so each is used before the next call.
 */
export interface Operator {
  readonly id: string;
  /** Columns of the batches it hands on. */
  readonly columns: readonly Column[];
  /** The column with the window's end by which its rows are ordered, −1 for none. */
  readonly windowEnd: number;
  /** Null: rows are taken where they are. Else `push` takes batches in exchange layout. */
  readonly exchange: Exchange | null;
  /** Two-phase operators: makes phase one; `push` then takes its partial rows. */
  readonly combiner: Combiner | null;
  /** The batch that goes on at once, or null. Throws StateFull when the state has no room for all rows. */
  push(batch: Batch, times: BatchTimes): Batch | null;
  advance(watermark: number): void;
  pull(rowsMax: number): Batch | null;
  /** Results as they would be if the watermark were +∞, without changing anything; drained like `pull`. */
  peek(rowsMax: number, first: boolean): Batch | null;
  readonly counts: OperatorCounts;
  readonly stateRows: number;
  readonly stateBytes: number;
  close(): void;
}

/** The state has no room for more rows. The rest of the chunk waits, and with it the pipeline. */
export class StateFull extends Error {
  override readonly name = "StateFull";
}
