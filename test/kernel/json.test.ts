import assert from "node:assert/strict";
import {
  BOOL,
  BYTES,
  type Column,
  type DataType,
  decimal,
  DOUBLE,
  INT64,
  STRING,
  TIMESTAMP,
} from "../../src/core/schema.ts";
import { readOnce } from "./json_read.ts";
import { loadKernel, VARIANTS } from "./load.ts";

const column = (name: string, type: DataType, nullable = true): Column => ({ name, type, nullable });

/** A line behind others of its own shape, where templates read it. */
const often = (line: string) => `${line}\n`.repeat(5);

for (const variant of VARIANTS) {
  const kernel = loadKernel(variant);
  const one = (type: DataType, value: string, coerce = false) => {
    const strict = readOnce(kernel, [column("v", type)], `{"v":${value}}`, "json", coerce);
    const lines = readOnce(kernel, [column("v", type)], often(`{"v":${value},"w":0}`), "ndjson", coerce);
    for (const row of lines.rows) assert.deepEqual(row, strict.rows[0]);
    assert.equal(lines.rows.length, strict.rows.length * 5);
    return strict.rows.length ? strict.rows[0][0] : strict.errors[0].reason;
  };
  const test = (name: string, run: () => void) => Deno.test(`json (${variant}): ${name}`, run);

  test("int64 is exact to its limits, from numbers and from strings", () => {
    const values: [string, bigint][] = [["9007199254740993", 2n ** 53n + 1n], ["9007199254740991", 2n ** 53n - 1n], [
      "-0",
      0n,
    ]];
    values.push(["9223372036854775807", 2n ** 63n - 1n], ["-9223372036854775808", -(2n ** 63n)], ["1.0", 1n], [
      "1e3",
      1000n,
    ]);
    values.push(['"42"', 42n], ['"9223372036854775807"', 2n ** 63n - 1n], ["12345678901234567", 12345678901234567n], [
      '"\\u0031"',
      1n,
    ]);
    values.push(["1234567890123456", 1234567890123456n], ["-1234567890123456", -1234567890123456n], ["0", 0n], [
      "100e-2",
      1n,
    ]);
    for (const [text, value] of values) assert.equal(one(INT64, text), value, text);
    assert.equal(one(INT64, "9223372036854775808"), "Number out of range for int64");
    assert.equal(one(INT64, "-9223372036854775809"), "Number out of range for int64");
    assert.equal(one(INT64, "1.5"), "Number has more decimal places than int64 holds");
    assert.equal(one(INT64, "1e400"), "Number out of range for int64");
    assert.equal(one(INT64, '"x"'), "Expected int64, got a string that is not a whole number");
    assert.equal(one(INT64, "true"), "Expected int64, got a boolean");
    assert.equal(one(INT64, "{}"), "Expected int64, got an object");
    assert.equal(one(INT64, "[1]"), "Expected int64, got an array");
  });

  test("double is correctly rounded, and refuses what overflows", () => {
    const texts = [
      "12.34",
      "0.1",
      "-0.0",
      "1e-400",
      "5e-324",
      "1.7976931348623157e308",
      "0.30000000000000004",
      "123456789.0123456",
    ];
    for (const text of [...texts, "9007199254740993", "-1.5E+3", "3", "0.000001", "1234567890.12345"]) {
      assert.ok(Object.is(one(DOUBLE, text), Number(text)), text);
    }
    assert.equal(one(DOUBLE, "1e400"), "Number out of range for double");
    assert.equal(one(DOUBLE, '"1.5"'), "Expected double, got a string");
  });

  test("decimal is exact or refused, from numbers and from strings", () => {
    const type = decimal(6, 2);
    const values: [string, bigint][] = [["12.34", 1234n], ["-0.5", -50n], ["9999.99", 999999n], ['"7"', 700n], [
      "1e2",
      10000n,
    ], ["1.230", 123n]];
    for (const [text, value] of values) assert.equal(one(type, text), value, text);
    assert.equal(one(type, "0.001"), "Number has more decimal places than decimal(6,2) holds");
    assert.equal(one(type, "10000"), "Number out of range for decimal(6,2)");
    assert.equal(one(type, '"1,5"'), "Expected decimal(6,2), got a string that is not a decimal number");
    assert.equal(one(decimal(18, 18), "0.999999999999999999"), 10n ** 18n - 1n);
    assert.equal(one(decimal(18, 0), "999999999999999999"), 10n ** 18n - 1n);
    const wide = decimal(38, 8), text = "123456789012345678901234567890.12345678";
    for (const one38 of [text, `"${text}"`, `${text}0e0`, "12345678901234567890123456789012345678E-8"]) {
      assert.equal(one(wide, one38), 12345678901234567890123456789012345678n, one38);
    }
    assert.equal(one(wide, "-1e-8"), -1n);
    assert.equal(one(wide, "1e29"), 10n ** 37n);
    assert.equal(one(wide, "1e30"), "Number out of range for decimal(38,8)");
    assert.equal(one(wide, "1e-9"), "Number has more decimal places than decimal(38,8) holds");
    assert.equal(one(wide, '"1 "'), "Expected decimal(38,8), got a string that is not a decimal number");
  });

  test("timestamps come as epoch milliseconds or ISO 8601", () => {
    assert.equal(one(TIMESTAMP, "1700000000123"), 1700000000123n);
    assert.equal(one(TIMESTAMP, '"2024-02-29T12:00:00.123456+01:00"'), BigInt(Date.parse("2024-02-29T11:00:00.123Z")));
    assert.equal(one(TIMESTAMP, '"2024-02-29"'), BigInt(Date.parse("2024-02-29")));
    const bad = "Expected timestamp, got a string that is not an ISO 8601 timestamp";
    assert.equal(one(TIMESTAMP, '"2023-02-29"'), bad);
    assert.equal(one(TIMESTAMP, '"1700000000123"'), bad);
  });

  test("bytes come as base64, booleans as booleans, null as NULL", () => {
    assert.equal(one(BYTES, '"AQL/"'), "0102ff");
    assert.equal(one(BYTES, '"AQI"'), "0102");
    assert.equal(one(BYTES, '"\\u0041Q=="'), "01");
    assert.equal(one(BYTES, '"A"'), "Expected bytes, got a string that is not base64");
    assert.equal(one(BOOL, "true"), true);
    assert.equal(one(BOOL, "false"), false);
    assert.equal(one(BOOL, '"true"'), "Expected bool, got a string");
    for (const type of [INT64, DOUBLE, decimal(3, 1), decimal(30, 1), BOOL, TIMESTAMP, STRING, BYTES]) {
      assert.equal(one(type, "null"), null);
    }
  });

  test("strings are unescaped, and halves of surrogates become U+FFFD", () => {
    assert.equal(one(STRING, '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00"'), '"\\/\b\f\n\r\t\u00e9\u{1f600}');
    assert.equal(one(STRING, '"\\ud800x\\udc00\\ud800\\ud800\\udc00"'), "\ufffdx\ufffd\ufffd\u{10000}");
    assert.equal(one(STRING, '"\\u0000"'), "\u0000");
    assert.equal(one(STRING, `"${"x".repeat(100)}\\n${"y".repeat(100)}"`), `${"x".repeat(100)}\n${"y".repeat(100)}`);
  });

  test("string columns take any value as its text only when coerced", () => {
    for (const text of ["1.50", "-0", "true", "false", '{"a": [1, 2]}', "[ ]", '["x",{"y":null}]']) {
      assert.equal(one(STRING, text, true), text);
      assert.match(String(one(STRING, text)), /^Expected string, got /);
    }
    assert.equal(one(STRING, "null", true), null);
  });
}
