import type { Column } from "../core/schema.ts";
import type { AggregateSignature } from "./aggregates.ts";
import type { JsonSchema } from "./json_schema.ts";

export { STANDARD_SINKS } from "./sink_kinds.ts";

/** A stream as a plan sees it. */
export interface StreamInfo {
  readonly columns: readonly Column[];
  /** The declared column of event time, or null: then it is the time of arrival. */
  readonly time: string | null;
  /** How far the watermark stays behind the greatest event time. */
  readonly delayMs: number;
  /** How far event time may be ahead of a row's arrival; 0 = without bound. */
  readonly futureSkewMs: number;
  /** Absent: 1. */
  readonly partitions?: number;
}

/** One kind of sink that a process offers. */
export interface SinkKind {
  /** JSON Schema of the options beside `kind`; without `additionalProperties: false` unknown options pass. */
  readonly options: JsonSchema;
  /** The option that names what is written to: two sinks of a plan may not share it. Absent: they may. */
  readonly target?: string;
  /**
   * What rows it takes: inserts only (the default), changes of rows that keys tell apart, or all. A bool option
   * `changelog` that is true makes a sink take all.
   */
  readonly changes?: "insert" | "upsert" | "all";
  /** What it promises when a pipeline starts again. */
  readonly guarantee?: "exactly once" | "effectively once" | "at least once";
  /** What it does so that this holds, as a part of a sentence. */
  readonly by?: string;
}

/** Which modules of user functions plans may name. */
export interface FunctionRules {
  /** Why plans may not call functions of the module at this URL, and what to do; null: they may. */
  refusal(module: string): { readonly reason: string; readonly hint: string } | null;
  /** The URL that relative ones in scripts of SQL start from that say nothing of their own place; null: there is none. */
  readonly base: string | null;
}

/** One kind of table that rows are looked up in. */
export interface LookupKind {
  /** JSON Schema of the options beside `kind`. */
  readonly options: JsonSchema;
}

/** What there is when a plan is compiled: the only thing besides the plan that its meaning depends on. */
export interface Catalog {
  stream(name: string): StreamInfo | null;
  /** Names of the streams there are, for hints. */
  streamNames?(): Iterable<string>;
  readonly sinkKinds: ReadonlyMap<string, SinkKind>;
  /** Kinds of tables that rows can be looked up in here; those of every build if absent. */
  readonly lookupKinds?: ReadonlyMap<string, LookupKind>;
  /** Aggregates beside AGGREGATE_NAMES. */
  readonly aggregates?: ReadonlyMap<string, AggregateSignature>;
  /** Absent: plans may call functions of any module. */
  readonly functions?: FunctionRules;
}
