import { toTransfer } from "./core/frame_memory.ts";
import type { Column } from "./core/schema.ts";
import type { StateTable } from "./core/state.ts";
import type { Log, OpenedOrder, OrderLog } from "./log.ts";

/** A state table of a node of the plan. */
export interface SavedTable extends StateTable {
  /** Belongs to the node's id, so that a changed plan finds its state again. */
  readonly node: string;
}

/** One step of what has happened to a table, as core/state.ts says; rows are a frame (core/frame.ts), whose row kinds and info count for nothing. */
export type SavedStep = { readonly node: string } & TableStep;

export type TableStep =
  & { readonly table: string }
  & (
    | { readonly kind: "clear" }
    | { readonly kind: "expire"; readonly below: bigint }
    | {
      readonly kind: "delete" | "upsert";
      /** In memory that threads share, or not (core/frame_memory.ts). */
      readonly frame: ArrayBuffer;
      readonly rows: number;
      /** Those of the frame: the table's, or of its key alone. */
      readonly columns: readonly Column[];
    }
  );

/** Frames of steps that a message has to transfer. */
export function framesToTransfer(steps: readonly TableStep[]): ArrayBuffer[] {
  return toTransfer(steps.flatMap((step) => "frame" in step ? [step.frame] : []));
}

/** What keeps rows beside the tasks of a pipeline, such as a view, as tables: like OperatorState, with frames. Nothing changes it between `cut` and the last step. */
export interface TableKeeper {
  readonly tables: readonly StateTable[];
  /** Begins to hand out what has changed since the last time, or, `whole` and at first, everything. */
  cut(whole: boolean): void;
  /** The next step, of BATCH_ROWS_MAX rows at most; null at the end. */
  drain(): TableStep | null;
  /** Takes a step of a drain, before anything else. Throws RdxError("invalid") for what no drain gives; then it is of no use. */
  restore(step: TableStep): void;
  /** All steps have come. Throws as `restore` does. */
  restored(): void;
}

/** What a checkpoint has beside the rows of its tables. */
export interface CheckpointFacts {
  /** It is the state after this number of the pipeline's order. */
  readonly number: number;
  /** Wall clock, epoch ms. */
  readonly takenMs: number;
  readonly tables: readonly SavedTable[];
  /** Positions, watermarks, places of sinks: plain data as JSON can say it, whose meaning is the runtime's. */
  readonly run: unknown;
}

/** A checkpoint that is being written. Nothing of it can be seen before `commit` has resolved. */
export interface CheckpointWriter {
  /**
   * Takes the next step, and its frame for good; resolves when there is room for more. Throws RdxError("no_space") when the disk is full, "invalid" for a
   * frame that is none of these columns; then all that is left is to abandon it.
   */
  add(step: SavedStep): Promise<void>;
  /** Buffers of frames that it has taken and that nobody reads any more, each once. Absent: it tells of none. */
  spent?(): ArrayBuffer[];
  /**
   * Makes it whole and durable, by one atomic step, and lets go of those that are not kept any more. Throws as `add`, "invalid" when steps are of no table
   * that the facts tell, and "conflict" for a number that is not above the newest; then the checkpoint is not there. `bases`: "come" when one of those that follow has everything before deltas are too many, so that
   * nobody has to make a new base of this.
   */
  commit(facts: CheckpointFacts, bases?: "come"): Promise<void>;
  /** Leaves it. */
  abandon(): Promise<void>;
}

/** A checkpoint that can be restored: all that it consists of has been read and found whole. */
export interface OpenedCheckpoint {
  readonly facts: CheckpointFacts;
  /** Base and deltas, in the order in which they were drained. */
  steps(): AsyncIterable<SavedStep>;
}

/** What is known of a checkpoint without reading its rows. */
export interface CheckpointInfo {
  readonly number: number;
  readonly takenMs: number;
  /** Of all that it consists of; what it shares with those before it counts again. */
  readonly bytes: number;
  /** Of what was written for it alone. */
  readonly deltaBytes: number;
  /** How many deltas lie on its base. */
  readonly deltas: number;
}

/**
 * Keeps checkpoints of pipelines, by the folders that `Meta` gives to their orders: a base, and deltas on it. The last CHECKPOINTS_KEPT_MAX are kept.
 * When deltas exceed half of their base, both become a new base, beside all else that goes on, unless one comes that has everything.
 */
export interface CheckpointStore {
  readonly kind: string;
  /** Those that are there, newest first; a damaged one may be among them. Throws RdxError when the store itself is of no use. */
  list(folder: string): Promise<readonly CheckpointInfo[]>;
  /**
   * Begins one on top of the newest, which whoever hands its steps out knows by its number; with null, its steps are all that there is. What number it is taken
   * behind is told when it is committed. One at a time of a folder: "conflict" else, and also when `below` is not the newest, which somebody may have removed:
   * what has changed since is of no use without it. Throws RdxError("invalid") when that is known to be damaged, so that nothing can lie on it: null, or discard it.
   */
  begin(folder: string, below: number | null): Promise<CheckpointWriter>;
  /** Throws RdxError("invalid") that says what is damaged or missing, "not_found" when there is no such checkpoint. */
  open(folder: string, number: number): Promise<OpenedCheckpoint>;
  /** Forgets a checkpoint that turned out to be damaged and those that were made on top of it. */
  discard(folder: string, number: number): Promise<void>;
  /** Forgets all checkpoints of a pipeline. */
  remove(folder: string): Promise<void>;
  close(): Promise<void>;
}

/** What a savepoint has beside the rows of its tables. */
export interface SavepointFacts {
  /** What its pipeline was called. */
  readonly pipeline: string;
  /** The plan that it had. */
  readonly plan: SavedPlan;
  readonly checkpoint: CheckpointFacts;
}

/** What is known of a savepoint that is kept. */
export interface SavepointInfo {
  readonly name: string;
  readonly pipeline: string;
  /** It is the state after this number of the pipeline's order; −1: it is damaged. */
  readonly number: number;
  /** Wall clock, epoch ms. */
  readonly takenMs: number;
  readonly bytes: number;
}

/** A savepoint that has come from somewhere; all of it has been read and found whole. */
export interface OpenedSavepoint {
  readonly facts: SavepointFacts;
  /** As OpenedCheckpoint has them. */
  steps(): AsyncIterable<SavedStep>;
  /** Comes last. */
  close(): Promise<void>;
}

/** Keeps savepoints by the names of pipelines, whether these are there or not: checkpoints that are whole in one file each, and stay until they are removed. */
export interface SavepointStore {
  /** Oldest first. */
  list(pipeline: string): Promise<readonly SavepointInfo[]>;
  /** Keeps one; it is there as a whole and durable, or not at all. Throws RdxError("conflict") when there is one of the name, "no_space". */
  put(
    pipeline: string,
    name: string,
    facts: SavepointFacts,
    steps: AsyncIterable<SavedStep>,
  ): Promise<SavepointInfo>;
  /** The bytes of one that is not kept. */
  encode(facts: SavepointFacts, steps: AsyncIterable<SavedStep>): AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** The bytes of one that is kept. Throws RdxError("not_found"). */
  read(
    pipeline: string,
    name: string,
  ): Promise<{ readonly bytes: number; readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>> }>;
  /** Throws RdxError("not_found"). */
  remove(pipeline: string, name: string): Promise<void>;
  /** Takes in the bytes of one. Throws RdxError("invalid") that says where it is damaged, or that it is of a newer version. */
  take(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<OpenedSavepoint>;
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
  /** Absent: as the log's bound says. */
  readonly retentionBytes?: number;
  /** Absent: 1. Of a plan: those that it reads it in. */
  readonly partitions?: number;
  /** Rows are spread over the partitions by these columns; absent: each request goes to one as a whole. */
  readonly partitionBy?: readonly string[];
  /** How long after they failed its dead rows are tried again; absent: never by themselves. */
  readonly retryMs?: readonly number[];
  /** Rows that could not be taken are looked for from this offset on when they are missing where they belong. */
  readonly asideFrom: number;
}

/** What a plan meant when it was deployed: beside the plan, all that this depended on. */
export interface SavedPlan {
  /** Counts the plans that the pipeline's order was made with, from 0; absent: they are all there, and it is its place among them. */
  readonly turn?: number;
  /** The last number that plans before it have taken; 0 for the first. */
  readonly after: number;
  readonly plan: unknown;
  readonly sql: string | null;
  /** The streams as the plan sees them, by name. */
  readonly streams: Readonly<
    Record<string, Pick<SavedStream, "columns" | "time" | "delayMs" | "futureSkewMs" | "partitions">>
  >;
  /** Where sources of streams have begun, by their ids. */
  readonly starts: Readonly<Record<string, number>>;
  /** What sinks need to write the same again, by their ids; see Sink. */
  readonly origins: Readonly<Record<string, unknown>>;
}

export interface SavedPipeline {
  readonly name: string;
  /** The plans that it had without losing its state, the running one last; without those that only led to what checkpoints have. */
  readonly plans: readonly SavedPlan[];
}

/**
 * A chunk that broke its pipeline again and again: wherever its number is done again, its rows are left out, and are dead letters where they came from a stream.
 * Plain data.
 */
export interface QuarantinedChunk {
  /** In the pipeline's order. */
  readonly number: number;
  /** The node of the plan that read it, and what from: a stream, or the path of a file. */
  readonly source: string;
  readonly input: string;
  /** Offsets of its source: from the first up to, and not, the second. */
  readonly from: number;
  readonly to: number;
  /** The node whose operator ran last when it broke; null: none did. */
  readonly node: string | null;
  readonly reason: string;
  /** Wall clock, epoch ms. */
  readonly atMs: number;
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
  /** Which rows of a dead-letter stream, by its folder, were replayed or discarded: offsets from the first up to the second. */
  settled(folder: string): readonly (readonly [from: number, to: number])[];
  /** Adds to these, all or none. */
  settle(folder: string, ranges: readonly (readonly [from: number, to: number])[]): void;
  pipelines(): readonly (SavedPipeline & { readonly folder: string })[];
  /** A folder for the order of a pipeline that is to come; without one, it is forgotten at the next start. */
  newOrder(pipeline: string): string;
  /** Notes a pipeline, in the place of the one with its name. */
  putPipeline(pipeline: SavedPipeline, folder: string): void;
  dropPipeline(name: string): void;
  /** The chunks that were taken out of an order, by its folder, by number. */
  quarantined(folder: string): readonly QuarantinedChunk[];
  /** Notes them, in the place of those that were noted before. */
  quarantine(folder: string, chunks: readonly QuarantinedChunk[]): void;
  /** A folder is gone. */
  forget(folder: string): void;
  /** A folder has files from now on, of which the newest begins with the key `first`: when they are missing, somebody took them away. */
  made(folder: string, first: number): void;
  /** What was noted of that, or before it; null: it has had no files. */
  newest(folder: string): number | null;
  /** All folders, and those of them that belong to nothing any more. */
  folders(): readonly string[];
  unused(): readonly string[];
  close(): void;
}

/** What outlives the process: what there is, and logs by the folders that `meta` gives. */
export interface Durable {
  readonly meta: Meta;
  readonly durability: "fsync" | "os";
  readonly checkpoints: CheckpointStore;
  readonly savepoints: SavepointStore;
  createLog<Answer>(folder: string): Log<Answer>;
  openLog<Answer>(folder: string): Promise<Log<Answer>>;
  /** `after`: the last number that it does not have, 0 unless it is told. */
  createOrder(folder: string, after?: number): OrderLog;
  openOrder(folder: string, after?: number): Promise<OpenedOrder>;
  /**
   * A log of a sink's own, made if it is not there. The name begins with what the sink's `place` says of its run, and `~`: at the next start, logs of runs that no
   * pipeline has any more are removed.
   */
  openSinkLog<Answer>(name: string): Promise<Log<Answer>>;
  /** Removes a folder and its checkpoints in the background, and has `Meta` forget it. */
  remove(folder: string): void;
  /** Something is to be known by those who run this. */
  said(what: string): void;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}
