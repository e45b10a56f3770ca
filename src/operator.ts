import type { Batch } from "./core/batch.ts";
import type { ColdFacts } from "./core/cold_file.ts";
import type { Column } from "./core/schema.ts";
import type { OperatorState } from "./core/state.ts";

export type { OperatorState, StateChange, StateTable } from "./core/state.ts";

/** Event time around a batch; times are epoch ms. */
export interface BatchTimes {
  /**
   * Address of an i64 a row: the greatest event time among the chunk's rows before this one; for results of another
   * operator, before the row that made them. 0: the rows meet the operator's watermark as it is.
   */
  readonly running: number;
  /** Greatest event time of this source before the chunk; −Infinity at first, and for rows that a watermark made. */
  readonly before: number;
  /** The source's watermark is its greatest event time minus this, the operator's lag behind it included. */
  readonly delayMs: number;
  /** Least watermark of the operator's other sources, its lag subtracted; +Infinity without any. */
  readonly others: number;
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

/** A batch of results. */
export type Pulled = Batch & {
  /** Address of a u32 a row: the row of the pushed batch that made it. Absent or 0: the watermark (or a tick) made them. */
  readonly causes?: number;
};

/**
 * A step of a plan inside one task: pure over batches. Time, progress, metrics and retries wrap it.
 *
 * `push` takes a batch and may hand on rows at once; `advance` tells the watermark; `pull` drains what either made ready,
 * in bounded steps, until it returns null. What `push` returns keeps the row numbers of what it took: row r comes of row r.
 */
export interface Operator {
  readonly id: string;
  /** Columns of the batches it hands on. */
  readonly columns: readonly Column[];
  /** The column with the window's end by which its rows are ordered, −1 for none. */
  readonly windowEnd: number;
  /** For each input. Null: rows are taken where they are. Else `push` takes batches in exchange layout. */
  readonly exchanges: readonly (Exchange | null)[];
  /** Two-phase operators: makes phase one; `push` then takes its partial rows. */
  readonly combiner: Combiner | null;
  /**
   * Takes rows of the input at `input`. Returns the batch that goes on at once, or null: then `pull` hands out what there
   * is. The batch stays valid until `pull` has returned null. Throws StateFull when the state has no room for all rows.
   */
  push(batch: Batch, times: BatchTimes, input: number): Batch | null;
  /** The operator's watermark: the least of its sources', minus its lag. Inputs come first; drained by `pull`. */
  advance(watermark: number): void;
  /**
   * The least watermark above this one at which `advance` may make results, whatever rows come until then. Absent: any may.
   * Where results of the watermark meet others, they are made in front of the very row behind which they are due.
   */
  due?(watermark: number): number;
  /** Of operators that emit early results: an interval of the wall clock has ended, epoch ms; drained by `pull`. */
  tick?(nowMs: number): void;
  /**
   * The next batch of results, null when there are none for now; called until then after each push, advance and tick. It
   * may be used until the next pull of the same operator, and lies in the batch arena.
   */
  pull(rowsMax: number): Pulled | null;
  /**
   * Results as they would be if the watermark were +∞, without changing anything; drained like `pull`. Null where there
   * are no open windows to be seen.
   */
  peek(rowsMax: number, first: boolean): Batch | null;
  /** Rows that it has refused since it was asked last; absent: it refuses none. */
  refused?(): readonly LostRows[];
  readonly counts: OperatorCounts;
  /** Its state as tables. "none": it keeps nothing. */
  readonly state: OperatorState | "none";
  readonly stateRows: number;
  /** Bytes of its memory. */
  readonly stateBytes: number;
  /** Those of its rows that are in a working file; absent: all are in memory. */
  readonly cold?: ColdFacts;
  close(): void;
}

/** What an operator wants to know of a table outside. */
export interface LookupQuestion {
  /** Counts the operator's questions, from 1. */
  readonly request: number;
  /** A frame of key columns, no key twice and none with NULL. */
  readonly keys: ArrayBuffer;
  readonly rows: number;
}

/** What came of a question: part of the order. */
export interface LookupAnswer {
  readonly request: number;
  /** As lookup.ts says; null: there is no answer. */
  readonly frames: readonly ArrayBuffer[] | null;
  /** Why there is none. */
  readonly failure: string | null;
  /** Wall clock, epoch ms. */
  readonly nowMs: number;
}

/** Rows that are given up, since their question could not be answered, or refused: a frame of the operator's input columns. */
export interface LostRows {
  readonly frame: ArrayBuffer;
  readonly rows: number;
  readonly reason: string;
}

/** What has become of lookups since the last report. */
export interface LookupReport {
  readonly questions: readonly LookupQuestion[];
  /** Rows whose answer was there when they came, and keys that had to be asked for. */
  readonly hits: number;
  readonly misses: number;
  /** Rows that wait now. */
  readonly pendingRows: number;
  readonly lost: readonly LostRows[];
}

/** A batch of rows that have their answers, with the address of the watermark that each has met (i64 a row). */
export type Released = Batch & { readonly times: number };

/**
 * An operator whose rows wait for answers from outside. Nothing comes out of `pull`: what has its answers comes out of `release`, rows and
 * watermarks in the order in which they went in, so that for what is behind it, it is a source with a clock of its own.
 */
export interface Asking extends Operator {
  /** Takes the answer to a question. Throws StateFull. */
  answer(answer: LookupAnswer): void;
  /**
   * What comes out next: rows, which `release` hands out until it returns null; or a watermark, `reached`. Null: it waits. After each push,
   * advance and answer, `next` is called until it returns null; what it needs lies in the batch arena until then.
   */
  next(): "rows" | "watermark" | null;
  release(rowsMax: number): Released | null;
  /** The watermark that has come out last. */
  readonly reached: number;
  report(): LookupReport;
}

/** The state has no room for more rows. The rest of the chunk waits, and with it the pipeline. */
export class StateFull extends Error {
  override readonly name = "StateFull";
}
