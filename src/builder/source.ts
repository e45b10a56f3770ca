import { formatType } from "../core/schema.ts";
import type { FileConnector, SourceTiming } from "../plan/plan.ts";
import type { ColumnDeclaration } from "../plan/plan.ts";
import type { ColumnSpecs } from "./column.ts";
import { type Duration, milliseconds } from "./window.ts";

export interface TimingOptions<S extends ColumnSpecs> {
  /** Column of event time. */
  readonly time?: TimeColumn<S>;
  /** How far the watermark stays behind. */
  readonly delay?: Duration;
  /** Silence after which a source no longer holds results back; nothing = never. */
  readonly idleTimeout?: Duration;
}

export interface StreamOptions<S extends ColumnSpecs> extends TimingOptions<S> {
  /** How far event time may be ahead of a row's arrival; what the stream says if left out, nothing = without bound. */
  readonly futureSkew?: Duration;
}

/** Columns that can be event time. */
type TimeColumn<S extends ColumnSpecs> = {
  [N in keyof S]: S[N]["type"]["kind"] extends "int64" | "timestamp" ? N : never;
}[keyof S];

/** Something to read from, with the columns that it has. */
export interface SourceSpec<S extends ColumnSpecs> {
  readonly columns: S;
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
  return { columns, node: { stream: name, ...timing(options) } };
}

/** A file of one JSON object a line. */
export function ndjsonFile<const S extends ColumnSpecs>(
  path: string,
  columns: S,
  options: TimingOptions<S> = {},
): SourceSpec<S> {
  return fileSource({ kind: "file", path, format: "ndjson", header: true, delimiter: "," }, columns, options);
}

/** A CSV file (RFC 4180), by default with a header line and commas. */
export function csvFile<const S extends ColumnSpecs>(
  path: string,
  columns: S,
  options: TimingOptions<S> & { readonly header?: boolean; readonly delimiter?: string } = {},
): SourceSpec<S> {
  const { header = true, delimiter = "," } = options;
  return fileSource({ kind: "file", path, format: "csv", header, delimiter }, columns, options);
}

function fileSource<S extends ColumnSpecs>(
  connector: FileConnector,
  columns: S,
  options: TimingOptions<S>,
): SourceSpec<S> {
  return { columns, node: { connector, columns: declareColumns(columns), ...timing(options) } };
}

/** Columns as plans and stream declarations (`PUT /v1/streams/{s}`) write them. */
export function declareColumns(columns: ColumnSpecs): ColumnDeclaration[] {
  return Object.entries(columns).map(([name, { type, nullable }]) => ({ name, type: formatType(type), nullable }));
}

function timing<S extends ColumnSpecs>(options: StreamOptions<S>): SourceTiming {
  const { time, delay, idleTimeout, futureSkew } = options;
  return {
    ...(time === undefined ? {} : { time: String(time) }),
    ...(delay === undefined ? {} : { delay_ms: milliseconds(delay) }),
    ...(idleTimeout === undefined ? {} : { idle_timeout_ms: milliseconds(idleTimeout) }),
    ...(futureSkew === undefined ? {} : { future_skew_ms: milliseconds(futureSkew) }),
  };
}
