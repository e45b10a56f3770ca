import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { BATCH_ROWS_MAX, COLUMNS_MAX, DECODE_ERRORS_MAX } from "../../src/core/limits.ts";
import { BOOL, type Column, type DataType, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { inputAddress, inputBytes, JsonParser } from "../../src/kernel/json.ts";
import { readAll, readOnce } from "./json_read.ts";
import { loadKernel, VARIANTS } from "./load.ts";

const encoder = new TextEncoder();
const column = (name: string, type: DataType, nullable = true): Column => ({ name, type, nullable });
const A = [column("a", INT64)];

/** A line behind others of its own shape, where templates read it. */
const often = (line: string) => `${line}\n`.repeat(5);

for (const variant of VARIANTS) {
  const kernel = loadKernel(variant);
  const test = (name: string, run: () => void) => Deno.test(`json batches (${variant}): ${name}`, run);

  test("a value is read the same at every offset of the input", () => {
    const columns = [column("s", STRING), column("n", INT64), column("d", DOUBLE)];
    for (let offset = 0; offset < 130; offset++) {
      const text = "\u20acx".repeat(offset >> 2) + "y".repeat(offset & 3);
      const line = `{"s":"${text}\\n${text}","n":-1${offset},"d":${offset}.25}`;
      const expected = [`${text}\n${text}`, BigInt(`-1${offset}`), offset + 0.25];
      assert.deepEqual(readOnce(kernel, columns, " ".repeat(offset) + line).rows, [expected]);
      assert.deepEqual(readOnce(kernel, columns, often(line)).rows, Array(5).fill(expected));
    }
  });

  test("shapes that alternate, with fields missing or null, are read right by templates", () => {
    const columns = [
      column("a", INT64),
      column("b", STRING),
      column("c", DOUBLE),
      column("d", BOOL),
      column("t", TIMESTAMP),
    ];
    const parser = new JsonParser(kernel, columns), lines: string[] = [], expected: unknown[][] = [];
    for (let i = 0; i < 3000; i++) {
      const shape = i % 13;
      const row: [string, unknown, string][] = [["a", BigInt(i), `${i}`], ["b", `s${i}`, `"s${i}"`], [
        "c",
        i / 8,
        `${i / 8}`,
      ]];
      row.push(["d", i % 3 === 0, `${i % 3 === 0}`], ["t", BigInt(i) * 1000n, `"${new Date(i * 1000).toISOString()}"`]);
      if (shape & 1) row.reverse();
      const kept = row.filter((_, j) => j !== shape % 6).map(([name, value, text], j) =>
        shape === 7 && j === 1 ? [name, null, "null"] : [name, value, text]
      );
      lines.push(`{${kept.map(([name, , text]) => `"${name}":${text}`).join(",")}}`);
      expected.push(columns.map(({ name }) => kept.find((field) => field[0] === name)?.[1] ?? null));
    }
    for (const [text, format] of [[lines.join("\n"), "ndjson"], [`[${lines.join(",")}]`, "json"]] as const) {
      assert.deepEqual(readAll(kernel, parser, encoder.encode(text), format).rows, expected);
    }
    parser.close();
  });

  test("what looks like a known shape but is not is refused as it should be", () => {
    const columns = [column("a", INT64), column("b", STRING), column("c", DOUBLE)];
    const good = '{"a":12,"b":"xy","c":1.5,"x":true,"y":[1],"z":3}';
    const bad = [
      '{"a":012,"b":"xy","c":1.5,"x":true,"y":[1],"z":3}',
      '{"a":1-,"b":"xy","c":1.5,"x":true,"y":[1],"z":3}',
    ];
    bad.push('{"a":,"b":"xy","c":1.5,"x":true,"y":[1],"z":3}', '{"a":12,"b":"x\ty","c":1.5,"x":true,"y":[1],"z":3}');
    bad.push('{"a":12,"b":"xy","c":1.,"x":true,"y":[1],"z":3}', '{"a":12,"b":"xy","c":.5,"x":true,"y":[1],"z":3}');
    bad.push('{"a":12,"b":"xy","c":1.5,"x":trux,"y":[1],"z":3}', '{"a":12,"b":"xy","c":1.5,"x":true,"y":[1,],"z":3}');
    bad.push('{"a":12,"b":"xy","c":1.5,"x":true,"y":[1],"z":03}', '{"a":12,"b":"xy","c":01.5,"x":true,"y":[1],"z":3}');
    bad.push('{"a":12,"b":"xy","c":1.5,"x":true,"y":[1],"z":3', '{"a":12,"b":"xy\\","c":1.5,"x":true,"y":[1],"z":3}');
    bad.push('{"a":12,"b":"xy","c":1..5,"x":true,"y":[1],"z":3}', '{"a":12,"b":"xy","c":1.5,"x":true,"y":{1},"z":3}');
    bad.push(
      '{"a":12,"b":"x\\qy","c":1.5,"x":true,"y":[1],"z":3}',
      '{"a":12,"b":"xy","c":--1.5,"x":true,"y":[1],"z":3}',
    );
    for (const line of bad) {
      const { rows, errors } = readOnce(kernel, columns, `${often(good)}${line}\n${good}\n`);
      assert.equal(rows.length, 6, line);
      assert.deepEqual(errors.map(({ line, mismatch }) => [line, mismatch]), [[6, false]], line);
    }
  });

  test("batches are bounded by rows, by columns and by errors", () => {
    const rows = BATCH_ROWS_MAX * 2 + 5, lines = '{"a":1}\n'.repeat(rows);
    assert.deepEqual([readOnce(kernel, A, lines).batches, readOnce(kernel, A, lines).rows.length], [3, rows]);
    const array = `[${'{"a":1},'.repeat(rows)}{"a":1}]`;
    assert.equal(readOnce(kernel, A, array, "json").rows.length, rows + 1);
    const wide = Array.from({ length: COLUMNS_MAX }, (_, i) => column(`c${i}`, INT64));
    const row = `{${wide.map(({ name }, i) => `"${name}":${i}`).join(",")}}`;
    const read = readOnce(kernel, wide, `${row}\n`.repeat(600));
    assert.ok(read.batches > 1);
    assert.deepEqual(read.rows[599], wide.map((_, i) => BigInt(i)));
    const bad = readOnce(kernel, A, '{"a":x}\n{"a":1}\n'.repeat(DECODE_ERRORS_MAX + 10));
    assert.deepEqual([bad.batches, bad.errors.length, bad.rows.length], [
      2,
      DECODE_ERRORS_MAX + 10,
      DECODE_ERRORS_MAX + 10,
    ]);
    assert.equal(bad.errors.at(-1)!.line, 2 * DECODE_ERRORS_MAX + 19);
    const misfits = `[${'"x",'.repeat(DECODE_ERRORS_MAX + 10)}{"a":1} x`;
    const fatal = readOnce(kernel, A, misfits, "json");
    assert.deepEqual([fatal.errors.length, fatal.rows.length, fatal.fatal], [DECODE_ERRORS_MAX + 11, 1, true]);
  });

  test("decimals at the limit are refused or taken by templates as by the strict parser", () => {
    const columns = [column("d", decimal(6, 2))];
    for (
      const [text, value] of [["9999.99", 999999n], ["10000", null], ["-9999.9", -999990n], ["-10000.0", null], [
        "1.001",
        null,
      ], ["0.01", 1n]]
    ) {
      const { rows, errors } = readOnce(kernel, columns, `${often('{"d":1.50}')}{"d":${text}}`);
      assert.deepEqual(rows.slice(4), value === null ? [[150n]] : [[150n], [value]]);
      assert.equal(errors.length, value === null ? 1 : 0);
    }
  });

  test("timestamps that nearly have the known form are refused", () => {
    const columns = [column("t", TIMESTAMP)],
      good = '{"t":"2024-02-29T23:59:59.999Z"}',
      short = '{"t":"2024-02-29T23:59:59Z"}';
    const bad = [
      "2024-02-29T23x59:59.999Z",
      "2024-02-29T23:59x59.999Z",
      "2024-02-29T24:59:59.999Z",
      "2024-02-29T23:60:59.999Z",
    ];
    bad.push(
      "2024-02-29T23:59:60.999Z",
      "2024-02-29T23:59:59,999Z",
      "2024-02-29T23:59:59.9x9Z",
      "2024-02-29T2/:59:59.999Z",
    );
    bad.push(
      "2024-02-30T23:59:59.999Z",
      "2024-02-29x23:59:59.999Z",
      "2024-02-29T23:59:59.999z",
      "2024-02-29T23:59:59.99aZ",
    );
    bad.push(
      "2024-02-29T23;59:59.999Z",
      "2024-02-29T23:59:59/999Z",
      "2024-02-29T23:59:60Z",
      "2024-02-29T23:5\u00e9:9Z",
      "2024-02-29T-1:59:59Z",
      "2024-02-29T23:59:59:Z999",
    );
    for (const text of bad) {
      const { rows, errors } = readOnce(
        kernel,
        columns,
        `${often(good)}${often(short)}{"t":"${text}"}\n${short}\n${good}`,
      );
      assert.equal(rows.length, 12, text);
      assert.deepEqual(rows[11], [BigInt(Date.parse("2024-02-29T23:59:59.999Z"))]);
      assert.deepEqual(rows[10], [BigInt(Date.parse("2024-02-29T23:59:59Z"))]);
      assert.deepEqual(errors.map(({ line, field, mismatch }) => [line, field, mismatch]), [[11, "t", true]], text);
    }
  });

  test("rows of a known shape are read by templates, whatever they hold", () => {
    const columns = [
      column("a", INT64),
      column("s", STRING),
      column("d", DOUBLE),
      column("b", BOOL),
      column("t", TIMESTAMP),
    ];
    const rows: ((i: number) => string)[] = [
      (i) => `{"a":${i},"s":"x${i}"}`,
      (i) => `{"a":-1${i}00000000,"s":"${"x".repeat(i * 7)}"}`,
      (i) => `{"s":"${"x".repeat(200 + i * 50)}","d":${i}.25,"b":${i % 2 === 0}}`,
      (i) => `{ "a" : ${i} ,${" ".repeat(60)}"s" : "\\n${i}" , "d" : 1e${i} }`,
      (i) => `{"t":"2024-01-01T00:00:${10 + i}Z","a":"${i}","d":${i}}`,
      (i) =>
        `{"a key that no column takes and that is long":[${i},{"x":[]}],"a":null,"s":"","other":{"x":${i},"y":"${i}"}}`,
      (i) => `{"key_of_20_characters":${i}}`,
      (i) => `{"skipped":"\\"${i}\\\\","number":-${i}.5e1,"word":${i % 2 === 0},"nothing":null}`,
      () => "{}",
    ];
    for (const row of rows) {
      for (const format of ["ndjson", "json"] as const) {
        const texts = Array.from({ length: 10 }, (_, i) => row(i)), parser = new JsonParser(kernel, columns);
        const input = encoder.encode(format === "json" ? `[${texts.join(",")}]` : texts.join("\n"));
        assert.equal(readAll(kernel, parser, input, format).rows.length, 10);
        // The first is learned; the last of an array has no next one behind it, which is part of the shape
        if (row(0) !== "{}" || format === "ndjson") {
          assert.ok(parser.rowsMatched >= (format === "json" ? 8 : 9), row(1));
        }
        parser.close();
      }
    }
  });

  test("shapes that come in turn are foreseen, and many shapes do not stop reading", () => {
    const parser = new JsonParser(kernel, A), turn = ['{"a":1}', '{"a":1,"b":2}', '{"b":2,"a":1}', '{"c":1}'];
    readAll(kernel, parser, encoder.encode(Array.from({ length: 400 }, (_, i) => turn[i % 4]).join("\n")), "ndjson");
    assert.equal(parser.rowsMatched, 396);
    const many = Array.from({ length: 5000 }, (_, i) => `{"a":${i},"k${i}":${i}}`);
    const result = readAll(kernel, parser, encoder.encode(many.join("\n")), "ndjson");
    assert.deepEqual(result.rows, many.map((_, i) => [BigInt(i)]));
    assert.equal(parser.rowsMatched, 0);
    parser.close();
  });

  test("keys that no column takes are told of in every batch that has them", () => {
    const parser = new JsonParser(kernel, A),
      known = encoder.encode(often('{"a":1}')),
      more = encoder.encode(often('{"a":1,"b":[]}'));
    for (const [input, unknown] of [[known, false], [more, true], [known, false], [more, true]] as const) {
      assert.equal(readAll(kernel, parser, input, "ndjson").unknown, unknown);
    }
    assert.equal(parser.rowsMatched, 5);
    parser.close();
  });

  test("unescaped strings take no more room than the input, however often a row is tried", () => {
    const long = "\\n".repeat(500), lines: string[] = [];
    for (let i = 0; i < 400; i++) lines.push(`{"s":"${long}","k${i % 20}":1}`);
    const input = encoder.encode(lines.join("\n")),
      block = kernel.alloc(inputBytes(input.length)),
      address = inputAddress(block);
    kernel.copyIn(input, address);
    const parser = new JsonParser(kernel, [column("s", STRING)]);
    parser.begin(address, input.length, "ndjson");
    const { rows, columns: [vector] } = parser.next()!, data = kernel.data;
    const starts = Array.from({ length: rows }, (_, row) => data.getUint32(vector.data + row * 8, true));
    assert.equal(rows, 400);
    assert.ok(Math.max(...starts) - Math.min(...starts) <= 500 * 399);
    parser.close();
    kernel.free(block, inputBytes(input.length));
    kernel.reset();
  });

  test("a line of 10 MiB is read", () => {
    const text = "0123456789abcdef".repeat(10 << 16);
    const result = readOnce(
      kernel,
      [column("s", STRING), column("a", INT64)],
      `{"s":"${text}","a":1}\n{"s":"${text}\\n","a":2}\n`,
    );
    assert.deepEqual(result.rows.map((row) => [(row[0] as string).length, row[1]]), [[10 << 20, 1n], [
      (10 << 20) + 1,
      2n,
    ]]);
  });

  test("several parsers share a kernel, and each can begin again", () => {
    const first = new JsonParser(kernel, A), second = new JsonParser(kernel, [column("b", STRING)]);
    for (let i = 0; i < 5; i++) {
      assert.deepEqual(readAll(kernel, first, encoder.encode(`{"a":${i},"b":"\\n"}\n{"a":7}`), "ndjson").rows, [[
        BigInt(i),
      ], [7n]]);
      assert.deepEqual(readAll(kernel, second, encoder.encode(`[{"a":${i},"b":"\\n${i}"}]`), "json").rows, [[
        `\n${i}`,
      ]]);
    }
    first.close();
    first.close();
    second.close();
  });

  test("the input's neighbours change nothing, and progress is told", () => {
    const text = encoder.encode('{"a":1}\n{"a":2}'),
      block = kernel.alloc(inputBytes(text.length)),
      address = inputAddress(block);
    assert.ok(
      address % 64 === 0 && address - block >= 64 && address + text.length + 192 <= block + inputBytes(text.length),
    );
    const parser = new JsonParser(kernel, A);
    kernel.bytes.fill(0x30, block, block + inputBytes(text.length));
    kernel.copyIn(text, address);
    parser.begin(address, text.length, "ndjson");
    assert.deepEqual([parser.rowsSeen, parser.bytesConsumed], [0, 0]);
    assert.equal(parser.next()!.rows, 2);
    assert.deepEqual([parser.rowsSeen, parser.bytesConsumed, parser.next()], [2, text.length, null]);
    parser.close();
    kernel.free(block, inputBytes(text.length));
    kernel.reset();
  });
}

Deno.test("json: a kernel without memory refuses with no_space", () => {
  const kernel = loadKernel("simd", 4 << 20);
  const parser = new JsonParser(kernel, Array.from({ length: 60 }, (_, i) => column(`c${i}`, INT64)));
  const text = encoder.encode('{"c1":1}\n'.repeat(60_000)), block = kernel.alloc(inputBytes(text.length));
  kernel.copyIn(text, inputAddress(block));
  const noSpace = (thrown: unknown) => thrown instanceof RdxError && thrown.code === "no_space";
  assert.throws(() => {
    parser.begin(inputAddress(block), text.length, "ndjson");
    parser.next();
  }, noSpace);
  assert.throws(() => new JsonParser(loadKernel("simd", 1 << 18), A), noSpace);
});

Deno.test("json: the layouts of asm/ and src/ are the same, name by name", async () => {
  const files = ["layout.ts", "template_layout.ts"].map((file) => new URL(`../../asm/json/${file}`, import.meta.url));
  const theirs = (await Promise.all(files.map((file) => Deno.readTextFile(file)))).join("\n");
  const names = new Map(
    Array.from(theirs.matchAll(/^export const (\w+): i32 = (\d+);/gm), (match) => [match[1], Number(match[2])]),
  );
  const ours = Object.entries({
    ...await import("../../src/kernel/json_layout.ts"),
    ...await import("../../src/kernel/json_template_layout.ts"),
  });
  assert.ok(ours.length > 40);
  for (const [name, value] of ours) assert.equal(names.get(name), value, name);
});
