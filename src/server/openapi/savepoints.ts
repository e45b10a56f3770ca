import { list, object, ref } from "./build.ts";
import { answer, name, type Operations, type Parameter, query } from "./operations.ts";

const SAVEPOINT: Parameter = { ...name("savepoint"), name: "savepoint" };
const FILE = {
  "application/vnd.rdx.savepoint": {
    type: "string" as const,
    format: "binary",
    description: "A savepoint in one file",
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
      problems: ["not_found", "conflict", "busy", "no_space"],
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
      problems: ["not_found", "conflict"],
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
      ],
      body: FILE,
      answers: { 200: answer("It was replaced", "pipeline"), 201: answer("It is new", "pipeline") },
      problems: ["timeout", "conflict", "too_large", "unsupported_type", "invalid_plan", "busy", "closing", "no_space"],
    },
  },
};
