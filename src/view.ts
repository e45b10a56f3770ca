import type { RowKind } from "./core/batch.ts";
import type { Column } from "./core/schema.ts";
import type { OutputBatch, RowRange } from "./sink.ts";
import type { TableKeeper } from "./store.ts";

/** A question to a view. Times are epoch ms; `from` is inclusive and `to` exclusive on `window_start`. */
export interface ViewQuery {
  /** One text for each key column, compared with the value as JSON writes it (strings without quotes). */
  readonly key?: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  /**
   * By window_end, keys break ties; `desc` is newest first. Tables without windows go by their keys, and without keys by arrival. A view
   * with an order of its own goes by that; `desc` turns it around.
   */
  readonly order: "asc" | "desc";
}

/** A column that the rows of a view are ordered by. */
export interface ViewOrder {
  readonly column: string;
  readonly desc: boolean;
  readonly nullsLast: boolean;
}

/** Rows of an answer, in order; ranges point into frames that do not change. */
export interface ViewRows {
  readonly watermark: number;
  readonly seq: number;
  readonly ranges: readonly RowRange[];
}

/** What one output changed, in the order in which it has to be applied. */
export interface ViewDelta {
  readonly seq: number;
  readonly watermark: number;
  readonly changes: readonly { readonly op: RowKind; readonly range: RowRange }[];
}

/** A result that can be asked and followed. */
export interface View {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Names of the key columns (empty when the rows have no keys). */
  readonly keys: readonly string[];
  /** Number of the last output that is in the view, 0 before the first. */
  readonly seq: number;
  readonly watermark: number;
  readonly rows: number;
  /** Rows and watermark of an output become visible at once. Outputs without rows move the watermark and keep the seq. */
  apply(output: OutputBatch): void;
  query(query: ViewQuery): ViewRows;
  /** All rows in the order of an ascending answer, however many there are. */
  all(): readonly RowRange[];
  /** The deltas after `seq` that are still kept, or null when some are gone (then begin with a snapshot). */
  since(seq: number): readonly ViewDelta[] | null;
  /** The part of a delta that a question is about: its keys and times; order and limit play no part. The seq stays, also without rows. */
  narrow(delta: ViewDelta, query: ViewQuery): ViewDelta;
  /** What it has, as tables; absent: it is not kept. */
  readonly keeper?: TableKeeper;
  /**
   * Calls back for each delta; the returned function ends that. `anew`: it has taken in what an earlier process had, and no delta leads there: whoever follows it
   * begins with a snapshot.
   */
  subscribe(listener: (delta: ViewDelta) => void, anew?: () => void): () => void;
}
