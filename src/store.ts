import type { Column } from "./core/schema.ts";

/** A state table that an operator declares: `(key group, key, order…) → values`. Columns are `key…, order…, value…`. */
export interface TableDeclaration {
  /** Belongs to the node's id, so that a changed plan finds its state again. */
  readonly node: string;
  readonly name: string;
  readonly version: number;
  readonly kind: "upsert" | "append";
  readonly columns: readonly Column[];
  /** The first columns that make the key, and those that order rows under it. */
  readonly keys: number;
  readonly order: number;
  /** The column whose value passes the watermark when the row expires, or null. */
  readonly expiry: string | null;
}

/** What changed in one table since a checkpoint: frames of upserted rows, deleted keys, and ranges that expired. */
export interface TableDelta {
  readonly table: TableDeclaration;
  readonly keyGroup: number;
  readonly upserts: readonly ArrayBuffer[];
  readonly deletes: readonly ArrayBuffer[];
  /** Rows whose expiry column is less than this are gone, or null. */
  readonly expiredBelow: number | null;
}

/** Keeps checkpoints: a base and deltas, each whole or not at all. */
export interface Store {
  /** Writes checkpoint `number` ("after chunk `number`"); resolves when it is durable. */
  write(pipeline: string, number: number, deltas: AsyncIterable<TableDelta>): Promise<void>;
  /** The newest whole checkpoint, or null. */
  latest(pipeline: string): Promise<number | null>;
  /** The tables of a checkpoint, base and deltas in order. */
  read(pipeline: string, number: number): AsyncIterable<TableDelta>;
  close(): Promise<void>;
}
