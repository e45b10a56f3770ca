import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { DecodeOptions, InputFormat } from "../../src/codec.ts";
import { schemaInference } from "../../src/codec/infer.ts";
import { COLUMNS_MAX } from "../../src/core/limits.ts";
import { type Column, formatType, INT64, parseType, STRING } from "../../src/core/schema.ts";

const encoder = new TextEncoder();

function infer(
  input: string | Uint8Array,
  format: InputFormat,
  known: Column[] = [],
  options: DecodeOptions = {},
): Column[] {
  return schemaInference.infer(typeof input === "string" ? encoder.encode(input) : input, format, known, options);
}

/** `name type`, with a `?` for nullable columns. */
function shown(columns: readonly Column[]): string {
  return columns.map(({ name, type, nullable }) => `${name} ${formatType(type)}${nullable ? "?" : ""}`).join(", ");
}

/** The type that one column gets from these JSON values, row by row. */
function typeOf(...values: string[]): string {
  const lines = values.map((value) => `{"v":${value}}`);
  const [column] = infer(lines.join("\n"), "ndjson"), [same] = infer(`[${lines.join(",")}]`, "json");
  assert.deepEqual(column, same);
  return formatType(column.type);
}

Deno.test("the types of values are found, and all columns are nullable", () => {
  const row = `{"i":-5,"d":0.5,"b":true,"s":"x","t":"2026-01-01T00:00:00Z","n":null,"a":[1,{"x":"]"}]}`;
  assert.equal(
    shown(infer(row, "ndjson")),
    "i int64?, d double?, b bool?, s string?, t timestamp?, n string?, a array<json>?",
  );
});

Deno.test("columns come in the order in which they appear, over all rows", () => {
  assert.equal(
    shown(infer(`{"b":1}\n{"a":1,"b":2}\n\n{"__proto__":1,"constructor":"x"}\n`, "ndjson")),
    "b int64?, a int64?, __proto__ int64?, constructor string?",
  );
});

Deno.test("int64 widens to double and both to string, null says nothing", () => {
  assert.equal(typeOf("1", "null", "2"), "int64");
  assert.equal(typeOf("1", "2.5", "3"), "double");
  assert.equal(typeOf("1e3"), "double");
  assert.equal(typeOf("1", `"x"`), "string");
  assert.equal(typeOf("1.5", "true"), "string");
  assert.equal(typeOf("true", "1"), "string");
  assert.equal(typeOf("null", "false"), "bool");
});

Deno.test("no number is rounded to fit a type", () => {
  assert.equal(typeOf("9223372036854775807", "-9223372036854775808"), "int64");
  assert.equal(typeOf("9223372036854775808"), "double");
  assert.equal(typeOf("9223372036854775809"), "string");
  assert.equal(typeOf("100000000000000000000"), "double");
  assert.equal(typeOf("9007199254740993", "0.5"), "string");
  assert.equal(typeOf("0.5", "9007199254740993"), "string");
  assert.equal(typeOf("9007199254740992", "0.5"), "double");
  assert.equal(typeOf("1e400"), "string");
});

Deno.test("timestamps are ISO 8601 with date and time that the calendar has", () => {
  for (
    const text of [
      "2026-01-01T00:00:00Z",
      "2024-02-29 23:59",
      "2026-12-31T23:59:59.123456789+02:30",
      "2026-06-30 00:00:00-0800",
    ]
  ) {
    assert.equal(typeOf(`"${text}"`), "timestamp", text);
  }
  for (
    const text of [
      "2026-02-29T00:00:00Z",
      "2026-13-01T00:00",
      "2026-01-01T24:00",
      "2026-01-01",
      "2026-1-1T00:00",
      "1767225600000",
      "2026-01-01T00:00:00 Z",
    ]
  ) {
    assert.equal(typeOf(`"${text}"`), "string", text);
  }
});

Deno.test("a timestamp column takes dates and epoch milliseconds, but becomes a string for other text", () => {
  assert.equal(typeOf(`"2026-01-01T00:00Z"`, `"2026-01-02"`, "1767225600000"), "timestamp");
  assert.equal(typeOf(`"2026-01-01T00:00Z"`, `"soon"`), "string");
  assert.equal(typeOf(`"2026-01-01T00:00Z"`, "1.5"), "string");
  assert.equal(typeOf("1767225600000", `"2026-01-01T00:00Z"`), "string");
});

Deno.test("members of objects become columns with dotted names", () => {
  const rows = `{"user":{"address":{"city":"x","zip":null},"age":4}}\n{"user":{},"user.age":5}`;
  assert.equal(shown(infer(rows, "ndjson")), "user.address.city string?, user.address.zip string?, user.age int64?");
});

Deno.test("objects with members that no dotted name leads to are JSON beside the others", () => {
  assert.equal(shown(infer(`{"a":{"b.c":1,"d":2},"e":{"":1}}`, "ndjson")), "a.d int64?, a json?, e json?");
  assert.equal(shown(infer(`{"a.b":{"c":1},"x.y":2,"":3}`, "ndjson")), "a.b json?, x.y int64?");
});

Deno.test("what is sometimes an object and sometimes a number is JSON beside its members", () => {
  assert.equal(shown(infer(`{"a":{"b":1}}\n{"a":5}`, "ndjson")), "a.b int64?, a json?");
  assert.equal(shown(infer(`{"a":5}\n{"a":{"b":1}}`, "ndjson")), "a json?, a.b int64?");
  assert.equal(shown(infer(`{"a":"x"}\n{"a":{"b":1}}`, "ndjson")), "a string?, a.b int64?");
});

Deno.test("what is now an object, now NULL and now an object without members has its members, and is JSON where it has none", () => {
  assert.equal(shown(infer(`{"a":null}\n{"a":{"b":1}}\n{"a":{}}`, "ndjson")), "a.b int64?");
  assert.equal(shown(infer(`{"a":{}}\n{"a":{"b":1}}\n{"a":null}`, "ndjson")), "a.b int64?");
  assert.equal(shown(infer(`{"a":{}}\n{"a":null,"b":1}`, "ndjson")), "b int64?, a json?");
  assert.equal(shown(infer(`{"a":{"b":{}}}\n{"a":null}`, "ndjson")), "a.b json?");
  assert.equal(shown(infer(`{"a":{"b":null}}\n{"a":{"b":{"c":1}}}`, "ndjson")), "a.b.c int64?");
  assert.equal(shown(infer(`{"a":{}}\n{"a":3}`, "ndjson")), "a json?");
});

Deno.test("objects in objects without end become JSON, and depth harms nothing", () => {
  const depth = 100_000, deep = `{"a":`.repeat(depth) + "1" + "}".repeat(depth);
  const [column, ...others] = infer(deep, "ndjson");
  assert.equal(formatType(column.type), "json");
  assert.deepEqual(others, []);
  assert.equal(
    shown(infer(`{"v":${"[".repeat(depth)}${"]".repeat(depth)}}`, "ndjson")),
    `v ${"array<".repeat(8)}json${">".repeat(8)}?`,
  );
});

Deno.test("arrays tell the types of their items, which widen over all rows", () => {
  assert.equal(typeOf(`["a","b"]`, "[]", "null"), "array<string>");
  assert.equal(typeOf("[]"), "array<string>");
  assert.equal(typeOf("[]", "[1]", "[null,2]"), "array<int64>");
  assert.equal(typeOf("[1]", "[2.5]"), "array<double>");
  assert.equal(typeOf("[1]", `["x"]`), "array<string>");
  assert.equal(typeOf("[[1],[2,3]]", "[[4.5]]"), "array<array<double>>");
  assert.equal(
    typeOf(`[{"sku":"a","qty":1}]`, `[{"sku":"b","gift":true}]`),
    "array<row<sku string, qty int64, gift bool>>",
  );
  assert.equal(typeOf("[1]", "[[1]]"), "array<json>");
  assert.equal(typeOf(`[{"a b":1,"__proto__":2}]`), `array<row<"a b" int64, __proto__ int64>>`);
});

Deno.test("an array beside a number is JSON, and beside a string a string", () => {
  assert.equal(typeOf("[1]", "2"), "json");
  assert.equal(typeOf("2", "[1]"), "json");
  assert.equal(typeOf("true", "[1]", "2.5"), "json");
  assert.equal(typeOf(`"x"`, "[1]"), "string");
  assert.equal(typeOf("[1]", `"x"`), "json");
});

Deno.test("known columns stay in front and are widened where a value does not fit", () => {
  const known = [
    { name: "a", type: INT64, nullable: true },
    { name: "d", type: parseType("decimal(10,2)"), nullable: true },
    { name: "b", type: parseType("bytes"), nullable: false },
    { name: "t", type: parseType("timestamp"), nullable: true },
  ];
  assert.equal(
    shown(infer(`{"new":1,"t":"x","b":"AA==","d":"1.50","a":0.5}`, "ndjson", known)),
    "a double?, d decimal(10,2)?, b bytes, t string?, new int64?",
  );
  assert.deepEqual(infer("", "ndjson", known), known);
});

Deno.test("rows that are no JSON objects say nothing", () => {
  const bad = [
    `{"x":1`,
    `{"x":1}}`,
    `[1]`,
    `5`,
    `{"x":01}`,
    `{"x":-}`,
    `{"x":tru}`,
    `{"x" 1}`,
    `{"x":1,}`,
    `{"\\q":1}`,
    `{x:1}`,
  ];
  assert.equal(shown(infer([...bad, `{"y":1}`].join("\n"), "ndjson")), "y int64?");
  assert.equal(shown(infer(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), "ndjson")), "");
});

Deno.test("a JSON document is an array of rows or one row, up to what is wrong in it", () => {
  assert.equal(shown(infer(`\ufeff[ {"a":1} , {"b":"x"} ]`, "json")), "a int64?, b string?");
  assert.equal(shown(infer(`{"a":\n1}`, "json")), "a int64?");
  assert.equal(shown(infer(`[{"a":1}, 5, {"b":1}, {"c"`, "json")), "a int64?, b int64?");
  assert.equal(shown(infer(`[]`, "json")), "");
});

Deno.test("keys with escapes and other scripts are taken as they read", () => {
  assert.equal(
    shown(infer(`{"a\\u0062\\"":1,"ключ":2,"\\ud83d\\ude00":3}`, "ndjson")),
    `ab" int64?, ключ int64?, \u{1f600} int64?`,
  );
});

Deno.test("CSV fields are typed by their text, quoted or not", () => {
  const csv = `id,zip,price,"ok",when,empty\r\n1,007,1.5,true,2026-01-01 00:00:00,\r\n"2","01","2",false,,""\r\n`;
  assert.equal(
    shown(infer(csv, "csv")),
    "id int64?, zip string?, price double?, ok bool?, when timestamp?, empty string?",
  );
});

Deno.test("CSV takes line breaks, doubled quotes and delimiters in quotes, blank lines and a byte order mark", () => {
  const csv = `\ufeff\n"a\n""b""";c\n"1;\n2";5\n\n6;7\nonly one\n`;
  assert.equal(shown(infer(csv, "csv", [], { delimiter: ";" })), `a\n"b" string?, c int64?`);
});

Deno.test("CSV without a header names fields by position, after the known columns", () => {
  const known = [{ name: "first", type: INT64, nullable: true }];
  assert.equal(shown(infer("1,x\n2,y", "csv", known, { header: false })), "first int64?, c2 string?");
  assert.equal(shown(infer("1,x\n2,y", "csv", [], { header: false })), "c1 int64?, c2 string?");
});

Deno.test("a header alone gives columns, and leaves known ones as they are", () => {
  const known = [{ name: "a", type: INT64, nullable: false }];
  assert.equal(shown(infer("a,b\n", "csv", known)), "a int64, b string?");
});

Deno.test("more columns than there may be are refused", () => {
  const row = (count: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, 1])));
  assert.equal(infer(row(COLUMNS_MAX), "ndjson").length, COLUMNS_MAX);
  assert.throws(() => infer(row(COLUMNS_MAX + 1), "ndjson"), { code: "invalid", message: /1024 different fields/ });
});

// Integers that a double cannot hold are left out: with fractions in one request they make strings, and behind an int64 column that is
// already there it is too late for that.
const exact = (value: number) => !Number.isInteger(value) || Math.abs(value) <= Number.MAX_SAFE_INTEGER;
const value = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter(exact).map((value) => JSON.stringify(value)),
  fc.boolean().map(String),
  fc.string().map((text) => JSON.stringify(text)),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => JSON.stringify(date)),
  fc.json({ maxDepth: 2 }).filter((text) => text !== "null" && !text.startsWith("{")),
);
const object = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "é"), value), { maxLength: 4 })
  .map((members) => `{${members.map(([key, text]) => `"${key}":${text}`).join(",")}}`);

Deno.test("columns do not depend on how the rows were cut into requests", () => {
  fc.assert(
    fc.property(fc.array(object), fc.nat(), (rows, cut) => {
      const at = cut % (rows.length + 1);
      const first = infer(rows.slice(0, at).join("\n"), "ndjson");
      assert.deepEqual(infer(rows.slice(at).join("\n"), "ndjson", first), infer(rows.join("\n"), "ndjson"));
    }),
    { numRuns: 500 },
  );
});

Deno.test("any bytes are scanned without an error", () => {
  const text = fc.array(fc.constantFrom(...`{}[]",:\\0129-eE.truefalsn\n\r; \t`)).map((chars) => chars.join(""));
  const formats = fc.constantFrom("ndjson" as const, "json" as const, "csv" as const);
  fc.assert(
    fc.property(fc.oneof(text.map((chars) => encoder.encode(chars)), fc.uint8Array()), formats, (bytes, format) => {
      for (const { type } of infer(bytes, format)) assert.ok(type);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("string columns stay strings whatever comes", () => {
  const known = [{ name: "a", type: STRING, nullable: true }];
  assert.deepEqual(infer(`{"a":1}\n{"a":true}\n{"a":[]}\n{"a":null}`, "ndjson", known), known);
});
