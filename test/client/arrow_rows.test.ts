import assert from "node:assert/strict";
import { arrowFormat } from "../../src/client/rdx/format_arrow.ts";
import type { RowEncoder } from "../../src/client/rdx/format.ts";
import { ArrowReader } from "../../src/core/arrow/reader.ts";
import { FrameView, type Value } from "../../src/core/frame.ts";
import fc from "../deps/fast_check.ts";

const COLUMNS = [
  { name: "n", type: "int64" },
  { name: "x", type: "double" },
  { name: "price", type: "decimal(18,3)" },
  { name: "ok", type: "bool" },
  { name: "at", type: "timestamp" },
  { name: "text", type: "string" },
  { name: "raw", type: "bytes" },
  { name: "total", type: "decimal(38,3)" },
];
const ROWS_MAX = 21;

const small = fc.integer();
/** Values as a program has them, each with what has to be in the column. */
const row = fc.record({
  n: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.maxSafeInteger().map((n) => n),
  ),
  x: fc.oneof(fc.double(), small),
  price: fc.tuple(small, fc.integer({ min: 0, max: 999 })).map(([n, f]) => `${n}.${String(f).padStart(3, "0")}`),
  ok: fc.boolean(),
  at: fc.date({ noInvalidDate: true }),
  text: fc.string({ unit: "binary" }).map((text) => text.toWellFormed()),
  raw: fc.uint8Array({ maxLength: 5 }),
  total: fc.tuple(fc.bigInt(1n - 10n ** 35n, 10n ** 35n - 1n), fc.integer({ min: 0, max: 999 })).map(([n, f]) =>
    `${n}.${String(f).padStart(3, "0")}`
  ),
}, { requiredKeys: [] }).map((values) => ({ ...values } as Record<string, unknown>));

/** What stands in the column. */
function inColumn(name: string, value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (name === "x") return Number(value);
  if (name === "price" || name === "total") return BigInt((value as string).replace(".", ""));
  if (value instanceof Date) return BigInt(value.getTime());
  return typeof value === "number" ? BigInt(value) : value as Value;
}

function taken(encoder: RowEncoder): Value[][] {
  return encoder.take().flatMap(({ body, rows }) => {
    const frames = new ArrowReader().read(body).map((frame) => new FrameView(frame));
    assert.equal(frames.reduce((sum, frame) => sum + frame.rows, 0), rows);
    return frames.flatMap((frame) =>
      Array.from({ length: frame.rows }, (_, i) => COLUMNS.map((_, column) => frame.value(i, column)))
    );
  });
}

Deno.test("rows and columns, in any mixture and over batches, are in the record batch as they were", () => {
  const part = fc.record({ rows: fc.array(row, { maxLength: 9 }), asColumns: fc.boolean() });
  fc.assert(fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
    const encoder = arrowFormat(COLUMNS).encoder(ROWS_MAX), found: Value[][] = [];
    for (const { rows, asColumns } of parts) {
      for (let at = 0; at < rows.length;) {
        if (asColumns) {
          const columns = Object.fromEntries(COLUMNS.map(({ name }) => [name, rows.map((one) => one[name] ?? null)]));
          at += encoder.addColumns(columns as never, at);
        } else encoder.add(rows[at++]);
        if (encoder.rows === ROWS_MAX) found.push(...taken(encoder));
      }
    }
    found.push(...taken(encoder));
    const wanted = parts.flatMap(({ rows }) => rows.map((one) => COLUMNS.map(({ name }) => inColumn(name, one[name]))));
    assert.deepEqual(found, wanted);
  }));
});

Deno.test("typed arrays are columns of cells, of any width that fits", () => {
  const numbers = fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: ROWS_MAX });
  const format = arrowFormat([{ name: "n", type: "int64" }, { name: "x", type: "double" }]);
  fc.assert(fc.property(numbers, (values) => {
    const narrow = values.map((value) => value | 0), int32 = Int32Array.from(narrow);
    for (
      const [columns, wanted] of [
        [{ n: Float64Array.from(values), x: Float64Array.from(values) }, values],
        [{ n: BigInt64Array.from(values, BigInt), x: BigInt64Array.from(values, BigInt) }, values],
        [{ n: int32, x: int32 }, narrow],
      ] as const
    ) {
      const encoder = format.encoder(ROWS_MAX);
      assert.equal(encoder.addColumns(columns, 0), values.length);
      const [frame] = new ArrowReader().read(encoder.take()[0].body), view = new FrameView(frame);
      assert.deepEqual(
        wanted.map((_, i) => [view.value(i, 0), view.value(i, 1)]),
        wanted.map((n) => [BigInt(n), n + 0]),
      );
    }
  }));
});

Deno.test("a row that does not fit is not added, and leaves nothing behind", () => {
  const encoder = arrowFormat(COLUMNS).encoder(ROWS_MAX);
  encoder.add({ n: 1, text: "a" });
  for (
    const bad of [{ n: 2, text: 5 }, { text: "long text", x: "no" }, { raw: "no base64!" }, { price: "0.0001" }, {
      other: 1,
    }]
  ) {
    assert.throws(() => encoder.add(bad), { code: "invalid" });
  }
  assert.throws(() => encoder.addColumns({ n: [3, 4], ok: [true, 5 as never] }, 0), { code: "invalid" });
  encoder.add({ n: null, text: "b" });
  assert.deepEqual(taken(encoder).map((values) => [values[0], values[5]]), [[1n, "a"], [null, "b"]]);
});

Deno.test("long texts are cut into messages that a server takes", () => {
  const format = arrowFormat([{ name: "text", type: "string" }]), encoder = format.encoder(4096);
  const text = Array.from({ length: 4096 }, () => "ü".repeat(5000));
  let messages = 0, rows = 0;
  for (let at = 0; at < text.length;) {
    at += encoder.addColumns({ text }, at);
    for (const { body, rows: count } of encoder.take()) {
      assert.ok(body.length < 4 << 20, `${body.length} bytes`);
      messages++;
      rows += count;
    }
  }
  assert.equal(rows, 4096);
  assert.ok(messages > 10);
  assert.throws(() => encoder.add({ text: "x".repeat(16 << 20) }), { code: "too_large" });
});
