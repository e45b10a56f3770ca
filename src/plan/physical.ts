import type { Column, DataType } from "../core/schema.ts";
import type { JoinRules } from "../kernel/join_spec.ts";
import type { Program } from "../kernel/program.ts";
import type {
  FileConnector,
  LookupErrors,
  LookupTable,
  MadeConnector,
  RankFunction,
  SinkOptions,
  SliceAggregate,
} from "./plan.ts";

/** What the runtime runs: plain data that can be posted to workers and written as JSON. Columns go by number. */
export interface PhysicalPlan {
  readonly name: string;
  readonly sources: readonly PhysicalSource[];
  /** Inputs come first. */
  readonly operators: readonly PhysicalOperator[];
  readonly sinks: readonly PhysicalSink[];
}

/** Where rows come from: a stream, a file, or a connector that makes them; the others are null. */
export interface PhysicalSource {
  readonly id: string;
  readonly stream: string | null;
  readonly file: FileConnector | null;
  readonly made: MadeConnector | null;
  /** The columns that are read, in the order of the source; at least one beside the kinds. */
  readonly columns: readonly Column[];
  /** Columns that are computed of those that are read; they stand behind them in the source's batches. */
  readonly computed: readonly PhysicalComputed[];
  /** Position of event time in the columns of its batches (`givenBy`), −1 = time of arrival. */
  readonly time: number;
  readonly delayMs: number;
  /** 0 = never idle. */
  readonly idleTimeoutMs: number;
  /** Rows whose event time is further than this ahead of their arrival are dead; 0 = none is. */
  readonly futureSkewMs: number;
  /**
   * Position in `columns` of the texts +I, -U, +U and -D that become the batch's row kinds, −1 = all rows are inserts. It
   * is the last column, and batches that go on do not have it.
   */
  readonly kindColumn: number;
  /** Of a stream with several partitions: those whose numbers modulo `count` are `index`; absent: all rows. */
  readonly partition?: { readonly index: number; readonly count: number };
}

/** A column that a source computes of those that are read, without the kinds: they are the last that are read. */
export interface PhysicalComputed {
  readonly column: Column;
  readonly program: Program;
}

/** The columns of the batches that come from a source: those that are read without the kinds, then those computed. */
export function givenBy({ columns, kindColumn, computed }: PhysicalSource): readonly Column[] {
  const read = kindColumn < 0 ? columns : columns.slice(0, kindColumn);
  return computed.length === 0 ? read : [...read, ...computed.map(({ column }) => column)];
}

export type PhysicalOperator =
  | PhysicalFilter
  | PhysicalProject
  | PhysicalUnion
  | PhysicalAssign
  | PhysicalAggregate
  | PhysicalSession
  | PhysicalGroup
  | PhysicalJoin
  | PhysicalLookup
  | PhysicalUnnest
  | PhysicalRank
  | PhysicalOver
  | PhysicalNormalize;

export interface PhysicalBase {
  readonly id: string;
  /** Sources or operators; two for a join, more for a union, one for all others. */
  readonly inputs: readonly string[];
  /** Of the output. */
  readonly columns: readonly Column[];
  /** All sources above. */
  readonly sources: readonly string[];
  /** The operator's watermark is the least of its sources' minus this. */
  readonly lagMs: number;
}

/** Selects the rows for which a bool program is true; the columns stay. */
export interface PhysicalFilter extends PhysicalBase {
  readonly op: "filter";
  readonly predicate: Program;
  /** Why the others go to the dead letters; absent: they are left out. */
  readonly refuse?: string;
}

/** Computes one column a program, over all rows of the batch. */
export interface PhysicalProject extends PhysicalBase {
  readonly op: "project";
  readonly programs: readonly Program[];
}

/** Passes the rows of all inputs on as they come. */
export interface PhysicalUnion extends PhysicalBase {
  readonly op: "union";
}

export type PhysicalWindow =
  | { readonly kind: "tumble"; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: "hop"; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: "cumulate"; readonly sizeMs: number; readonly stepMs: number; readonly offsetMs: number };

/** Each row once for each of its windows. Output: the input's columns, window_start, window_end, window_time. */
export interface PhysicalAssign extends PhysicalBase {
  readonly op: "assign";
  /** Input column of event time, −1 = the source's time of arrival. */
  readonly time: number;
  /** Offsets are in [0, the distance of two windows' starts). */
  readonly window: PhysicalWindow;
  /** Rows go on for so long after their window has passed, as who reads them takes them; null: for ever, since nobody behind forgets windows. */
  readonly latenessMs: number | null;
}

/** Each row once for each item of an array. Output: the input's columns, the item as JSON, its number from 1. */
export interface PhysicalUnnest extends PhysicalBase {
  readonly op: "unnest";
  /** Input column that holds the array. */
  readonly list: number;
  /** Rows without items come once, without one. */
  readonly outer: boolean;
}

export interface PhysicalCall {
  readonly fn: SliceAggregate;
  /** Input column, −1 = count(*). */
  readonly arg: number;
}

/** Aggregates inserts by key and window over shared slices. Output: window_start, window_end, the keys, the aggregates. */
export interface PhysicalAggregate extends PhysicalBase {
  readonly op: "aggregate";
  readonly inputColumns: readonly Column[];
  /** Input columns. */
  readonly keys: readonly number[];
  readonly aggregates: readonly PhysicalCall[];
  /** Input column of event time, −1 = the source's time of arrival. */
  readonly time: number;
  readonly sizeMs: number;
  /** Equals `sizeMs` for tumbling windows and divides it for hopping ones. */
  readonly slideMs: number;
  /** In [0, slideMs). */
  readonly offsetMs: number;
  readonly twoPhase: boolean;
}

/** One aggregate of an operator that keeps its groups as rows. */
export interface GroupCall {
  readonly fn: string;
  /** Input columns; none for count(*). */
  readonly args: readonly number[];
  readonly distinct: boolean;
  /** A bool column of the input: only rows for which it is true count; −1 = all do. */
  readonly filter: number;
  /** Constants: separator, p, k. */
  readonly params: readonly (number | string)[];
  /** Of the result. */
  readonly type: DataType;
  readonly nullable: boolean;
}

/**
 * Windows that grow with their rows, by key. Output with `calls`: window_start, window_end, the keys, the aggregates;
 * without: the input's columns, window_start, window_end, window_time, when the session has ended.
 */
export interface PhysicalSession extends PhysicalBase {
  readonly op: "session";
  readonly inputColumns: readonly Column[];
  readonly keys: readonly number[];
  /** Input column of event time, −1 = the source's time of arrival. */
  readonly time: number;
  readonly gapMs: number;
  /** 0 = as long as rows come. */
  readonly maxMs: number;
  readonly calls: readonly GroupCall[] | null;
}

export type GroupEmit =
  /**
   * At every row. `ttlMs`: a group is forgotten so long after its last row; 0 = never. `end`: position in `keys` of a
   * window's end that forgets the group when it has passed, −1 = none.
   */
  | { readonly mode: "changes"; readonly ttlMs: number; readonly end: number }
  /** At ticks of `everyMs`, else as `changes`. */
  | { readonly mode: "every"; readonly everyMs: number; readonly ttlMs: number; readonly end: number }
  /** When the window whose end is at `end` in `keys` has passed, and again for rows that are late by up to `latenessMs`. */
  | { readonly mode: "final"; readonly end: number; readonly latenessMs: number };

/** Aggregates by key. Output: the keys, the aggregates. */
/** Windows end at multiples of `stepMs` plus `offsetMs`. */
export interface WindowEnds {
  readonly stepMs: number;
  readonly offsetMs: number;
}

export interface PhysicalGroup extends PhysicalBase {
  readonly op: "group";
  /** When windows that its rows name may end; absent or null = at any time. */
  readonly ends?: WindowEnds | null;
  readonly inputColumns: readonly Column[];
  readonly keys: readonly number[];
  readonly calls: readonly GroupCall[];
  /** The input may take rows back. */
  readonly retracts: boolean;
  readonly emit: GroupEmit;
  /** Nobody needs the row before an update: it is a +U alone. */
  readonly upsert?: boolean;
}

/** Joins `inputs[0]` (left) and `inputs[1]` (right). Output: left's columns, then right's; semi and anti left's only. */
export interface PhysicalJoin extends PhysicalBase, JoinRules {
  readonly op: "join";
  /** When windows that its rows name may end; absent or null = at any time. */
  readonly ends?: WindowEnds | null;
  readonly leftColumns: readonly Column[];
  readonly rightColumns: readonly Column[];
}

/**
 * Rows with those of a table outside. Output: the input's columns, then `picks`. For what is behind it, it is a source with a clock of its
 * own: how far the rows are that have their answers. Hence the operators behind it have it among their sources, in the place of those
 * above it.
 */
export interface PhysicalLookup extends PhysicalBase {
  readonly op: "lookup";
  readonly type: "inner" | "left";
  readonly inputColumns: readonly Column[];
  /** Input columns. */
  readonly keys: readonly number[];
  readonly table: LookupTable;
  /** The table's columns that make the key, in the order of `keys`, and those that come back; by their names there. */
  readonly tableKeys: readonly Column[];
  readonly picks: readonly Column[];
  /** Over the input's columns, then `picks`. */
  readonly where: Program | null;
  readonly cacheRows: number;
  /** 0 = for ever. */
  readonly cacheTtlMs: number;
  readonly batchRows: number;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly onError: LookupErrors;
}

/** Rows `from` to `to` (from 1) of each key. Output: the input's columns, the number if `number`. */
export interface PhysicalRank extends PhysicalBase {
  readonly op: "rank";
  /** When windows that its rows name may end; absent or null = at any time. */
  readonly ends?: WindowEnds | null;
  readonly keys: readonly number[];
  /** Equal rows are given by the log. */
  readonly order: readonly { readonly column: number; readonly desc: boolean; readonly nullsLast: boolean }[];
  readonly from: number;
  readonly to: number;
  readonly fn: RankFunction;
  readonly number: boolean;
  readonly retracts: boolean;
  /** Of rank 1: all rows that equal the first one in the order, but none with a NULL there. */
  readonly ties?: boolean;
  readonly mode:
    | { readonly mode: "changes"; readonly ttlMs: number }
    /** Column of window_end, one of the keys. */
    | { readonly mode: "window"; readonly end: number };
}

/** Aggregates over the rows before each row by (time, log). Output: the input's columns, the aggregates. */
export interface PhysicalOver extends PhysicalBase {
  readonly op: "over";
  readonly keys: readonly number[];
  /** Input column of event time, −1 = the order of the log. */
  readonly time: number;
  /** Milliseconds or rows; −1 = all. */
  readonly frame: { readonly kind: "range" | "rows"; readonly preceding: number };
  readonly calls: readonly GroupCall[];
}

/**
 * Makes a full changelog of upserts: a row takes the place of the one with its keys, which it takes back, and a deletion
 * takes back the row that is there.
 */
export interface PhysicalNormalize extends PhysicalBase {
  readonly op: "normalize";
  readonly keys: readonly number[];
}

export interface PhysicalSink {
  readonly id: string;
  readonly input: string;
  readonly columns: readonly Column[];
  /** What tells the rows of one window apart: the aggregate's keys by their names here; none if one is gone. */
  readonly keys: readonly string[];
  /** Columns that tell the current rows apart, the window's among them; null: nothing known does. */
  readonly upsertKeys: readonly string[] | null;
  /** The input may take rows back. */
  readonly changes: boolean;
  readonly sink: SinkOptions;
}
