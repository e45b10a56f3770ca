import type { JsonSchema } from "../../plan/json_schema.ts";
import { ROW_KINDS } from "../../core/batch.ts";
import { DECLARATION_SCHEMA } from "../declaration.ts";
import { PROBLEMS } from "../problems.ts";
import { count, list, number, object, orNull, ref, text } from "./build.ts";
import { QUARANTINED } from "./quarantine_schema.ts";
import { stateSchemas } from "./state_schemas.ts";
import { DEAD_SCHEMAS, DURABILITY, INGEST_ANSWER, LOG_LINE, ROW, STREAM } from "./stream_schemas.ts";

const WATERMARK: JsonSchema = {
  oneOf: [{ type: "string" }, { type: "integer" }, { type: "null" }],
  description: 'ISO 8601, or epoch milliseconds with time=ms; null before the first row, "infinity" after the last',
};
const COLUMN = object({
  name: text("The column's name"),
  type: text("int64, double, decimal(p,s), bool, timestamp, string or bytes"),
  nullable: { type: "boolean" },
});
const ERROR = object(
  {
    node: text("The plan's node"),
    path: text("The place in the plan or declaration"),
    line: { type: "integer", minimum: 1 },
    column: {
      type: "integer",
      minimum: 1,
      description: "From the line's start, from 1: in bytes, of SQL in characters",
    },
    field: orNull({ type: "string" }),
    reason: text("What is wrong"),
    hint: text("What to do about it"),
  },
  ["node", "path", "line", "column", "field", "hint"],
);

const PIPELINE_MEMBERS: Readonly<Record<string, JsonSchema>> = {
  name: text("The pipeline's name"),
  state: { enum: ["starting", "recovering", "running", "stalled", "completed", "failed", "stopped"] },
  reason: orNull({ type: "string" }, "Why it is failed or stalled"),
  sources: list({ type: "string" }),
  partitions: list(
    object({
      source: text("The plan's node"),
      stream: text("What it reads"),
      partition: count("From 0"),
      position: count("Offset in front of the next row"),
      watermark: WATERMARK,
      idle: { type: "boolean", description: "Nothing has come for the idle timeout: no watermark waits for it" },
      lag_rows: count("Rows of the stream, of this partition or of others, behind the position"),
    }),
    "Where it is in each partition of streams with several",
  ),
  sinks: list(object({
    kind: { type: "string" },
    name: { type: "string" },
    guarantee: { type: "string" },
    trouble: orNull({ type: "string" }, "Why the sink does not get on at the moment"),
  })),
  watermark: WATERMARK,
  rows_in: count("Rows taken from the sources"),
  rows_out: count("Rows given to the sinks"),
  late_rows: count("Rows whose last window had fired"),
  dead_rows: count(
    "Rows that could not be used: of files that could not be read, without a time, or too far ahead of their arrival",
  ),
  errors: list(
    object({
      path: text("The file or stream"),
      offset: count("Bytes from the file's start, or rows from the stream's"),
      reason: { type: "string" },
    }),
  ),
  quarantined: QUARANTINED,
  function_errors: count("Calls of user functions that failed: they gave NULL"),
  rows_in_per_second: number("Over the last seconds"),
  rows_out_per_second: number("Over the last seconds"),
  latency_ms: orNull(
    object({ p50: number("Half of them took no longer"), p99: number("99 of 100 took no longer") }),
    "Time from a row's arrival to a result that it completed, over the newest results of rows that have come since the pipeline began or was started again; null before the first, and for files",
  ),
  lag_rows: count("Rows of the sources that are not taken yet"),
  state_rows: count("Rows of keyed state"),
  state_bytes: count("Bytes of keyed state in memory"),
  evicted_rows: count(
    "Rows of keyed state that are on disk, since there is more state than memory for it: reading them is slower",
  ),
  cold_bytes: count("Their bytes"),
  cold_reads: count("Rows that were read back from there"),
  checkpoint: orNull(
    object({
      number: orNull(
        { type: "integer" },
        "It is the state after this number of the pipeline's order; null: there is none yet",
      ),
      taken_at: orNull({ type: "string", format: "date-time" }),
      bytes: orNull({ type: "integer" }, "Of the rows that were written for it"),
      seconds: orNull({ type: "number" }, "How long that took"),
      stood_seconds: orNull({ type: "number" }, "In which a task did nothing else for it, at most"),
      restored: orNull({ type: "integer" }, "The one that it went on from at the last start; null: from its beginning"),
      passed_over: orNull({ type: "string" }, "Why it went on from no newer one then; null: it was the newest"),
      problem: orNull({ type: "string" }, "Why there is none, or no newer one"),
    }),
    "The newest checkpoint, from which a restart goes on; null: nothing outlives the process",
  ),
  progress: orNull(
    { type: "number", minimum: 0, maximum: 1 },
    "While it is recovering, part of what it does again that is done; then of bounded inputs; null: unbounded",
  ),
  tasks: count("Tasks that work on it"),
};

const PIPELINE_WITH_PLAN: Readonly<Record<string, JsonSchema>> = {
  ...PIPELINE_MEMBERS,
  plan: { description: "The plan as it was deployed, or that the script was compiled to" },
  sql: orNull({ type: "string" }, "The script of SQL that it was deployed as; null: it was deployed as a plan"),
};

const SAVEPOINT = object({
  name: text("Its name"),
  pipeline: text("The pipeline that it was taken of"),
  number: {
    type: "integer",
    description: "It is the state after this number of the pipeline's order; −1: it is damaged",
  },
  taken_at: { type: "string", format: "date-time" },
  bytes: count("Of its file"),
});

const VIEW = object({
  name: text("The view's name"),
  pipeline: text("The pipeline that writes it"),
  state: {
    enum: ["ready", "recovering", "absent"],
    description:
      "recovering: its pipeline does again what it did before a restart; absent: it comes back with that, and has no columns, keys and rows to tell",
  },
  columns: list(ref("column")),
  keys: list({ type: "string" }, "Names of the key columns"),
  rows: count("Rows in it"),
  seq: count("Number of the last output in it"),
  watermark: WATERMARK,
});

const NAMED_COLUMNS = { name: { type: "string" }, columns: list(ref("column")) } as const;
const CATALOG = object({
  streams: list(object({ ...NAMED_COLUMNS, time: orNull({ type: "string" }, "The column of event time") })),
  views: list(object({ ...NAMED_COLUMNS, keys: list({ type: "string" }, "Names of the key columns") })),
  functions: list(object({
    name: text("The name that SQL calls it by, in any case"),
    signature: text("Its arguments and what it gives"),
    summary: text("What it does, in one line"),
  })),
});

const VIEW_ANSWER = object({
  view: text("The view's name"),
  watermark: WATERMARK,
  seq: count("Number of the last output in the answer"),
  columns: list(ref("column")),
  rows: list(ROW, 'Rows in the order asked for; those of windows that are still open have "$open": true'),
});

const LIVE: Readonly<Record<string, JsonSchema>> = {
  live_snapshot: object({
    event: { const: "snapshot" },
    view: text("The view's name"),
    seq: count("Number of the last output in it: the id to resume from"),
    watermark: WATERMARK,
    complete: { type: "boolean", description: "False: the limit left out rows that the view has" },
    keys: list({ type: "string" }),
    columns: list(ref("column")),
    rows: list(ROW),
  }),
  live_delta: object({
    event: { const: "delta" },
    seq: count("Number of the output: the id to resume from"),
    watermark: WATERMARK,
    rows: list(object({ op: { enum: ROW_KINDS }, row: ROW })),
  }),
  live_open: object({
    event: { const: "open" },
    seq: count("The view's seq"),
    watermark: WATERMARK,
    complete: { type: "boolean", description: "False: the limit left out rows of open windows" },
    rows: list(ROW, "All windows that are open now, in the order of the snapshot"),
  }),
  live_heartbeat: object({ event: { const: "heartbeat" }, seq: count("The view's seq"), watermark: WATERMARK }),
};

const SOCKET: Readonly<Record<string, JsonSchema>> = {
  ingest_lead: object(
    { $rdx: object({ producer: text("Who sends"), sequence: count("Which of theirs it is, from 0 without gaps") }) },
    [],
    "The optional first line of a message of rdx.json.v1",
  ),
  ingest_ack: object(
    {
      $rdx: { const: "ack" },
      sequence: count(
        "The message's number: the producer's, else its position from 0. All earlier messages have their verdict",
      ),
      accepted: count("Rows that were stored"),
      rejected: count("Rows that went to the dead letters"),
      offset: count("Offset of the first row"),
      durability: DURABILITY,
      errors: list(ref("error")),
      duplicate: { const: true },
    },
    ["errors", "duplicate"],
  ),
  ingest_credit: object({
    $rdx: { const: "credit" },
    rows: count("Rows that may be sent beside those granted before"),
  }),
};

const PROBLEM: JsonSchema = {
  type: "object",
  description:
    "RFC 9457. Some problems have further members, such as `expected` for a gap in a producer's numbers, or `snippets` of a script: the line " +
    "of each of its errors with carets below the place",
  properties: {
    type: { enum: Object.keys(PROBLEMS).map((code) => `/problems/${code}`) },
    title: { type: "string" },
    status: { type: "integer" },
    detail: text("What happened and what to do"),
    instance: text("The path of the request"),
    errors: list(ref("error")),
  },
  required: ["type", "title", "status", "detail", "instance"],
};

const PIPELINE_FLOW = object({
  pipeline: text("The pipeline's name"),
  state: PIPELINE_MEMBERS.state,
  reason: PIPELINE_MEMBERS.reason,
  nodes: list(
    object({
      id: { type: "string" },
      op: text("What kind of node it is, as plans name it: source, filter, join, sink …"),
      label: text("What it does, in one line"),
    }),
    "The plan as it runs, inputs first: nodes that were merged are one, windows are in their aggregates",
  ),
  edges: list(object({
    from: { type: "string" },
    to: { type: "string" },
    rows: count("Rows since this version of the plan was deployed"),
    rows_per_second: number("Over the last seconds in which somebody asked"),
    watermark: { ...WATERMARK, description: "Of the source that the rows come from" },
    queue_rows: count(
      "Rows that wait: behind a source those that are not taken, in front of a sink those that are not written",
    ),
  })),
});

/** Schemas of everything that clients send and get, by the names under which they are published; plans are not among them. */
export const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  problem: PROBLEM,
  error: ERROR,
  column: COLUMN,
  stream_declaration: DECLARATION_SCHEMA,
  stream: STREAM,
  streams: object({ streams: list(ref("stream")) }),
  stream_rows: object({
    stream: text("The stream's name"),
    columns: list(ref("column")),
    rows: list(ROW, "Newest first"),
  }),
  ingest_answer: INGEST_ANSWER,
  log_line: LOG_LINE,
  ...DEAD_SCHEMAS,
  pipeline: object(PIPELINE_WITH_PLAN),
  pipeline_deployed: object({
    ...PIPELINE_WITH_PLAN,
    notes: list(
      { type: "string" },
      "What becomes of state that changes: what begins empty, what goes, what has another name; and of that of a pipeline that had failed",
    ),
  }),
  pipelines: object({ pipelines: list(object(PIPELINE_MEMBERS)) }),
  pipeline_flow: PIPELINE_FLOW,
  ...stateSchemas(PIPELINE_MEMBERS),
  catalog: CATALOG,
  savepoint: SAVEPOINT,
  view: VIEW,
  views: object({ views: list(ref("view")) }),
  view_answer: VIEW_ANSWER,
  health: object({
    status: { const: "ok" },
    build: orNull({ type: "string" }, "Names the build of the page; null: it is not built"),
  }),
  demo_flights: list(object({
    ts: { type: "integer", description: "Scheduled departure, epoch milliseconds" },
    delay: { type: "integer", description: "Minutes; negative: early" },
    distance: count("Miles"),
    origin: { type: "string" },
    destination: { type: "string" },
  })),
  producer_epoch: object({
    stream: text("The stream"),
    producer: text("The producer"),
    epoch: count("What its batches bring from now on as Rdx-Epoch; others are refused"),
    next: count("The number of its next batch"),
  }),
  readiness: object(
    {
      ready: { type: "boolean" },
      reason: text("Why it is not ready"),
      progress: { type: "number", minimum: 0, maximum: 1, description: "While it recovers, how far it is" },
    },
    ["progress"],
  ),
  ...LIVE,
  ...SOCKET,
};
