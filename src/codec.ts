import type { Vector } from "./core/batch.ts";
import type { Column } from "./core/schema.ts";

/** Formats in which rows come in. `json` is an array of objects or one object. */
export type InputFormat = "ndjson" | "json" | "csv";

export interface DecodeOptions {
  /** String columns take values of other types as their text: for streams whose schema was inferred. */
  readonly coerce?: boolean;
  /** CSV: the first record names the columns (default true). */
  readonly header?: boolean;
  /** CSV: one character (default a comma). */
  readonly delimiter?: string;
}

/** Why a row was left out. Lines and columns count from 1, columns in bytes. */
export interface RowError {
  readonly line: number;
  readonly column: number;
  readonly field: string | null;
  readonly reason: string;
  /** Byte range of the row in the input. */
  readonly start: number;
  readonly end: number;
  /** The row's syntax is right, but a value does not fit its column. */
  readonly mismatch: boolean;
}

export interface DecodedBatch {
  readonly rows: number;
  /** One vector for each column, in the order of the schema; valid until the batch arena is reset. */
  readonly columns: readonly Vector[];
  readonly errors: readonly RowError[];
  /** A field came that no column takes. */
  readonly unknownFields: boolean;
  /** The input cannot be read beyond this point. */
  readonly fatal: boolean;
}

/** Bytes to columns, inside one kernel. One decoder serves many inputs of one schema and learns their shape. */
export interface Decoder {
  /**
   * Starts on the input that lies at `address` in the kernel's memory: a multiple of 64, with 64 bytes before and 256 behind
   * that may be read, those behind written too. `head`: the input is a piece from the middle of a text that begins with
   * these bytes, at least its first line (where CSV names its columns).
   */
  begin(address: number, length: number, head?: Uint8Array | null): void;
  /** The next batch of at most BATCH_ROWS_MAX rows, or null at the end. Reset the arena between calls. */
  next(): DecodedBatch | null;
  close(): void;
}

/** Finds columns for rows of which nothing was declared. */
export interface SchemaInference {
  /**
   * Columns that fit what is there: those of `known`, widened where a value does not fit (int64 → double → string,
   * timestamp → string), then new ones in order of appearance.
   */
  infer(input: Uint8Array, format: InputFormat, known: readonly Column[], options: DecodeOptions): Column[];
}

/** Where a row stands in its text. Lines and columns count from 1, columns in bytes. */
export interface RowPlace {
  readonly line: number;
  readonly column: number;
  /** Byte range in the input. */
  readonly start: number;
  readonly end: number;
}

/** Finds rows in a text again that a decoder has read: for messages about rows that are refused for what they say. */
export interface RowLocator {
  /** The places of `rows` (ascending, from 0) among the rows that the decoder did take: all but those of its `errors`, in their order. */
  locate(
    input: Uint8Array,
    format: InputFormat,
    options: DecodeOptions,
    rows: readonly number[],
    errors: readonly RowError[],
  ): RowPlace[];
}

/** Formats in which rows leave. `json` is one array of objects. */
export type OutputFormat = "ndjson" | "json" | "csv" | "arrow";

export interface EncodeOptions {
  /** What each row does to those before it comes last, as `$op`. */
  readonly kinds?: boolean;
}

/** Makes the encoder of a format; what has no implementation of its own at hand is given one of these. */
export type OpenEncoder = (format: OutputFormat, columns: readonly Column[], options?: EncodeOptions) => Encoder;

/** Columns to bytes, for sinks and answers. */
export interface Encoder {
  readonly contentType: string;
  /** What stands before the first row (a CSV header, an Arrow schema message). */
  head(): Uint8Array;
  /** Rows `start` to `start + count` of a frame. */
  rows(frame: ArrayBuffer, start: number, count: number): Uint8Array;
  /** What stands behind the last row. */
  tail(): Uint8Array;
}
