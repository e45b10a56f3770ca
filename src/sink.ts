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

/**
 * Takes output in number order; the next comes when the last one's promise resolved. Numbers go on over changes of a plan and restarts, and begin anew with a
 * deployment that starts afresh: a run. A sink tells runs apart by what it gives as its `place`.
 */
export interface Sink {
  readonly guarantee: Guarantee;
  /**
   * Throws RdxError for what would keep `open` from beginning a run, and leaves nothing anywhere: what is refused for one sink of a plan must not have made anything in
   * another. Absent: nothing is known before.
   */
  check?(): Promise<void>;
  /**
   * Makes ready; returns the number of the last output that is already committed, −1 for none: outputs up to it are not written again. Without `place` a run
   * begins: what was committed under its numbers before was another's. `place`: what `place` was in an earlier process, whose outputs come again from there on, byte by byte:
   * those that were written are not written twice. Throws RdxError("conflict") when what was written up to there is gone.
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
  /** Nobody waits any more for what it does: it ends as soon as it can, and `write` may reject. Absent: it never takes long. */
  giveUp?(): void;
  /** Why it does not get on at the moment, or null; absent: it never says so. */
  readonly trouble?: string | null;
}

/** Rows that a sink has given to somebody who does not want them, however often they are sent. */
export interface RefusedRows {
  /** The output that they are of, and which part of it. */
  readonly number: number;
  readonly ordinal: number;
  /** Each as JSON. */
  readonly rows: readonly string[];
  readonly reason: string;
}

/** What a sink is given, as the plan knows it. */
export interface SinkInput {
  readonly pipeline: string;
  /** The id of the sink in the plan. */
  readonly node: string;
  /** Columns that tell the current rows apart; null: nothing known does. */
  readonly upsertKeys: readonly string[] | null;
  /** Rows may take others back. */
  readonly changes: boolean;
  /** Keeps refused rows where they can be looked at, once for each output and part of a run; absent: nowhere. */
  refuse?(rows: RefusedRows, run: string): Promise<void>;
}

/** Makes a sink of one kind from the options that the plan gives. Throws RdxError("invalid_plan") for options it does not know. */
export interface SinkFactory {
  readonly kind: string;
  /** The option that names what is written to: two sinks of a plan may not share it. Absent: they may. */
  readonly target?: string;
  /** What rows it takes: inserts only (the default), changes of rows that keys tell apart, or all. */
  readonly changes?: "insert" | "upsert" | "all";
  /** What its sinks promise, and by what. */
  readonly guarantee?: Guarantee;
  readonly by?: string;
  /** JSON Schema of the options. */
  readonly options: Readonly<Record<string, unknown>>;
  create(options: Readonly<Record<string, unknown>>, columns: readonly Column[], input: SinkInput): Sink;
}
