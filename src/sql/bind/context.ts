import type { Catalog, RankFunction } from "../../plan/mod.ts";
import type { Emit, Hint, Identifier, IntervalLiteral, Name, Query, Select, Span } from "../ast.ts";
import type { AggregateFunction } from "./aggregate_functions.ts";
import type { Column, Relation } from "./column.ts";
import type { NodeMaker } from "./nodes.ts";
import type { Report } from "./report.ts";
import type { Scope, ScopeColumn } from "./scope.ts";
import type { TableDefinition } from "./table.ts";
import type { Value, ValueMaker } from "./value.ts";

/** What binding one pipeline works with. */
export interface Context {
  readonly report: Report;
  readonly values: ValueMaker;
  readonly nodes: NodeMaker;
  readonly catalog: Catalog;
  readonly settings: Settings;
  /** What names mean at this place: common tables before the script's and the catalogue's. */
  readonly names: Names;
  /** Aggregates by their names in lower case. */
  readonly aggregates: ReadonlyMap<string, AggregateFunction>;
  /** Of a subquery: the names of the query around it. */
  readonly outer: Scope | null;
  /** Queries within queries that are being bound. */
  readonly depth: number;
  /** The inputs end, and results are read when they are whole. */
  readonly whole: boolean;
  /** Binds a query within a query; null with its problems. */
  readonly query: (query: Query, context: Context) => BoundQuery | null;
  /** The same of a query whose rows are those of a view. */
  readonly result: (query: Query, context: Context) => BoundQuery | null;
  /** Binds the SELECT of a subquery that is the only row of an aggregate; null with its problems. */
  readonly lone: (select: Select, context: Context) => LoneRow | null;
}

/** The context of what a query holds. */
export function inside(query: Query, context: Context): Context {
  return { ...context, depth: context.depth + 1, names: context.names.within(query, context) };
}

/** What SET says. */
export interface Settings {
  /** How long state without a window is kept; null: for ever. */
  readonly ttlMs: number | null;
  readonly idleTimeoutMs: number | null;
  readonly twoPhase: boolean;
}

export interface Names {
  /** The rows of a table, view or stream, under new ids; null with a problem. */
  table(table: TableReference, context: Context): BoundQuery | null;
  /** The table of the script that rows are looked up in under this name; null when the name means something else. */
  lookup(name: Name): TableDefinition | null;
  /** These names with the common tables of a query before them. */
  within(query: Query, context: Context): Names;
}

export interface TableReference {
  readonly name: Name;
  readonly hints: readonly Hint[];
  /** The column that is event time here, whatever is declared. */
  readonly time: Identifier | null;
}

/** The rows of a query and the columns that are seen of them. */
export interface BoundQuery {
  readonly relation: Relation;
  readonly outputs: readonly ScopeColumn[];
  /** A row number among the outputs that is in no node yet: the conditions of the query around it say how far it goes. */
  readonly rank?: PendingRank;
  /** Event time that rows have although nobody names it, as in Azure's queries: it may be hidden. */
  readonly eventTime?: Column;
  /** Of a subquery with groups: the keys by which its rows belong to rows of the query around it. */
  readonly ties?: readonly Tie[];
  /** Of a whole result: how its rows follow each other, and which of them are wanted. */
  readonly result?: ResultOrder;
}

/** What ORDER BY, OFFSET and LIMIT say that no node of the plan does. */
export interface ResultOrder {
  /** All rows are there when they are read: they can be sorted by what is not among them, and counted. */
  readonly whole: boolean;
  readonly keys: readonly OrderKey[];
  /** Rows that are left out in front. */
  readonly offset: number;
  /** Null: all. */
  readonly limit: number | null;
}

/** Rows in the order that ORDER BY behind them asks for. */
export interface Ordered extends BoundQuery {
  readonly order: readonly OrderKey[];
}

/**
 * Where the rows of a query go: into another `query`; into a `view`, which has some at any time; to who reads them when they are
 * all there, the `whole` result of an input that ends.
 */
export type Destination = "query" | "view" | "whole";

/** The one row of an aggregate without groups, for each row around it that it is tied to. Where it lacks, no row was aggregated. */
export interface LoneRow {
  readonly relation: Relation;
  /** What it shows, over `relation`. */
  readonly values: readonly Value[];
  readonly ties: readonly Tie[];
  /** Results that are 0 and not NULL when no row is aggregated. */
  readonly counts: readonly Column[];
}

export interface Tie {
  readonly column: Column;
  /** The value of the query around it that the column equals. */
  readonly outer: Value;
}

export interface OrderKey {
  readonly column: Column;
  readonly desc: boolean;
  readonly nullsLast: boolean;
}

export interface PendingRank {
  readonly fn: RankFunction;
  /** The number. */
  readonly column: Column;
  readonly keys: readonly Column[];
  readonly order: readonly OrderKey[];
  readonly at: Span;
}

/** What a query says about the results of its aggregates. */
export interface EmitRequest {
  readonly emit: Emit | null;
  readonly lateness: IntervalLiteral | null;
}
