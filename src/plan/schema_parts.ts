import { WINDOW_MS_MAX } from "../core/limits.ts";
import { NAME_PATTERN } from "../core/schema.ts";
import type { JsonSchema } from "./json_schema.ts";

/** What `$ref` says of an expression; expressions are checked with their types, when columns are known. */
export const EXPRESSION: JsonSchema = { $ref: "#/$defs/expression" };

export const NAME: JsonSchema = {
  type: "string",
  pattern: NAME_PATTERN.source,
  description: "A letter or _, then up to 127 letters, digits, _, . or -",
};
export const COLUMN_NAME: JsonSchema = { type: "string", minLength: 1, description: "The name of a column" };
/** A length of time that is not nothing. */
export const DURATION: JsonSchema = {
  type: "integer",
  minimum: 1,
  maximum: WINDOW_MS_MAX,
  description: "Milliseconds, a whole number",
};

/** A column by its name, or an expression. */
export const ARGUMENT: JsonSchema = { oneOf: [COLUMN_NAME, { ...EXPRESSION, type: "object" }] };

/** A time of 0 up to the longest window. */
export function milliseconds(description: string): JsonSchema {
  return { type: "integer", minimum: 0, maximum: WINDOW_MS_MAX, description };
}

/** A distance in time, which may go back. */
export function shift(description: string): JsonSchema {
  return { type: "integer", minimum: -WINDOW_MS_MAX, maximum: WINDOW_MS_MAX, description };
}

export function columnNames(maxItems: number, description?: string, minItems?: number): JsonSchema {
  return {
    type: "array",
    items: COLUMN_NAME,
    ...(minItems === undefined ? {} : { minItems }),
    maxItems,
    ...(description === undefined ? {} : { description }),
  };
}

/** An object that takes these properties and no others. */
export function object(
  properties: Record<string, JsonSchema>,
  required: readonly string[],
  description?: string,
): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false, ...(description ? { description } : {}) };
}

function inputSchema(least: number, most: number): JsonSchema {
  const description = least > 1
    ? `The ids of the ${most === least ? "two" : "two or more"} nodes before this one: ["left","right"]`
    : 'The id of the node before this one, in brackets: ["id"]';
  return { type: "array", items: NAME, minItems: least, maxItems: most, description };
}

/**
 * A node: its id and operation, then what is its own. Optional properties are named by `optional`; `inputs` are the fewest
 * and most nodes that it reads, null of a source.
 */
export function node(
  op: string,
  own: Record<string, JsonSchema>,
  optional: readonly string[] = [],
  inputs: readonly [number, number] | null = [1, 1],
): JsonSchema {
  const properties = { id: NAME, op: { const: op }, ...(inputs ? { input: inputSchema(...inputs) } : {}), ...own };
  return object(properties, Object.keys(properties).filter((name) => !optional.includes(name)));
}
