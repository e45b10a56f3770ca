import {
  FILES_ROLL_BYTES_DEFAULT,
  FILES_ROLL_BYTES_MAX,
  FILES_ROLL_MS_DEFAULT,
  FILES_ROLL_MS_MAX,
  FILES_ROLL_ROWS_DEFAULT,
  FILES_ROLL_ROWS_MAX,
  KEY_COLUMNS_MAX,
  WEBHOOK_BATCH_ROWS_DEFAULT,
  WEBHOOK_BATCH_ROWS_MAX,
  WEBHOOK_TIMEOUT_MS_DEFAULT,
  WEBHOOK_TIMEOUT_MS_MAX,
} from "../core/limits.ts";
import type { SinkKind } from "./catalog.ts";
import type { JsonSchema } from "./json_schema.ts";
import { HEADER } from "./lookup_kinds.ts";

const TEXT: JsonSchema = { type: "string", minLength: 1 };
/** The option of views that says how their rows follow each other. */
const VIEW_ORDER: JsonSchema = {
  type: "array",
  minItems: 1,
  maxItems: KEY_COLUMNS_MAX,
  items: {
    type: "object",
    properties: {
      column: { ...TEXT, description: "The name of a column" },
      desc: { type: "boolean", default: false },
      nulls_last: { type: "boolean", description: "NULL counts as the least value if absent" },
    },
    required: ["column"],
    additionalProperties: false,
  },
  description: "The order of answers; by window_end and keys if absent",
};
/** The option of sinks that write rows by themselves: with it they also write what rows do to those before them. */
const CHANGELOG: JsonSchema = {
  type: "boolean",
  default: false,
  description: "Takes changes too: each row gets a member $op, which is +I, -U, +U or -D",
};

/** The kinds of sinks that every build has, as roots hand them to a catalogue. */
export const STANDARD_SINKS: ReadonlyMap<string, SinkKind> = new Map<string, SinkKind>([
  ["view", {
    target: "name",
    options: closed({ name: { ...TEXT, description: "The name of the view" }, order: VIEW_ORDER }, ["name"]),
    changes: "all",
    guarantee: "effectively once",
    by: "a view takes every number once",
  }],
  ["file", {
    target: "path",
    options: closed({ path: TEXT, format: { enum: ["ndjson", "csv", "arrow"] }, changelog: CHANGELOG }, [
      "path",
      "format",
    ]),
    guarantee: "exactly once",
    by: "what comes again is compared with what is there, byte by byte, and written once",
  }],
  ["files", {
    target: "path",
    options: closed({
      path: { ...TEXT, description: "The folder of the parts" },
      format: { enum: ["ndjson", "csv", "arrow"] },
      compression: { enum: ["none", "gzip"], default: "none" },
      roll_rows: whole(1, FILES_ROLL_ROWS_MAX, FILES_ROLL_ROWS_DEFAULT, "Rows after which a part becomes visible"),
      roll_bytes: whole(1, FILES_ROLL_BYTES_MAX, FILES_ROLL_BYTES_DEFAULT, "Bytes after which it does"),
      roll_ms: whole(1, FILES_ROLL_MS_MAX, FILES_ROLL_MS_DEFAULT, "Time after its first row at which it does"),
      changelog: CHANGELOG,
    }, ["path", "format"]),
    guarantee: "exactly once",
    by: "parts become visible whole, by a rename, and their numbers with them",
  }],
  ["sqlite", {
    options: closed({
      path: { ...TEXT, description: "The file of the database, made if it is not there" },
      table: { ...TEXT, description: "The table, made if it is not there" },
      keys: {
        type: "array",
        items: TEXT,
        minItems: 1,
        maxItems: KEY_COLUMNS_MAX,
        description: "Columns by which a row takes the place of another; those that tell changes apart if absent",
      },
    }, ["path", "table"]),
    changes: "upsert",
    guarantee: "exactly once",
    by: "rows and their number are committed in one transaction",
  }],
  ["webhook", {
    options: closed({
      url: { ...TEXT, description: "Where rows are sent by POST" },
      headers: { type: "object", additionalProperties: HEADER, description: "Headers of every request" },
      format: { enum: ["ndjson", "json"], default: "ndjson" },
      batch_rows: whole(1, WEBHOOK_BATCH_ROWS_MAX, WEBHOOK_BATCH_ROWS_DEFAULT, "Rows of one request at most"),
      timeout_ms: whole(1, WEBHOOK_TIMEOUT_MS_MAX, WEBHOOK_TIMEOUT_MS_DEFAULT, "Time that an answer may take"),
      on_refused: { enum: ["stop", "dead_letter"], default: "stop" },
      outbox: {
        type: "boolean",
        default: false,
        description: "Rows wait on disk, so that a slow receiver does not stall the pipeline",
      },
      changelog: CHANGELOG,
    }, ["url"]),
    guarantee: "at least once",
    by: "every request has an idempotency key, which is the same when it comes again",
  }],
  ["stdout", {
    options: closed({ format: { enum: ["ndjson", "csv"] }, changelog: CHANGELOG }, ["format"]),
    guarantee: "at least once",
    by: "what was shown is shown again",
  }],
  ["discard", { options: closed({}, []), changes: "all", guarantee: "effectively once", by: "nothing is kept" }],
]);

function whole(minimum: number, maximum: number, fallback: number, description: string): JsonSchema {
  return { type: "integer", minimum, maximum, default: fallback, description };
}

function closed(properties: Record<string, JsonSchema>, required: readonly string[]): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false };
}
