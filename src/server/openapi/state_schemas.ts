import type { JsonSchema } from "../../plan/json_schema.ts";
import { count, list, object, orNull, ref, text } from "./build.ts";

const KEPT = {
  rows: count("Rows that it keeps"),
  bytes: count("Bytes of memory that these take"),
  evicted_rows: count("Those of the rows that are on disk, and not in memory"),
  cold_bytes: count("Bytes of these"),
  cold_reads: count("Rows that were read back from there"),
} as const;

const TABLE = object({
  name: { type: "string" },
  version: count("Grows with what the table means"),
  columns: list(ref("column"), "The key's first; columns of the operator's own begin with $"),
  keys: count("How many columns are the key; 0: the table has one row"),
  expiry: orNull({ type: "string" }, "The column by which ranges of rows go"),
});

const HOT_INPUT = object({
  samples: count("Rows that were looked at lately"),
  keys: list(
    object({
      key: { type: "object", description: "The columns of the key" },
      share: { type: "number", minimum: 0, maximum: 1, description: "Of the rows that were looked at" },
    }),
    "The most frequent first",
  ),
});

const OPERATOR = object({
  node: text("The node of the plan"),
  op: { type: "string" },
  keys: list({ type: "string" }, "The columns of its input by which it keeps rows; of a join those of the left side"),
  ttl_ms: orNull(
    { type: "integer", minimum: 1 },
    "How long a row is kept after it was used last; null: as its windows or bounds say, or for ever",
  ),
  ...KEPT,
  tasks: list(orNull(object(KEPT), "Null: it does not run there"), "By worker"),
  tables: list(TABLE, "What a checkpoint has of it"),
  hot: list(HOT_INPUT, "By input: the keys that get most rows"),
});

const DIGEST: JsonSchema = { type: "string", pattern: "^[0-9a-f]{64}$", description: "SHA-256" };

/** What pipelines keep; `pipeline`: what else is told of a pipeline. */
export function stateSchemas(pipeline: Readonly<Record<string, JsonSchema>>): Readonly<Record<string, JsonSchema>> {
  return {
    pipeline_state: object({
      pipeline: text("The pipeline's name"),
      state: pipeline.state,
      numbers: list(count("Of the pipeline's order"), "The last number that each worker is through with"),
      checkpoint: pipeline.checkpoint,
      checkpoints: list(count("A number of the pipeline's order"), "Behind which checkpoints are kept, newest first"),
      operators: list(OPERATOR, "Those that keep something"),
    }),
    pipeline_look: object({
      pipeline: text("The pipeline's name"),
      node: text("The node of the plan"),
      table: text("The table of the node"),
      number: count("The number of the pipeline's order behind which it is so"),
      key: list(ref("column"), "What rows of the table are looked for by"),
      columns: list(ref("column"), "Of the rows"),
      more: { type: "boolean", description: "There are others" },
      rows: list({ type: "object", description: "By the names of columns" }),
    }),
    pipeline_digest: object({
      pipeline: text("The pipeline's name"),
      offset: count("The number of its order behind which this is what it keeps"),
      digest: DIGEST,
      tables: list(
        object({
          node: text("The operator, or the sink of a view"),
          table: { type: "string" },
          rows: count("Its rows"),
          digest: DIGEST,
        }),
        "What each table comes to",
      ),
    }),
  };
}
