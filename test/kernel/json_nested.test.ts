import assert from "node:assert/strict";
import { arrayOf, type Column, type DataType, INT64, JSON_VALUE, mapOf, STRING } from "../../src/core/schema.ts";
import { randomOf, SEED } from "./function/run.ts";
import { readOnce } from "./json_read.ts";
import { anyJson, spaced } from "./nested_json.ts";
import { loadKernel, VARIANTS } from "./load.ts";

const column = (name: string, type: DataType, nullable = true): Column => ({ name, type, nullable });

for (const variant of VARIANTS) {
  const kernel = loadKernel(variant);
  const test = (name: string, run: () => void) => Deno.test(`nested JSON (${variant}): ${name}`, run);

  test("values are kept without blanks and needless escapes, numbers as they are written", () => {
    const columns = [column("a", arrayOf(INT64)), column("m", mapOf(STRING)), column("j", JSON_VALUE)];
    const line = '{"a": [1, 2.50 ,1e3 ], "m":{ "k":"\\u0041\\/\\u00e9" , "n" : null}, "j": " x " }';
    const expected = ["[1,2.50,1e3]", '{"k":"A/é","n":null}', '" x "'];
    assert.deepEqual(readOnce(kernel, columns, line).rows, [expected]);
    // Behind others of the shape, where templates and their code read them
    assert.deepEqual(readOnce(kernel, columns, `${line}\n`.repeat(3000)).rows, Array(3000).fill(expected));
  });

  test("an array column takes arrays alone, a map objects, JSON anything; null is NULL", () => {
    const read = (type: DataType, value: string) => {
      const { rows, errors } = readOnce(kernel, [column("a", type)], `{"a":${value}}`);
      return errors.length > 0 ? errors[0].reason : rows[0][0];
    };
    assert.equal(read(arrayOf(INT64), "[]"), "[]");
    assert.equal(read(arrayOf(INT64), '["x",{}]'), '["x",{}]');
    assert.equal(read(arrayOf(INT64), "null"), null);
    for (const wrong of ["1", '"[1]"', "true", '{"a":1}']) {
      assert.match(String(read(arrayOf(INT64), wrong)), /^Expected array<int64>, got /);
    }
    assert.equal(read(mapOf(INT64), '{"__proto__":1}'), '{"__proto__":1}');
    for (const wrong of ["[1]", "1.5", '"x"']) {
      assert.match(String(read(mapOf(INT64), wrong)), /^Expected map<string, int64>, got /);
    }
    for (const any of ["[1]", '{"a":1}', '"x"', "-0.5", "false"]) assert.equal(read(JSON_VALUE, any), any);
  });

  test("what is no JSON inside of a value makes the row bad, whatever the column", () => {
    for (const wrong of ["[1,]", "[01]", '{"a"}', '{"a":1,}', "[tru]", '["\\x"]', "[1 2]"]) {
      const { rows, errors } = readOnce(kernel, [column("a", JSON_VALUE)], `{"a":[0]}\n{"a":${wrong}}\n{"a":[2]}`);
      assert.deepEqual([rows, errors.length], [[["[0]"], ["[2]"]], 1], wrong);
    }
  });

  test("columns that lie in each other have the text of both", () => {
    const columns = [column("user", JSON_VALUE), column("user.tags", arrayOf(STRING)), column("user.name", STRING)];
    const line = '{"user": {"name":"\\u0041", "tags": [ "\\u0042" ]}}';
    assert.deepEqual(
      readOnce(kernel, columns, `${line}\n`.repeat(50)).rows,
      Array(50).fill(['{"name":"A","tags":["B"]}', '["B"]', "A"]),
    );
  });

  test("a value of a megabyte is one cell", () => {
    const large = `[${Array.from({ length: 150_000 }, (_, i) => i).join(", ")}]`;
    const { rows } = readOnce(kernel, [column("a", arrayOf(INT64))], `{"a":${large}}`);
    assert.equal(rows[0][0], large.replaceAll(" ", ""));
  });

  test(`any values are what JSON.stringify makes of them, seed ${SEED}`, () => {
    const random = randomOf(SEED), columns = [column("a", JSON_VALUE), column("b", JSON_VALUE)];
    for (let run = 0; run < 60; run++) {
      const values = Array.from({ length: 40 }, () => [anyJson(random, 3), anyJson(random, 3)]);
      const lines = values.map(([a, b]) => `{"a":${spaced(a, random)},"b":${spaced(b, random)}}`).join("\n");
      const expected = values.map((row) => row.map((value) => value === null ? null : JSON.stringify(value)));
      assert.deepEqual(readOnce(kernel, columns, lines).rows, expected);
    }
  });
}
