import assert from "node:assert/strict";
import { JSON_DEPTH_MAX } from "../../src/core/limits.ts";
import { BOOL, BYTES, type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { JsonParser } from "../../src/kernel/json.ts";
import { readAll } from "./json_read.ts";
import { loadKernel } from "./load.ts";
import { type Random, seeded } from "./random.ts";
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

/** A number as JSON may write it, mostly a short one, of `random`. */
function numberText(random: Random): string {
  const digits = (count: number) => Array.from({ length: count }, () => random.below(10)).join("");
  const whole = random.chance(0.3) ? "0" : String(random.below(9) + 1) + digits(random.below(random.of([1, 4, 8, 20])));
  const fraction = random.chance(0.7) ? `.${digits(1 + random.below(random.of([1, 4, 8, 20])))}` : "";
  const exponent = random.chance(0.1) ? `${random.of(["e", "E"])}${random.of(["", "-", "+"])}${random.below(400)}` : "";
  return `${random.of(["", "", "-"])}${whole}${fraction}${exponent}`;
}

/** The same with bytes that are put in, left out or changed, most of which make it none. */
function spoiled(text: string, random: Random): string {
  const at = random.below(text.length + 1), rest = text.slice(at + random.below(2));
  return text.slice(0, at) + random.of(["", ".", "-", "+", "0", "e", "/", ":", "x", "\u00e9", "\u007f"]) + rest;
}

/** The number that JSON.parse makes of a text; null: it is none, or beyond all doubles. */
function parsed(text: string): number | null {
  try {
    const value = JSON.parse(text);
    return typeof value === "number" && Number.isFinite(value) ? value : null;
  } catch {
    return null;
  }
}

Deno.test("json code: doubles are those of JSON.parse, to the bit, and what it refuses is refused", () => {
  const odd = ["0", "-0", "-0.0", "0.0", "00", "01", "01.5", "-01.5", "0.", ".5", "-.5", ".", "-", "--1", "1.", "1..2"];
  const edges = ["1.2.3", "12345678", "1234567.", "1234567.8", "123456.7", "0.000001", "0.0000001", "9.999999"];
  // A '/' or ':' lies beside the digits; what is beyond ASCII carries into the byte behind it where a word is added to
  const bytes = [
    "1/2",
    "1:2",
    "1.2/",
    "1\u00ff.5",
    "\u00e91.5",
    "1.\u00e9",
    "1 .5",
    "1.5 ",
    " 1.5",
    "1e5",
    "1.5e5",
    "-1e-5",
  ];
  const columns = [column("id", INT64, false), column("a", DOUBLE, false), column("b", DOUBLE)];
  seeded(10, (random) => {
    const texts = [...odd, ...edges, ...bytes];
    for (let i = 0; i < 600; i++) texts.push(numberText(random));
    for (let i = 0; i < 200; i++) texts.push(spoiled(numberText(random), random));
    const run = open(columns);
    run.read(lines((i) => `{"id":${i},"a":1.5,"b":0.5}`));
    assert.equal(run.parser.shapesCompiled, 1);
    texts.forEach((a, i) => {
      // Code reads good rows around it: it begins with the first, and is left at the one that it does not read
      const { rows } = run.read(
        lines((k) => k === 2 ? `{"id":2,"a":${a},"b":0.5}` : `{"id":${k},"a":-${k}.25,"b":1}`, 5),
      );
      const wanted = parsed(a), found = rows.filter(([id]) => id === 2n).map((row) => row[1]);
      assert.deepEqual(found, wanted === null ? [] : [wanted], `${JSON.stringify(a)}, text ${i}`);
      if (wanted !== null) assert.ok(Object.is(found[0], wanted), a);
      assert.deepEqual(rows.filter(([id]) => id !== 2n).map((row) => row[1]), [-0.25, -1.25, -3.25, -4.25]);
    });
  }, 13_001);
});

Deno.test("json code: every double of up to five digits and a point", () => {
  const columns = [column("a", DOUBLE, false)], run = open(columns);
  const all = Array.from({ length: 4 }, (_, fraction) => {
    return Array.from({ length: 100_000 }, (_, n) => (n / 10 ** fraction).toFixed(fraction));
  }).flat();
  run.read(lines(() => `{"a":1.5}`));
  assert.equal(run.parser.shapesCompiled, 1);
  const { rows } = run.read(all.map((text, i) => `{"a":${i % 2 ? "-" : ""}${text}}\n`).join(""));
  assert.equal(rows.length, all.length);
  const wrong = all.findIndex((text, i) => !Object.is(rows[i][0], JSON.parse(`${i % 2 ? "-" : ""}${text}`)));
  assert.equal(wrong, -1, all[wrong]);
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
