import { COLUMNS_MAX, PLAN_NODES_MAX, REFUSE_CHARS_MAX } from "../core/limits.ts";
import { expressionSchema } from "../expr/mod.ts";
import type { LookupKind, SinkKind } from "./catalog.ts";
import type { JsonSchema } from "./json_schema.ts";
import { AGGREGATE_NAMES, PLAN_VERSION } from "./plan.ts";
import { STANDARD_LOOKUPS } from "./lookup_kinds.ts";
import { keyedSchemas } from "./schema_keyed.ts";
import { lookupSchema } from "./schema_lookup.ts";
import { ARGUMENT, COLUMN_NAME, columnNames, EXPRESSION, NAME, node, object } from "./schema_parts.ts";
import { sourceSchemas } from "./schema_source.ts";

const PROJECTED: JsonSchema = {
  oneOf: [COLUMN_NAME, object({ as: COLUMN_NAME, expr: EXPRESSION }, ["as", "expr"])],
};

/** The forms of nodes; a sink's options are those of its kind. */
function nodeSchemas(
  sinkKinds: ReadonlyMap<string, SinkKind>,
  aggregates: readonly string[],
  lookupKinds: ReadonlyMap<string, LookupKind>,
): JsonSchema[] {
  return [
    ...sourceSchemas(),
    node("filter", {
      where: EXPRESSION,
      refuse: {
        ...{ type: "string", minLength: 1, maxLength: REFUSE_CHARS_MAX },
        description:
          "Rows for which the condition is false go to the dead letters for this reason; those for which it is NULL go on",
      },
    }, ["refuse"]),
    node("project", {
      columns: { type: "array", items: PROJECTED, minItems: 1, maxItems: COLUMNS_MAX },
      keep: { type: "boolean", default: false, description: "Keep all columns of the input too" },
    }, ["keep"]),
    node("union", {}, [], [2, PLAN_NODES_MAX]),
    ...keyedSchemas(aggregates),
    node("unnest", {
      of: { ...ARGUMENT, description: "An array or a map: a column by its name, or an expression" },
      type: {
        enum: ["inner", "left"],
        default: "inner",
        description: "left: a row without items comes once, with NULL",
      },
      as: {
        oneOf: [COLUMN_NAME, columnNames(COLUMNS_MAX, undefined, 1)],
        description: "The name of the item, or names of its parts: the fields of a row, key and value of a map's entry",
      },
      ordinality: { ...COLUMN_NAME, description: "Adds the number of the item, from 1, as a column of this name" },
    }, ["type", "ordinality"]),
    ...(lookupKinds.size === 0
      ? []
      : [lookupSchema([...lookupKinds].map(([kind, { options }]) => ofKind(kind, options)))]),
    node("sink", { sink: { oneOf: [...sinkKinds].map(([kind, { options }]) => ofKind(kind, options)) } }),
  ];
}

/** The options of one kind of sink or table together with its `kind`. */
function ofKind(kind: string, options: JsonSchema): JsonSchema {
  const required = ["kind", ...(options.required ?? []).filter((name) => name !== "kind")];
  return { ...options, type: "object", properties: { kind: { const: kind }, ...options.properties }, required };
}

/**
 * JSON Schema (draft 2020-12) of plans with these kinds of sinks and aggregates. Plans are validated with this very
 * object, so that it cannot say anything else than the validation; what it cannot express (ids, cycles, types)
 * `compilePlan` checks later.
 */
export function planSchema(
  sinkKinds: ReadonlyMap<string, SinkKind>,
  aggregates: readonly string[] = AGGREGATE_NAMES,
  lookupKinds: ReadonlyMap<string, LookupKind> = STANDARD_LOOKUPS,
): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "/v1/schemas/plan",
    title: "A pipeline of rdx",
    ...object({
      rdx: { const: PLAN_VERSION },
      name: NAME,
      nodes: {
        type: "array",
        items: { oneOf: nodeSchemas(sinkKinds, aggregates, lookupKinds) },
        minItems: 1,
        maxItems: PLAN_NODES_MAX,
      },
    }, ["rdx", "name", "nodes"]),
    $defs: { expression: expressionSchema() as JsonSchema },
  };
}
