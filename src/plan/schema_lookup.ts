import {
  COLUMNS_MAX,
  KEY_COLUMNS_MAX,
  LOOKUP_BATCH_DEFAULT,
  LOOKUP_BATCH_MAX,
  LOOKUP_CACHE_DEFAULT,
  LOOKUP_CACHE_MAX,
  LOOKUP_CACHE_MS,
  LOOKUP_CONCURRENCY_DEFAULT,
  LOOKUP_CONCURRENCY_MAX,
  LOOKUP_TIMEOUT_MS,
  LOOKUP_TIMEOUT_MS_MAX,
} from "../core/limits.ts";
import { TYPE_FORMS } from "../core/schema.ts";
import type { JsonSchema } from "./json_schema.ts";
import { LOOKUP_ERRORS } from "./plan.ts";
import { COLUMN_NAME, EXPRESSION, milliseconds, node, object } from "./schema_parts.ts";

const PAIR = object({ left: COLUMN_NAME, right: COLUMN_NAME }, ["left", "right"]);

const COLUMN = object({
  name: COLUMN_NAME,
  type: { type: "string", description: TYPE_FORMS },
  nullable: { type: "boolean", default: true },
  as: { ...COLUMN_NAME, description: "What it is called behind the lookup" },
}, ["name", "type"]);

const OPTIONS: Record<string, JsonSchema> = {
  cache_rows: {
    type: "integer",
    minimum: 0,
    maximum: LOOKUP_CACHE_MAX,
    default: LOOKUP_CACHE_DEFAULT,
    description: "Keys whose answers are kept, those without rows among them; 0 = none",
  },
  cache_ttl_ms: {
    ...milliseconds("Milliseconds that an answer is gone by; 0 = for ever"),
    default: LOOKUP_CACHE_MS,
  },
  batch_rows: {
    type: "integer",
    minimum: 1,
    maximum: LOOKUP_BATCH_MAX,
    default: LOOKUP_BATCH_DEFAULT,
    description: "Keys of one question; 1 where a URL asks by GET and nothing is said",
  },
  concurrency: {
    type: "integer",
    minimum: 1,
    maximum: LOOKUP_CONCURRENCY_MAX,
    default: LOOKUP_CONCURRENCY_DEFAULT,
    description: "Questions that are under way at the same time",
  },
  timeout_ms: {
    type: "integer",
    minimum: 1,
    maximum: LOOKUP_TIMEOUT_MS_MAX,
    default: LOOKUP_TIMEOUT_MS,
    description: "Milliseconds that an answer may take",
  },
  on_error: {
    enum: LOOKUP_ERRORS,
    default: "retry",
    description: "What becomes of rows whose question cannot be answered",
  },
};

/** The form of lookups; `tables` are the options of each kind of table with its `kind`. */
export function lookupSchema(tables: readonly JsonSchema[]): JsonSchema {
  return node("lookup", {
    type: { enum: ["inner", "left"] },
    table: { oneOf: tables },
    on: { type: "array", items: PAIR, minItems: 1, maxItems: KEY_COLUMNS_MAX, description: "Columns that are equal" },
    columns: { type: "array", items: COLUMN, minItems: 1, maxItems: COLUMNS_MAX, description: "Those of the table" },
    where: { ...EXPRESSION, description: "What else must hold, over the columns of the output" },
    ...OPTIONS,
  }, ["where", ...Object.keys(OPTIONS)]);
}
