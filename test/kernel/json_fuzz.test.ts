import assert from "node:assert/strict";
import { JSON_DEPTH_MAX } from "../../src/core/limits.ts";
import { BOOL, BYTES, type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { JsonParser } from "../../src/kernel/json.ts";
import { readAll, type ReadResult } from "./json_read.ts";
import { loadKernel, type Variant } from "./load.ts";
import { referenceLines, type ReferenceResult, referenceText } from "./reference/json.ts";

const SEED = Number(Deno.env.get("RDX_SEED") ?? 20260101);
const ROUNDS = Number(Deno.env.get("RDX_ROUNDS") ?? 400);
const encoder = new TextEncoder();

/** Numbers from 0 to n - 1, the same for the same seed (Steele et al., SplitMix; 32 bits). */
function random(seed: number): (n: number) => number {
  return (n) => {
    seed = (seed + 0x9e3779b9) | 0;
    let z = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return Math.floor((((z ^ (z >>> 15)) >>> 0) / 2 ** 32) * n);
  };
}
type Random = ReturnType<typeof random>;
const pick = <T>(rnd: Random, from: readonly T[]): T => from[rnd(from.length)];

const column = (name: string, type: Column["type"], nullable = true): Column => ({ name, type, nullable });
const COLUMNS: readonly (readonly Column[])[] = [
  [column("auction", INT64, false), column("price", DOUBLE), column("channel", STRING), column("dateTime", TIMESTAMP)],
  [
    column("user.name", STRING),
    column("user.address.city", STRING),
    column("price", decimal(9, 2)),
    column("ok", BOOL),
  ],
  [
    column("data", BYTES),
    column("user", STRING),
    column("__proto__", INT64),
    column("auction", INT64),
    column("ok", BOOL, false),
  ],
  [
    column("dateTime", TIMESTAMP, false),
    column("price", decimal(18, 0)),
    column("total", decimal(38, 8)),
    column("constructor", STRING),
    column("a.b", INT64),
  ],
  [],
];

const TEXTS = [
  "",
  "a",
  "Google",
  "channel-123",
  "x".repeat(15),
  "y".repeat(63),
  "z".repeat(64),
  "w".repeat(200),
  "\u65e5\u672c\u8a9e",
];
const ODD = [
  "\u00e9",
  "\ud83d\ude00\ud83d\ude00",
  'q"q',
  "b\\b",
  "t\tn\n",
  "\u0000\u001f",
  "a".repeat(57) + "\u00e9",
  "\u2028",
  "/",
  "\u007f",
];
const RAW = [
  '"\\u00e9\\ud83d\\ude00"',
  '"\\ud800"',
  '"\\udc00\\ud800x"',
  '"\\/\\b\\f\\n\\r\\t"',
  "1.5",
  "-0",
  "1e5",
  "-1.5E+3",
  "true",
];
RAW.push(
  "false",
  "null",
  "[]",
  "{}",
  "[1,2,[3]]",
  '{"a":{"auction":5}}',
  '"\\u0061uction"',
  "12345678901234567",
  "0",
  "-7",
  "[1,]",
);
RAW.push(
  "01",
  "1.",
  ".5",
  "+1",
  "tru",
  "nul",
  "[",
  '"\\x"',
  '"\\u12g4"',
  "--1",
  "1e",
  "{a:1}",
  "'x'",
  "9223372036854775807",
  "NaN",
);
RAW.push(
  "9223372036854775808",
  "-9223372036854775808",
  "-9223372036854775809",
  "1e400",
  "-1e400",
  "1e-400",
  "1.0",
  "10e-1",
  "{",
);
RAW.push(
  '"12"',
  '"12.50"',
  '"-9223372036854775808"',
  '"2024-02-30"',
  '"2024-02-29T23:59:59.999Z"',
  '"2024-02-29 01:02"',
  '"AA=="',
);
RAW.push(
  '"AAA"',
  '"A"',
  '"\\u0041AA="',
  '[{"x":"y"},null,true]',
  '{"name":"n","address":{"city":"c"}}',
  '{"name":1}',
  "0.1",
  "-0.0",
);
RAW.push(
  "0.30000000000000004",
  "123456789012345678",
  "9007199254740993",
  "0.1e1",
  "12.34",
  "00.1",
  "-",
  "1234567.891",
  "1e16",
);

function valueFor(rnd: Random, key: string, chaos: number): string {
  if (rnd(120) < chaos) return pick(rnd, RAW);
  switch (key) {
    case "auction":
    case "__proto__":
      return String(pick(rnd, [rnd(10), rnd(1e5), -rnd(1e6), 2 ** 53 - 1, rnd(1e9), 1234567890123456]));
    case "price":
      return pick(rnd, [String(rnd(1e6) / 100), String(rnd(1000)), `-${rnd(100)}.${rnd(90) + 10}`, "0.5"]);
    case "total": {
      const digits = Array.from({ length: 1 + rnd(40) }, () => rnd(10)).join("").replace(/^0+(?=.)/, "");
      const number = `${pick(rnd, ["", "-"])}${digits}${pick(rnd, ["", ".5", ".25000000", ".123456789", "e-8", "E3"])}`;
      return rnd(2) ? number : `"${number}"`;
    }
    case "dateTime":
      return rnd(2)
        ? String(1700000000000 + rnd(1e9))
        : JSON.stringify(new Date(1700000000000 + rnd(1e9)).toISOString());
    case "ok":
      return pick(rnd, ["true", "false"]);
    case "data":
      return JSON.stringify(btoa("x".repeat(rnd(20))));
    case "a":
      return rnd(2) ? `{"b":${rnd(100)}}` : '{"c":null,"b":7}';
    case "user":
      return pick(rnd, [
        '{"name":"n1","address":{"city":"c1","zip":[1]}}',
        '{"address":{},"name":"n2"}',
        '"plain"',
        '{"name":null}',
      ]);
    default:
      return JSON.stringify(rnd(8) ? pick(rnd, TEXTS) + rnd(99) : pick(rnd, ODD));
  }
}

const KEYS = [
  "auction",
  "price",
  "total",
  "channel",
  "dateTime",
  "ok",
  "user",
  "data",
  "extra",
  "a",
  "__proto__",
  "constructor",
];
const ODD_KEYS = [
  '"\\u0061uction"',
  '"price"',
  '"zz"',
  "price",
  '"a\\"b"',
  '"user.name"',
  '"user"',
  '"a.b"',
  '"\\ud800"',
];

/** One row as text, in a style of white space. */
function rowText(rnd: Random, keys: readonly string[], style: number, chaos: number, white: readonly string[]): string {
  const gap = () => style === 1 ? " " : style === 2 && rnd(5) === 0 ? pick(rnd, white) : "";
  const fields = keys.map((key) => {
    const name = rnd(250) < chaos ? pick(rnd, ODD_KEYS) : JSON.stringify(key);
    return `${name}${gap()}:${gap()}${valueFor(rnd, key, chaos)}`;
  });
  if (rnd(100) < chaos * 3) fields.splice(rnd(fields.length), 1);
  if (rnd(100) < chaos && fields.length) fields.push(pick(rnd, fields));
  return `${gap()}{${gap()}${fields.join(`${gap()},${gap()}`)}${gap()}}${gap()}`;
}

const BYTES_BAD = [[0xed, 0xa0, 0x80], [0xc0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [
  0xe0,
  0x80,
  0x80,
]];
BYTES_BAD.push([0xc2, 0xa9], [0xef, 0xbf, 0xbd], [0xf0, 0x9f, 0x98, 0x80], [0x80], [0xff]);
const BYTES_ODD = [0, 1, 9, 10, 13, 34, 44, 58, 92, 93, 123, 125, 127, 128, 0xc0, 0xe2, 0xed, 0xf5, 0xff, 32, 48, 110];

/** Changes, cuts or fills `bytes` at random places. */
function mutate(rnd: Random, bytes: Uint8Array, chaos: number): Uint8Array {
  let out = [...bytes];
  if (rnd(50) < chaos && out.length) {
    out[rnd(out.length)] = pick(rnd, BYTES_ODD);
    if (rnd(3) === 0) out = out.slice(0, rnd(out.length) + 1);
  }
  if (rnd(40) < chaos) out.splice(rnd(out.length + 1), 0, ...pick(rnd, BYTES_BAD));
  return Uint8Array.from(out);
}

function shuffled<T>(rnd: Random, from: readonly T[]): T[] {
  return from.map((item) => [rnd(1e9), item] as const).sort((a, b) => a[0] - b[0]).map(([, item]) => item);
}

function compare(results: readonly ReadResult[], expected: ReferenceResult, where: string) {
  const [simd, scalar, code] = results;
  assert.deepEqual(simd, scalar, `simd and scalar differ, ${where}`);
  assert.deepEqual(code, scalar, `code and scalar differ, ${where}`);
  assert.equal(simd.fatal, expected.fatal, where);
  if (expected.fatal) return;
  assert.deepEqual(simd.rows, expected.rows, where);
  assert.deepEqual(
    simd.errors.map(({ field, mismatch }) => ({ field, mismatch })),
    expected.errors.map(({ field, mismatch }) => ({ field, mismatch })),
    where,
  );
  assert.equal(simd.unknown, expected.unknown, where);
}

/**
 * A parser of each build that lives on over all inputs, so that what it learned from one meets the next, and one that makes code of every
 * shape and reads each input once more.
 */
function makeReaders(columns: readonly Column[], coerce: boolean) {
  const reader = (variant: Variant, codeRows: number, times: number) => {
    const kernel = loadKernel(variant), parser = new JsonParser(kernel, columns, { coerce, codeRows });
    return (input: Uint8Array, format: "ndjson" | "json") => {
      for (let i = 1; i < times; i++) readAll(kernel, parser, input, format);
      return readAll(kernel, parser, input, format);
    };
  };
  return [reader("simd", Infinity, 1), reader("scalar", Infinity, 1), reader("simd", 1, 2)];
}

for (const [set, columns] of COLUMNS.entries()) {
  for (const coerce of [false, true]) {
    const name = `columns ${set}${coerce ? ", coerced" : ""}`;
    Deno.test(`json: mutated lines are read as JSON.parse reads them (${name})`, () => {
      const rnd = random(SEED + set * 2 + Number(coerce)), readers = makeReaders(columns, coerce);
      for (let round = 0; round < ROUNDS / 10; round++) {
        const style = rnd(4), chaos = pick(rnd, [0, 0, 1, 3, 10]);
        let keys = shuffled(rnd, KEYS).slice(rnd(4));
        const parts: number[] = [];
        for (let line = rnd(50); line >= 0; line--) {
          if (rnd(100) < chaos * 5) keys = shuffled(rnd, KEYS);
          const some = rnd(4) ? keys : keys.slice(0, -2);
          parts.push(...mutate(rnd, encoder.encode(rowText(rnd, some, style, chaos, [" ", "\t", "\r", "  "])), chaos));
          if (line || rnd(2)) parts.push(...(style === 3 ? [13, 10] : [10]));
          if (rnd(40) === 0) parts.push(10);
        }
        const input = Uint8Array.from(parts);
        const expected = referenceLines(input, columns, coerce, JSON_DEPTH_MAX), where = `seed ${SEED}, round ${round}`;
        const results = readers.map((read) => read(input, "ndjson"));
        compare(results, expected, where);
        assert.deepEqual(results[0].errors.map(({ line }) => line), expected.errors.map(({ line }) => line), where);
      }
    });

    Deno.test(`json: mutated arrays are read as JSON.parse reads them (${name})`, () => {
      const rnd = random(SEED + 1000 + set * 2 + Number(coerce)), readers = makeReaders(columns, coerce);
      for (let round = 0; round < ROUNDS / 10; round++) {
        const style = rnd(3), chaos = pick(rnd, [0, 0, 0, 1, 2]);
        const keys = shuffled(rnd, KEYS).slice(rnd(4)), rows: string[] = [];
        for (let row = rnd(40); row > 0; row--) rows.push(rowText(rnd, keys, style, chaos, [" ", "\n", "\r\n", "\t"]));
        if (rnd(20) < chaos) rows.push(pick(rnd, ["1", "[]", "null", '"x"', "{}"]));
        const text = rnd(8) ? `[${rows.join(pick(rnd, [",", ",\n", " , "]))}]` : rows[0] ?? "{}";
        const input = mutate(rnd, encoder.encode(text), chaos);
        const expected = referenceText(input, columns, coerce, JSON_DEPTH_MAX);
        compare(readers.map((read) => read(input, "json")), expected, `seed ${SEED}, round ${round}`);
      }
    });
  }
}

Deno.test("json: garbage neither traps nor differs between the builds", () => {
  const rnd = random(SEED + 7), readers = makeReaders(COLUMNS[0], true);
  const pieces = [
    '{"',
    '":',
    "[",
    "]",
    "}",
    ",",
    '"',
    "\\",
    "\\u",
    "12",
    "-",
    "e",
    ".",
    "true",
    "nul",
    "\n",
    " ",
    "\ud83d\ude00",
    "auction",
    "price",
  ];
  for (let round = 0; round < ROUNDS; round++) {
    const parts: number[] = [];
    for (let i = rnd(300); i > 0; i--) {
      if (rnd(3)) parts.push(...encoder.encode(pick(rnd, pieces)));
      else parts.push(rnd(256));
    }
    const input = Uint8Array.from(parts), where = `seed ${SEED}, round ${round}`;
    compare(
      readers.map((read) => read(input, "ndjson")),
      referenceLines(input, COLUMNS[0], true, JSON_DEPTH_MAX),
      where,
    );
    compare(readers.map((read) => read(input, "json")), referenceText(input, COLUMNS[0], true, JSON_DEPTH_MAX), where);
  }
});
