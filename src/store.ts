import type { Column } from "./core/schema.ts";
import type { Log, OpenedOrder, OrderLog } from "./log.ts";

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

/** What a stream is beside its rows. */
export interface SavedStream {
  readonly name: string;
  /** Rows that were sent · rows that could not be taken of another · rows of another that came late. */
  readonly kind: "rows" | "dead" | "late";
  readonly declared: boolean;
  readonly schemaVersion: number;
  readonly columns: readonly Column[];
  readonly time: string | null;
  readonly delayMs: number;
  readonly futureSkewMs: number;
  readonly onError: "dead_letter" | "reject";
  readonly retentionMs: number | null;
  /** Rows that could not be taken are looked for from this offset on when they are missing where they belong. */
  readonly asideFrom: number;
}

/** What a plan meant when it was deployed: beside the plan, all that this depended on. */
export interface SavedPlan {
  /** The last number that plans before it have taken; 0 for the first. */
  readonly after: number;
  readonly plan: unknown;
  readonly sql: string | null;
  /** The streams as the plan sees them, by name. */
  readonly streams: Readonly<Record<string, Pick<SavedStream, "columns" | "time" | "delayMs" | "futureSkewMs">>>;
  /** Where sources of streams have begun, by their ids. */
  readonly starts: Readonly<Record<string, number>>;
  /** What sinks need to write the same again, by their ids; see Sink. */
  readonly origins: Readonly<Record<string, unknown>>;
}

export interface SavedPipeline {
  readonly name: string;
  /** The plans that it had without losing its state, the running one last. */
  readonly plans: readonly SavedPlan[];
}

/**
 * What there is, so that it is there again after a restart: streams and pipelines, and the folders that their logs are in. All is durable when a call
 * returns. Folders are names that this gives, and gives only once.
 */
export interface Meta {
  streams(): readonly (SavedStream & { readonly folder: string })[];
  /** Returns the folder for its rows. */
  addStream(stream: SavedStream): string;
  changeStream(stream: SavedStream): void;
  /** Returns the folder, which somebody has to remove, and to `forget` then. */
  dropStream(name: string): string;
  pipelines(): readonly (SavedPipeline & { readonly folder: string })[];
  /** A folder for the order of a pipeline that is to come; without one, it is forgotten at the next start. */
  newOrder(pipeline: string): string;
  /** Notes a pipeline, in the place of the one with its name. */
  putPipeline(pipeline: SavedPipeline, folder: string): void;
  dropPipeline(name: string): void;
  /** A folder is gone. */
  forget(folder: string): void;
  /** A folder has files from now on: when they are missing, somebody took them away. */
  made(folder: string): void;
  hasFiles(folder: string): boolean;
  /** All folders, and those of them that belong to nothing any more. */
  folders(): readonly string[];
  unused(): readonly string[];
  close(): void;
}

/** What outlives the process: what there is, and logs by the folders that `meta` gives. */
export interface Durable {
  readonly meta: Meta;
  readonly durability: "fsync" | "os";
  createLog<Answer>(folder: string): Log<Answer>;
  openLog<Answer>(folder: string): Promise<Log<Answer>>;
  createOrder(folder: string): OrderLog;
  openOrder(folder: string): Promise<OpenedOrder>;
  /** Removes a folder in the background, and has `Meta` forget it. */
  remove(folder: string): void;
  /** Something is to be known by those who run this. */
  said(what: string): void;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}
