import assert from "node:assert/strict";
import * as arrow from "../../deps/apache_arrow.ts";
import fc from "../../deps/fast_check.ts";
import { decodeArrow } from "../../../src/core/arrow/reader.ts";
import { encodeArrow, encodeRows } from "../../../src/core/arrow/writer.ts";
import { ROW_KINDS } from "../../../src/core/batch.ts";
import { FrameBuilder, FrameView, type Value } from "../../../src/core/frame.ts";
import { BATCH_ROWS_MAX } from "../../../src/core/limits.ts";
import type { Column } from "../../../src/core/schema.ts";
import { BOOL, BYTES, decimal, DOUBLE, INT64, parseType, STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import { anyTable, type Table } from "../../kernel/rows.ts";

/** All types, with decimals no longer than their precision; and those of them that apache-arrow has as values. */
const TYPES = [INT64, DOUBLE, BOOL, TIMESTAMP, STRING, BYTES, decimal(38, 6)];
const PLAIN_TYPES = TYPES.slice(0, -1);

function frameOf({ columns, rows }: Table, kinds = false): ArrayBuffer {
  const builder = new FrameBuilder(columns);
  rows.forEach((row, i) => builder.append(row, kinds ? ROW_KINDS[i % 4] : "+I"));
  return builder.finish();
}

function valuesOf(frame: ArrayBuffer): Value[][] {
  const view = new FrameView(frame);
  return Array.from({ length: view.rows }, (_, row) => view.types.map((_, column) => view.value(row, column)));
}

Deno.test("frames come back from Arrow bytes with the same columns, values and row kinds", () => {
  fc.assert(
    fc.property(anyTable(50, TYPES), fc.boolean(), (table, kinds) => {
      const frame = frameOf(table, kinds), back = decodeArrow(encodeArrow(table.columns, [frame, frame], kinds));
      assert.deepEqual(back.columns, table.columns);
      assert.deepEqual(back.frames.flatMap(valuesOf), [...table.rows, ...table.rows]);
      for (const copy of back.frames) {
        const view = new FrameView(copy);
        for (let row = 0; row < view.rows; row++) assert.equal(view.kind(row), kinds ? ROW_KINDS[row % 4] : "+I");
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("decimals come back with precision and scale", () => {
  const columns: Column[] = [
    { name: "a", type: decimal(18, 4), nullable: true },
    { name: "b", type: decimal(3, 3), nullable: false },
    { name: "c", type: decimal(19, 2), nullable: true },
    { name: "d", type: decimal(38, 38), nullable: false },
  ];
  const most = 10n ** 38n - 1n;
  const rows = [
    [999999999999999999n, -999n, 10n ** 19n - 1n, most],
    [-999999999999999999n, 0n, 1n - 10n ** 19n, -most],
    [null, 999n, null, 0n],
    [-1n, 1n, -1n, -1n],
  ];
  const back = decodeArrow(encodeArrow(columns, [frameOf({ columns, rows })]));
  assert.deepEqual(back.columns, columns);
  assert.deepEqual(back.frames.flatMap(valuesOf), rows);
});

Deno.test("a range of a frame's rows is a record batch of its own", () => {
  fc.assert(
    fc.property(anyTable(50, TYPES), fc.nat(), fc.nat(), (table, a, b) => {
      const start = a % (table.rows.length + 1), count = b % (table.rows.length - start + 1);
      const schema = encodeArrow(table.columns, []).slice(0, -8);
      const batch = encodeRows(frameOf(table), start, count);
      const back = decodeArrow(new Uint8Array([...schema, ...batch]));
      assert.deepEqual(back.frames.flatMap(valuesOf), table.rows.slice(start, start + count));
    }),
  );
});

Deno.test("batches longer than a frame may be are cut", () => {
  const columns: Column[] = [{ name: "n", type: INT64, nullable: false }, { name: "s", type: STRING, nullable: false }];
  const rows = Array.from({ length: BATCH_ROWS_MAX * 2 + 5 }, (_, i) => [BigInt(i), `row ${i}`]);
  const { frames } = decodeArrow(encodeArrow(columns, [frameOf({ columns, rows })]));
  assert.deepEqual(frames.map((frame) => new FrameView(frame).rows), [BATCH_ROWS_MAX, BATCH_ROWS_MAX, 5]);
  assert.deepEqual(frames.flatMap(valuesOf), rows);
});

/** A value as apache-arrow has it; its accessor of timestamps refuses those beyond 2^53. */
function theirs(column: arrow.Vector | null, at: number): unknown {
  if (!arrow.DataType.isTimestamp(column?.type)) return column?.get(at);
  return column?.isValid(at) ? column.data[0].values[at] : null;
}

Deno.test("apache-arrow reads what we write", () => {
  fc.assert(
    fc.property(anyTable(50, PLAIN_TYPES), fc.boolean(), (table, kinds) => {
      const read = arrow.tableFromIPC(encodeArrow(table.columns, [frameOf(table, kinds)], kinds));
      const names = [...table.columns.map(({ name }) => name), ...(kinds ? ["$op"] : [])];
      assert.deepEqual(read.schema.fields.map(({ name }) => name), names);
      if (table.columns.length > 0) assert.equal(read.numRows, table.rows.length);
      table.columns.forEach((_, i) => {
        const column = read.getChildAt(i);
        table.rows.forEach((row, at) => assert.deepEqual(theirs(column, at), row[i]));
      });
      if (kinds) table.rows.forEach((_, at) => assert.equal(read.getChild("$op")?.get(at), at % 4));
    }),
    { numRuns: 100 },
  );
});

Deno.test("apache-arrow sees the types that others expect of us", () => {
  const types = [INT64, DOUBLE, decimal(18, 2), BOOL, TIMESTAMP, STRING, BYTES];
  const columns = types.map((type, i) => ({ name: `c${i}`, type, nullable: i % 2 === 0 }));
  const { schema } = arrow.tableFromIPC(encodeArrow(columns, [frameOf({ columns, rows: [] })]));
  assert.deepEqual(schema.fields.map(({ type }) => `${type}`), [
    "Int64",
    "Float64",
    "Decimal[18e+2]",
    "Bool",
    "Timestamp<MILLISECOND, UTC>",
    "Utf8",
    "Binary",
  ]);
  assert.deepEqual(schema.fields.map(({ nullable }) => nullable), columns.map(({ nullable }) => nullable));
});

Deno.test("apache-arrow reads our decimals", () => {
  for (const [type, most] of [[decimal(18, 2), 10n ** 18n - 1n], [decimal(38, 2), 10n ** 38n - 1n]] as const) {
    const columns: Column[] = [{ name: "d", type, nullable: true }], rows = [[12345n], [-1n], [null], [-most], [most]];
    const column = arrow.tableFromIPC(encodeArrow(columns, [frameOf({ columns, rows })])).getChildAt(0);
    const value = (at: number) => {
      const words = column?.get(at) as Uint32Array | null;
      return words && BigInt.asIntN(128, [...words].reduceRight((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n));
    };
    assert.equal(`${column?.type}`, `Decimal[${type.precision}e+2]`);
    assert.deepEqual(rows.map((_, at) => value(at)), rows.flat());
  }
});

Deno.test("nested values come back with their types, and others read them as texts", () => {
  const columns: Column[] = [
    { name: "a", type: parseType("array<row<sku string, qty int64>>"), nullable: true },
    { name: "m", type: parseType("map<string, double>"), nullable: true },
    { name: "j", type: parseType("json"), nullable: false },
    { name: "s", type: STRING, nullable: true },
  ];
  const rows = [['[{"sku":"a","qty":1}]', '{"k":0.5}', "7", "x"], [null, null, "[]", null]];
  const bytes = encodeArrow(columns, [frameOf({ columns, rows })]), back = decodeArrow(bytes);
  assert.deepEqual(back.columns, columns);
  assert.deepEqual(back.frames.flatMap(valuesOf), rows);
  const { fields } = arrow.tableFromIPC(bytes).schema;
  assert.deepEqual(fields.map(({ type }) => String(type)), ["Utf8", "Utf8", "Utf8", "Utf8"]);
  assert.deepEqual(fields.map(({ metadata }) => metadata.get("rdx.type")), [
    "array<row<sku string, qty int64>>",
    "map<string, double>",
    "json",
    undefined,
  ]);
});
