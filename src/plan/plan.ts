import type { Expression } from "../expr/mod.ts";
import type { Connector } from "./connector.ts";

export { AGGREGATE_NAMES, type AggregateName, SLICE_AGGREGATES, type SliceAggregate } from "./aggregate_names.ts";
export type { Connector, FileConnector, MadeConnector, NexmarkConnector, ValuesConnector } from "./connector.ts";

/** The version of the plan language that this build reads: the plan's member `rdx`. */
export const PLAN_VERSION = 1;

/**
 * A pipeline as a graph of nodes with stable ids: what the builder and SQL compile to and what the engine runs. This is
 * the normal form, as `parsePlan` returns it: short forms are spelled out, and defaults that do not depend on the
 * catalogue are filled in.
 */
export interface Plan {
  readonly rdx: typeof PLAN_VERSION;
  readonly name: string;
  readonly nodes: readonly PlanNode[];
}

export type PlanNode =
  | SourceNode
  | FilterNode
  | ProjectNode
  | UnionNode
  | WindowNode
  | AggregateNode
  | JoinNode
  | LookupNode
  | UnnestNode
  | RankNode
  | OverNode
  | SinkNode;

/** The ids of the nodes that a node reads: two for a join (left, right), two or more for a union, one for all others. */
export type NodeInput = readonly string[];

/** A column as plans declare it; `type` as `formatType` writes it. */
export interface ColumnDeclaration {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

export interface StreamSourceNode extends SourceTiming, SourceChanges, SourceComputed {
  readonly id: string;
  readonly op: "source";
  readonly stream: string;
}

export interface ConnectorSourceNode extends SourceTiming, SourceChanges, SourceComputed {
  readonly id: string;
  readonly op: "source";
  readonly connector: Connector;
  readonly columns: readonly ColumnDeclaration[];
}

/** Event time of a source; what is left out comes from the stream's declaration, else from the defaults. */
export interface SourceTiming {
  /** Column of event time; null: rows go by the time at which they arrive, whatever their stream declares. */
  readonly time?: string | null;
  /** How far the watermark stays behind the greatest event time. */
  readonly delay_ms?: number;
  /** Silence after which a partition no longer holds the watermark; 0 = never. */
  readonly idle_timeout_ms?: number;
  /** Of streams: how far event time may be ahead of a row's arrival; 0 = without bound. */
  readonly future_skew_ms?: number;
}

/** What a source's rows do to the rows before them. */
export interface SourceChanges {
  /** Columns that tell the current rows apart; the plan takes the producer's word for it. */
  readonly primary_key?: readonly string[];
  /**
   * `insert` (default): every row is new. `upsert`: a row takes the place of the one with its primary key. `all`: a
   * changelog whose row kinds stand in `kind_column`.
   */
  readonly changes?: "insert" | "upsert" | "all";
  /** A string column that holds +I, -U, +U or -D; it is not among the source's columns for the nodes behind it. */
  readonly kind_column?: string;
}

/** Columns that are computed where rows come in. */
export interface SourceComputed {
  /**
   * Behind the source's own columns, each over these and over those computed before it. The event time may be one of
   * them; rows in which it is NULL have no time.
   */
  readonly computed?: readonly ProjectColumn[];
}

export type SourceNode = StreamSourceNode | ConnectorSourceNode;

export interface FilterNode {
  readonly id: string;
  readonly op: "filter";
  readonly input: NodeInput;
  readonly where: Expression;
  /** Rows for which the condition is false go to the dead letters for this reason; those for which it is NULL go on. */
  readonly refuse?: string;
}

export interface ProjectColumn {
  readonly as: string;
  readonly expr: Expression;
}

export interface ProjectNode {
  readonly id: string;
  readonly op: "project";
  readonly input: NodeInput;
  readonly columns: readonly ProjectColumn[];
  /** All columns of the input stay, in their places; `columns` replace those of the same name and are appended else. */
  readonly keep: boolean;
}

/** UNION ALL: the rows of all inputs, whose columns have the same types in order; the names are those of the first. */
export interface UnionNode {
  readonly id: string;
  readonly op: "union";
  readonly input: NodeInput;
}

/** Windows `[start, end)`; all but sessions are aligned to the epoch plus `offset_ms`. */
export type Window = TumbleWindow | HopWindow | CumulateWindow | SessionWindow;

export interface TumbleWindow {
  readonly kind: "tumble";
  readonly size_ms: number;
  readonly offset_ms: number;
  /** Column of event time; absent: the one that the input has. So in all windows. */
  readonly time?: string;
}

/** Windows of one size, one every `slide_ms`. */
export interface HopWindow {
  readonly kind: "hop";
  readonly size_ms: number;
  readonly slide_ms: number;
  readonly offset_ms: number;
  readonly time?: string;
}

/** Windows that share their start and grow by `step_ms` up to `size_ms`, a multiple of it. */
export interface CumulateWindow {
  readonly kind: "cumulate";
  readonly size_ms: number;
  readonly step_ms: number;
  readonly offset_ms: number;
  readonly time?: string;
}

/** For each key a window that ends when no row came for `gap_ms`, or when it is `max_ms` long. */
export interface SessionWindow {
  readonly kind: "session";
  readonly gap_ms: number;
  /** Columns by which rows have sessions of their own. */
  readonly keys: readonly string[];
  readonly max_ms?: number;
  readonly time?: string;
}

/**
 * Puts rows in windows: the input's columns, then window_start, window_end and window_time (the end − 1 ms), which hide
 * columns of these names. Rows of several windows come once for each. An aggregate right behind it is by window.
 */
export interface WindowNode {
  readonly id: string;
  readonly op: "window";
  readonly input: NodeInput;
  readonly window: Window;
}

export interface AggregateCall {
  /** One of AGGREGATE_NAMES, or one that the catalogue has beside them. */
  readonly fn: string;
  /** Absent: count(*). */
  readonly arg?: Expression;
  /** Constants behind the argument: the separator of string_agg, p of percentiles, k of top_k and approx_top_k. */
  readonly args?: readonly Expression[];
  readonly as: string;
  /** Only different values of the argument. */
  readonly distinct?: boolean;
  /** Only rows for which this is true count. */
  readonly filter?: Expression;
}

/** When an aggregate's results come out; sinks that cannot take rows back take only final ones. */
export type Emit =
  /** Once, when the watermark has passed the window. */
  | { readonly mode: "final" }
  /** At every row, as changes of what came before. */
  | { readonly mode: "changes" }
  /** At ticks, as changes of what came before. */
  | { readonly mode: "every"; readonly every_ms: number };

/**
 * Aggregates by keys. Behind a window node: by window too, with window_start and window_end (and window_time if the keys
 * name it) in front of the other keys. Behind anything else the output is the keys and the aggregates; when the keys
 * have both window_start and window_end of a window above, it is by window likewise.
 */
export interface AggregateNode {
  readonly id: string;
  readonly op: "aggregate";
  readonly input: NodeInput;
  readonly keys: readonly string[];
  readonly aggs: readonly AggregateCall[];
  /**
   * Partial results before the exchange: worth it where few keys have many rows. Fixed here, so that results never
   * depend on the number of workers; false unless said. Without effect where slices are not shared.
   */
  readonly two_phase: boolean;
  /** GROUPING SETS: subsets of the keys; rows of a set have NULL in the others. */
  readonly sets?: readonly (readonly string[])[];
  /** Adds an int64 column of this name before the aggregates: a bit for each key, the first the highest, set where the key is not in the row's set. */
  readonly grouping?: string;
  /** Absent: final by window, changes else. */
  readonly emit?: Emit;
  /** How long a window that has fired takes late rows, for which it fires again. */
  readonly lateness_ms?: number;
  /** How long a group is kept after its last row; absent: for ever. Not by window. */
  readonly ttl_ms?: number;
}

export const JOIN_TYPES = ["inner", "left", "right", "full", "semi", "anti"] as const;
export type JoinType = typeof JOIN_TYPES[number];

/**
 * Joins two inputs; at most one of `within`, `as_of` and `window` says how time bounds it. Output: the columns of left,
 * then those of right, whose names must differ; semi and anti give those of left only.
 */
export interface JoinNode {
  readonly id: string;
  readonly op: "join";
  readonly input: NodeInput;
  readonly type: JoinType;
  /** Columns that are equal; NULL equals nothing. */
  readonly on: readonly { readonly left: string; readonly right: string }[];
  /** What else must hold, over the columns of both. */
  readonly where?: Expression;
  /** Interval join: `left + lower_ms ≤ right ≤ left + upper_ms` of event times. */
  readonly within?: {
    readonly left: string;
    readonly right: string;
    readonly lower_ms: number;
    readonly upper_ms: number;
  };
  /** The right side's newest row whose event time is not after the left's. `temporal`: right holds versions by the keys of `on`; `asof`: right is append-only. */
  readonly as_of?: { readonly left: string; readonly right: string; readonly kind: "temporal" | "asof" };
  /** Window join: the window_end columns; window_start and window_end of both are among `on`. */
  readonly window?: { readonly left: string; readonly right: string };
  /** How long a row waits for others after it was last used; absent: for ever. Of joins that no time bounds. */
  readonly ttl_ms?: number;
  /** Of anti joins: NOT IN, where NULL on either side keeps rows from being given. */
  readonly null_aware?: boolean;
}

/** What a lookup reads: its kind, and the options of that kind, as the catalogue of lookups describes them. */
export interface LookupTable {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** A column of a table that is looked up; behind the lookup it is called `as`, or as there. */
export interface LookupColumn extends ColumnDeclaration {
  readonly as?: string;
}

/** What becomes of rows whose question cannot be answered. */
export const LOOKUP_ERRORS = ["retry", "null", "dead_letter"] as const;
export type LookupErrors = typeof LOOKUP_ERRORS[number];

/**
 * Joins rows with those of a table outside that have their key now. Output: the input's columns, then the table's. Rows go on in their
 * order: behind one that waits for an answer all others wait.
 */
export interface LookupNode {
  readonly id: string;
  readonly op: "lookup";
  readonly input: NodeInput;
  readonly type: "inner" | "left";
  readonly table: LookupTable;
  /** A column of the input and one of the table that are equal; NULL equals nothing, and is not looked up. */
  readonly on: readonly { readonly left: string; readonly right: string }[];
  readonly columns: readonly LookupColumn[];
  /** What else must hold, over the columns of the output. */
  readonly where?: Expression;
  /** Keys whose answers are kept, those without rows among them; 0 = none. */
  readonly cache_rows: number;
  /** How long an answer is gone by; 0 = for ever. */
  readonly cache_ttl_ms: number;
  /** Keys of one question. */
  readonly batch_rows: number;
  /** Questions that are under way at the same time. */
  readonly concurrency: number;
  readonly timeout_ms: number;
  /**
   * `retry`: rows wait until there is an answer, and an answer that makes no sense ends the pipeline. `null`: they go on as if there
   * were no row. `dead_letter`: they go to the dead letters.
   */
  readonly on_error: LookupErrors;
}

/**
 * Makes a row of each item of an array, or of each entry of a map: the input's columns, then what the items are, whose names must differ from
 * them. JSON and texts may be arrays too.
 */
export interface UnnestNode {
  readonly id: string;
  readonly op: "unnest";
  readonly input: NodeInput;
  /** The array or map. */
  readonly of: Expression;
  /** `left`: a row without items comes once, with NULL. */
  readonly type: "inner" | "left";
  /** The name of a column that holds the item; or those of its parts: the fields of a row, the key and the value of a map's entry. */
  readonly as: string | readonly string[];
  /** Adds the number of the item, from 1, as an int64 column of this name. */
  readonly ordinality?: string;
}

export interface OrderColumn {
  readonly column: string;
  readonly desc: boolean;
  readonly nulls_last: boolean;
}

/** How rows are numbered: each by itself; equal ones alike, behind as many as are before them; equal ones alike, without gaps. */
export const RANK_FUNCTIONS = ["row_number", "rank", "dense_rank"] as const;
export type RankFunction = typeof RANK_FUNCTIONS[number];

/**
 * ROW_NUMBER, RANK or DENSE_RANK by keys: the rows with the numbers `from` to `to` (counted from 1) of each key in an order; equal rows
 * and an empty order go by the log. `to: 1` is deduplication, where each row has a number of its own.
 */
export interface RankNode {
  readonly id: string;
  readonly op: "rank";
  readonly input: NodeInput;
  readonly keys: readonly string[];
  readonly order: readonly OrderColumn[];
  readonly from: number;
  readonly to: number;
  /** ROW_NUMBER if left out. */
  readonly fn?: RankFunction;
  /** Adds the number as an int64 column of this name. */
  readonly as?: string;
  /** Window top-n: the window_end column, which is among the keys. Rows come out when the watermark has passed it. */
  readonly window_end?: string;
  readonly ttl_ms?: number;
}

/** Aggregates over the rows before each row: the input's columns, then the aggregates. */
export interface OverNode {
  readonly id: string;
  readonly op: "over";
  readonly input: NodeInput;
  readonly keys: readonly string[];
  /** Column of event time that rows are in order of; absent: the order of the log. */
  readonly time?: string;
  /** How far back rows count, in ms (range) or rows, beside the row itself; null = all. */
  readonly frame: { readonly kind: "range" | "rows"; readonly preceding: number | null };
  readonly aggs: readonly AggregateCall[];
}

/** `kind` and the options of that kind, as the catalogue of sinks describes them. */
export interface SinkOptions {
  readonly kind: string;
  readonly [option: string]: unknown;
}

export interface SinkNode {
  readonly id: string;
  readonly op: "sink";
  readonly input: NodeInput;
  readonly sink: SinkOptions;
}

/** Columns that windows add. */
export const WINDOW_START = "window_start";
export const WINDOW_END = "window_end";
/** The last millisecond of the window: the event time of what comes out of it. */
export const WINDOW_TIME = "window_time";

/** The ids of a node's inputs. */
export function inputsOf(node: PlanNode): readonly string[] {
  return node.op === "source" ? [] : node.input;
}
