import assert from "node:assert/strict";
import { BOOL, BYTES, type DataType, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { keyText } from "../../src/server/key_text.ts";

const CASES: readonly (readonly [DataType, string, string | null])[] = [
  [STRING, "abc", "abc"],
  [INT64, "7", "7"],
  [INT64, "+007", "7"],
  [INT64, "abc", null],
  [INT64, "1.5", null],
  [INT64, "9223372036854775808", null],
  [decimal(10, 2), "1.50", "1.50"],
  [decimal(10, 2), "1.5", "1.50"],
  [decimal(10, 2), "-3", "-3.00"],
  [decimal(10, 2), "1.505", "1.505"],
  [decimal(10, 2), "1.500", "1.50"],
  [decimal(10, 2), "abc", null],
  [decimal(30, 4), "12345678901234567890.5", "12345678901234567890.5000"],
  [decimal(30, 4), "1e3", null],
  [DOUBLE, "1.50", "1.5"],
  [DOUBLE, "", null],
  [DOUBLE, "abc", null],
  [BOOL, "true", "true"],
  [BOOL, "1", null],
  [TIMESTAMP, "1970-01-01T01:00:00Z", "1970-01-01T01:00:00.000Z"],
  [TIMESTAMP, "3600000", "1970-01-01T01:00:00.000Z"],
  [TIMESTAMP, "yesterday", null],
  [BYTES, "AAE=", "AAE="],
  [BYTES, "?", null],
];

Deno.test("the value of a key is read as one of its column, in the form that views write, or refused", () => {
  for (const [type, text, expected] of CASES) assert.equal(keyText(type, text), expected, `${type.kind} ${text}`);
  for (const [type] of CASES) assert.equal(keyText(type, "null"), "null");
});
