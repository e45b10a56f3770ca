import { KEY_COLUMNS_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { AggregateSignature } from "./aggregates.ts";
import type { JsonSchema } from "./json_schema.ts";

/** A stream as a plan sees it. */
export interface StreamInfo {
  readonly columns: readonly Column[];
  /** The declared column of event time, or null: then it is the time of arrival. */
  readonly time: string | null;
  /** How far the watermark stays behind the greatest event time. */
  readonly delayMs: number;
  /** How far event time may be ahead of a row's arrival; 0 = without bound. */
  readonly futureSkewMs: number;
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

const TEXT: JsonSchema = { type: "string", minLength: 1 };
/** The option of views that says how their rows follow each other. */
const VIEW_ORDER: JsonSchema = {
  type: "array",
  minItems: 1,
  maxItems: KEY_COLUMNS_MAX,
  items: {
    type: "object",
    properties: {
      column: { ...TEXT, description: "The name of a column" },
      desc: { type: "boolean", default: false },
      nulls_last: { type: "boolean", description: "NULL counts as the least value if absent" },
    },
    required: ["column"],
    additionalProperties: false,
  },
  description: "The order of answers; by window_end and keys if absent",
};
/** The option of sinks that write rows by themselves: with it they also write what rows do to those before them. */
const CHANGELOG: JsonSchema = {
  type: "boolean",
  default: false,
  description: "Takes changes too: each row gets a member $op, which is +I, -U, +U or -D",
};

const FILE_BY = "what comes again is compared with what is there, byte by byte, and written once";
const STDOUT_BY = "what was shown is shown again";

/** The kinds of sinks that every build has, as roots hand them to a catalogue. */
export const STANDARD_SINKS: ReadonlyMap<string, SinkKind> = new Map<string, SinkKind>([
  ["view", {
    target: "name",
    options: closed({ name: { ...TEXT, description: "The name of the view" }, order: VIEW_ORDER }, ["name"]),
    changes: "all",
    guarantee: "effectively once",
    by: "a view takes every number once",
  }],
  ["file", {
    target: "path",
    options: closed({ path: TEXT, format: { enum: ["ndjson", "csv", "arrow"] }, changelog: CHANGELOG }, [
      "path",
      "format",
    ]),
    guarantee: "exactly once",
    by: FILE_BY,
  }],
  ["stdout", {
    options: closed({ format: { enum: ["ndjson", "csv"] }, changelog: CHANGELOG }, ["format"]),
    guarantee: "at least once",
    by: STDOUT_BY,
  }],
  ["discard", { options: closed({}, []), changes: "all", guarantee: "effectively once", by: "nothing is kept" }],
]);

function closed(properties: Record<string, JsonSchema>, required: readonly string[]): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false };
}
