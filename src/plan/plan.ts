import type { Expression } from "../expr/mod.ts";

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

export type PlanNode = SourceNode | FilterNode | ProjectNode | WindowNode | AggregateNode | SinkNode;

/** The node that an id names in another node's `input`; exactly one in this version. */
export type NodeInput = readonly [string];

/** A column as plans declare it; `type` as `formatType` writes it. */
export interface ColumnDeclaration {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** Where a source reads a file; paths are resolved by the platform. `header` and `delimiter` are CSV's only. */
export interface FileConnector {
  readonly kind: "file";
  readonly path: string;
  readonly format: "ndjson" | "csv";
  readonly header: boolean;
  /** One byte of ASCII. */
  readonly delimiter: string;
}

export interface StreamSourceNode extends SourceTiming {
  readonly id: string;
  readonly op: "source";
  readonly stream: string;
}

export interface FileSourceNode extends SourceTiming {
  readonly id: string;
  readonly op: "source";
  readonly connector: FileConnector;
  readonly columns: readonly ColumnDeclaration[];
}

/** Event time of a source; what is left out comes from the stream's declaration, else from the defaults. */
export interface SourceTiming {
  /** Column of event time. */
  readonly time?: string;
  /** How far the watermark stays behind the greatest event time. */
  readonly delay_ms?: number;
  /** Silence after which a partition no longer holds the watermark; 0 = never. */
  readonly idle_timeout_ms?: number;
  /** Of streams: how far event time may be ahead of a row's arrival; 0 = without bound. */
  readonly future_skew_ms?: number;
}

export type SourceNode = StreamSourceNode | FileSourceNode;

export interface FilterNode {
  readonly id: string;
  readonly op: "filter";
  readonly input: NodeInput;
  readonly where: Expression;
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

/** Windows `[start, end)` aligned to the epoch plus `offset_ms`. */
export type Window =
  | { readonly kind: "tumble"; readonly size_ms: number; readonly offset_ms: number; readonly time?: string }
  | {
    readonly kind: "hop";
    readonly size_ms: number;
    readonly slide_ms: number;
    readonly offset_ms: number;
    readonly time?: string;
  };

export interface WindowNode {
  readonly id: string;
  readonly op: "window";
  readonly input: NodeInput;
  readonly window: Window;
}

export interface AggregateCall {
  readonly fn: AggregateName;
  /** Absent: count(*). */
  readonly arg?: Expression;
  readonly as: string;
  /** Only different values of the argument. Not there yet: a plan that asks for it is refused. */
  readonly distinct?: boolean;
  /** Only rows for which this is true count. */
  readonly filter?: Expression;
}

export interface AggregateNode {
  readonly id: string;
  readonly op: "aggregate";
  readonly input: NodeInput;
  readonly keys: readonly string[];
  readonly aggs: readonly AggregateCall[];
  /** Partial results before the exchange. Fixed here, so that results never depend on the number of workers. */
  readonly two_phase: boolean;
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

export const AGGREGATE_NAMES = ["count", "sum", "min", "max", "avg", "first", "last"] as const;
export type AggregateName = typeof AGGREGATE_NAMES[number];

/** Columns that an aggregate puts in front of its keys. */
export const WINDOW_START = "window_start";
export const WINDOW_END = "window_end";

/** The ids of a node's inputs. */
export function inputsOf(node: PlanNode): readonly string[] {
  return node.op === "source" ? [] : node.input;
}
