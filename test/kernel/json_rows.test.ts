import assert from "node:assert/strict";
import { JSON_DEPTH_MAX } from "../../src/core/limits.ts";
import { type Column, type DataType, INT64, STRING } from "../../src/core/schema.ts";
import { readOnce } from "./json_read.ts";
import { loadKernel, VARIANTS } from "./load.ts";

const encoder = new TextEncoder();
const column = (name: string, type: DataType, nullable = true): Column => ({ name, type, nullable });
const A = [column("a", INT64)];

/** A line behind others of its own shape, where templates read it. */
const often = (line: string) => `${line}\n`.repeat(5);

for (const variant of VARIANTS) {
  const kernel = loadKernel(variant);
  const test = (name: string, run: () => void) => Deno.test(`json rows (${variant}): ${name}`, run);

  test("fields come in any order, the last of a doubled key counts, other keys are told of", () => {
    const columns = [column("a", INT64), column("b", STRING)];
    const result = readOnce(
      kernel,
      columns,
      '{"b":"x","a":1}\n{"a":2}\n{"a":"x","a":3,"b":"y","b":null}\n{"\\u0061":4,"b":"z"}\n',
    );
    assert.deepEqual(result.rows, [[1n, "x"], [2n, null], [3n, null], [4n, "z"]]);
    assert.equal(result.unknown, false);
    assert.equal(readOnce(kernel, columns, '{"a":1}\n{"A":2}').unknown, true);
    assert.equal(readOnce(kernel, columns, `${often('{"a":1}')}${often('{"a":1,"c":{"d":1}}')}`).unknown, true);
  });

  test("dotted columns take the value below or the literal key", () => {
    const columns = [column("user.address.city", STRING), column("user.age", INT64), column("user", STRING)];
    const nested = '{"user":{"address":{"city":"Bern","zip":1},"age":7}}';
    const rows = readOnce(
      kernel,
      columns,
      `${nested}\n{"user.address.city":"Chur","user.age":8,"user":"x"}\n{"user":5}`,
      "ndjson",
      true,
    ).rows;
    assert.deepEqual(rows, [["Bern", 7n, nested.slice(8, -1)], ["Chur", 8n, "x"], [null, null, "5"]]);
    assert.deepEqual(readOnce(kernel, columns, often(nested), "ndjson", true).rows, Array(5).fill(rows[0]));
    const two = columns.slice(0, 2), twice = '{"user":{"age":1,"address":{"city":"x"}},"user":{"age":2}}';
    assert.deepEqual(readOnce(kernel, two, twice).rows, [[null, 2n]]);
    assert.deepEqual(readOnce(kernel, two, often(twice)).rows, Array(5).fill([null, 2n]));
    const many = readOnce(kernel, two, often(nested));
    assert.deepEqual(many.rows, Array(5).fill(["Bern", 7n]));
    assert.equal(many.unknown, true);
  });

  test("names of object prototypes are ordinary keys", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"],
      columns = names.map((name) => column(name, INT64));
    const text = `{${names.map((name, i) => `"${name}":${i}`).join(",")}}`;
    assert.deepEqual(readOnce(kernel, columns, text).rows, [[0n, 1n, 2n, 3n]]);
    assert.deepEqual(readOnce(kernel, columns, "{}").rows, [[null, null, null, null]]);
  });

  test("a column that is not nullable refuses rows without it, and names it", () => {
    const columns = [column("a", INT64, false), column("b", INT64)];
    const { rows, errors } = readOnce(
      kernel,
      columns,
      '{"a":1}\n {"b":2}\n{"b":1,"a":null}\r\n{"a":4,"b":"x"}\n{"a":5}',
    );
    assert.deepEqual(rows, [[1n, null], [5n, null]]);
    const told = errors.map(({ line, column, field, reason, mismatch }) => [line, column, field, reason, mismatch]);
    assert.deepEqual(told, [
      [2, 2, "a", 'Missing "a", which is not nullable', true],
      [3, 12, "a", "Cannot use null: the column is not nullable", true],
      [4, 12, "b", "Expected int64, got a string that is not a whole number", true],
    ]);
    assert.deepEqual(errors.map(({ start, end }) => [start, end]), [[8, 16], [17, 33], [35, 50]]);
  });

  test("syntax errors say where and why", () => {
    const cases: [string, number, string][] = [
      ['{"a":1', 7, 'Expected a comma or "}", got the end of the line'],
      ['{"a" 1}', 6, 'Expected a colon, got "1"'],
      ['{"a":}', 6, 'Expected a value, got "}"'],
      ["{a:1}", 2, 'Expected a key in quotes, got "a"'],
      ['{"a":1,}', 8, 'Expected a key in quotes, got "}"'],
      ['{"a":[1 2]}', 9, 'Expected a comma or "]", got "2"'],
      ['{"a":1}x', 8, 'Expected nothing more, got "x"'],
      ['{"a":"x', 8, "String does not end"],
      ['{"a":"\t"}', 7, "Unescaped control character byte 0x09 in a string"],
      ['{"a":"\\x"}', 7, "Invalid escape in a string"],
      ['{"a":01}', 6, "Invalid number"],
      ['{"a":nul}', 6, 'Expected a value, got "n"'],
      ["\u00e9", 1, "Expected a value, got byte 0xc3"],
      ["{", 2, "Expected a key in quotes, got the end of the line"],
    ];
    for (const [text, at, reason] of cases) {
      const { rows, errors } = readOnce(kernel, A, `{"a":1}\n\n${text}\n{"a":2}\n`);
      assert.deepEqual(rows, [[1n], [2n]], text);
      const start = 9, end = start + encoder.encode(text).length;
      assert.deepEqual(errors, [{ line: 3, column: at, field: null, reason, start, end, mismatch: false }], text);
    }
  });

  test("ill-formed UTF-8 is refused wherever it stands, at every offset", () => {
    const bad = [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0x80], [
      0xe2,
      0x82,
    ], [0xc1, 0xbf]];
    bad.push([0xe0, 0x9f, 0xbf], [0xf0, 0x8f, 0xbf, 0xbf], [0xff], [0xf0, 0x9f, 0x98], [0xe2, 0x82, 0xac, 0x80]);
    for (let offset = 0; offset < 70; offset++) {
      for (const sequence of bad) {
        const head = encoder.encode(`{"s":"${"\u00e9".repeat(offset >> 1)}${"x".repeat(offset & 1)}`),
          tail = encoder.encode('"}\n{"s":"\u20ac"}');
        const { rows, errors } = readOnce(
          kernel,
          [column("s", STRING)],
          Uint8Array.from([...head, ...sequence, ...tail]),
        );
        assert.deepEqual(rows, [["\u20ac"]]);
        const place = sequence.length === 4 && sequence[0] === 0xe2 ? head.length + 4 : head.length + 1;
        assert.deepEqual(errors.map(({ line, column, reason }) => [line, column, reason]), [[
          1,
          place,
          "Invalid UTF-8",
        ]]);
      }
    }
    const cut = Uint8Array.from([...encoder.encode(`{"s":"${"x".repeat(56)}`), 0xe2, 0x82]);
    assert.equal(readOnce(kernel, [column("s", STRING)], cut, "json").errors[0].reason, "Invalid UTF-8");
  });

  test("lines end with newlines or returns and newlines, the last with nothing; blank ones are skipped", () => {
    const { rows, errors } = readOnce(
      kernel,
      A,
      '\ufeff{"a":1}\r\n\r\n  \t\n{"a":2}\n\n{"a":\r3} \r\n{"a":x}\r\n{"a":4}',
    );
    assert.deepEqual(rows, [[1n], [2n], [3n], [4n]]);
    assert.deepEqual(errors.map(({ line, column }) => [line, column]), [[7, 6]]);
    assert.deepEqual(readOnce(kernel, A, "").rows, []);
    assert.deepEqual(readOnce(kernel, A, "\n\n \r\n").errors, []);
    assert.deepEqual(readOnce(kernel, A, "\ufeff").errors, []);
  });

  test("a line that is valid JSON but no object is a mismatch", () => {
    const { rows, errors } = readOnce(kernel, A, '[{"a":1}]\n5\nnull\n"x"\n{"a":1}\n[1,\n');
    assert.deepEqual(rows, [[1n]]);
    const reasons = ["an array", "a number", "null", "a string"].map((kind) => `Expected an object, got ${kind}`);
    assert.deepEqual(errors.map(({ reason }) => reason), [...reasons, "Expected a value, got the end of the line"]);
    assert.deepEqual(errors.map(({ mismatch }) => mismatch), [true, true, true, true, false]);
  });

  test("a text is one object or an array of objects; a syntax error ends it", () => {
    assert.deepEqual(readOnce(kernel, A, ' {"a":\n1} ', "json").rows, [[1n]]);
    assert.deepEqual(readOnce(kernel, A, "[]", "json").rows, []);
    const mixed = readOnce(kernel, A, '[{"a":1},\n 5, {"a":"x"},\n{"a":2}, {"a":3}]\n', "json");
    assert.deepEqual(mixed.rows, [[1n], [2n], [3n]]);
    assert.deepEqual(mixed.errors.map(({ line, column, field }) => [line, column, field]), [[2, 2, null], [
      2,
      10,
      "a",
    ]]);
    const broken = readOnce(kernel, A, '[{"a":1},\n{"a":2},\n{"a":x}, {"a":3}]', "json");
    assert.deepEqual([broken.rows, broken.fatal], [[[1n], [2n]], true]);
    assert.deepEqual(broken.errors.map(({ line, column, mismatch }) => [line, column, mismatch]), [[3, 6, false]]);
    for (const text of ["", " ", "[", '[{"a":1}', '{"a":1}{"a":2}', '[{"a":1},]', "[,]", '{"a":1}]', "\ufeff"]) {
      assert.equal(readOnce(kernel, A, text, "json").fatal, true, text);
    }
  });

  test("nesting is followed to the limit and refused beyond, however deep", () => {
    const nest = (depth: number) => `{"x":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)},"a":1}`;
    assert.deepEqual(readOnce(kernel, A, nest(JSON_DEPTH_MAX)).rows, [[1n]]);
    const over = readOnce(kernel, A, `${nest(JSON_DEPTH_MAX + 1)}\n{"a":2}`);
    assert.deepEqual([over.rows, over.errors[0].reason], [[[2n]], `Nested deeper than ${JSON_DEPTH_MAX} levels`]);
    for (
      const text of [
        nest(10_000),
        "[".repeat(100_000),
        '{"x":'.repeat(100_000),
        "[".repeat(100_000) + "]".repeat(100_000),
      ]
    ) {
      assert.equal(readOnce(kernel, A, text).errors.length, 1);
      assert.equal(readOnce(kernel, A, text, "json").fatal, true);
    }
  });
}
