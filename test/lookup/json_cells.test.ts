import assert from "node:assert/strict";
import { type Column, decimal, parseType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { textOf } from "../../src/lookup/http_question.ts";
import { fromJson, parseJson } from "../../src/lookup/json_cells.ts";

/** What a text of JSON is in a column of a type. */
function cell(json: string, type: Column["type"]): Value {
  return fromJson(parseJson(json), { name: "v", type, nullable: true });
}

Deno.test("decimals of more than 18 digits are exact, as values and in addresses", () => {
  const type = decimal(38, 3), value = 12345678901234567890123456789012345678n;
  assert.equal(cell("12345678901234567890123456789012345.678", type), value);
  assert.equal(cell('"-12345678901234567890123456789012345.678"', type), -value);
  assert.throws(() => cell("1e38", type), /Column v has the number 1e\+38, and it was declared as decimal\(38,3\)/);
  assert.equal(textOf(value, { name: "v", type, nullable: true }), "12345678901234567890123456789012345.678");
});

Deno.test("nested values keep their digits, and have the shape of their type", () => {
  assert.equal(
    cell("[ 12345678901234567890.5, null ]", parseType("array<decimal(38,1)>")),
    "[12345678901234567890.5,null]",
  );
  assert.equal(cell('{"x": {}}', parseType("row<x json>")), '{"x":{}}');
  assert.equal(cell('"ä"', parseType("json")), '"ä"');
  assert.throws(() => cell('{"x": 1}', parseType("array<int64>")), /Column v has an object, .* array<int64>/);
  assert.throws(() => cell('"[]"', parseType("array<int64>")), /Column v has the string "\[\]", .* array<int64>/);
});
