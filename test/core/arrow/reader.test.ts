import assert from "node:assert/strict";
import * as arrow from "../../deps/apache_arrow.ts";
import fc from "../../deps/fast_check.ts";
import { ArrowReader, decodeArrow } from "../../../src/core/arrow/reader.ts";
import { encodeArrow, encodeSchema } from "../../../src/core/arrow/writer.ts";
import { RdxError } from "../../../src/core/errors.ts";
import { TYPE_DEPTH_MAX } from "../../../src/core/limits.ts";
import { FrameBuilder, FrameView, type Value } from "../../../src/core/frame.ts";
import { type Column, formatType, INT64, STRING } from "../../../src/core/schema.ts";

/** IPC stream bytes of apache-arrow columns. */
function theirs(columns: Record<string, arrow.Vector>): Uint8Array {
  return arrow.tableToIPC(new arrow.Table(columns), "stream");
}

function read(bytes: Uint8Array): { types: string[]; rows: Value[][] } {
  const { columns, frames } = decodeArrow(bytes);
  const rows = frames.flatMap((frame) => {
    const view = new FrameView(frame);
    return Array.from({ length: view.rows }, (_, row) => columns.map((_, column) => view.value(row, column)));
  });
  return { types: columns.map(({ type }) => formatType(type)), rows };
}

function column(bytes: Uint8Array): Value[] {
  return read(bytes).rows.map(([value]) => value);
}

const ints: readonly (readonly [arrow.DataType, readonly (number | bigint | null)[]])[] = [
  [new arrow.Int8(), [-128, 127, null, 0]],
  [new arrow.Int16(), [-32768, 32767, null]],
  [new arrow.Int32(), [-2147483648, 2147483647, null, -1]],
  [new arrow.Uint8(), [255, 0, null]],
  [new arrow.Uint16(), [65535, null]],
  [new arrow.Uint32(), [4294967295, null, 7]],
  [new arrow.Int64(), [-(2n ** 63n), 2n ** 63n - 1n, null]],
  [new arrow.Uint64(), [2n ** 63n - 1n, 0n, null]],
];

for (const [type, values] of ints) {
  Deno.test(`${type} becomes int64`, () => {
    const bytes = theirs({ a: arrow.vectorFromArray(values, type) });
    assert.deepEqual(read(bytes).types, ["int64"]);
    assert.deepEqual(column(bytes), values.map((value) => value === null ? null : BigInt(value)));
  });
}

Deno.test("an unsigned integer beyond int64 is refused with its row and column", () => {
  const bytes = theirs({ big: arrow.vectorFromArray([1n, 2n ** 63n], new arrow.Uint64()) });
  assert.throws(() => read(bytes), /"big".*9223372036854775808 in row 1/);
});

Deno.test("floats become double, and every NaN the canonical one", () => {
  const odd = new Float64Array(new BigUint64Array([0x7ff0000000000001n, 0xfff8000000000123n]).buffer);
  const bytes = theirs({
    single: arrow.vectorFromArray([0.5, null], new arrow.Float32()),
    double: arrow.makeVector(odd),
  });
  const { columns, frames } = decodeArrow(bytes), view = new FrameView(frames[0]);
  assert.deepEqual(columns.map(({ type }) => type.kind), ["double", "double"]);
  assert.deepEqual([view.value(0, 0), view.value(1, 0)], [0.5, null]);
  const cells = view.buffers(1).data as Float64Array;
  const canonical = new BigUint64Array(new Float64Array([NaN, NaN]).buffer);
  assert.deepEqual(new BigUint64Array(cells.slice().buffer), canonical);
});

Deno.test("dates and timestamps of any unit become epoch milliseconds, rounded down", () => {
  const raw = (type: arrow.DataType, values: ArrayLike<number> | ArrayLike<bigint>) => {
    const data = arrow.makeData({ type, length: values.length, nullCount: 0, data: values } as never);
    return column(theirs({ t: new arrow.Vector([data]) }));
  };
  assert.deepEqual(raw(new arrow.DateDay(), Int32Array.of(1, -1, 2147483647)), [
    86400000n,
    -86400000n,
    185542587100800000n,
  ]);
  assert.deepEqual(raw(new arrow.TimestampSecond(), BigInt64Array.of(1n, -1n)), [1000n, -1000n]);
  assert.deepEqual(raw(new arrow.TimestampMillisecond(), BigInt64Array.of(5n, -5n)), [5n, -5n]);
  assert.deepEqual(raw(new arrow.TimestampMicrosecond(), BigInt64Array.of(1999n, -1n, -1000n)), [1n, -1n, -1n]);
  assert.deepEqual(raw(new arrow.TimestampNanosecond(), BigInt64Array.of(1999999n, -1n)), [1n, -1n]);
  assert.throws(() => raw(new arrow.TimestampSecond(), BigInt64Array.of(2n ** 62n)), /beyond the range/);
});

Deno.test("text and bytes of every layout become string and bytes", () => {
  const texts = ["", "aß\u{1f600}", null, "z"];
  const bytes = theirs({
    utf8: arrow.vectorFromArray(texts, new arrow.Utf8()),
    large: arrow.vectorFromArray(texts, new arrow.LargeUtf8()),
    dictionary: arrow.vectorFromArray(texts, new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())),
    binary: arrow.vectorFromArray([Uint8Array.of(0, 255), null, Uint8Array.of(), null], new arrow.Binary()),
    fixed: arrow.vectorFromArray([Uint8Array.of(1, 2), null, Uint8Array.of(3, 4), null], new arrow.FixedSizeBinary(2)),
  });
  const { types, rows } = read(bytes);
  assert.deepEqual(types, ["string", "string", "string", "bytes", "bytes"]);
  assert.deepEqual(rows, [
    ["", "", "", Uint8Array.of(0, 255), Uint8Array.of(1, 2)],
    [texts[1], texts[1], texts[1], null, null],
    [null, null, null, Uint8Array.of(), Uint8Array.of(3, 4)],
    ["z", "z", "z", null, null],
  ]);
});

Deno.test("dictionaries may hold any type", () => {
  const batch = (values: (bigint | null)[]) =>
    arrow.vectorFromArray(values, new arrow.Dictionary(new arrow.Int64(), new arrow.Int32()));
  assert.deepEqual(column(theirs({ a: batch([5n, 6n, null, 5n]) })), [5n, 6n, null, 5n]);
  const bools = arrow.vectorFromArray(
    [true, false, null, true],
    new arrow.Dictionary(new arrow.Bool(), new arrow.Int16()),
  );
  assert.deepEqual(column(theirs({ a: bools })), [true, false, null, true]);
});

Deno.test("a null column becomes a nullable string column of NULLs", () => {
  const bytes = theirs({ n: arrow.vectorFromArray([null, null], new arrow.Null()) });
  assert.deepEqual(read(bytes), { types: ["string"], rows: [[null], [null]] });
  assert.equal(decodeArrow(bytes).columns[0].nullable, true);
});

Deno.test("types without a counterpart are refused by name", () => {
  const span = arrow.vectorFromArray([1], new arrow.TimeSecond());
  assert.throws(() => read(theirs({ span })), { code: "invalid", message: /"span".*type time/ });
  const half = arrow.vectorFromArray([1], new arrow.Float16());
  assert.throws(() => read(theirs({ half })), /half-precision/);
  const decimal256 = arrow.vectorFromArray([new Uint32Array(8)], new arrow.Decimal(2, 40, 256));
  assert.throws(() => read(theirs({ wide: decimal256 })), /decimals of 256 bits/);
});

const part = <T extends arrow.DataType>(name: string, type: T) => new arrow.Field<T>(name, type, true);

Deno.test("lists, structures and maps become nested columns, with NULLs, cuts and what lies in each other", () => {
  const ints = new arrow.List(part("item", new arrow.Int64()));
  const lists = arrow.vectorFromArray([[1n, null], null, [], [3n]], ints);
  const point = new arrow.Struct([part("x", new arrow.Float64()), part("s", new arrow.Utf8())]);
  const structs = arrow.vectorFromArray([{ x: 1.5, s: 'a"b' }, null, { x: null, s: null }, { x: 2, s: "é" }], point);
  const nested = arrow.vectorFromArray([[[1n], []], null, [null], []], new arrow.List(part("item", ints)));
  const times = arrow.vectorFromArray(
    [[new Date(0)], [], null, [new Date(1)]],
    new arrow.List(part("item", new arrow.TimestampMillisecond())),
  );
  assert.deepEqual(read(theirs({ lists, structs, nested, times })), {
    types: ["array<int64>", "row<x double, s string>", "array<array<int64>>", "array<timestamp>"],
    rows: [
      ["[1,null]", '{"x":1.5,"s":"a\\"b"}', "[[1],[]]", '["1970-01-01T00:00:00.000Z"]'],
      [null, null, null, "[]"],
      ["[]", '{"x":null,"s":null}', "[null]", null],
      ["[3]", '{"x":2,"s":"é"}', "[]", '["1970-01-01T00:00:00.001Z"]'],
    ],
  });
  assert.deepEqual(column(theirs({ a: lists.slice(1, 4) })), [null, "[]", "[3]"]);
});

Deno.test("lists of one length, maps, decimals and bytes in lists are read, and keys that are no texts refused", () => {
  const pairs = new arrow.FixedSizeList(2, part("item", new arrow.Int32()));
  const entry = new arrow.Struct<{ key: arrow.Utf8; value: arrow.Int32 }>([
    new arrow.Field("key", new arrow.Utf8(), false),
    part("value", new arrow.Int32()),
  ]);
  const maps = new arrow.Map_(new arrow.Field("entries", entry, false));
  const bytes = new arrow.List(part("item", new arrow.Binary()));
  const got = read(theirs({
    pairs: arrow.vectorFromArray([[1, 2], null, [3, null]], pairs),
    maps: arrow.vectorFromArray([new Map([["a", 1], ["b", 2]]), new Map(), null], maps),
    bytes: arrow.vectorFromArray([[new Uint8Array([1])], [], null], bytes),
  }));
  assert.deepEqual(got, {
    types: ["array<int64>", "map<string, int64>", "array<string>"],
    rows: [["[1,2]", '{"a":1,"b":2}', '["AQ=="]'], [null, "{}", "[]"], ["[3,null]", null, null]],
  });
  const wrong = new arrow.Struct<{ key: arrow.Int32; value: arrow.Int32 }>([
    new arrow.Field("key", new arrow.Int32(), false),
    part("value", new arrow.Int32()),
  ]);
  const numbers = arrow.vectorFromArray([new Map([[1, 2]])], new arrow.Map_(new arrow.Field("entries", wrong, false)));
  assert.throws(() => read(theirs({ numbers })), { code: "invalid", message: /"numbers".*keys of maps are texts/ });
});

Deno.test("types without end in each other are refused", () => {
  let type: arrow.DataType = new arrow.Int32();
  for (let i = 0; i < TYPE_DEPTH_MAX; i++) type = new arrow.List(part("item", type));
  assert.throws(() => read(theirs({ deep: arrow.vectorFromArray([null], type) })), /nested deeper than 16/);
});

Deno.test("decimals have the digits that their type says, up to 38", () => {
  const wide = (value: bigint, precision: number) => {
    const words = Uint32Array.from({ length: 4 }, (_, i) => Number(BigInt.asUintN(32, value >> BigInt(32 * i))));
    const data = arrow.makeData({ type: new arrow.Decimal(2, precision, 128), length: 1, nullCount: 0, data: words });
    return read(theirs({ d: new arrow.Vector([data]) }));
  };
  for (const value of [0n, -1n, 10n ** 18n, -(2n ** 64n), 10n ** 38n - 1n, 1n - 10n ** 38n]) {
    assert.deepEqual(wide(value, 38), { types: ["decimal(38,2)"], rows: [[value]] });
  }
  assert.deepEqual(wide(-999999999999999999n, 18), { types: ["decimal(18,2)"], rows: [[-999999999999999999n]] });
  assert.throws(() => wide(10n ** 18n, 18), /more than 18 digits/);
  assert.throws(() => wide(2n ** 64n, 19), /more than 19 digits/);
  assert.throws(() => wide(10n ** 38n, 38), /more than 38 digits/);
});

const COLUMNS: Column[] = [{ name: "n", type: INT64, nullable: true }, { name: "s", type: STRING, nullable: true }];

function ours(columns = COLUMNS, rows: Value[][] = [[1n, "one"], [null, "tƃree"], [3n, null]]): Uint8Array {
  const builder = new FrameBuilder(columns);
  for (const row of rows) builder.append(row);
  return encodeArrow(columns, [builder.finish()]);
}

Deno.test("a stream may come message by message, with or without its end", () => {
  const whole = ours(), schema = encodeSchema(COLUMNS);
  const reader = new ArrowReader();
  assert.deepEqual(reader.read(schema), []);
  assert.deepEqual(reader.columns, COLUMNS);
  assert.equal(reader.read(whole.subarray(schema.length, -8)).length, 1);
  assert.equal(reader.read(whole.subarray(schema.length)).length, 1);
  assert.throws(() => reader.read(schema), /schema comes twice/);
});

Deno.test("what is not a stream of messages is refused", () => {
  const whole = ours(), schema = encodeSchema(COLUMNS);
  assert.throws(() => decodeArrow(new Uint8Array(0)), /has no schema/);
  assert.throws(() => decodeArrow(new TextEncoder().encode("ARROW1\0\0 a file")), /streaming format/);
  assert.throws(() => decodeArrow(whole.subarray(schema.length)), /rows come before the schema/);
  assert.throws(() => decodeArrow(whole.subarray(0, -9)), /are left/);
  assert.throws(() => decodeArrow(new Uint8Array([...whole, ...whole])), /behind the end/);
  const twice = [COLUMNS[0], COLUMNS[0]];
  assert.throws(() => decodeArrow(encodeArrow(twice, [])), /named twice/);
});

Deno.test("text that is not UTF-8 is refused, also where only a value's end cuts a character", () => {
  const bytes = ours(COLUMNS, [[1n, "ab"], [2n, "éé"]]);
  const at = bytes.findIndex((byte, i) => byte === 0x61 && bytes[i + 1] === 0x62 && bytes[i + 2] === 0xc3);
  const broken = bytes.slice();
  broken[at] = 0xff;
  assert.throws(() => decodeArrow(broken), /not UTF-8/);
  const cut = ours([COLUMNS[1]], [["a"], ["é"]]);
  const words = new DataView(cut.buffer);
  for (let i = 0; i + 12 <= cut.length; i += 4) {
    const offsets = [0, 4, 8].map((next) => words.getInt32(i + next, true));
    if (offsets.join() === "0,1,3") words.setInt32(i + 4, 2, true);
  }
  assert.throws(() => decodeArrow(cut), /not UTF-8/);
});

Deno.test("a small message cannot ask for much memory", () => {
  const values = Array.from({ length: 2000 }, (_, i) => "x".repeat(1000) + i % 2);
  const vector = arrow.vectorFromArray(values, new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8()));
  const bytes = theirs({ a: vector });
  assert.equal(new ArrowReader(3 << 20).read(bytes).length, 1);
  assert.throws(() => new ArrowReader(1 << 20).read(bytes), { code: "too_large" });
});

Deno.test("damaged bytes give an error of ours or valid frames, never anything else", () => {
  const samples = [
    ours(),
    theirs({
      d: arrow.vectorFromArray(["a", "b", null, "a"], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())),
      l: arrow.vectorFromArray(["x", null, "yy", ""], new arrow.LargeUtf8()),
      b: arrow.vectorFromArray([true, null, false, true], new arrow.Bool()),
      t: arrow.vectorFromArray([1, 2, 3, null], new arrow.TimestampMicrosecond()),
    }),
  ];
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 4, 127, 128, 255));
  const damage = fc.array(fc.tuple(fc.nat(), byte), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...samples), damage, fc.option(fc.nat()), (sample, damage, end) => {
      const bytes = sample.slice(0, end === null ? sample.length : end % sample.length);
      for (const [at, value] of damage) bytes[at % bytes.length] = value;
      try {
        for (const frame of decodeArrow(bytes).frames) new FrameView(frame);
      } catch (thrown) {
        assert.ok(thrown instanceof RdxError && ["invalid", "too_large"].includes(thrown.code), `${thrown}`);
      }
    }),
    { numRuns: 5000 },
  );
});
