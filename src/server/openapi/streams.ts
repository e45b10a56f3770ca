import { QUERY_ROWS_DEFAULT, QUERY_ROWS_MAX } from "../../core/limits.ts";
import { INGEST_TYPES } from "../content_type.ts";
import type { JsonSchema } from "../../plan/json_schema.ts";
import { count, ref, text } from "./build.ts";
import { answer, BODY_PROBLEMS, name, type Operations, type Parameter, query, RENDERING } from "./operations.ts";

const LIMIT = query("limit", "Rows at most", {
  type: "integer",
  minimum: 0,
  maximum: QUERY_ROWS_MAX,
  default: QUERY_ROWS_DEFAULT,
});

const TIME: JsonSchema = { type: "string", description: "Epoch milliseconds or ISO 8601, without a zone UTC" };

const DEAD_FILTER: readonly Parameter[] = [
  query("reason", "Text in the reason, in any case", { type: "string" }),
  query("field", "The field that it names", { type: "string" }),
  query("pipeline", "The pipeline that has left it out", { type: "string" }),
  query("from", "Failed at this time or later", TIME),
  query("to", "Failed before this time", TIME),
  query("offset_from", "`offset` at least", { type: "integer" }),
  query("offset_to", "`offset` less than", { type: "integer" }),
  query("before", "`id` less than", { type: "integer" }),
];

const DEAD_PAGE: readonly Parameter[] = [
  query("order", "Which come first", { enum: ["newest", "oldest"], default: "newest" }),
  query("cursor", "`next` of the page before", count("The cursor")),
  query("raw", "whole: all of the text of each row, not its beginning", { enum: ["begin", "whole"], default: "begin" }),
];

/** What questions that are put to several dead rows have in common. */
const OF_DEAD_ROWS = {
  parameters: [name("stream"), ...DEAD_FILTER],
  body: { "application/json": ref("dead_ids") },
  bodyOptional: true,
  problems: ["not_found", ...BODY_PROBLEMS, "no_space"],
} as const;

const PRODUCER: readonly Parameter[] = [
  {
    name: "rdx-producer",
    in: "header",
    description: "Who sends: with it a batch that is sent again is stored once. Together with rdx-sequence",
    schema: text("Printable ASCII without spaces"),
  },
  {
    name: "rdx-sequence",
    in: "header",
    description: "Which of the producer's batches it is, from 0 without gaps",
    schema: count("From 0"),
  },
  {
    name: "rdx-epoch",
    in: "header",
    description:
      "What `hello` gave the producer, if it said it: of two that send under one name, the later goes on alone",
    schema: count("From 1"),
  },
  {
    name: "content-encoding",
    in: "header",
    description: "How the body is packed",
    schema: { enum: ["gzip", "deflate", "identity"] },
  },
];

const PARTITION = query(
  "partition",
  "The partition that all rows go to, of a stream with several that does not spread them by their values; default: the producer's, or the next in turn",
  { type: "integer", minimum: 0 },
);

const BODY = Object.fromEntries(INGEST_TYPES.map((type) => [type, {}]));

export const STREAM_OPERATIONS: Operations = {
  "/v1/streams": {
    get: {
      id: "listStreams",
      summary: "All streams",
      tag: "streams",
      answers: { 200: answer("The streams", "streams") },
      problems: [],
    },
  },
  "/v1/streams/{name}": {
    get: {
      id: "getStream",
      summary: "One stream",
      tag: "streams",
      parameters: [name("stream")],
      answers: { 200: answer("The stream", "stream") },
      problems: ["not_found"],
    },
    put: {
      id: "declareStream",
      summary: "Declare a stream, or declare it again with columns added",
      tag: "streams",
      parameters: [name("stream")],
      body: { "application/json": ref("stream_declaration") },
      answers: { 200: answer("The stream was there", "stream"), 201: answer("The stream is new", "stream") },
      problems: BODY_PROBLEMS,
    },
    delete: {
      id: "deleteStream",
      summary: "Delete a stream that no pipeline reads",
      description: "Its dead letters and late rows go too, where no pipeline reads them.",
      tag: "streams",
      parameters: [name("stream")],
      answers: { 204: { description: "It is gone" } },
      problems: ["not_found", "conflict", "closing"],
    },
    post: {
      id: "ingest",
      summary: "Send rows",
      description:
        "A request is stored whole or not at all, apart from bad rows, which go to the stream's dead letters. CSV has a header line unless " +
        "`text/csv;header=absent`; `;delimiter=` names another character than the comma, or tab.",
      tag: "streams",
      parameters: [name("stream"), PARTITION, ...PRODUCER],
      body: BODY,
      answers: { 200: answer("What was stored", "ingest_answer") },
      problems: ["not_found", ...BODY_PROBLEMS, "no_space"],
    },
  },
  "/v1/streams/{name}/end": {
    post: {
      id: "endStream",
      summary: "Mark the end of a stream: its windows close, and it takes no more rows",
      tag: "streams",
      parameters: [name("stream")],
      answers: { 200: answer("The stream", "stream") },
      problems: ["not_found", "conflict", "closing"],
    },
  },
  "/v1/streams/{name}/producers/{producer}/hello": {
    post: {
      id: "helloProducer",
      summary:
        "Begin another epoch of a producer: batches of those before it are refused, and it learns the number that comes next",
      tag: "streams",
      parameters: [name("stream"), {
        name: "producer",
        in: "path",
        required: true,
        description: "The producer's name",
        schema: text("Printable ASCII without spaces"),
      }],
      answers: { 200: answer("The epoch", "producer_epoch") },
      problems: ["not_found", "closing", "no_space"],
    },
  },
  "/v1/streams/{name}/rows": {
    get: {
      id: "newestRows",
      summary: "The newest rows of a stream, newest first",
      tag: "streams",
      parameters: [name("stream"), LIMIT, ...RENDERING],
      answers: { 200: answer("The rows", "stream_rows") },
      problems: ["not_found"],
    },
  },
  "/v1/streams/{name}/dead": {
    get: {
      id: "deadRows",
      summary: "Rows that could not be taken, and those that pipelines left out, with the reason; a page at a time",
      description:
        "A page may have fewer rows than its limit, or none, and others behind it: `next` tells. Rows that were replayed or discarded are not listed.",
      tag: "streams",
      parameters: [name("stream"), LIMIT, ...DEAD_PAGE, ...DEAD_FILTER, ...RENDERING],
      answers: { 200: answer("The rows", "dead_rows") },
      problems: ["not_found"],
    },
  },
  "/v1/streams/{name}/dead/reasons": {
    get: {
      id: "deadReasons",
      summary: "Counts dead rows by their reasons",
      tag: "streams",
      parameters: [name("stream"), ...DEAD_FILTER],
      answers: { 200: answer("The counts", "dead_reasons") },
      problems: ["not_found"],
    },
  },
  "/v1/streams/{name}/dead/replay": {
    post: {
      id: "replayDeadRows",
      summary: "Try dead rows again under the schema that the stream has now",
      description:
        "All, those that a filter takes, or those that the body names. What can be taken now is appended, each row once, also when the server ends meanwhile; what fails again is dead " +
        "again with one attempt more. Rows that a pipeline left out are in the stream already: they are put there again only where no other pipeline reads it, or with `pipeline`.",
      tag: "streams",
      ...OF_DEAD_ROWS,
      answers: { 200: answer("What came of it", "dead_replay") },
    },
  },
  "/v1/streams/{name}/dead/discard": {
    post: {
      id: "discardDeadRows",
      summary: "Dead rows are wanted no more",
      description:
        "All, those that a filter takes, or those that the body names. Durable: they are not listed again after a restart.",
      tag: "streams",
      ...OF_DEAD_ROWS,
      answers: { 200: answer("How many there were", "dead_discard") },
    },
  },
  "/v1/streams/{name}/log": {
    get: {
      id: "followLog",
      summary: "The rows of a stream as NDJSON, from any offset or time that is kept, and those that come",
      description:
        "One line a row, as fast as the client takes them: a slow one holds no producer up. To resume, ask from behind the last offset. Who follows gets a heartbeat when " +
        "nothing else came; what ends the answer too early (rows that are not kept any more, the server's end) is its last line, with the offset to ask from next.",
      tag: "streams",
      parameters: [
        name("stream"),
        query("from", "earliest, latest, an offset, or the time (ISO 8601) at or after which rows arrived", {
          type: "string",
          default: "earliest",
        }),
        query("to", "Up to, and not, this offset, or what arrived at this time", { type: "string" }),
        query("follow", "Wait for rows that come; default: true without `to`", { type: "boolean" }),
        query("limit", "Rows at most", { type: "integer", minimum: 1 }),
        query("partition", "Rows of this partition alone; default: of all", { type: "integer", minimum: 0 }),
        ...RENDERING,
      ],
      answers: { 200: { description: "The rows", content: { "application/x-ndjson": ref("log_line") } } },
      problems: ["not_found", "busy", "closing"],
    },
  },
  "/v1/streams/{name}/late": {
    get: {
      id: "lateRows",
      summary: "The newest late rows that were kept, newest first, with the watermark that each met",
      tag: "streams",
      parameters: [name("stream"), LIMIT, ...RENDERING],
      answers: { 200: answer("The rows", "stream_rows") },
      problems: ["not_found"],
    },
    put: {
      id: "keepLateRows",
      summary: "Keep late rows from now on, in the stream `<name>.late`; deleting that stream ends it",
      tag: "streams",
      parameters: [name("stream")],
      answers: {
        200: answer("The stream was there", "stream"),
        201: answer("The stream of late rows is new", "stream"),
      },
      problems: ["not_found", "conflict", "busy", "closing"],
    },
  },
  "/v1/streams/{name}/ws": {
    get: {
      id: "ingestSocket",
      summary: "Send rows over a WebSocket",
      description:
        "Subprotocol rdx.json.v1: a message is NDJSON rows, optionally led by a line as in the schema ingest_lead. The server grants rows " +
        "(ingest_credit) and gives each message one verdict, in order: ingest_ack, or a problem with `$rdx: error` and the message's `sequence`. Whoever sends far " +
        "beyond the credits is closed with 1008, a message that is too large closes with 1009.",
      tag: "streams",
      parameters: [name("stream")],
      answers: { 101: { description: "The protocol changes to WebSocket" } },
      problems: ["not_found", "busy", "closing"],
    },
  },
};
