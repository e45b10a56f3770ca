import assert from "node:assert/strict";
import { columnsOf, type Expression, expressionSchema, FUNCTIONS } from "../../src/expr/mod.ts";

Deno.test("columnsOf names each column once, in order, __proto__ too", () => {
  const expression: Expression = {
    call: "add",
    args: [{ column: "b" }, { call: "mul", args: [{ column: "__proto__" }, { column: "b" }, { literal: 1 }] }, {
      column: "a",
    }],
  };
  assert.deepEqual([...columnsOf(expression)], ["b", "__proto__", "a"]);
});

Deno.test("columnsOf passes over malformed parts", () => {
  const malformed = {
    call: "add",
    args: [null, { column: 5 }, { column: "a" }, { call: "not" }],
  } as unknown as Expression;
  assert.deepEqual([...columnsOf(malformed)], ["a"]);
});

Deno.test("every function has a signature that names it, a summary without a full stop, and sensible bounds", () => {
  for (const [name, { signature, summary, args }] of FUNCTIONS) {
    assert.ok(signature.startsWith(`${name}(`), signature);
    assert.match(summary, /[^.]$/);
    assert.ok(args[0] >= 0 && args[0] <= args[1], name);
  }
});

Deno.test("the schema lists every function and refers to itself for arguments", () => {
  const schema = expressionSchema("#/here") as { oneOf: { properties: Record<string, unknown> }[] };
  const { call, args } = schema.oneOf[2].properties as {
    call: { enum: string[]; enumDescriptions: string[] };
    args: { items: unknown };
  };
  assert.deepEqual(call.enum, [...FUNCTIONS.keys()]);
  call.enumDescriptions.forEach((text, i) => assert.ok(text.startsWith(`${call.enum[i]}(`), text));
  assert.deepEqual(args.items, { $ref: "#/here" });
});
