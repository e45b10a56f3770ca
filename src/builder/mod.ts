/** Pipelines written in TypeScript: a chain whose row type the compiler follows, and which gives a plan's JSON. */
export { type Aggregated, type AggregatedColumns, type Aggregates } from "./aggregate.ts";
export {
  array,
  bool,
  bytes,
  type ColumnSpec,
  type ColumnSpecs,
  decimal,
  double,
  int64,
  json,
  map,
  nullable,
  row,
  string,
  timestamp,
} from "./column.ts";
export { arrayWith, Case, fn, lit, type Operand, Value, when } from "./expression.ts";
export type { CountWindowed } from "./count_window.ts";
export { type ArgumentOf, type BatchCall, batchFunction, type BatchFunctionSpec } from "./function.ts";
export type { AsOfOptions, JoinColumns, JoinOptions } from "./join.ts";
export type { AggregateOptions, EmitSpec, FrameSpec, Keyed, TopOptions, Windowed } from "./keyed.ts";
export type { ArrayKind, JsonKind, Kind, MapKind, RowKind } from "./kind.ts";
export {
  type HeaderPlace,
  httpTable,
  type HttpTableOptions,
  type LookupOptions,
  sqliteTable,
  type TableSpec,
} from "./lookup.ts";
export { asc, desc, type OrderOptions, type OrderSpec } from "./order.ts";
export { type Pipeline, pipeline } from "./pipeline.ts";
export type { JsonRow, Row } from "./row.ts";
export { discard, file, files, sink, sqlite, stdout, view, webhook } from "./sink.ts";
export type { FilesOptions, HeaderValue, WebhookOptions } from "./sink.ts";
export { csvFile, declareColumns, ndjsonFile, nexmark, type SourceSpec, stream, values } from "./source.ts";
export type { Stage } from "./stage.ts";
export {
  cumulate,
  type Duration,
  hop,
  milliseconds,
  session,
  type SessionOptions,
  tumble,
  type WindowOptions,
  type WindowSpec,
} from "./window.ts";
