import assert from "node:assert/strict";
import { STANDARD_SINKS } from "../../src/plan/catalog.ts";
import { checkShape, type JsonSchema } from "../../src/plan/json_schema.ts";
import { Problems } from "../../src/plan/problems.ts";
import { planSchema } from "../../src/plan/schema.ts";

/** Every sub-schema that has `keyword`. */
function* having(keyword: string, value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, keyword)) yield value as Record<string, unknown>;
  for (const one of Object.values(value)) yield* having(keyword, one);
}

Deno.test("the schema of plans is JSON, names its draft, and its references lead somewhere", () => {
  const schema = planSchema(STANDARD_SINKS);
  assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema);
  assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
  const references = new Set([...having("$ref", schema)].map(({ $ref }) => $ref));
  assert.deepEqual([...references], ["#/$defs/expression"]);
  assert.ok(schema.$defs?.expression.oneOf);
});

Deno.test("the schema takes the operations of this version and the sinks of the catalogue", () => {
  const kinds = new Map([["webhook", {
    options: { properties: { url: { type: "string" } }, required: ["url"] } as JsonSchema,
  }]]);
  const nodes = planSchema(kinds).properties!.nodes.items!.oneOf!;
  const operations = nodes.map(({ properties }) => properties!.op.const);
  assert.deepEqual(operations, [
    "source",
    "source",
    "filter",
    "project",
    "union",
    "window",
    "aggregate",
    "join",
    "rank",
    "over",
    "unnest",
    "lookup",
    "sink",
  ]);
  assert.deepEqual(nodes[nodes.length - 1].properties!.sink.oneOf, [{
    type: "object",
    properties: { kind: { const: "webhook" }, url: { type: "string" } },
    required: ["kind", "url"],
  }]);
});

Deno.test("every object in the schema of plans but the sinks' says that it takes no other properties", () => {
  const { $defs: _, ...schema } = planSchema(STANDARD_SINKS);
  for (const one of having("properties", schema)) {
    if (one.type === "object") assert.equal(one.additionalProperties, false, JSON.stringify(one));
  }
});

/** `[schema, value, problems]` */
const CHECKS: readonly [JsonSchema, unknown, readonly string[]][] = [
  [{ type: "string", minLength: 1 }, "", ["Expected a text that is not empty"]],
  [{ type: "string", minLength: 3 }, "a", ["Expected at least 3 characters"]],
  [{ type: "string", maxLength: 1 }, "ab", ["Expected at most 1 characters, got 2"]],
  [{ type: "string", pattern: "^a$" }, "b", ['Cannot use "b": it does not match ^a$']],
  [{ type: "integer" }, 2 ** 53, ["Expected an integer, got 9007199254740992"]],
  [{ type: "integer", minimum: 1, maximum: 2 }, 2, []],
  [{ type: "number" }, 0.5, []],
  [{ type: "boolean" }, "true", ['Expected a boolean, got "true"']],
  [{ type: "null" }, null, []],
  [{ type: "array", items: { type: "number" }, maxItems: 2 }, [1, "x"], ['Expected a number, got "x"']],
  [{ type: "array", maxItems: 1, items: { type: "number" } }, ["x", "y"], ["Expected at most 1 item, got 2"]],
  [{ type: "object", additionalProperties: { type: "number" } }, { a: "x" }, ['Expected a number, got "x"']],
  [{ type: "object" }, { a: 1 }, []],
  [{ oneOf: [{ type: "string" }, { type: "number" }] }, true, ["Expected a string or a number, got true"]],
  [{ enum: [1, "a"] }, "b", ['Expected one of 1, "a", got "b"']],
  [{ unknownKeyword: 1 }, "anything", []],
];

for (const [schema, value, expected] of CHECKS) {
  Deno.test(`${JSON.stringify(schema)} on ${JSON.stringify(value)} says ${JSON.stringify(expected)}`, () => {
    const problems = new Problems();
    checkShape(schema, value, "x", problems);
    assert.deepEqual(problems.details.map(({ reason }) => reason), expected);
  });
}
