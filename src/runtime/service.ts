import type { StateSize } from "../core/cold_file.ts";
import type { InputFormat } from "../codec.ts";
import type { ErrorDetail } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import type { Catalog } from "../plan/catalog.ts";
import type { RowRange } from "../sink.ts";
import type { CheckpointStatus } from "./checkpoint/checkpoints.ts";
import type { ReplayOutput } from "./replay/outputs.ts";
import type { SavepointInfo } from "../store.ts";
import type { StateService } from "./state_service.ts";
import type { View } from "../view.ts";

/**
 * What an engine offers to those who drive it: the HTTP server, the command line, a page. All errors are RdxError.
 * Nothing here takes or gives a row as an object.
 */
export interface EngineService {
  readonly streams: StreamService;
  readonly dead: DeadLetterService;
  readonly pipelines: PipelineService;
  readonly savepoints: SavepointService;
  readonly replays: ReplayService;
  readonly states: StateService;
  readonly views: ViewService;
  /** Prometheus text of all metrics. */
  metrics(): string;
  /** `ready` is false while the engine recovers or drains, with a reason a person can read; `progress`: of recovery, 0 to 1, else null. */
  readiness(): { ready: boolean; reason: string; progress: number | null };
  /** Resolves when what an earlier process has left is there again. */
  readonly recovered: Promise<void>;
  /**
   * Takes nothing more in, finishes what was accepted, flushes sinks. Where nothing outlives the process, the watermark of every open input becomes +∞;
   * else inputs stay open for the next process. Resolves when every accepted row is in the results, or throws RdxError("busy") after DRAIN_MS_MAX with what was left.
   */
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface StreamDeclaration {
  readonly columns: readonly Column[];
  /** The event time column, or null: event time is the arrival. */
  readonly time: string | null;
  readonly delayMs: number;
  /** How far event time may be ahead of a row's arrival; 0: without bound. */
  readonly futureSkewMs: number;
  readonly onError: "dead_letter" | "reject";
  /** Null: as the log's bound says. */
  readonly retentionMs: number | null;
  /** Bytes of columns that are kept once every pipeline is done with them; absent: as the log's bound says. */
  readonly retentionBytes?: number;
  /** How long after it failed a dead row is tried again, for the first time, the second …; absent: never by itself. */
  readonly retryMs?: readonly number[];
}

export interface StreamInfo extends StreamDeclaration {
  readonly name: string;
  /** False: the schema was inferred and widens. */
  readonly declared: boolean;
  readonly schemaVersion: number;
  /** Offsets of the oldest row that is kept and behind the newest. */
  readonly start: number;
  readonly end: number;
  readonly ended: boolean;
  readonly rowsIn: number;
  readonly bytesIn: number;
  readonly deadRows: number;
  /** Dead rows that are kept and were neither replayed nor discarded. */
  readonly deadOpen: number;
  readonly unreadBytes: number;
  /** Pipelines that read it. */
  readonly readers: readonly string[];
}

export interface IngestRequest {
  /** The whole body, inflated. It is taken over: the caller does not use it again. */
  readonly body: Uint8Array<ArrayBuffer>;
  readonly format: InputFormat | "arrow";
  /** CSV only. */
  readonly header?: boolean;
  readonly delimiter?: string;
  readonly producer?: string;
  readonly sequence?: number;
  /** What `hello` gave the producer; default 0: it never said it. */
  readonly epoch?: number;
  /** Make the stream if it does not exist. */
  readonly autoCreate: boolean;
  /** Texts take any value of JSON; absent: those of streams that nobody declared do. */
  readonly coerce?: boolean;
}

export interface IngestAnswer {
  readonly stream: string;
  readonly accepted: number;
  readonly rejected: number;
  /** Offset of the first row. */
  readonly offset: number;
  readonly durability: "fsync" | "os" | "none";
  readonly errors: readonly ErrorDetail[];
  readonly duplicate?: true;
}

/** A place in a log: an offset, `earliest` that is kept, `latest`, or the first row that arrived at a time (epoch ms) or later. */
export type LogPlace = number | "earliest" | "latest" | { readonly timeMs: number };

export interface FollowOptions {
  readonly from: LogPlace;
  /** Up to, and not, this offset, or what arrived at this time; null: without an end. */
  readonly to: number | { readonly timeMs: number } | null;
  /** Wait for rows that come. */
  readonly follow: boolean;
}

/** Rows of one record of a log, behind each other. */
export interface LogPiece {
  /** Of the first row. */
  readonly offset: number;
  /** Epoch ms. */
  readonly arrivalMs: number;
  readonly columns: readonly Column[];
  readonly range: RowRange;
}

/** Somebody who reads a log. Holds no producer up, however slow. */
export interface LogFollower {
  /** Offset of the next row. */
  readonly position: number;
  /** Behind the newest row of the log. */
  readonly end: number;
  /**
   * The next rows, once there are some; null when nothing more comes, or after `close`. Throws not_found when the rows are not kept any more, or the stream is deleted; one call at a
   * time.
   */
  next(): Promise<LogPiece | null>;
  close(): void;
}

export interface StreamService {
  list(): StreamInfo[];
  /** Throws not_found. */
  get(name: string): StreamInfo;
  /** Declares, or declares again with columns added; conflict when a column would change its type or go. */
  put(name: string, declaration: StreamDeclaration): { created: boolean; stream: StreamInfo };
  /** Takes along what was put aside of it and no pipeline reads. Throws conflict while pipelines read it. */
  delete(name: string): void;
  /**
   * Decodes and appends one request, whole or not at all. Throws invalid (with details) when all rows are bad, or any is and
   * the stream rejects; not_found, conflict (producer gap: `extra.expected`; ended), too_large, busy, closing.
   */
  ingest(name: string, request: IngestRequest): Promise<IngestAnswer>;
  /** Marks the end of the input: windows close, further rows are a conflict. */
  end(name: string): Promise<void>;
  /** Ends the epochs of a producer before a new one, durably; resolves to that and to the number that comes next. Throws not_found. */
  hello(name: string, producer: string): Promise<{ readonly epoch: number; readonly next: number }>;
  /** What an accepted row survives, of this stream and of those to come. */
  readonly durability: "fsync" | "os" | "none";
  /** Reads what is kept, from any place on. Throws not_found for a stream or an offset that is not there any more, invalid for an offset to come. */
  follow(name: string, options: FollowOptions): Promise<LogFollower>;
  /** The newest rows, newest first. */
  rows(name: string, limit: number): Promise<{ columns: readonly Column[]; ranges: readonly RowRange[] }>;
  /**
   * Keeps late rows of pipelines over the stream from now on, in the stream `<name>.late`; a plan that reads that stream does the same,
   * deleting it ends it. Throws not_found; conflict when a stream of that name has other rows.
   */
  keepLate(name: string): { created: boolean; stream: StreamInfo };
  /** Rows that may be sent to the stream now; 0 while it is full. */
  credit(name: string): number;
  /** Calls back when credit may have grown; the returned function ends that. */
  onCredit(name: string, listener: () => void): () => void;
}

/** Which dead rows; what is absent leaves none out. */
export interface DeadFilter {
  /** In the reason, in any case. */
  readonly reason?: string;
  readonly field?: string;
  /** Who has left them out. */
  readonly pipeline?: string;
  /** When they failed, epoch ms: from, and up to. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Their `offset`: from, and up to. */
  readonly offsetFrom?: number;
  readonly offsetTo?: number;
  /** These alone. */
  readonly ids?: readonly number[];
  /** Those whose id is less. */
  readonly before?: number;
}

export interface DeadPage {
  /** Of dead rows as they are listed: `id` names one, `retry_at` is when it is tried again by itself. */
  readonly columns: readonly Column[];
  readonly ranges: readonly RowRange[];
  /** Where the next page begins; null: there is none. */
  readonly next: number | null;
}

export interface DeadReasons {
  readonly rows: number;
  /** False: only the newest were counted. */
  readonly complete: boolean;
  /** The most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly field: string | null; readonly rows: number }[];
}

export interface DeadReplay {
  /** Rows that are in the stream now. */
  readonly replayed: number;
  /** Rows that failed again, and are dead with one attempt more. */
  readonly failed: number;
  /** Rows that a pipeline left out of a stream which others read too: they are there already. `DeadFilter.pipeline` takes them all the same. */
  readonly skipped: number;
  /** There are more than one call takes: another takes them with the same filter and `before`, and leaves alone what failed in this one. */
  readonly more: boolean;
  readonly before: number;
  /** The first of those that failed. */
  readonly errors: readonly (ErrorDetail & { readonly id: number })[];
}

/** Rows that streams could not take, and those that pipelines left out. All throw not_found for a stream that is not there. */
export interface DeadLetterService {
  /** `cursor`: `next` of the page before. A page may have fewer rows than `limit`, or none, and others behind it. */
  list(
    stream: string,
    query: {
      readonly filter: DeadFilter;
      readonly order: "newest" | "oldest";
      readonly limit: number;
      readonly cursor: number | null;
      /** Whole texts of the rows, not their beginnings. */
      readonly whole?: boolean;
    },
  ): Promise<DeadPage>;
  /** Counts them by their reasons, without what is different in each. */
  reasons(stream: string, filter: DeadFilter): Promise<DeadReasons>;
  /**
   * Decodes rows again, under the schema that the stream has now, and appends them: each once, whatever ends the process meanwhile. Throws conflict when the stream has ended,
   * busy when it has no room for any.
   */
  replay(stream: string, filter: DeadFilter): Promise<DeadReplay>;
  /** They are dead rows no more. */
  discard(stream: string, filter: DeadFilter): Promise<{ readonly discarded: number }>;
}

/** `recovering`: it does again what an earlier process did. */
export type PipelineState = "starting" | "recovering" | "running" | "stalled" | "completed" | "failed" | "stopped";

export interface PipelineInfo extends StateSize {
  readonly name: string;
  readonly state: PipelineState;
  /** Why it is failed or stalled, else null. */
  readonly reason: string | null;
  readonly sources: readonly string[];
  /** `trouble`: why a sink does not get on at the moment, or null. */
  readonly sinks: readonly { kind: string; name: string; guarantee: string; trouble: string | null }[];
  /** Epoch ms, null before the first row, Infinity at the end of the input. */
  readonly watermark: number | null;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly lateRows: number;
  /** Rows a second over the last seconds. */
  readonly rowsInPerSecond: number;
  readonly rowsOutPerSecond: number;
  /** Time from a row's arrival to the commit of a result that it completed, over the newest such commits; null before the first. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  /** Rows of its inputs that it has not taken yet. */
  readonly lagRows: number;
  /** While it is recovering, of that, else of bounded inputs, 0 to 1; else null. */
  readonly progress: number | null;
  readonly tasks: number;
  /** Rows that could not be used: of files that could not be read, or too far ahead of their arrival; and the first of them. */
  readonly deadRows: number;
  readonly errors: readonly { readonly path: string; readonly offset: number; readonly reason: string }[];
  /** Calls of user functions that failed: they gave NULL. */
  readonly functionErrors: number;
  /** Where it goes on from after a restart; null: nothing outlives the process. */
  readonly checkpoint: CheckpointStatus | null;
  readonly plan: unknown;
  /** The script of SQL that it was deployed as, or null. */
  readonly sql: string | null;
}

/** One way that rows take between two nodes of a plan as it runs. */
export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  /** Rows since this version of the plan was deployed, over all tasks. */
  readonly rows: number;
  /** Over the last seconds in which somebody asked; 0 at the first question. */
  readonly rowsPerSecond: number;
  /** The least of the sources that the rows come from, as far as their nodes have it: epoch ms, null before the first row, Infinity at the end of the input. */
  readonly watermark: number | null;
  /** Rows that wait: behind a source those that it has not taken, in front of a sink those that it has not written. */
  readonly queueRows: number;
}

/** What goes through a pipeline, node by node as it runs: nodes that were merged are one, and windows are in their aggregates. */
export interface PipelineFlow {
  readonly name: string;
  readonly state: PipelineState;
  readonly reason: string | null;
  /** Inputs come first; `label` says what a node does, in one line. */
  readonly nodes: readonly { readonly id: string; readonly op: string; readonly label: string }[];
  readonly edges: readonly FlowEdge[];
}

/** Where the sources of a new pipeline begin: `timeMs` (epoch ms) at the first row that arrived then or later. */
export type PipelineStart = "earliest" | "latest" | { readonly timeMs: number };

export interface PipelineService {
  /** What there is for plans to read and write. */
  readonly catalog: Catalog;
  list(): PipelineInfo[];
  /** Throws not_found. */
  get(name: string): PipelineInfo;
  /**
   * Deploys or replaces. Throws invalid_plan with node and path; conflict (with the differences as details) when the state of
   * the running version does not fit and `state` is `keep`. `sql`: the script that the plan was compiled from.
   */
  put(
    name: string,
    plan: unknown,
    options: { start: PipelineStart; state: "keep" | "fresh"; sql?: string },
  ): Promise<{ created: boolean; pipeline: PipelineInfo }>;
  delete(name: string): Promise<void>;
  /** Asks the tasks what went through each edge; of a pipeline that has ended, what went through it. Throws not_found. */
  flow(name: string): Promise<PipelineFlow>;
  /** `text` for people, `json` for tools. */
  explain(name: string): { text: string; json: unknown };
  /** The same for a plan that is not deployed, against another catalogue than what there is when one is given. */
  explainPlan(plan: unknown, catalog?: Catalog): { text: string; json: unknown };
}

/** Savepoints by pipeline and name: they stay until they are removed, whatever becomes of their pipelines. All throw conflict where nothing outlives the process. */
export interface SavepointService {
  /** Oldest first. */
  list(pipeline: string): Promise<readonly SavepointInfo[]>;
  /** Takes one now. Throws not_found; conflict when there is one of the name, or the pipeline cannot be saved. */
  take(pipeline: string, name: string): Promise<SavepointInfo>;
  /** The bytes of one, or, without a name, of what the pipeline has now; `bytes`: how many, if that is known. Throws as `take` does. */
  read(
    pipeline: string,
    name: string | null,
  ): Promise<{ readonly bytes: number | null; readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>> }>;
  /** Throws not_found. */
  remove(pipeline: string, name: string): Promise<void>;
  /**
   * Makes a pipeline of the bytes of one, in the place of what has its name, which goes on when that is not possible. Throws invalid for bytes that are damaged or of a newer
   * version; conflict, with the places as details, when streams here do not have what it goes on with.
   */
  restore(
    pipeline: string,
    pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
    start: "saved" | "earliest" | "latest",
  ): Promise<{ created: boolean; pipeline: PipelineInfo }>;
}

/** What a replay reads and where it begins. */
export interface ReplaySlice {
  /** Of each stream: its first row; absent: the oldest that is kept. */
  readonly from?: LogPlace;
  /** Behind its last row; absent: behind the newest. */
  readonly to?: LogPlace;
  /** The number of a checkpoint that is kept: it begins with its state and behind its rows, and what was taken together then is taken together again. */
  readonly at?: number;
}

/** What a replay gives. Who does not take all of `outputs` closes it. */
export interface ReplayedRows {
  /** Rows for sinks as they come, then what each view has in the end. Throws conflict when it fails. */
  outputs(): AsyncGenerator<ReplayOutput>;
  close(): Promise<void>;
}

/** Runs plans once more over slices of the logs, without an effect on anything. All throw invalid_plan as a deployment does. */
export interface ReplayService {
  /** Throws not_found, also for a checkpoint that is not kept. */
  pipeline(name: string, slice: ReplaySlice): Promise<ReplayedRows>;
  /** A plan that is not deployed. */
  plan(name: string, plan: unknown, slice: Omit<ReplaySlice, "at">): Promise<ReplayedRows>;
}

export interface ViewInfo {
  readonly name: string;
  readonly pipeline: string;
  readonly columns: readonly Column[];
  readonly keys: readonly string[];
  readonly rows: number;
  readonly seq: number;
  readonly watermark: number;
}

export interface ViewService {
  list(): ViewInfo[];
  /** Throws not_found. */
  get(name: string): View;
  /** Rows of windows that are still open, in canonical order, as the tasks' state has them now. */
  open(name: string): Promise<readonly RowRange[]>;
}
