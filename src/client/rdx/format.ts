import type { RdxError } from "../../core/errors.ts";
import type { ColumnValues, OutboxBatch, RejectedRow, Row } from "./types.ts";

/** Bytes of rows that make a batch leave before it has all its rows. */
export const BATCH_BYTES_MAX = 1 << 20;
/** Room in a message beside its rows: who sends, the number, the frame around it. */
export const MESSAGE_HEAD_BYTES_MAX = 4096;

export type Columns = Readonly<Record<string, ColumnValues>>;

/** Rows on their way to be batches. */
export interface RowEncoder {
  readonly rows: number;
  /** About how many bytes they take. */
  readonly bytes: number;
  /** Throws RdxError("invalid" | "too_large"); the row is then not added. */
  add(row: Row): void;
  /** Adds rows `from` and following, as many as fit, and returns how many. Throws like `add`; none of them is then added. */
  addColumns(columns: Columns, from: number): number;
  /** What was added, as bodies with their rows: mostly one. The encoder is then empty. */
  take(): readonly Omit<OutboxBatch, "sequence">[];
}

/** What a server says. Verdicts come in order, one for each message. */
export type Verdict =
  | {
    readonly kind: "ack";
    readonly sequence: number;
    readonly accepted: number;
    readonly rejected: number;
    readonly errors: readonly RejectedRow[];
  }
  | { readonly kind: "credit"; readonly rows: number }
  /** `sequence` is null when it speaks of the connection. */
  | { readonly kind: "error"; readonly sequence: number | null; readonly error: RdxError };

/** How rows travel. */
export interface Format {
  /** The WebSocket's subprotocol. */
  readonly protocol: string;
  encoder(rowsMax: number): RowEncoder;
  message(producer: string, batch: OutboxBatch): Uint8Array<ArrayBuffer>;
  /** Throws for what is no message of a server. */
  read(data: string | ArrayBuffer): Verdict;
}
