import { list, object, ref } from "./build.ts";
import { answer, BODY_PROBLEMS, name, type Operations, type Parameter, query } from "./operations.ts";

const SAVEPOINT: Parameter = { ...name("savepoint"), name: "savepoint" };
/** A plan or a script in a body. */
export const PLAN = {
  "application/json": { $ref: "/v1/schemas/plan" },
  "application/sql": {
    type: "string" as const,
    description: "A script of SQL whose queries are one pipeline; `CREATE STREAM` in it declares streams",
  },
};
const FILE = {
  "application/vnd.rdx.savepoint": {
    type: "string" as const,
    format: "binary",
    description: "A savepoint in one file",
  },
};

const LINES = {
  description: "Rows as lines of JSON: for each sink as they come, then what views have in the end",
  content: { "application/x-ndjson": { type: "string" as const } },
};
const POINT = "an offset, or the time of arrival in ISO 8601";
const SLICE: readonly Parameter[] = [
  query("from", `The first row of each stream: ${POINT} (default: the oldest that is kept)`, { type: "string" }),
  query("to", `Behind the last row: ${POINT} (default: behind the newest)`, { type: "string" }),
];

export const REPLAY_OPERATIONS: Operations = {
  "/v1/pipelines/{name}/replay": {
    get: {
      id: "replayPipeline",
      summary: "Run a pipeline once more over a slice of its streams, without an effect on anything",
      description:
        "What is over ends with the slice: open windows close. With `at`, it begins with the state of a checkpoint and takes together what was taken together then, so that " +
        "the results are those of then; there, nothing ends.",
      tag: "pipelines",
      parameters: [
        name("pipeline"),
        ...SLICE,
        query("at", "The number of a checkpoint that is kept; `from` is left out then", {
          type: "integer",
          minimum: 0,
        }),
      ],
      answers: { 200: LINES },
      problems: ["not_found", "conflict", "invalid_plan"],
    },
  },
  "/v1/replay": {
    post: {
      id: "replayPlan",
      summary: "Run a plan or a script that is not deployed over a slice of the streams that it reads",
      tag: "pipelines",
      parameters: SLICE,
      body: PLAN,
      answers: { 200: LINES },
      problems: ["timeout", "conflict", "too_large", "unsupported_type", "invalid_plan", "busy"],
    },
  },
};

export const SAVEPOINT_OPERATIONS: Operations = {
  "/v1/pipelines/{name}/savepoints": {
    get: {
      id: "listSavepoints",
      summary: "The savepoints of a pipeline that are kept, also of one that is not there any more",
      tag: "pipelines",
      parameters: [name("pipeline")],
      answers: {
        200: {
          description: "Oldest first",
          content: { "application/json": object({ savepoints: list(ref("savepoint")) }) },
        },
      },
      problems: [],
    },
  },
  "/v1/pipelines/{name}/savepoints/{savepoint}": {
    post: {
      id: "takeSavepoint",
      summary: "Write down what a pipeline has now, under a name, until that is deleted",
      tag: "pipelines",
      parameters: [name("pipeline"), SAVEPOINT],
      answers: { 201: answer("It is kept", "savepoint") },
      problems: ["not_found", "conflict", "busy", "no_space", "unavailable"],
    },
    delete: {
      id: "deleteSavepoint",
      summary: "Delete a savepoint",
      tag: "pipelines",
      parameters: [name("pipeline"), SAVEPOINT],
      answers: { 204: { description: "It is gone" } },
      problems: ["not_found", "conflict"],
    },
  },
  "/v1/pipelines/{name}/savepoint": {
    get: {
      id: "exportSavepoint",
      summary: "A savepoint as one file: state, plan and positions, of a pipeline as it is now or of one that is kept",
      tag: "pipelines",
      parameters: [
        name("pipeline"),
        query("name", "A savepoint that is kept (default: one is taken now, and not kept)", { type: "string" }),
      ],
      answers: { 200: { description: "The file", content: FILE } },
      problems: ["not_found", "conflict", "unavailable"],
    },
    put: {
      id: "importSavepoint",
      summary: "Make a pipeline of a savepoint, or put one in the place of the one that runs",
      description:
        "Also under another name than it had, and on another server that has the streams. All of the file is checked before anything changes. " +
        "Sinks but views begin anew: what they have stays, and what comes behind the savepoint comes once more.",
      tag: "pipelines",
      parameters: [
        name("pipeline"),
        query(
          "start",
          "Where sources of streams go on: behind the rows that the savepoint has, or at an end of what the streams have here",
          {
            enum: ["saved", "earliest", "latest"],
            default: "saved",
          },
        ),
        query(
          "plan",
          "The plan that it goes on under: the savepoint's, or that which the pipeline has here, as a deployed plan goes on with the state of the one before it",
          { enum: ["saved", "deployed"], default: "saved" },
        ),
      ],
      body: FILE,
      answers: { 200: answer("It was replaced", "pipeline"), 201: answer("It is new", "pipeline") },
      problems: [...BODY_PROBLEMS, "no_space"],
    },
  },
};
