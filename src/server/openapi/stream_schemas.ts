import type { JsonSchema } from "../../plan/json_schema.ts";
import { DEAD_IDS_SCHEMA } from "../dead.ts";
import { count, list, object, orNull, ref, text } from "./build.ts";

export const ROW: JsonSchema = {
  type: "object",
  description:
    "A row: its columns by name. int64 is exact (int64=string: as text), decimals are text, timestamps ISO 8601 (time=ms: " +
    "epoch milliseconds), bytes base64, NaN and infinities null",
};
export const DURABILITY: JsonSchema = { enum: ["fsync", "os", "none"], description: "What an accepted row survives" };

export const STREAM = object({
  name: text("The stream's name"),
  columns: list(ref("column")),
  time: orNull({ type: "string" }, "The column of event time; null: the arrival"),
  delay_ms: count("How far the watermark stays behind the greatest event time"),
  future_skew_ms: count("How far event time may be ahead of a row's arrival; 0: without bound"),
  on_error: { enum: ["dead_letter", "reject"] },
  retention_ms: orNull({ type: "integer" }),
  retry: list({ type: "string" }, "How long after they failed dead rows are tried again, each time"),
  retention_bytes: orNull({ type: "integer" }),
  partitions: count("How many partitions its rows are in"),
  partition_by: list({ type: "string" }, "Columns by whose values rows go to partitions; none: requests go as a whole"),
  declared: { type: "boolean", description: "False: the schema was inferred and widens" },
  schema_version: count("Grows with every change of the columns"),
  start: count("Offset of the oldest row that is kept"),
  end: count("Offset behind the newest row"),
  ended: { type: "boolean", description: "Nothing follows" },
  rows_in: count("Rows that were stored"),
  bytes_in: count("Bytes of bodies, inflated, since the server has started"),
  dead_rows: count("Rows that went to the dead letters, again and again those that were tried again"),
  dead_open: count("Dead rows that are kept and were neither replayed nor discarded"),
  unread_bytes: count("Bytes that some pipeline has not taken yet"),
  arrival_ahead_ms: count(
    "By how much times of arrival are ahead of the wall clock, since that was set back; 0: they are not",
  ),
  readers: list({ type: "string" }, "Pipelines that read it"),
});

export const INGEST_ANSWER = object(
  {
    stream: text("The stream's name"),
    accepted: count("Rows that were stored"),
    rejected: count("Rows that went to the dead letters"),
    offset: count("Offset of the first row"),
    durability: DURABILITY,
    partitions: list(
      object({ partition: count("From 0"), rows: count("How many of its rows are in it") }),
      "Of a stream with several partitions: where the rows are, one partition behind the other from `offset` on",
    ),
    errors: list(ref("error"), "The first of the bad rows"),
    duplicate: { const: true, description: "The batch was stored before; this is its first answer" },
  },
  ["duplicate", "partitions"],
);

export const DEAD_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  dead_rows: object({
    stream: text("The stream's name"),
    columns: list(ref("column")),
    rows: list(
      ROW,
      "Those that are open, in the order asked for: `id` names one, `attempts` is how often it was tried again, `retry_at` when it is tried again by itself, " +
        "`pipeline` who has left it out of results (null: it never was in its stream), `format` what `raw` is (null: not all of the row, or not as it came), " +
        "`head` the header of its CSV",
    ),
    next: orNull(count("The cursor"), "The `cursor` of the next page; null: there is none"),
  }),
  dead_reasons: object({
    stream: text("The stream's name"),
    rows: count("Dead rows that were counted"),
    complete: { type: "boolean", description: "False: there are more than were counted" },
    reasons: list(
      object({
        reason: text("Without the times of each row"),
        field: orNull({ type: "string" }),
        rows: count("Rows with it"),
      }),
      "The most frequent first",
    ),
  }),
  dead_ids: DEAD_IDS_SCHEMA,
  dead_replay: object({
    stream: text("The stream's name"),
    replayed: count("Rows that are in the stream now"),
    failed: count("Rows that failed again, and are dead with one attempt more"),
    skipped: count(
      "Rows that a pipeline left out of a stream which others read too: they are in it already. With `pipeline` they are put there once more",
    ),
    before: count(
      "Rows that were dead when it began have a lesser id: with `before` and the same filter, the next request takes what is left",
    ),
    more: {
      type: "boolean",
      description: "There are more than one request takes, or the stream had no room for them: ask again",
    },
    errors: list(object({ id: count("The row"), field: { type: "string" }, reason: text("Why it failed") }, ["field"])),
  }),
  dead_discard: object({ stream: text("The stream's name"), discarded: count("Rows that are dead rows no more") }),
};

const LOG_TIME: JsonSchema = {
  oneOf: [{ type: "string" }, { type: "integer" }],
  description: "ISO 8601; time=ms: epoch ms",
};
export const LOG_LINE: JsonSchema = {
  oneOf: [
    object(
      {
        offset: count("The row's"),
        partition: count("The row's, of a stream that has several"),
        arrival: LOG_TIME,
        row: ROW,
      },
      ["partition"],
    ),
    object({ heartbeat: LOG_TIME, end: count("Offset behind the newest row") }),
    object({ error: ref("problem"), next: count("The offset from which on rows were not sent") }),
  ],
};
