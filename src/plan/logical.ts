import type { Expression } from "../expr/mod.ts";
import type { PhysicalWindow } from "./physical.ts";
import type {
  JoinType,
  LookupNode,
  OrderColumn,
  ProjectColumn,
  RankFunction,
  SinkOptions,
  SliceAggregate,
  UnnestNode,
} from "./plan.ts";

/**
 * The plan between its JSON and its physical form, which rewrites work on: inputs come first, projections name every
 * column of theirs, and what is aggregated is a column. Columns go by name; all nodes of one id are one node.
 */
export type LogicalNode =
  | LogicalSource
  | LogicalFilter
  | LogicalProject
  | LogicalUnion
  | LogicalAssign
  | LogicalAggregate
  | LogicalSession
  | LogicalGroup
  | LogicalJoin
  | LogicalLookup
  | LogicalUnnest
  | LogicalRank
  | LogicalOver
  | LogicalNormalize
  | LogicalSink;

export interface LogicalBase {
  readonly id: string;
  readonly inputs: readonly string[];
  /** How far the watermark that it goes by is behind that of the sources. */
  readonly lagMs: number;
}

export interface LogicalSource extends LogicalBase {
  readonly op: "source";
  /** Sources of one identity read the same: the plan's node without its id. */
  readonly identity: string;
}

export interface LogicalFilter extends LogicalBase {
  readonly op: "filter";
  readonly where: Expression;
  /** Why rows for which it is false go to the dead letters; absent: rows for which it is not true are left out. */
  readonly refuse?: string;
}

export interface LogicalProject extends LogicalBase {
  readonly op: "project";
  readonly columns: readonly ProjectColumn[];
}

/** Columns by position; the names are those of the first input. */
export interface LogicalUnion extends LogicalBase {
  readonly op: "union";
}

/** Adds window_start, window_end and window_time, which the input does not have. */
export interface LogicalAssign extends LogicalBase {
  readonly op: "assign";
  /** Column of event time; null = time of arrival. */
  readonly time: string | null;
  readonly window: PhysicalWindow;
}

/** Over shared slices: window_start, window_end, the keys, the calls. */
export interface LogicalAggregate extends LogicalBase {
  readonly op: "aggregate";
  readonly keys: readonly string[];
  readonly calls: readonly LogicalCall[];
  readonly time: string | null;
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
  readonly twoPhase: boolean;
}

export interface LogicalCall {
  readonly fn: SliceAggregate;
  /** Column; null = count(*). */
  readonly arg: string | null;
  readonly as: string;
}

/** A call of an operator that keeps its groups as rows. */
export interface LogicalGroupCall {
  readonly fn: string;
  /** Column; null = count(*). */
  readonly arg: string | null;
  readonly params: readonly (number | string)[];
  readonly distinct: boolean;
  /** Bool column; null: all rows count. */
  readonly filter: string | null;
  readonly as: string;
  /** It adds up decimals of more than 18 digits, which windows with shared slices cannot. */
  readonly addsWide?: boolean;
}

/** With calls window_start, window_end, the keys, the calls; without the input's columns and those of windows. */
export interface LogicalSession extends LogicalBase {
  readonly op: "session";
  readonly keys: readonly string[];
  readonly time: string | null;
  readonly gapMs: number;
  readonly maxMs: number;
  readonly calls: readonly LogicalGroupCall[] | null;
}

/** `end`: the key that is the window's end; null: not by window. */
export type LogicalEmit =
  | { readonly mode: "changes"; readonly ttlMs: number; readonly end: string | null }
  | { readonly mode: "every"; readonly everyMs: number; readonly ttlMs: number; readonly end: string | null }
  | { readonly mode: "final"; readonly end: string; readonly latenessMs: number };

/** The keys, the calls. */
export interface LogicalGroup extends LogicalBase {
  readonly op: "group";
  readonly keys: readonly string[];
  readonly calls: readonly LogicalGroupCall[];
  readonly retracts: boolean;
  readonly emit: LogicalEmit;
  /** The keys that are the window's columns; none: not by window. */
  readonly windowKeys: readonly string[];
  /** Where it can be done over shared slices: partial results before the exchange. */
  readonly twoPhase: boolean;
}

export type LogicalJoinMode =
  | { readonly mode: "regular"; readonly ttlMs: number }
  | { readonly mode: "window"; readonly left: string; readonly right: string }
  | {
    readonly mode: "interval";
    readonly left: string;
    readonly right: string;
    readonly lowerMs: number;
    readonly upperMs: number;
  }
  | { readonly mode: "temporal" | "asof"; readonly left: string; readonly right: string };

/** The columns of left, then those of right; of semi and anti joins those of left. */
export interface LogicalJoin extends LogicalBase {
  readonly op: "join";
  readonly type: JoinType;
  readonly on: readonly { readonly left: string; readonly right: string }[];
  readonly where: Expression | null;
  readonly nullAware: boolean;
  readonly mode: LogicalJoinMode;
  readonly leftChanges: boolean;
  readonly rightChanges: boolean;
  readonly leftUnique: boolean;
  readonly rightUnique: boolean;
}

/** The input's columns, then `columns` of the table by their names here. */
export interface LogicalLookup extends LogicalBase {
  readonly op: "lookup";
  readonly type: LookupNode["type"];
  readonly on: LookupNode["on"];
  /** Those that come back. */
  readonly columns: readonly { readonly name: string; readonly as: string }[];
  readonly where: Expression | null;
  /** The node as it was written, for what rewrites do not change. */
  readonly node: LookupNode;
}

/** The input's columns, then each item as JSON and its number from 1. */
export interface LogicalUnnest extends LogicalBase {
  readonly op: "unnest";
  readonly type: UnnestNode["type"];
  /** Column that holds the array. */
  readonly list: string;
  readonly item: string;
  readonly number: string;
}

/** The input's columns, then the number if it has a name. */
export interface LogicalRank extends LogicalBase {
  readonly op: "rank";
  readonly keys: readonly string[];
  readonly order: readonly OrderColumn[];
  readonly from: number;
  readonly to: number;
  readonly fn: RankFunction;
  readonly as: string | null;
  readonly retracts: boolean;
  /** Columns that tell apart rows with an equal place in the order, of which one may be taken back: those that came before it keep their places. Null: all columns. */
  readonly apart: readonly string[] | null;
  /** Of rank 1: all rows that equal the first one in the order, but none with a NULL there. */
  readonly ties: boolean;
  readonly mode: { readonly mode: "changes"; readonly ttlMs: number } | {
    readonly mode: "window";
    readonly end: string;
  };
}

/** The input's columns, then the calls. */
export interface LogicalOver extends LogicalBase {
  readonly op: "over";
  readonly keys: readonly string[];
  readonly time: string | null;
  readonly frame: { readonly kind: "range" | "rows"; readonly preceding: number };
  readonly calls: readonly LogicalGroupCall[];
}

/** Makes a full changelog of upserts. */
export interface LogicalNormalize extends LogicalBase {
  readonly op: "normalize";
  readonly keys: readonly string[];
}

export interface LogicalSink extends LogicalBase {
  readonly op: "sink";
  readonly sink: SinkOptions;
}

/** Marks the names that lowering makes; ids of nodes cannot have it. */
export const MADE = "$";

/** A name that none of `names` is. */
export function freeName(wanted: string, names: readonly string[]): string {
  let name = wanted;
  while (names.includes(name)) name = MADE + name;
  return name;
}

/** A column under its own name. */
export function passing(column: string): ProjectColumn {
  return { as: column, expr: { column } };
}

/** The projection behind node `id` that leaves columns of its own out; the node keeps its id, to which state belongs. */
export function outOf({ id, lagMs }: Pick<LogicalBase, "id" | "lagMs">, columns: readonly string[]): LogicalProject {
  return { op: "project", id: `${id}${MADE}out`, inputs: [id], lagMs, columns: columns.map(passing) };
}
