import { COLUMNS_MAX, KEY_COLUMNS_MAX } from "../core/limits.ts";
import { TYPE_FORMS } from "../core/schema.ts";
import { NEXMARK_TABLES } from "./connector.ts";
import type { JsonSchema } from "./json_schema.ts";
import { COLUMN_NAME, columnNames, EXPRESSION, milliseconds, NAME, node, object } from "./schema_parts.ts";

/** What every source may say. */
const OPTIONS: Record<string, JsonSchema> = {
  time: {
    oneOf: [COLUMN_NAME, { type: "null" }],
    description:
      "The column of event time: int64 (epoch milliseconds) or timestamp; null: the time of arrival, whatever the stream declares",
  },
  delay_ms: milliseconds("Milliseconds that the watermark stays behind the greatest event time"),
  idle_timeout_ms: milliseconds(
    "Milliseconds of silence after which a source no longer holds results back; 0 = never",
  ),
  future_skew_ms: milliseconds(
    "Milliseconds that event time may be ahead of a row's arrival in the stream, beyond which the row is dead; 0 = without bound",
  ),
  primary_key: columnNames(KEY_COLUMNS_MAX, "Columns that tell the current rows apart", 1),
  changes: {
    enum: ["insert", "upsert", "all"],
    default: "insert",
    description:
      "insert: every row is new; upsert: a row takes the place of the one with its primary key; all: a changelog",
  },
  computed: {
    type: "array",
    items: object({ as: COLUMN_NAME, expr: EXPRESSION }, ["as", "expr"]),
    maxItems: COLUMNS_MAX,
    description: "Columns that are computed of the source's own, behind these",
  },
  kind_column: { ...COLUMN_NAME, description: "A string column that holds +I, -U, +U or -D" },
};

const FILE = object({
  kind: { const: "file" },
  path: { type: "string", minLength: 1 },
  format: { enum: ["ndjson", "csv"] },
  header: { type: "boolean", default: true, description: "CSV: the first record names the columns" },
  delimiter: {
    type: "string",
    pattern: "^[\\t\\x20-\\x21\\x23-\\x7e]$",
    default: ",",
    description: "CSV: one ASCII character, not a quote or a line end",
  },
}, ["kind", "path", "format"]);

const NEXMARK = object({
  kind: { const: "nexmark" },
  table: { enum: NEXMARK_TABLES },
  events: { type: "integer", minimum: 0, description: "Events of all tables together" },
  events_per_second: { type: "integer", minimum: 1, default: 10_000, description: "In one second of event time" },
  seed: { type: "integer", minimum: 0, default: 1, description: "Equal seeds give equal rows" },
}, ["kind", "table", "events"]);

const VALUES = object({
  kind: { const: "values" },
  rows: { type: "array", items: { type: "array", maxItems: COLUMNS_MAX }, description: "A value for each column" },
}, ["kind", "rows"]);

const DECLARATION = object({
  name: COLUMN_NAME,
  type: { type: "string", description: TYPE_FORMS },
  nullable: { type: "boolean", default: true },
}, ["name", "type"]);

/** The forms of sources. */
export function sourceSchemas(): JsonSchema[] {
  const columns = { type: "array", items: DECLARATION, minItems: 1, maxItems: COLUMNS_MAX } as const;
  const optional = Object.keys(OPTIONS), connector = { oneOf: [FILE, NEXMARK, VALUES] };
  return [
    node("source", { stream: NAME, ...OPTIONS }, optional, null),
    node("source", { connector, columns, ...OPTIONS }, optional, null),
  ];
}
