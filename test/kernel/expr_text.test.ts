import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { type Column, type DataType, DOUBLE, INT64, parseType, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { Expression } from "../../src/expr/mod.ts";
import { valuesOf } from "./expr_run.ts";

function castAll(values: readonly Value[], from: DataType, to: string): Value[] {
  const column: Column = { name: "a", type: from, nullable: true };
  return valuesOf({ call: "cast", args: [{ column: "a" }], type: to }, [column], values.map((value) => [value]));
}

function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
}

const anyBits = fc.bigInt(0n, 2n ** 64n - 1n);
/** Neighbours of powers of two and ten, where the shortest decimal is hardest to find. */
const EDGES = Array.from({ length: 2047 }, (_, e) => [-1n, 0n, 1n].map((by) => (BigInt(e) << 52n) + by)).flat().slice(
  1,
);
const TENS = Array.from({ length: 632 }, (_, i) => Number(`1e${i - 323}`));

Deno.test("doubles become the text that ECMAScript gives them, for random bits", () => {
  fc.assert(
    fc.property(fc.array(anyBits, { minLength: 1000, maxLength: 1000 }), (bits) => {
      const doubles = bits.map(doubleOf).filter((x) => !Number.isNaN(x));
      assert.deepEqual(castAll(doubles, DOUBLE, "string"), doubles.map(String));
    }),
    { numRuns: 20 },
  );
});

Deno.test("doubles become the text that ECMAScript gives them, at every power of two and of ten", () => {
  const doubles = [
    ...EDGES.map(doubleOf),
    ...TENS,
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    5e-324,
    1.7976931348623157e308,
    2 / 3,
  ];
  assert.deepEqual(castAll(doubles, DOUBLE, "string"), doubles.map(String));
});

Deno.test("the text of a double reads back as the same bits", () => {
  fc.assert(fc.property(fc.array(anyBits, { minLength: 64 }), (bits) => {
    const doubles = bits.map(doubleOf).filter(Number.isFinite);
    const column: Column = { name: "a", type: DOUBLE, nullable: false };
    const text: Expression = { call: "cast", args: [{ column: "a" }], type: "string" };
    const back = valuesOf({ call: "cast", args: [text], type: "double" }, [column], doubles.map((x) => [x]));
    assert.deepEqual(back, doubles.map((x) => x === 0 ? 0 : x));
  }));
});

Deno.test("strings that are no value of the type become NULL", () => {
  assert.deepEqual(castAll(["12", " -3 ", "1.5", "x", "", "9223372036854775808", null], STRING, "int64"), [
    12n,
    -3n,
    null,
    null,
    null,
    null,
    null,
  ]);
  assert.deepEqual(castAll(["1.005", "-1.005", "99999.99", "99999.995", "1e3", "1e6"], STRING, "decimal(7,2)"), [
    101n,
    -101n,
    9999999n,
    null,
    100000n,
    null,
  ]);
  // However large an exponent is written: too small for any place is 0, too large for any type is NULL
  const far = ["-1.5E-389223372036854775808", "1e9223372036854775808", "0e9223372036854775808", "1e-2001"];
  assert.deepEqual(castAll(far, STRING, "decimal(7,2)"), [0n, null, 0n, 0n]);
  assert.deepEqual(castAll(far, STRING, "decimal(30,29)"), [0n, null, 0n, 0n]);
  assert.deepEqual(castAll(far, STRING, "int64"), [null, null, 0n, null]);
  assert.deepEqual(castAll(far, STRING, "double"), [-0, null, 0, 0]);
  assert.deepEqual(castAll(["TRUE", "no", "2", "0", "Y"], STRING, "bool"), [true, false, null, false, true]);
  const day = BigInt(Date.UTC(2024, 1, 29));
  assert.deepEqual(castAll(["2024-02-29", "2023-02-29", "2024-02-29T00:00:00+01:00"], STRING, "timestamp"), [
    day,
    null,
    day - 3_600_000n,
  ]);
});

Deno.test("decimals become doubles that are the nearest there are", () => {
  const type = parseType("decimal(18,17)");
  fc.assert(fc.property(fc.array(fc.bigInt(-(10n ** 18n) + 1n, 10n ** 18n - 1n), { minLength: 1 }), (cells) => {
    assert.deepEqual(castAll(cells, type, "double"), cells.map((cell) => Number(`${cell}e-17`)));
  }));
});

Deno.test("bytes that are no UTF-8 become NULL as strings", () => {
  const good = [[0xf4, 0x8f, 0xbf, 0xbf], [0xed, 0x9f, 0xbf], [0xe0, 0xa0, 0x80], []];
  const bad = [[0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xf8, 0x88]];
  const values = [...good, ...bad].map((bytes) => Uint8Array.from(bytes));
  assert.deepEqual(castAll(values, parseType("bytes"), "string"), [
    "\u{10ffff}",
    "\ud7ff",
    "\u0800",
    "",
    ...bad.map(() => null),
  ]);
});

Deno.test("base64 goes both ways and refuses what is none", () => {
  const column: Column = { name: "a", type: STRING, nullable: false };
  const rows = [["Zm9vYg=="], ["Zm9vYg"], ["Zm9v"], [""], ["Zm9vY"], ["Zm9v!"]];
  const decoded: Expression = { call: "from_base64", args: [{ column: "a" }] };
  const foob = new TextEncoder().encode("foob");
  assert.deepEqual(valuesOf(decoded, [column], rows), [foob, foob, foob.slice(0, 3), foob.slice(0, 0), null, null]);
  assert.deepEqual(valuesOf({ call: "to_base64", args: [decoded] }, [column], rows.slice(1, 4)), [
    "Zm9vYg==",
    "Zm9v",
    "",
  ]);
});

Deno.test("a needle is found wherever it stands in a text of any length", () => {
  const columns: Column[] = ["a", "b"].map((name) => ({ name, type: STRING, nullable: false }));
  const rows: string[][] = [];
  for (let length = 0; length < 40; length++) {
    for (let at = 0; at + 3 <= length; at++) {
      rows.push(["x".repeat(at) + "xyz" + "x".repeat(length - at - 3), "xyz"], ["x".repeat(at) + "xzy", "xyz"]);
    }
  }
  const expected = rows.map(([text, needle]) => text.includes(needle));
  assert.deepEqual(valuesOf({ call: "contains", args: [{ column: "a" }, { column: "b" }] }, columns, rows), expected);
});

Deno.test("LIKE with many % ends in time and right", () => {
  const columns: Column[] = [{ name: "a", type: STRING, nullable: false }], text = "a".repeat(3000);
  const like = (literal: string): Expression => ({ call: "like", args: [{ column: "a" }, { literal }] });
  assert.deepEqual(valuesOf(like("%a".repeat(30) + "%b"), columns, [[text], [text + "b"]]), [false, true]);
});

Deno.test("int64 becomes text with all its digits", () => {
  const values = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 10n ** 18n, null];
  assert.deepEqual(castAll(values, INT64, "string"), values.map((value) => value === null ? null : String(value)));
});

Deno.test("every code point has the case that Unicode's simple mappings give it, alone and among others", () => {
  const points = Array.from({ length: 0x110000 }, (_, point) => point).filter((point) =>
    point < 0xd800 || point > 0xdfff
  );
  const texts: string[] = [];
  for (let i = 0; i < points.length; i += 97) texts.push(String.fromCodePoint(...points.slice(i, i + 97)));
  const column: Column = { name: "a", type: STRING, nullable: true }, rows = texts.map((text) => [text]);
  for (const [call, map] of [["lower", "toLowerCase"], ["upper", "toUpperCase"]] as const) {
    const expected = texts.map((text) =>
      Array.from(text, (letter) => [...letter[map]()].length === 1 ? letter[map]() : letter).join("")
    );
    assert.deepEqual(valuesOf({ call, args: [{ column: "a" }] }, [column], rows), expected);
  }
});
