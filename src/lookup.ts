import type { Column } from "./core/schema.ts";

/** Rows of a reference table outside, asked for by key. Answers enter the order as records, so that a replay asks nobody. */
export interface Lookup {
  readonly columns: readonly Column[];
  /**
   * The rows for the keys of `keys` (a frame of key columns): a frame with the key columns first, each key's rows
   * together and in the order of the keys; a key without rows does not occur.
   */
  find(keys: ArrayBuffer, signal: AbortSignal): Promise<ArrayBuffer>;
  close(): Promise<void>;
}
