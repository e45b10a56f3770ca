import type { LookupKind } from "./catalog.ts";
import type { JsonSchema } from "./json_schema.ts";

const TEXT: JsonSchema = { type: "string", minLength: 1 };

/** The value of a header: as it stands, or from a place that is not the plan. */
export const HEADER: JsonSchema = {
  oneOf: [
    TEXT,
    {
      type: "object",
      properties: {
        env: {
          ...TEXT,
          description: "A variable of the environment that holds the value; its name begins with RDX_SECRET_",
        },
        file: { ...TEXT, description: "A file that holds the value" },
        prefix: { type: "string", description: "What stands before it, such as Bearer with a space" },
      },
      required: [],
      additionalProperties: false,
    },
  ],
};

/** The kinds of tables that rows are looked up in. */
export const STANDARD_LOOKUPS: ReadonlyMap<string, LookupKind> = new Map<string, LookupKind>([
  ["sqlite", {
    options: closed({
      path: { ...TEXT, description: "The file of the database" },
      table: { ...TEXT, description: "The table or the view" },
    }, ["path", "table"]),
  }],
  ["http", {
    options: closed({
      url: {
        ...TEXT,
        description: "Of GET with {column} in the place of a key; several keys stand with commas between",
      },
      method: { enum: ["GET", "POST"], default: "GET", description: 'POST sends {"keys": [{column: value}, …]}' },
      headers: { type: "object", additionalProperties: HEADER, description: "Headers of every request" },
      rows: { ...TEXT, description: "The member of the answer that holds the rows; the answer itself if absent" },
    }, ["url"]),
  }],
]);

function closed(properties: Record<string, JsonSchema>, required: readonly string[]): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false };
}
