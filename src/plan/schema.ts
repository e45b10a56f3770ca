import { AGGREGATES_MAX, COLUMNS_MAX, KEY_COLUMNS_MAX, PLAN_NODES_MAX, WINDOW_MS_MAX } from "../core/limits.ts";
import { NAME_PATTERN } from "../core/schema.ts";
import { expressionSchema } from "../expr/mod.ts";
import type { SinkKind } from "./catalog.ts";
import type { JsonSchema } from "./json_schema.ts";
import { PLAN_VERSION, SLICE_AGGREGATES } from "./plan.ts";

/** What `$ref` says of an expression; expressions are checked with their types, when columns are known. */
const EXPRESSION: JsonSchema = { $ref: "#/$defs/expression" };

const NAME: JsonSchema = {
  type: "string",
  pattern: NAME_PATTERN.source,
  description: "A letter or _, then up to 127 letters, digits, _, . or -",
};
const COLUMN_NAME: JsonSchema = { type: "string", minLength: 1, description: "The name of a column" };
const DURATION: JsonSchema = {
  type: "integer",
  minimum: 1,
  maximum: WINDOW_MS_MAX,
  description: "Milliseconds, a whole number",
};
const OFFSET: JsonSchema = {
  type: "integer",
  minimum: -WINDOW_MS_MAX,
  maximum: WINDOW_MS_MAX,
  default: 0,
  description: "Milliseconds by which windows are shifted from the epoch, a whole number",
};
const INPUT: JsonSchema = {
  type: "array",
  items: NAME,
  minItems: 1,
  maxItems: 1,
  description: 'The id of the node before this one, in brackets: ["id"]',
};

/** An object that takes these properties and no others. */
function object(properties: Record<string, JsonSchema>, required: readonly string[], description?: string): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false, ...(description ? { description } : {}) };
}

/** A node: its id and operation, then what is its own. Optional properties are marked by `optional`. */
function node(op: string, own: Record<string, JsonSchema>, optional: readonly string[] = []): JsonSchema {
  const properties = { id: NAME, op: { const: op }, ...(op === "source" ? {} : { input: INPUT }), ...own };
  return object(properties, Object.keys(properties).filter((name) => !optional.includes(name)));
}

const TIMING: Record<string, JsonSchema> = {
  time: { ...COLUMN_NAME, description: "The column of event time: int64 (epoch milliseconds) or timestamp" },
  delay_ms: {
    type: "integer",
    minimum: 0,
    maximum: WINDOW_MS_MAX,
    description: "Milliseconds that the watermark stays behind the greatest event time",
  },
  idle_timeout_ms: {
    type: "integer",
    minimum: 0,
    maximum: WINDOW_MS_MAX,
    description: "Milliseconds of silence after which a source no longer holds results back; 0 = never",
  },
  future_skew_ms: {
    type: "integer",
    minimum: 0,
    maximum: WINDOW_MS_MAX,
    description:
      "Milliseconds that event time may be ahead of a row's arrival in the stream, beyond which the row is dead; 0 = without bound",
  },
};
const TIMING_NAMES = Object.keys(TIMING);

const FILE_CONNECTOR = object({
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

const DECLARATION = object({
  name: COLUMN_NAME,
  type: { type: "string", description: "int64, double, decimal(p,s), bool, timestamp, string or bytes" },
  nullable: { type: "boolean", default: true },
}, ["name", "type"]);

const WINDOW_TIME: JsonSchema = {
  ...COLUMN_NAME,
  description: "The column of event time; that of the source if absent",
};
const WINDOW: JsonSchema = {
  oneOf: [
    object({ kind: { const: "tumble" }, size_ms: DURATION, offset_ms: OFFSET, time: WINDOW_TIME }, ["kind", "size_ms"]),
    object(
      { kind: { const: "hop" }, size_ms: DURATION, slide_ms: DURATION, offset_ms: OFFSET, time: WINDOW_TIME },
      ["kind", "size_ms", "slide_ms"],
    ),
  ],
};

/** A column by its name, or an expression. */
const ARGUMENT: JsonSchema = { oneOf: [COLUMN_NAME, { ...EXPRESSION, type: "object" }] };

const PROJECTED: JsonSchema = {
  oneOf: [COLUMN_NAME, object({ as: COLUMN_NAME, expr: EXPRESSION }, ["as", "expr"])],
};

const CALL = object({
  fn: { enum: SLICE_AGGREGATES },
  arg: { ...ARGUMENT, description: "What is aggregated; absent for count(*)" },
  as: COLUMN_NAME,
  filter: { ...EXPRESSION, description: "Only rows for which this is true are aggregated" },
  distinct: { type: "boolean", default: false },
}, ["fn", "as"]);

/** The forms of nodes; a sink's options are those of its kind. */
function nodeSchemas(sinkKinds: ReadonlyMap<string, SinkKind>): JsonSchema[] {
  const columns = { type: "array", items: DECLARATION, minItems: 1, maxItems: COLUMNS_MAX } as const;
  const two: JsonSchema = { type: "boolean", default: false, description: "Partial results before the exchange" };
  return [
    node("source", { stream: NAME, ...TIMING }, TIMING_NAMES),
    node("source", { connector: { oneOf: [FILE_CONNECTOR] }, columns, ...TIMING }, TIMING_NAMES),
    node("filter", { where: EXPRESSION }),
    node("project", {
      columns: { type: "array", items: PROJECTED, minItems: 1, maxItems: COLUMNS_MAX },
      keep: { type: "boolean", default: false, description: "Keep all columns of the input too" },
    }, ["keep"]),
    node("window", { window: WINDOW }),
    node("aggregate", {
      keys: { type: "array", items: COLUMN_NAME, maxItems: KEY_COLUMNS_MAX },
      aggs: { type: "array", items: CALL, maxItems: AGGREGATES_MAX, description: "None: the keys of each window" },
      two_phase: two,
    }, ["two_phase"]),
    node("sink", { sink: { oneOf: [...sinkKinds].map(([kind, { options }]) => sinkSchema(kind, options)) } }),
  ];
}

/** The options of one kind of sink together with its `kind`. */
function sinkSchema(kind: string, options: JsonSchema): JsonSchema {
  const required = ["kind", ...(options.required ?? []).filter((name) => name !== "kind")];
  return { ...options, type: "object", properties: { kind: { const: kind }, ...options.properties }, required };
}

/**
 * JSON Schema (draft 2020-12) of plans with these kinds of sinks. Plans are validated with this very object, so that it
 * cannot say anything else than the validation; what it cannot express (ids, cycles, types) `compilePlan` checks later.
 */
export function planSchema(sinkKinds: ReadonlyMap<string, SinkKind>): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "/v1/schemas/plan",
    title: "A pipeline of rdx",
    ...object({
      rdx: { const: PLAN_VERSION },
      name: NAME,
      nodes: { type: "array", items: { oneOf: nodeSchemas(sinkKinds) }, minItems: 1, maxItems: PLAN_NODES_MAX },
    }, ["rdx", "name", "nodes"]),
    $defs: { expression: expressionSchema() as JsonSchema },
  };
}
