import assert from "node:assert/strict";
import { JSON_DEPTH_MAX } from "../../src/core/limits.ts";
import { BOOL, BYTES, type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { JsonParser } from "../../src/kernel/json.ts";
import { readAll } from "./json_read.ts";
import { loadKernel } from "./load.ts";
import { referenceLines, referenceText } from "./reference/json.ts";

const encoder = new TextEncoder();
const column = (name: string, type: Column["type"], nullable = true): Column => ({ name, type, nullable });
const COLUMNS = [
  column("id", INT64, false),
  column("name", STRING),
  column("price", decimal(12, 2)),
  column("ratio", DOUBLE),
  column("at", TIMESTAMP),
  column("ok", BOOL),
  column("data", BYTES),
  column("tags", STRING),
  column("total", decimal(38, 2)),
];
const LINES = 300;

/** A parser that makes code of a shape as soon as it can. */
function open(columns: readonly Column[] = COLUMNS) {
  const kernel = loadKernel("simd"), parser = new JsonParser(kernel, columns, { coerce: true, codeRows: 1 });
  return { parser, read: (text: string) => readAll(kernel, parser, encoder.encode(text), "ndjson"), kernel };
}

/** What the reference makes of lines. */
function expected(text: string, columns: readonly Column[] = COLUMNS) {
  return referenceLines(encoder.encode(text), columns, true, JSON_DEPTH_MAX);
}

function lines(row: (i: number) => string, count = LINES): string {
  return Array.from({ length: count }, (_, i) => row(i) + "\n").join("");
}

/** Reads the text often enough that code reads it, and compares. Returns the rows that a shape matched. */
function check({ parser, read }: ReturnType<typeof open>, text: string, columns = COLUMNS): number {
  read(text);
  const result = read(text), wanted = expected(text, columns);
  assert.deepEqual(result.rows, wanted.rows);
  assert.deepEqual(result.errors.map(({ line, field }) => [line, field]), wanted.errors.map((e) => [e.line, e.field]));
  assert.equal(result.unknown, wanted.unknown);
  return parser.rowsMatched;
}

const full = (i: number) =>
  `{"id":${i * 7919},"name":"${"n".repeat(i % 90)}","price":${i}.${10 + i % 90},"ratio":${i / 8},` +
  `"skipped":${i},"at":${1_700_000_000_000 + i},"ok":${i % 3 === 0},"data":"AAA=","tags":["a",${i}],"total":${
    i % 2 ? "-" : ""
  }1${"7".repeat(i % 35)}.5,"word":null,"x":"${i}"}`;

Deno.test("json code: leaves of every kind are read as the reference reads them", () => {
  const run = open(), matched = check(run, lines(full));
  assert.equal(run.parser.shapesCompiled, 1);
  assert.ok(matched > LINES - 5, `${matched} rows matched`);
});

Deno.test("json code: integers of every length and sign, and what only looks like one", () => {
  const digits = Array.from({ length: 20 }, (_, n) => "1234567890123456789012".slice(0, n + 1));
  const odd = [
    "0",
    "-0",
    "00",
    "01",
    "-01",
    "-",
    "1-",
    "1.0",
    "1e3",
    "+1",
    "9223372036854775807",
    "9223372036854775808",
  ];
  const all = [
    ...digits,
    ...digits.map((text) => `-${text}`),
    ...odd,
    "1a",
    "a1",
    "12 ",
    " 12",
    "12345678:",
    "1234567;9",
  ];
  check(open(), lines((i) => `{"id":${all[i % all.length]},"name":"x","skipped":${all[(i * 7) % all.length]}}`, 500));
  check(open(), lines((i) => `{"skipped":${all[(i * 7) % all.length]},"id":${i}}`, 500));
});

Deno.test("json code: what is not given, or null, is NULL in each row of the shape", () => {
  const run = open(), text = lines((i) => `{"id":${i},"name":null,"ok":true}`);
  check(run, text);
  assert.equal(run.parser.shapesCompiled, 1);
  assert.deepEqual(run.read(text).rows[9].slice(0, 3), [9n, null, null]);
});

Deno.test("json code: rows of several shapes in turn", () => {
  const shapes = [full, (i: number) => `{"name":"a","id":${i}}`, (i: number) => `{ "id": ${i} }`];
  const run = open(), text = lines((i) => shapes[i % 3](i));
  for (let i = 0; i < 3; i++) check(run, text);
  assert.equal(run.parser.shapesCompiled, 3);
});

Deno.test("json code: escapes are read all the same, now and then or in every row", () => {
  for (const every of [1, 2, 50]) {
    const name = (i: number) => i % every === 0 ? `q\\"${i}\\u00e9` : `n${i}`;
    check(open(), lines((i) => `{"id":${i},"name":"${name(i)}","x":"${name(i + 1)}"}`, 1000));
  }
});

Deno.test("json code: a literal of more than a vector, and of more than an entry", () => {
  for (let length = 1; length < 120; length += 3) {
    const key = "k".repeat(length);
    check(open(), lines((i) => `{"${key}":"v","id":${i},"${key}2":[]}`, 40));
  }
});

Deno.test("json code: elements of an array", () => {
  const { kernel, parser } = open(), text = `[${Array.from({ length: LINES }, (_, i) => full(i)).join(",")}]`;
  const bytes = encoder.encode(text), wanted = referenceText(bytes, COLUMNS, true, JSON_DEPTH_MAX);
  for (let i = 0; i < 3; i++) assert.deepEqual(readAll(kernel, parser, bytes, "json").rows, wanted.rows);
  assert.equal(parser.shapesCompiled, 1);
});

Deno.test("json code: a parser that is closed leaves its places to the next one", () => {
  const { kernel } = open();
  let before = 0;
  for (let i = 0; i < 5; i++) {
    const parser = new JsonParser(kernel, COLUMNS, { coerce: true, codeRows: 1 });
    readAll(kernel, parser, encoder.encode(lines(full)), "ndjson");
    assert.equal(parser.shapesCompiled, 1);
    parser.close();
    if (i > 0) assert.equal(kernel.tablePlaces, before);
    before = kernel.tablePlaces;
  }
});

Deno.test("json windows: lines end, begin and go on over the scanned windows, with characters of several bytes at their edges", () => {
  const WINDOW = 128 << 10, columns = [column("id", INT64, false), column("name", STRING)];
  for (let shift = -6; shift <= 6; shift++) {
    // The first line ends around the first window, the second is longer than two windows
    const start = '{"id":1,"name":"', filler = "x".repeat(WINDOW + shift - start.length - 6);
    const text = `${start}${filler}\u20ac"}\n{"id":2,"name":"${"\u20acab".repeat(60_000)}"}\n{"id":3}\n`;
    check(open(columns), text, columns);
    const bytes = encoder.encode(text), cut = WINDOW + shift - 3;
    bytes[cut] = 0xe2; // begins a sequence that the next byte breaks off
    const { kernel, parser } = open(columns), result = readAll(kernel, parser, bytes, "ndjson");
    const wanted = referenceLines(bytes, columns, true, JSON_DEPTH_MAX);
    assert.deepEqual(result.rows, wanted.rows);
    assert.deepEqual(result.errors.map(({ line }) => line), wanted.errors.map(({ line }) => line));
  }
});
