import { formatType } from "../core/schema.ts";
import type { ColumnDeclaration, Connector, NexmarkConnector } from "../plan/plan.ts";
import type { ColumnSpecs } from "./column.ts";
import { given } from "./draft.ts";
import { type Duration, milliseconds } from "./window.ts";

export interface TimingOptions<S extends ColumnSpecs> {
  /** Column of event time; null: the time at which rows arrive, whatever the stream declares. */
  readonly time?: TimeColumn<S> | null;
  /** How far the watermark stays behind. */
  readonly delay?: Duration;
  /** Silence after which a source no longer holds results back; nothing = never. */
  readonly idleTimeout?: Duration;
  /** Columns that tell the current rows apart. */
  readonly primaryKey?: readonly (keyof S & string)[];
  /** What rows do to those before them; nothing if left out. */
  readonly changes?: "insert" | "upsert" | "all";
  /**
   * A column of strings that holds +I, -U, +U or -D: what rows do to those before them. It is not among the columns that
   * the source is written with.
   */
  readonly kindColumn?: string;
}

export interface StreamOptions<S extends ColumnSpecs> extends TimingOptions<S> {
  /** How far event time may be ahead of a row's arrival; what the stream says if left out, nothing = without bound. */
  readonly futureSkew?: Duration;
}

/** Columns that can be event time. */
type TimeColumn<S extends ColumnSpecs> = {
  [N in keyof S]: NonNullable<S[N]["kind"]> extends "int64" | "timestamp" ? N : never;
}[keyof S];

/** Something to read from, with the columns that it has. */
export interface SourceSpec<S extends ColumnSpecs> {
  readonly columns: S;
  /** It may have columns beside these. */
  readonly open: boolean;
  /** What the plan's source node says beside its id and operation. */
  readonly node: Readonly<Record<string, unknown>>;
}

/**
 * A stream of the server. The plan does not hold its columns: what it does with them is checked against the stream's
 * when it is deployed. Names of columns that look like numbers (`"1"`) come first, as in every JavaScript object.
 */
export function stream<const S extends ColumnSpecs>(
  name: string,
  columns: S,
  options: StreamOptions<S> = {},
): SourceSpec<S> {
  return { columns, open: true, node: { stream: name, ...optionsOf(options) } };
}

/** A file of one JSON object a line. */
export function ndjsonFile<const S extends ColumnSpecs>(
  path: string,
  columns: S,
  options: TimingOptions<S> = {},
): SourceSpec<S> {
  return connected({ kind: "file", path, format: "ndjson", header: true, delimiter: "," }, columns, options);
}

/** A CSV file (RFC 4180), by default with a header line and commas. */
export function csvFile<const S extends ColumnSpecs>(
  path: string,
  columns: S,
  options: TimingOptions<S> & { readonly header?: boolean; readonly delimiter?: string } = {},
): SourceSpec<S> {
  const { header = true, delimiter = "," } = options;
  return connected({ kind: "file", path, format: "csv", header, delimiter }, columns, options);
}

/** Rows that stand in the plan, a value for each column as JSON has it. */
export function values<const S extends ColumnSpecs>(
  rows: readonly (readonly unknown[])[],
  columns: S,
  options: TimingOptions<S> = {},
): SourceSpec<S> {
  return connected({ kind: "values", rows }, columns, options);
}

/** A table of the Nexmark benchmark, generated. */
export function nexmark<const S extends ColumnSpecs>(
  table: NexmarkConnector["table"],
  columns: S,
  options: TimingOptions<S> & {
    /** Events of all tables together. */
    readonly events: number;
    readonly eventsPerSecond?: number;
    readonly seed?: number;
  },
): SourceSpec<S> {
  const { events, eventsPerSecond: events_per_second = 10_000, seed = 1 } = options;
  return connected({ kind: "nexmark", table, events, events_per_second, seed }, columns, options);
}

function connected<S extends ColumnSpecs>(
  connector: Connector,
  columns: S,
  options: TimingOptions<S>,
): SourceSpec<S> {
  const { kindColumn } = options, declared = declareColumns(columns);
  const kinds = kindColumn === undefined ? [] : [{ name: kindColumn, type: "string", nullable: false }];
  return { columns, open: false, node: { connector, columns: [...declared, ...kinds], ...optionsOf(options) } };
}

/** Columns as plans and stream declarations (`PUT /v1/streams/{s}`) write them. */
export function declareColumns(columns: ColumnSpecs): ColumnDeclaration[] {
  return Object.entries(columns).map(([name, { type, nullable }]) => ({ name, type: formatType(type), nullable }));
}

function optionsOf<S extends ColumnSpecs>(options: StreamOptions<S>): Record<string, unknown> {
  const { time, delay, idleTimeout, futureSkew, primaryKey, changes, kindColumn } = options;
  return given({
    time: time === undefined || time === null ? time : String(time),
    delay_ms: delay && milliseconds(delay),
    idle_timeout_ms: idleTimeout && milliseconds(idleTimeout),
    future_skew_ms: futureSkew && milliseconds(futureSkew),
    primary_key: primaryKey,
    changes: changes === "insert" ? undefined : changes,
    kind_column: kindColumn,
  });
}
