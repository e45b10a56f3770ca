import type { Column } from "./core/schema.ts";
import type { TableKeeper } from "./store.ts";

/** Rows `start` to `start + rows` of one frame. */
export interface RowRange {
  readonly frame: ArrayBuffer;
  readonly start: number;
  readonly rows: number;
}

/** What a pipeline's chunk gives a sink: rows in canonical order, under the chunk's number. */
export interface OutputBatch {
  /** Grows from output to output; equal for equal plan, log and order. */
  readonly number: number;
  readonly ranges: readonly RowRange[];
  readonly rows: number;
  /** The pipeline's watermark after the chunk, epoch ms; ±Infinity at the start and at the end. */
  readonly watermark: number;
}

/** What a sink promises when the pipeline restarts. */
export type Guarantee = "exactly once" | "effectively once" | "at least once";

/** Takes output in number order; the next comes when the last one's promise resolved. */
export interface Sink {
  readonly guarantee: Guarantee;
  /**
   * Makes ready; returns the number of the last output that is already committed, −1 for none: outputs up to it are not written again. `place`: what `place` was in an
   * earlier process, whose outputs come again from there on, byte by byte: those that were written are not written twice.
   */
  open(place?: unknown): Promise<number>;
  /** What it has to be opened with in a later process to go on behind the last output that was written, as plain data; absent or null: it needs nothing. */
  readonly place?: unknown;
  /** What it keeps itself, and has only from a checkpoint in a later process; absent: nothing. */
  readonly keeper?: TableKeeper;
  /** Resolves when all that was written is where no crash of the machine takes it away; absent: it always is. A checkpoint is not whole before. */
  flush?(): Promise<void>;
  /** Resolves when the rows are as safe as the guarantee says. */
  write(output: OutputBatch): Promise<void>;
  /** Writes out what waits, and ends. */
  close(): Promise<void>;
}

/** Makes a sink of one kind from the options that the plan gives. Throws RdxError("invalid_plan") for options it does not know. */
export interface SinkFactory {
  readonly kind: string;
  /** The option that names what is written to: two sinks of a plan may not share it. Absent: they may. */
  readonly target?: string;
  /** What rows it takes: inserts only (the default), changes of rows that keys tell apart, or all. */
  readonly changes?: "insert" | "upsert" | "all";
  /** What its sinks promise. */
  readonly guarantee?: Guarantee;
  /** JSON Schema of the options. */
  readonly options: Readonly<Record<string, unknown>>;
  create(options: Readonly<Record<string, unknown>>, columns: readonly Column[], pipeline: string): Sink;
}
