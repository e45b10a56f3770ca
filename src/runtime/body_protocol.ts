import type { DecodeOptions, InputFormat, RowError } from "../codec.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import type { PackedFrames, PartitionRows } from "../log.ts";

/** What bodies of one stream have in common, as long as they come in one format. */
export interface BodyShape {
  readonly stream: string;
  /** Version and columns of the stream's schema. */
  readonly schema: number;
  readonly columns: readonly Column[];
  readonly format: InputFormat | "arrow";
  readonly options: DecodeOptions;
}

/** One request body that a worker decodes for the log. */
export interface DecodeJob extends BodyShape {
  readonly body: Uint8Array<ArrayBuffer>;
  /** The schema was inferred: fields it lacks, or values that do not fit, ask for a wider one. */
  readonly widen: boolean;
  /** How late the rows' event time may be, or null. */
  readonly bound: TimeBound | null;
  /** Whether the log wants the checksums of the frames. */
  readonly sums: boolean;
  /** Whether the log wants the frames packed too. */
  readonly pack?: boolean;
  /** Rows go to so many partitions by the values of columns; absent or null: each frame has rows as they come. */
  readonly split?: PartitionSplit | null;
}

export interface PartitionSplit {
  readonly partitions: number;
  /** By position. */
  readonly columns: readonly number[];
}

/** Rows whose time in column `column` is over `arrivalMs + skewMs` are bad. */
export interface TimeBound {
  readonly column: number;
  /** When the request came. */
  readonly arrivalMs: number;
  readonly skewMs: number;
}

/** `frames` for the log, or the wider `columns` under which the body (handed back) has to be decoded again. */
export type DecodeResult =
  | {
    readonly kind: "decoded";
    readonly frames: readonly ArrayBuffer[];
    /** CRC-32C of each frame, if they are wanted; else none. */
    readonly sums: readonly number[];
    /** The same frames packed, if that is wanted and makes them fewer bytes. */
    readonly packed?: PackedFrames | null;
    readonly rows: number;
    /** Of which partitions the frames are, if that was asked for. */
    readonly partitions?: readonly PartitionRows[];
    readonly rejected: number;
    /** The first INGEST_ERRORS_MAX. */
    readonly errors: readonly RowError[];
    /** Frames of the dead-letter stream's columns for all rejected rows. */
    readonly dead: readonly ArrayBuffer[];
    /** The input is broken beyond the last error. */
    readonly fatal: boolean;
  }
  | { readonly kind: "widen"; readonly columns: readonly Column[]; readonly body: Uint8Array<ArrayBuffer> }
  /** Errors lose their code on the way between threads; this keeps it. */
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly reason: string };

/** What came of a body that was handed to a worker under this number. */
export interface BodyAnswer {
  readonly id: number;
  readonly result: DecodeResult;
}
