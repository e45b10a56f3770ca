/** Pipelines written in TypeScript: a chain whose row type the compiler follows, and which gives a plan's JSON. */
export { type Aggregated, type Aggregates } from "./aggregate.ts";
export {
  bool,
  bytes,
  type ColumnSpec,
  type ColumnSpecs,
  decimal,
  double,
  int64,
  nullable,
  string,
  timestamp,
} from "./column.ts";
export { Case, fn, lit, type Operand, Value, when } from "./expression.ts";
export { type Keyed, type Pipeline, pipeline, type Stage, type Windowed } from "./pipeline.ts";
export type { JsonRow, Row } from "./row.ts";
export { discard, file, sink, stdout, view } from "./sink.ts";
export { csvFile, declareColumns, ndjsonFile, type SourceSpec, stream } from "./source.ts";
export { type Duration, hop, milliseconds, tumble, type WindowSpec } from "./window.ts";
