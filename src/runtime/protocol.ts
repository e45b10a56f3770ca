import type { ColdFacts, StateRoom } from "../core/cold_file.ts";
import type { RowError } from "../codec.ts";
import type { TableLook } from "../core/state.ts";
import type { FunctionFault, FunctionReference } from "../core/user_function.ts";
import type { Extensions } from "../kernel/extension.ts";
import type { LookupAnswer } from "../operator.ts";
import type { NodeLookups, NodeRefused } from "./node_reports.ts";
import type { PhysicalPlan } from "../plan/physical.ts";
import type { FileRange } from "../source.ts";
import type { SavedStep, SavedTable } from "../store.ts";
import type { PlanMode } from "./plan_shape.ts";

export type { BodyAnswer, BodyShape, DecodeJob, DecodeResult, PartitionSplit, TimeBound } from "./body_protocol.ts";

/*
 * What main thread and workers say to each other. Data goes over a MessagePort of its own for each worker, and over one
 * port for each pair of workers (the exchange); control goes through comlink (TaskHostApi).
 *
 *   main ── chunk, mark, tick ──▶ task         task ── exchange ──▶ task         task ── done, failed ──▶ main
 *
 * Chunk N goes to one task, which decodes it and tells every other task its rows of N; a mark goes to all tasks. So each
 * task meets every number exactly once, consumes them in order, and answers each with `done`.
 *
 * Of a plan that runs in order, one task is the owner: the one that decodes chunk N tells it alone the rows of N, marks,
 * ticks and answers of lookups go to it alone, and the two of them answer.
 */

export type { NodeLookups, NodeRefused } from "./node_reports.ts";

/** A frame of a log record, with the record's arrival time. */
export interface ArrivedFrame {
  readonly frame: ArrayBuffer;
  readonly arrivalMs: number;
}

export interface ChunkMessage {
  readonly kind: "chunk";
  readonly pipeline: number;
  readonly number: number;
  /** Position in the plan's sources. */
  readonly source: number;
  /** Either decoded frames of a log, or a range that the task reads by itself. */
  readonly frames: readonly ArrivedFrame[];
  readonly range: FileRange | null;
  /** Rows that are late are wanted. */
  readonly late: boolean;
  /** Other pipelines read the stream too; absent: none does. */
  readonly shared?: boolean;
}

/**
 * The source is idle or at its end (Infinity): its watermark is at least this. With `cut` a checkpoint is taken behind the number: what has changed in
 * the task's state since the last one, or all of it, is set aside before anything else is done.
 */
export interface MarkMessage {
  readonly kind: "mark";
  readonly pipeline: number;
  readonly number: number;
  readonly source: number;
  readonly watermark: number;
  readonly cut?: { readonly whole: boolean };
}

/** Within a worker: some of a task's state is handed out in front of a cut. It has no place among the numbers. */
export interface AheadMessage {
  readonly kind: "ahead";
  readonly pipeline: number;
  readonly number: -1;
}

/** An interval of the wall clock has ended, of a plan whose operators give early results. */
export interface TickMessage {
  readonly kind: "tick";
  readonly pipeline: number;
  readonly number: number;
  /** Epoch ms. */
  readonly nowMs: number;
}

/** What a task says when it has taken in a checkpoint. */
export interface TaskRestored {
  /** Why it cannot go on, or null. */
  readonly reason: string | null;
  /** What its lookups had asked for without an answer, and how many rows wait for it. */
  readonly lookups: readonly NodeLookups[];
}

/** What came of a question of the operator at this position in the plan. */
export interface AnswerMessage extends LookupAnswer {
  readonly kind: "answer";
  readonly pipeline: number;
  readonly number: number;
  readonly operator: number;
}

export type ToTask = ChunkMessage | MarkMessage | TickMessage | AnswerMessage;

/** Frames for one input of an operator (by position in the plan; −1 for facts of the part's rows), in their order. */
export interface ExchangeEdge {
  readonly operator: number;
  readonly input: number;
  /** The inputs of unions that the rows have come through, the last one first. */
  readonly way: readonly number[];
  /** In plans that run in order: edges of one part of the chunk have the rows of one batch. */
  readonly part: number;
  /** When the rows of that batch arrived. */
  readonly arrivalMs: number;
  readonly frames: readonly ArrayBuffer[];
}

/** The rows of a chunk that belong to the receiver. */
export interface ExchangeMessage {
  readonly pipeline: number;
  readonly number: number;
  readonly source: number;
  /** Greatest event time of the whole chunk. */
  readonly timeMax: number;
  readonly edges: readonly ExchangeEdge[];
  /** In plans that run in order: the chunk's frames, when its late rows are wanted. */
  readonly frames: readonly ArrayBuffer[] | null;
}

/** Rows for one sink. */
export interface TaskOutput {
  /** Position in the plan's sinks. */
  readonly sink: number;
  readonly frame: ArrayBuffer;
  readonly rows: number;
  /** The windows that the rows belong to, in their order, when several tasks have to be merged; null: the rows are in the chunk's order. */
  readonly windows: readonly WindowRows[] | null;
}

/** The next `rows` rows belong to a window with this end. */
export interface WindowRows {
  readonly end: number;
  readonly rows: number;
}

/** A row that a source could not take: of a file, with its offset in bytes, or of a stream, with its own. */
export interface DeadRow extends RowError {
  readonly path: string;
  readonly offset: number;
}

/** Rows of one frame of a chunk whose event time is too far ahead of their arrival: no operator has seen them. */
export interface AheadRows {
  /** Position among the chunk's frames. */
  readonly frame: number;
  /** Row numbers, ascending, and the rows' event times. */
  readonly rows: readonly number[];
  readonly timesMs: readonly number[];
}

/** A task is through with a number. */
export interface DoneMessage {
  readonly kind: "done";
  readonly pipeline: number;
  readonly number: number;
  readonly task: number;
  readonly outputs: readonly TaskOutput[];
  /** From the task that decoded the chunk: its rows and their greatest event time; else null. */
  readonly chunk: { readonly source: number; readonly rows: number; readonly timeMax: number } | null;
  /** From the task that decoded a range. */
  readonly deadRows: number;
  readonly errors: readonly DeadRow[];
  /** From the task that decoded the chunk. */
  readonly ahead: readonly AheadRows[];
  /** From the task that tells them, if they are wanted: frames of the chunk's late rows, in their order. */
  readonly lateFrames: readonly ArrayBuffer[];
  /** Rows since the task's start that came behind their last window, and rows without a time that windows can be told from. */
  readonly late: number;
  readonly untimed: number;
  /** Rows for which user functions gave no value, since the task's last answer. */
  readonly functionFaults: readonly FunctionFault[];
  /** Of the plan's lookups, from the task that runs them. */
  readonly lookups: readonly NodeLookups[];
  /** Of the number, from the tasks that met them. */
  readonly refused: readonly NodeRefused[];
  /** The least watermark that has come through a lookup; +Infinity without any. */
  readonly heldAt: number;
  /** Time in which the task worked on the number. */
  readonly busyMs: number;
  readonly stateRows: number;
  readonly stateBytes: number;
  /** Rows of state that are in the task's working files. */
  readonly cold: ColdFacts;
}

/** A task cannot go on: its state is full (`stalled`), or something broke; `beside`: at no number, but with state that was set aside or looked at behind the one before. */
export interface FailedMessage {
  readonly kind: "failed";
  readonly pipeline: number;
  readonly number: number;
  readonly task: number;
  readonly stalled: boolean;
  readonly beside?: true;
  /** The node whose operator ran last; null: none did. */
  readonly node: string | null;
  readonly reason: string;
}

export type FromTask = DoneMessage | FailedMessage;

/** A plan as tasks get it. */
export interface TaskPlan {
  readonly plan: PhysicalPlan;
  /** For each source the places of its columns in the stream's schema, which keeps columns in their places for ever. */
  readonly positions: readonly (readonly number[])[];
  /** The number before the first that the task will meet. */
  readonly after: number;
  /** For each source the watermark that it goes on from, −Infinity for a new one. */
  readonly watermarks: readonly number[];
  /** A deployment whose state goes on in this one where node ids and state tables are the same, or null. */
  readonly inherits: number | null;
  readonly mode: PlanMode;
  /** Of a plan that runs in order: the task that has its state. */
  readonly owner: number;
  /** Set where the tasks take in what a checkpoint has: it comes before the first number. */
  readonly resumes?: TaskFacts | null;
}

/** What a task knows beside its operators. */
export interface TaskFacts {
  /** When the last tick was, epoch ms; −Infinity before the first. */
  readonly tickedMs: number;
  /** For each lookup of the plan the watermark that has come out of it. */
  readonly reached: readonly number[];
}

/** A task has come to a cut. */
export interface TaskCut extends TaskFacts {
  readonly tables: readonly SavedTable[];
}

/** Some of what a cut has set aside; without steps: that was all. */
export interface TaskTurn {
  readonly steps: readonly SavedStep[];
  /** With the last one, how long the task did nothing else. */
  readonly stoodMs: number;
  /** With the last one, the buffers that it had for frames and did not need. */
  readonly spare?: readonly ArrayBuffer[];
}

/** Some of what a task has set aside in front of a cut. */
export interface AheadTurn {
  readonly steps: readonly SavedStep[];
  /** More of it would not make the cut shorter: what else there is comes with the cut. */
  readonly enough: boolean;
}

/** How often a key was among the rows of an operator's input that a task looked at lately. */
export interface HotKey {
  /** The key's columns, as a JSON object. */
  readonly key: string;
  readonly samples: number;
}

/** What an operator keeps in one task. */
export interface OperatorFacts {
  readonly node: string;
  /** Null: it runs in another task. Rows and bytes that it keeps. */
  readonly kept: { readonly rows: number; readonly bytes: number; readonly cold: ColdFacts } | null;
  /** By input: how many rows were looked at lately, and the keys that were most among them. */
  readonly hot: readonly { readonly samples: number; readonly keys: readonly HotKey[] }[];
}

/** What a task has, behind a number. */
export interface StateFacts {
  readonly number: number;
  readonly tables: readonly SavedTable[];
  readonly looks: readonly NodeLook[];
  readonly operators: readonly OperatorFacts[];
}

/** How a table of a node can be looked at. */
export interface NodeLook extends TableLook {
  readonly node: string;
}

/** Rows that somebody wants to see. */
export interface LookQuestion {
  readonly node: string;
  readonly table: string;
  /** A frame of one row with the columns of the look's key; null: the first rows. */
  readonly key: ArrayBuffer | null;
  /** Positions of the columns that are wanted. */
  readonly columns: readonly number[];
  readonly rowsMax: number;
}

/** Rows of a table as they are behind a number. */
export interface LookAnswer {
  readonly number: number;
  readonly frame: ArrayBuffer;
  /** There are others. */
  readonly more: boolean;
}

/** What a task says to a look: null when the node does not run here, or the key is another task's; "seeking" when it takes another step. */
export type LookStep = LookAnswer | "seeking" | null;

/** What all tasks of a worker have in common. */
export interface TaskHostOptions {
  readonly index: number;
  readonly tasks: number;
  readonly module: WebAssembly.Module;
  /** Absent: STATE_BYTES_MAX, and no working files. */
  readonly state?: StateRoom;
}

/** What a worker offers the main thread, through comlink. */
export interface TaskHostApi {
  init(options: TaskHostOptions, data: MessagePort): void;
  /** The exchange with another worker. */
  connect(peer: number, port: MessagePort): void;
  /** Imports user functions for plans that come; why one of them cannot be used, or null. */
  loadFunctions(references: readonly FunctionReference[]): Promise<string | null>;
  /** `extensions`: what joins the kernels for this plan. */
  deploy(pipeline: number, plan: TaskPlan, extensions: Extensions): void;
  remove(pipeline: number): void;
  /** The way of bodies to its decoder: lists of BodyMessage one way, lists of BodyAnswer the other. */
  takeBodies(port: MessagePort): void;
  /** Rows of windows that are still open, for the sink at `sink`, in canonical order within this task. */
  open(pipeline: number, sink: number): TaskOutput[];
  /**
   * A cut comes soon: the task sets state aside between its rows, and what it has set aside belongs to that cut. `spare`: buffers that frames of its state
   * were in, for those that it sets aside next.
   */
  ahead(pipeline: number, whole: boolean, spare: readonly ArrayBuffer[]): void;
  /** Takes more such buffers, and resolves to what it has set aside in front of the cut, some of it at a time. Rejects when the task ends before. */
  drainAhead(pipeline: number, spare: readonly ArrayBuffer[]): Promise<AheadTurn>;
  /** What the task knows where it has come to the cut of this number. Rejects when it ends before. */
  cut(pipeline: number, number: number): Promise<TaskCut>;
  /** The next of what is set aside there. */
  drain(pipeline: number, number: number): Promise<TaskTurn>;
  /** What is set aside there, or in front of the next one, is not wanted any more; the next cut has to be whole. */
  leave(pipeline: number, number: number): void;
  /** Begins to hand out everything that a task keeps that is at rest, and will take nothing any more unless that fails; the next cut has to be whole. */
  handOut(pipeline: number): TaskCut;
  /** The next of it; none: that was all. */
  handOutNext(pipeline: number): SavedStep[];
  /** A checkpoint with these tables of the task's operators is to be taken in; why it cannot be, or null. */
  restoring(pipeline: number, tables: readonly SavedTable[]): string | null;
  /** Takes in steps of a checkpoint, in front of everything else; why that cannot be, or null. */
  restore(pipeline: number, steps: readonly SavedStep[]): string | null;
  /** All steps have come. */
  restored(pipeline: number): TaskRestored;
  /** Rows that took each edge of the plan in this task since it was deployed, as `planEdges` orders them; empty: there is no such task. */
  flow(pipeline: number): Float64Array<ArrayBuffer>;
  /** What the task's operators keep; null: there is no such task. */
  stateFacts(pipeline: number): StateFacts | null;
  /** Rows of a table as they are now, one look of a pipeline after the other; `begins` false: the same was asked before, and took another step. */
  look(pipeline: number, question: LookQuestion, begins: boolean): LookStep;
}
