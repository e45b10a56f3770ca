import {
  WEBHOOK_BATCH_ROWS_DEFAULT,
  WEBHOOK_BATCH_ROWS_MAX,
  WEBHOOK_TIMEOUT_MS_DEFAULT,
  WEBHOOK_TIMEOUT_MS_MAX,
} from "../core/limits.ts";
import { CHANGELOG, optionsSchema } from "./options.ts";

const TEXT = { type: "string", minLength: 1 };

/** The value of a header: as it stands, or from a place that is not the plan. */
const HEADER = {
  oneOf: [
    TEXT,
    {
      type: "object",
      properties: {
        env: { ...TEXT, description: "A variable of the environment that holds the value: RDX_SECRET_…" },
        file: { ...TEXT, description: "A file that holds the value" },
        prefix: { type: "string", description: "What stands before it, such as Bearer with a space" },
      },
      required: [],
      additionalProperties: false,
    },
  ],
};

export const WEBHOOK_OPTIONS = optionsSchema({
  url: { type: "string", minLength: 1, description: "Where rows are sent by POST" },
  headers: { type: "object", additionalProperties: HEADER, description: "Headers of every request" },
  format: { enum: ["ndjson", "json"], default: "ndjson", description: "Rows of a request: a line each, or an array" },
  batch_rows: {
    type: "integer",
    minimum: 1,
    maximum: WEBHOOK_BATCH_ROWS_MAX,
    default: WEBHOOK_BATCH_ROWS_DEFAULT,
    description: "Rows of one request at most",
  },
  timeout_ms: {
    type: "integer",
    minimum: 1,
    maximum: WEBHOOK_TIMEOUT_MS_MAX,
    default: WEBHOOK_TIMEOUT_MS_DEFAULT,
    description: "Time that an answer may take",
  },
  on_refused: {
    enum: ["stop", "dead_letter"],
    default: "stop",
    description: "What an answer means that says that the rows are wrong: the pipeline ends, or they go to a stream",
  },
  outbox: {
    type: "boolean",
    default: false,
    description: "Rows wait on disk, so that a slow receiver does not stall the pipeline",
  },
  changelog: CHANGELOG,
}, ["headers"]);
