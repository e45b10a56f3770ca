import type { IngestAnswer } from "../runtime/service.ts";
import type { IngestFormat } from "./content_type.ts";
import type { Problem } from "./problems.ts";

/** What one message of a client says. */
export type IngestMessage = RowsMessage | { readonly kind: "end" };

export interface RowsMessage {
  readonly kind: "rows";
  readonly body: Uint8Array<ArrayBuffer>;
  readonly format: IngestFormat;
  /** Rows in it, at most; what the decoder does not count as a row is given back to the credit. */
  readonly rows: number;
  readonly producer?: string;
  readonly sequence?: number;
  readonly epoch?: number;
}

/** How the two sides of an ingest WebSocket talk, for one connection. */
export interface Dialect {
  /** Reads a message without decoding its rows; `lines` counts those of all of it. Throws RdxError("invalid" | "too_large"). */
  read(bytes: Uint8Array<ArrayBuffer>, lines: () => number): IngestMessage;
  /** The verdict on message `sequence`, and with it on all before. */
  acknowledge(sequence: number, answer: IngestAnswer): string | Uint8Array<ArrayBuffer>;
  credit(rows: number): string | Uint8Array<ArrayBuffer>;
  /** `sequence` is the message's that it speaks of, or null. */
  refuse(problem: Problem, sequence: number | null): string | Uint8Array<ArrayBuffer>;
}
