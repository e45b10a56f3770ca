import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { LEVENSHTEIN_CHARS_MAX, MADE_TEXT_BYTES_MAX } from "../../../src/core/limits.ts";
import { type Column, DOUBLE, INT64, STRING } from "../../../src/core/schema.ts";
import type { Expression } from "../../../src/expr/mod.ts";
import * as plain from "../reference/text.ts";
import { anyText, count, double, int64, part, shortText, text } from "./arguments.ts";
import { check, type Subject } from "./differential.ts";
import { valuesOf } from "./run.ts";

const set = { type: STRING, values: shortText("ab é", 3) };
const digits = { type: STRING, values: fc.oneof(shortText("09a", 4), anyText) };
const limit = MADE_TEXT_BYTES_MAX;

const SUBJECTS: Record<string, Subject | readonly Subject[]> = {
  position: [{ args: [part, text], reference: plain.position }, {
    args: [part, text, count],
    reference: plain.position,
  }],
  instr: { args: [text, part], reference: (a: string, b: string) => plain.position(b, a) },
  count_char: { args: [text, part], reference: plain.countText },
  split_index: { args: [text, part, count], reference: plain.splitIndex, runs: 200 },
  left: { args: [text, count], reference: plain.left },
  right: { args: [text, count], reference: plain.right },
  repeat: {
    args: [text, { ...count, values: fc.bigInt(-2n, 9n) }],
    reference: (a: string, n: bigint) => plain.repeat(a, n, limit),
  },
  lpad: { args: [text, count, part], reference: (a: string, n: bigint, b: string) => plain.pad(a, n, b, false, limit) },
  rpad: { args: [text, count, part], reference: (a: string, n: bigint, b: string) => plain.pad(a, n, b, true, limit) },
  reverse: { args: [text], reference: plain.reverse },
  initcap: { args: [text], reference: plain.initcap },
  overlay: [{ args: [text, part, count], reference: plain.overlay }, {
    args: [text, part, count, count],
    reference: plain.overlay,
  }],
  replace: { args: [text, part, part], reference: plain.replace },
  translate: { args: [text, part, part], reference: plain.translate },
  trim: { args: [text, set], reference: (a: string, b: string) => plain.trim(a, b, true, true) },
  ltrim: { args: [text, set], reference: (a: string, b: string) => plain.trim(a, b, true, false) },
  rtrim: { args: [text, set], reference: (a: string, b: string) => plain.trim(a, b, false, true) },
  concat: { args: [text, part, text, part], reference: (...all: string[]) => all.join("") },
  concat_ws: { args: [part, text, part, text], reference: plain.concatWith, takesNull: true },
  ascii: { args: [text], reference: plain.ascii },
  chr: { args: [int64], reference: plain.chr },
  is_alpha: { args: [text], reference: (a: string) => /^[A-Za-z]+$/.test(a) },
  is_digit: { args: [digits], reference: (a: string) => /^[0-9]+$/.test(a) },
  levenshtein: { args: [part, part], reference: plain.levenshtein },
};

for (const [name, subjects] of Object.entries(SUBJECTS)) {
  Deno.test(`${name} is what the reference says, with NULL, characters of any length and any number`, () => {
    for (const subject of [subjects].flat()) check(name, subject);
  });
}

const columns = (...types: Column["type"][]): Column[] =>
  types.map((type, i) => ({ name: "abcd"[i], type, nullable: true }));
const call = (name: string, ...args: Expression[]): Expression => ({ call: name, args });
const [a, b] = ["a", "b"].map((column): Expression => ({ column }));

/** Texts of every length up to 80 code points of one to four bytes each, which end everywhere beside steps of 8, 16 and 32 bytes. */
const lengths = ["a", "é", "€", "𝄞", "aé€𝄞"].flatMap((some) =>
  Array.from({ length: 81 }, (_, points) => Array.from(some.repeat(points)).slice(0, points).join(""))
);

Deno.test("texts of every length have as many characters as they have code points", () => {
  const rows = lengths.map((text) => [text]);
  const found = valuesOf(call("length", a), columns(STRING), rows);
  assert.deepEqual(found, lengths.map((text) => BigInt(Array.from(text).length)));
});

Deno.test("texts of every length are put together from pieces of every length, with nothing of what lies behind them", () => {
  const rows = lengths.map((text, i) => [`${text}c${text}`, lengths[(i * 7) % lengths.length]]);
  const replaced = valuesOf(call("replace", a, { literal: "c" }, b), columns(STRING, STRING), rows);
  assert.deepEqual(replaced, rows.map(([text, by]) => text.replaceAll("c", () => by)));
  assert.deepEqual(valuesOf(call("concat", a, b, a), columns(STRING, STRING), rows), rows.map(([x, y]) => x + y + x));
});

Deno.test("separators of one byte are found at every place of a text of any length", () => {
  const rows: [string, bigint][] = [];
  for (let length = 0; length < 50; length++) {
    for (let at = 0; at < length; at++) {
      const text = "x".repeat(at) + "/" + "y".repeat(length - at - 1);
      for (const index of [0n, 1n, 2n]) rows.push([text, index]);
    }
  }
  const slash: Expression = { literal: "/" };
  assert.deepEqual(
    valuesOf(call("split_index", a, slash, b), columns(STRING, INT64), rows),
    rows.map(([text, index]) => plain.splitIndex(text, "/", index)),
  );
  assert.deepEqual(valuesOf(call("count_char", a, slash), columns(STRING), rows), rows.map(() => 1n));
  const many = Array.from({ length: 100 }, (_, n) => ["/".repeat(n)]);
  assert.deepEqual(valuesOf(call("count_char", a, slash), columns(STRING), many), many.map((_, n) => BigInt(n)));
});

Deno.test("split_index takes a separator as the number of a character, and white space as the empty one", () => {
  const rows = [["a/b c"], ["/"], [""]];
  assert.deepEqual(valuesOf(call("split_index", a, { literal: 47 }, { literal: 1 }), columns(STRING), rows), [
    "b c",
    "",
    null,
  ]);
  assert.deepEqual(valuesOf(call("split_index", a, { literal: "" }, { literal: 1 }), columns(STRING), rows), [
    "c",
    null,
    null,
  ]);
});

Deno.test("a text that is too long is NULL, and its neighbours are not", () => {
  const rows = [["abc", 2n], ["abc", BigInt(limit)], ["abc", 2n ** 62n], ["", 2n ** 62n], ["x", BigInt(limit)], [
    "z",
    1n,
  ]];
  const made = valuesOf(call("repeat", a, b), columns(STRING, INT64), rows) as (string | null)[];
  assert.deepEqual(made.map((value) => value?.length ?? null), [6, null, null, 0, limit, 1]);
  const padded = valuesOf(call("lpad", a, b, { literal: "é" }), columns(STRING, INT64), rows) as (string | null)[];
  assert.deepEqual(padded.map((value) => value?.length ?? null), [2, null, null, null, null, 1]);
});

Deno.test("levenshtein gives up beyond its bound", () => {
  const longest = "x".repeat(LEVENSHTEIN_CHARS_MAX);
  const rows = [[longest, ""], [longest, longest.replace("x", "é")], [longest + "x", "x"], ["x", longest + "x"]];
  assert.deepEqual(valuesOf(call("levenshtein", a, b), columns(STRING, STRING), rows), [256n, 1n, null, null]);
});

Deno.test("soundex codes names as the National Archives do", () => {
  const known = { Robert: "R163", Rupert: "R163", Rubin: "R150", Ashcraft: "A261", Ashcroft: "A261", Tymczak: "T522" };
  const more = {
    Pfister: "P236",
    Honeyman: "H555",
    Lee: "L000",
    Gutierrez: "G362",
    "VanDeusen": "V532",
    "": "",
    "12": "",
  };
  const names = { ...known, ...more };
  assert.deepEqual(valuesOf(call("soundex", a), columns(STRING), Object.keys(names).map((name) => [name])), [
    ...Object.keys(names).map((name) => names[name as keyof typeof names]),
  ]);
});

Deno.test("concat and its kin write what is no text as text", () => {
  const rows = [[1.5, 7n], [null, -1n]];
  assert.deepEqual(valuesOf(call("concat", a, { literal: ":" }, b), columns(DOUBLE, INT64), rows), ["1.5:7", null]);
  assert.deepEqual(valuesOf(call("concat_ws", { literal: "," }, a, b), columns(DOUBLE, INT64), rows), ["1.5,7", "-1"]);
  assert.deepEqual(
    valuesOf(call("elt", b, a, { literal: "two" }), columns(DOUBLE, INT64), [[1.5, 1n], [1, 2n], [1, 3n]]),
    [
      "1.5",
      "two",
      null,
    ],
  );
});

Deno.test("numbers are read or not, and NULL is neither", () => {
  const rows = [["1"], [" -2.5e3 "], ["x"], [""], [null]];
  assert.deepEqual(valuesOf(call("is_decimal", a), columns(STRING), rows), [true, true, false, false, null]);
});

const ROUNDED: Record<string, (x: number) => number> = { truncate: Math.trunc };
Deno.test("truncate cuts the digits of doubles and whole numbers off, towards zero", () => {
  check("truncate", { args: [double], reference: (x: number) => ROUNDED.truncate(x) });
  const places = (n: number): Expression => ({ literal: n, type: "int64" });
  const cut = (value: Expression, n: number) => call("truncate", value, places(n));
  assert.deepEqual(valuesOf(cut(a, 2), columns(DOUBLE), [[42.329], [-42.329], [0.1], [1e300], [5e-324], [NaN]]), [
    42.32,
    -42.32,
    0.1,
    1e300,
    0,
    NaN,
  ]);
  assert.deepEqual(valuesOf(cut(a, -2), columns(DOUBLE), [[199.9], [-1999], [1e22]]), [100, -1900, 1e22]);
  assert.deepEqual(valuesOf(cut(a, -2), columns(INT64), [[199n], [-1999n], [2n ** 63n - 1n], [-(2n ** 63n)]]), [
    100n,
    -1900n,
    9223372036854775800n,
    -9223372036854775800n,
  ]);
});

Deno.test("bits are those of two's complement", () => {
  const wrap = (x: bigint) => BigInt.asIntN(64, x);
  check("bitand", { args: [int64, int64], reference: (x: bigint, y: bigint) => x & y });
  check("bitor", { args: [int64, int64], reference: (x: bigint, y: bigint) => x | y });
  check("bitxor", { args: [int64, int64], reference: (x: bigint, y: bigint) => x ^ y });
  check("bitnot", { args: [int64], reference: (x: bigint) => ~x });
  check("shiftleft", { args: [int64, int64], reference: (x: bigint, y: bigint) => wrap(x << (y & 63n)) });
  check("shiftright", { args: [int64, int64], reference: (x: bigint, y: bigint) => x >> (y & 63n) });
  check("shiftrightunsigned", {
    args: [int64, int64],
    reference: (x: bigint, y: bigint) => wrap(BigInt.asUintN(64, x) >> (y & 63n)),
  });
  const binary = (x: bigint) => BigInt.asUintN(64, x).toString(2);
  check("bitcount", { args: [int64], reference: (x: bigint) => BigInt(binary(x).replaceAll("0", "").length) });
  check("bin", { args: [int64], reference: binary });
  check("sign", { args: [int64], reference: (x: bigint) => x > 0n ? 1n : x < 0n ? -1n : 0n });
  check("sign", { args: [double], reference: Math.sign });
});

Deno.test("width_bucket counts equal parts, also downwards, and gives NULL where there are none", () => {
  const rows: [number, number, number, bigint][] = [
    [5.35, 0.024, 10.06, 5n],
    [-1, 0, 10, 5n],
    [10, 0, 10, 5n],
    [9.999, 0, 10, 5n],
    [8, 10, 0, 5n],
    [11, 10, 0, 5n],
    [0, 10, 0, 5n],
    [1, 1, 1, 5n],
    [1, 0, 1, 0n],
    [NaN, 0, 1, 1n],
    [1, 0, Infinity, 1n],
    [1e308, -1.7e308, 1.7e308, 10n],
    [2, 0, 1, 2n ** 63n - 1n],
  ];
  const names = ["a", "b", "c", "d"].map((column): Expression => ({ column }));
  assert.deepEqual(valuesOf(call("width_bucket", ...names), columns(DOUBLE, DOUBLE, DOUBLE, INT64), rows), [
    3n,
    0n,
    6n,
    5n,
    2n,
    0n,
    6n,
    null,
    null,
    null,
    null,
    8n,
    null,
  ]);
});
