import type { JsonSchema } from "../../plan/json_schema.ts";

/** An object that has these members and no others. Members are required unless they are in `optional`. */
export function object(
  properties: Readonly<Record<string, JsonSchema>>,
  optional: readonly string[] = [],
  description?: string,
): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return {
    type: "object",
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  };
}

export function list(items: JsonSchema, description?: string): JsonSchema {
  return { type: "array", items, ...(description === undefined ? {} : { description }) };
}

export function orNull(schema: JsonSchema, description?: string): JsonSchema {
  return { oneOf: [schema, { type: "null" }], ...(description === undefined ? {} : { description }) };
}

export function text(description: string): JsonSchema {
  return { type: "string", description };
}

export function count(description: string): JsonSchema {
  return { type: "integer", minimum: 0, description };
}

export function number(description: string): JsonSchema {
  return { type: "number", description };
}

/** A reference to one of the published schemas. */
export function ref(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}
