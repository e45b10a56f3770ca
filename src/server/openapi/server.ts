import { list, object } from "./build.ts";
import { answer, type Operations, type Parameter, query } from "./operations.ts";

const PLAIN = { "text/plain": { type: "string" as const } };
const SCHEMA_NAME: Parameter = {
  name: "name",
  in: "path",
  required: true,
  description: "The schema's name",
  schema: { type: "string" },
};

export const SERVER_OPERATIONS: Operations = {
  "/": {
    get: {
      id: "page",
      summary: "What runs here, as a page",
      tag: "server",
      parameters: [
        query("refresh", "Seconds after which the page loads again; 0: never", { type: "integer", default: 0 }),
      ],
      answers: { 200: { description: "The page", content: { "text/html": { type: "string" } } } },
      problems: [],
    },
  },
  "/healthz": {
    get: {
      id: "health",
      summary: "Whether the process answers",
      tag: "server",
      answers: { 200: { description: "It does", content: PLAIN } },
      problems: [],
      secured: false,
    },
  },
  "/readyz": {
    get: {
      id: "readiness",
      summary: "Whether the server takes rows",
      tag: "server",
      answers: { 200: answer("It does", "readiness"), 503: answer("It starts or drains", "readiness") },
      problems: [],
      secured: false,
    },
  },
  "/metrics": {
    get: {
      id: "metrics",
      summary: "Metrics as Prometheus text 0.0.4",
      tag: "server",
      answers: { 200: { description: "The metrics", content: PLAIN } },
      problems: [],
    },
  },
  "/openapi.json": {
    get: {
      id: "openapi",
      summary: "This document",
      tag: "server",
      answers: { 200: { description: "OpenAPI 3.1", content: { "application/json": { type: "object" } } } },
      problems: [],
    },
  },
  "/v1/schemas": {
    get: {
      id: "listSchemas",
      summary: "Names of the JSON Schemas",
      tag: "server",
      answers: {
        200: {
          description: "The names",
          content: { "application/json": object({ schemas: list({ type: "string" }) }) },
        },
      },
      problems: [],
    },
  },
  "/v1/schemas/{name}": {
    get: {
      id: "getSchema",
      summary: "One JSON Schema (draft 2020-12)",
      tag: "server",
      parameters: [SCHEMA_NAME],
      answers: { 200: { description: "The schema", content: { "application/schema+json": { type: "object" } } } },
      problems: ["not_found"],
    },
  },
  "/problems/{name}": {
    get: {
      id: "explainProblem",
      summary: "What a problem means and what to do",
      tag: "server",
      parameters: [{ ...SCHEMA_NAME, description: "The problem's code" }],
      answers: { 200: { description: "The explanation", content: PLAIN } },
      problems: ["not_found"],
    },
  },
};
