import type { JsonSchema } from "../../plan/json_schema.ts";
import { STANDARD_SINKS } from "../../plan/catalog.ts";
import { planSchema } from "../../plan/schema.ts";
import { operationJson, type Operations } from "./operations.ts";
import { PIPELINE_OPERATIONS } from "./pipelines.ts";
import { SCHEMAS } from "./schemas.ts";
import { SERVER_OPERATIONS } from "./server.ts";
import { STREAM_OPERATIONS } from "./streams.ts";
import { VIEW_OPERATIONS } from "./views.ts";

const PLAN = "plan";

/** The API as OpenAPI 3.1. */
export function openapiDocument(): Record<string, unknown> {
  return {
    openapi: "3.1.0",
    info: {
      title: "rdx",
      version: "1",
      description:
        "Rows in, results out, as they come. All errors are problems of RFC 9457. Pages of other origins are let in by " +
        "`serve --allow-origin`. The header `rdx-build` of an answer names the build of the page that the server has.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    servers: [{ url: "/" }],
    security: [{}, { bearer: [] }, { parameter: [] }],
    tags: ["streams", "pipelines", "views", "server"].map((name) => ({ name })),
    paths: {
      ...pathsJson(STREAM_OPERATIONS),
      ...pathsJson(PIPELINE_OPERATIONS),
      ...pathsJson(VIEW_OPERATIONS),
      ...pathsJson(SERVER_OPERATIONS),
    },
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "The server's RDX_TOKEN, where it has one" },
        parameter: {
          type: "apiKey",
          in: "query",
          name: "access_token",
          description: "For browsers, which cannot set headers there: on live views and on WebSockets",
        },
      },
    },
  };
}

function pathsJson(operations: Operations): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(operations).map((
      [path, methods],
    ) => [path, Object.fromEntries(Object.entries(methods).map(([method, one]) => [method, operationJson(one)]))]),
  );
}

/** Names under which schemas are published. */
export function schemaNames(): string[] {
  return [PLAN, ...Object.keys(SCHEMAS)];
}

/** A schema that stands by itself; references lead to the other published ones. Null: there is none of this name. */
export function publishedSchema(name: string): JsonSchema | null {
  if (name === PLAN) return planSchema(STANDARD_SINKS);
  if (!Object.hasOwn(SCHEMAS, name)) return null;
  const text = JSON.stringify(SCHEMAS[name]).replaceAll('"#/components/schemas/', '"/v1/schemas/');
  return { $schema: "https://json-schema.org/draft/2020-12/schema", $id: `/v1/schemas/${name}`, ...JSON.parse(text) };
}
