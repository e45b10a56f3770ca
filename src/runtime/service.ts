import type { StateSize } from "../core/cold_file.ts";
import type { ErrorDetail } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import type { Catalog } from "../plan/catalog.ts";
import type { RowRange } from "../sink.ts";
import type { CheckpointStatus } from "./checkpoint/checkpoints.ts";
import type { ReplayOutput } from "./replay/outputs.ts";
import type { SavepointInfo } from "../store.ts";
import type { Quarantining } from "./quarantine.ts";
import type { StateService } from "./state_service.ts";
import type { LogPlace, StreamService } from "./stream_service.ts";
import type { View } from "../view.ts";

export type {
  FollowOptions,
  IngestAnswer,
  IngestRequest,
  LogFollower,
  LogPiece,
  LogPlace,
  StreamDeclaration,
  StreamInfo,
  StreamService,
} from "./stream_service.ts";

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
  /** Takes the mask of a WebSocket's message from its bytes, in place; the mask is four bytes as they lie in memory. Absent: whoever has to does so without help. */
  unmask?(bytes: Uint8Array, mask: number): Unmasked;
}

/** What was seen of bytes when their mask was taken away. */
export interface Unmasked {
  /** Lines that hold anything. */
  readonly lines: number;
  /** There is nothing but ASCII in them. */
  readonly ascii: boolean;
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

/** Where a pipeline is in one partition of a stream. */
export interface PartitionInfo {
  /** The plan's node. */
  readonly source: string;
  readonly stream: string;
  readonly partition: number;
  /** Offset in front of the next row. */
  readonly position: number;
  /** Epoch ms, null before the first row, Infinity at the end of the input. */
  readonly watermark: number | null;
  /** Nothing has come for the idle timeout: no watermark waits for it. */
  readonly idle: boolean;
  /** Rows of the stream, of this partition or of others, that lie behind the position. */
  readonly lagRows: number;
}

export interface PipelineInfo extends StateSize, Quarantining {
  readonly name: string;
  readonly state: PipelineState;
  /** Why it is failed or stalled, else null. */
  readonly reason: string | null;
  readonly sources: readonly string[];
  /** Where it is in streams with several partitions. */
  readonly partitions: readonly PartitionInfo[];
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

/** How a plan is deployed. */
export interface Deployment {
  readonly start: PipelineStart;
  /** What of the state of an earlier version goes on. */
  readonly state: "keep" | "fresh";
}

export interface PipelineService {
  /** What there is for plans to read and write. */
  readonly catalog: Catalog;
  list(): PipelineInfo[];
  /** Throws not_found. */
  get(name: string): PipelineInfo;
  /**
   * Deploys or replaces. Throws invalid_plan with node and path; conflict (with the differences as details) when the state of
   * the running version does not fit and `state` is `keep`. `sql`: the script that the plan was compiled from. `notes`: what becomes of state that changes.
   */
  put(
    name: string,
    plan: unknown,
    how: Deployment & { readonly sql?: string },
  ): Promise<{ created: boolean; pipeline: PipelineInfo; notes: readonly string[] }>;
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
   * version; conflict, with the places as details, when streams here do not have what it goes on with. It goes on under its own plan, or under that which the pipeline
   * has here: conflict, with the differences, when that cannot go on with its state.
   */
  restore(
    pipeline: string,
    pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
    start: "saved" | "earliest" | "latest",
    under?: "saved" | "deployed",
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
  /**
   * `recovering`: its pipeline does again what it did before a restart; `absent`: it comes back with that, and nothing is known of it but its
   * name.
   */
  readonly state: "ready" | "recovering" | "absent";
  readonly columns: readonly Column[];
  readonly keys: readonly string[];
  readonly rows: number;
  readonly seq: number;
  readonly watermark: number;
}

export interface ViewService {
  /** Those that are there, and those that are about to come back with their pipelines. */
  list(): ViewInfo[];
  /** Throws not_found, or unavailable for one that is about to come back with its pipeline. */
  get(name: string): View;
  /** Rows of windows that are still open, in canonical order, as the tasks' state has them now. */
  open(name: string): Promise<readonly RowRange[]>;
}
