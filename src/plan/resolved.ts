import { nearest } from "../core/nearest.ts";
import { type Column, type DataType, INT64, TIMESTAMP } from "../core/schema.ts";
import type { Catalog } from "./catalog.ts";
import type { PlacedNode } from "./graph.ts";
import type { FileConnector, MadeConnector, PlanNode, ProjectColumn, Window } from "./plan.ts";
import type { Problems } from "./problems.ts";

/** A source with its columns and its event time. */
export interface ResolvedSource {
  readonly id: string;
  readonly stream: string | null;
  readonly file: FileConnector | null;
  readonly made: MadeConnector | null;
  /** All of its own columns, in their order. */
  readonly declared: readonly Column[];
  /** What it gives: its own columns but the one of kinds, then those that are computed. */
  readonly columns: readonly Column[];
  /** Expressions over its own columns. */
  readonly computed: readonly ProjectColumn[];
  /** The column of event time; null = time of arrival. */
  readonly time: string | null;
  /** It is the time of arrival, whatever nodes behind it name. */
  readonly byArrival: boolean;
  readonly delayMs: number;
  readonly idleTimeoutMs: number;
  readonly futureSkewMs: number;
  readonly changes: "insert" | "upsert" | "all";
  readonly primaryKey: readonly string[] | null;
  /** Holds the row kinds as texts. */
  readonly kindColumn: Column | null;
}

/** A column that is event time. */
export interface TimeFact {
  /** How far it may lag behind the watermark of the sources. */
  readonly lagMs: number;
  /** What it is a copy of, such as `source.ts`: columns of one origin are equal. */
  readonly origin: string;
  /** It is a while behind the event time that windows take where none is named. */
  readonly later?: true;
}

/** Columns that tell the window of a row; null where one was projected away. */
export interface WindowFact {
  /** The node that put the rows in windows. */
  readonly node: string;
  /** The origin of the event time that it went by. */
  readonly of: string;
  readonly window: Window;
  readonly start: string | null;
  readonly end: string | null;
  readonly time: string | null;
  /** How far window_time may lag behind the watermark of the sources. */
  readonly lagMs: number;
}

/** A source's column that a column is, unchanged. */
export interface Origin {
  readonly source: ResolvedSource;
  readonly column: string;
}

/** Where event time ends, and what to do about it. */
export interface LostTime {
  readonly reason: string;
  readonly hint: string;
}

/** Event time that ends at a node which goes on without it. */
export function lostAt(reason: string): LostTime {
  return { reason, hint: "Put this node before it" };
}

/** What is known of the rows that a node gives. */
export interface Facts {
  readonly columns: readonly Column[];
  /** Rows may be taken back: there may be −U, +U and −D among them. */
  readonly changes: boolean;
  /** Columns that tell the current rows apart; null: nothing known does. */
  readonly upsertKeys: readonly string[] | null;
  /** What tells the rows of one window apart, for those who know the window; none: nothing known does. */
  readonly keys: readonly string[];
  /** Columns that are event time. */
  readonly times: ReadonlyMap<string, TimeFact>;
  /** The nearest first. */
  readonly windows: readonly WindowFact[];
  /** Why no column is event time, where that is not its sources' doing; null else. */
  readonly lost: LostTime | null;
  /** Columns that are a source's, unchanged and in rows that it sent. */
  readonly origins: ReadonlyMap<string, readonly Origin[]>;
  /** Rows come right from sources without event time, so that they have a time of arrival. */
  readonly arrival: boolean;
}

/** A node whose output is known. */
export interface ResolvedNode<N extends PlanNode = PlanNode> extends PlacedNode<N>, Facts {
  readonly inputs: readonly ResolvedNode[];
  /** All sources above. */
  readonly sources: readonly ResolvedSource[];
  /** Of nodes that read one: the column of event time that they go by; null = time of arrival. */
  readonly time?: string | null;
  /** Of aggregates: the window that they are by. */
  readonly window?: WindowFact | null;
}

export interface Resolved {
  /** Inputs come first. */
  readonly nodes: readonly ResolvedNode[];
  readonly sources: readonly ResolvedSource[];
}

/** What resolving a node needs beside its inputs. */
export interface Resolving {
  readonly catalog: Catalog;
  readonly problems: Problems;
  /** By source id: columns that nodes named as event time where the source has none. */
  readonly claims: Map<string, string>;
}

export const TIME_HINT = "Event time is a column of type timestamp, or int64 in epoch milliseconds";

export function isTime(type: DataType): boolean {
  return type.kind === TIMESTAMP.kind || type.kind === INT64.kind;
}

export function addUnknownColumn(name: string, columns: readonly Column[], path: string, problems: Problems): void {
  const names = columns.map((column) => column.name), near = nearest(name, names);
  problems.add(
    path,
    `Unknown column ${JSON.stringify(name)}`,
    near ? `Did you mean ${near}?` : `Known: ${names.join(", ")}`,
  );
}

/** Facts of rows that pass on unchanged. */
export function sameFacts(
  { columns, changes, upsertKeys, keys, times, windows, lost, origins, arrival }: Facts,
): Facts {
  return { columns, changes, upsertKeys, keys, times, windows, lost, origins, arrival };
}

/** Facts of rows of which nothing is known but their columns. */
export function plainFacts(columns: readonly Column[], lost: LostTime | null): Facts {
  return {
    columns,
    changes: false,
    upsertKeys: null,
    keys: [],
    times: new Map(),
    windows: [],
    lost,
    origins: new Map(),
    arrival: false,
  };
}
