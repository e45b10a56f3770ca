import { list, object, ref } from "./build.ts";
import { answer, type Operations, type Parameter } from "./operations.ts";

const PLAIN = { "text/plain": { type: "string" as const } };
const CURRENT = { description: "The client has it: `if-none-match` names its tag" };
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
      description:
        "A shell without data, which asks for it with the token. A server whose page is not built says so in a sentence.",
      tag: "server",
      answers: {
        200: { description: "The page", content: { "text/html": { type: "string" }, ...PLAIN } },
        304: CURRENT,
      },
      problems: [],
      secured: false,
    },
  },
  "/assets/{name}": {
    get: {
      id: "asset",
      summary: "Scripts and styles of the page, for other pages to embed",
      description:
        "`rdx-components.js` registers the elements rdx-table, rdx-chart, rdx-stat, rdx-graph and rdx-stream, `rdx-client.js` exports `connect`. " +
        "Pages of other origins also need `serve --allow-origin`.",
      tag: "server",
      parameters: [{ ...SCHEMA_NAME, description: "The asset's name" }],
      answers: {
        200: {
          description: "The asset",
          content: { "text/javascript": { type: "string" }, "text/css": { type: "string" } },
        },
        304: CURRENT,
      },
      problems: ["not_found"],
      secured: false,
    },
  },
  "/demo/flights.json": {
    get: {
      id: "demoFlights",
      summary: "20,000 real flights in order of time, to play into a stream",
      tag: "server",
      answers: { 200: answer("The flights", "demo_flights"), 304: CURRENT },
      problems: ["unavailable"],
    },
  },
  "/healthz": {
    get: {
      id: "health",
      summary: "Whether the process answers",
      description: "Text, or JSON with the build of the page when the request accepts application/json",
      tag: "server",
      answers: { 200: { description: "It does", content: { ...PLAIN, "application/json": ref("health") } } },
      problems: [],
      secured: false,
    },
  },
  "/readyz": {
    get: {
      id: "readiness",
      summary: "Whether the server takes rows",
      tag: "server",
      answers: { 200: answer("It does", "readiness"), 503: answer("It recovers or drains", "readiness") },
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
