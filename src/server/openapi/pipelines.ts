import { PLAN, REPLAY_OPERATIONS, SAVEPOINT_OPERATIONS } from "./savepoints.ts";
import { LOOK_TABLE, lookOperation } from "./look.ts";
import { answer, BODY_PROBLEMS, name, type Operations, query } from "./operations.ts";

const SQL_PROBLEMS = "What is wrong with a script is told by line and column, counted from 1 in characters.";
const EXPLANATION = {
  description: "Text for people, or JSON when the request accepts application/json",
  content: { "text/plain": { type: "string" as const }, "application/json": {} },
};

export const PIPELINE_OPERATIONS: Operations = {
  "/v1/pipelines": {
    get: {
      id: "listPipelines",
      summary: "All pipelines",
      tag: "pipelines",
      answers: { 200: answer("The pipelines, without their plans", "pipelines") },
      problems: [],
    },
  },
  "/v1/pipelines/{name}": {
    get: {
      id: "getPipeline",
      summary: "One pipeline",
      tag: "pipelines",
      parameters: [name("pipeline")],
      answers: { 200: answer("The pipeline", "pipeline") },
      problems: ["not_found"],
    },
    put: {
      id: "deployPipeline",
      summary: "Deploy a plan or a script of SQL, or replace the one that runs",
      description: "A query of a script that names no target fills the view of the pipeline's name. " + SQL_PROBLEMS,
      tag: "pipelines",
      parameters: [
        name("pipeline"),
        query(
          "start",
          "Where the sources begin: earliest, latest, or at the first row that arrived at a time (ISO 8601 or epoch milliseconds) or later",
          { type: "string", default: "earliest" },
        ),
        query("state", "fresh: without the state of the version that runs", {
          enum: ["keep", "fresh"],
          default: "keep",
        }),
      ],
      body: PLAN,
      answers: { 200: answer("It was replaced", "pipeline_deployed"), 201: answer("It is new", "pipeline_deployed") },
      problems: ["not_found", ...BODY_PROBLEMS, "unavailable"],
    },
    delete: {
      id: "deletePipeline",
      summary: "Stop and remove a pipeline",
      tag: "pipelines",
      parameters: [name("pipeline")],
      answers: { 204: { description: "It is gone" } },
      problems: ["not_found", "closing"],
    },
  },
  ...SAVEPOINT_OPERATIONS,
  ...REPLAY_OPERATIONS,
  "/v1/pipelines/{name}/flow": {
    get: {
      id: "pipelineFlow",
      summary: "What goes through a pipeline, edge by edge of the plan as it runs",
      description:
        "The tasks count, and are asked with each request; rates are over what was asked in the last 5 seconds.",
      tag: "pipelines",
      parameters: [name("pipeline")],
      answers: { 200: answer("Nodes and edges", "pipeline_flow") },
      problems: ["not_found", "unavailable"],
    },
  },
  "/v1/pipelines/{name}/state": {
    get: {
      id: "pipelineState",
      summary: "What the operators of a pipeline keep: rows, bytes, tables, hot keys, checkpoints",
      description:
        "Hot keys are found by looking at a row every 2 ms at most. A pipeline that has ended keeps nothing.",
      tag: "pipelines",
      parameters: [name("pipeline")],
      answers: { 200: answer("What it keeps", "pipeline_state") },
      problems: ["not_found"],
    },
  },
  "/v1/pipelines/{name}/state/{node}": { get: lookOperation("pipelineStateNode", []) },
  "/v1/pipelines/{name}/state/{node}/{table}": { get: lookOperation("pipelineStateTable", [LOOK_TABLE]) },
  "/v1/pipelines/{name}/digest": {
    get: {
      id: "pipelineDigest",
      summary: "What everything that a pipeline keeps comes to, its views included",
      description:
        "SHA-256 over the rows of all tables, in an order of their own: equal for the same plan and the same order of the same rows, however many workers " +
        "there are, before and after a restart. The pipeline takes nothing new while it is made, and its next checkpoint has everything.",
      tag: "pipelines",
      parameters: [
        name("pipeline"),
        query(
          "offset",
          "A number of the pipeline's order: the last one, or that of a checkpoint that is kept; default: now, and of a pipeline that does not run any more its newest checkpoint",
          {
            type: "integer",
            minimum: 0,
          },
        ),
      ],
      answers: { 200: answer("The digest", "pipeline_digest") },
      problems: ["not_found", "conflict", "too_large"],
    },
  },
  "/v1/pipelines/{name}/explain": {
    get: {
      id: "explainPipeline",
      summary: "How a pipeline works",
      tag: "pipelines",
      parameters: [name("pipeline")],
      answers: { 200: EXPLANATION },
      problems: ["not_found", "unavailable"],
    },
  },
  "/v1/catalog": {
    get: {
      id: "getCatalog",
      summary: "What a script of SQL can name: streams and views with their columns, and functions",
      tag: "pipelines",
      answers: {
        200: answer("The catalogue", "catalog"),
        304: { description: "The client has it: `if-none-match` names its tag" },
      },
      problems: [],
    },
  },
  "/v1/explain": {
    post: {
      id: "explainPlan",
      summary: "How a plan or a script of SQL would work that is not deployed",
      description: "Streams that the script declares are taken as if they were there. " + SQL_PROBLEMS,
      tag: "pipelines",
      body: PLAN,
      answers: { 200: EXPLANATION },
      problems: ["timeout", "too_large", "unsupported_type", "invalid_plan", "busy", "closing"],
    },
  },
};
