import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { FrameBuilder, FrameView, type Value } from "../../src/core/frame.ts";
import { renderRow, renderRows, RowRenderer } from "../../src/core/render.ts";
import { BOOL, BYTES, type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import { anyTable, type Table } from "../kernel/rows.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });

function viewOf({ columns, rows }: Table): FrameView {
  const builder = new FrameBuilder(columns);
  for (const row of rows) builder.append(row);
  return new FrameView(builder.finish());
}

/** One row, one column. */
function json(type: Column["type"], value: Value, options = {}): string {
  const columns = [column("v", type)];
  return renderRow(viewOf({ columns, rows: [[value]] }), columns, 0, options).slice(5, -1);
}

Deno.test("int64 is an exact JSON number, or a string on request", () => {
  for (
    const value of [0n, -1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]
  ) {
    assert.equal(json(INT64, value), `${value}`);
    assert.equal(json(INT64, value, { int64: "string" }), `"${value}"`);
  }
});

Deno.test("decimals are strings with all digits of their scale", () => {
  assert.equal(json(decimal(18, 2), 5n), `"0.05"`);
  assert.equal(json(decimal(18, 2), -5n), `"-0.05"`);
  assert.equal(json(decimal(18, 2), 123450n), `"1234.50"`);
  assert.equal(json(decimal(18, 0), -7n), `"-7"`);
  assert.equal(json(decimal(18, 18), -999999999999999999n), `"-0.999999999999999999"`);
  assert.equal(json(decimal(38, 0), 1n - 10n ** 38n), `"-${"9".repeat(38)}"`);
  for (const bits of [0n, 31n, 32n, 52n, 53n, 63n, 64n, 95n, 96n, 120n]) {
    for (const by of [-1n, 0n, 1n]) {
      const value = 2n ** bits + by;
      assert.equal(json(decimal(38, 0), value), `"${value}"`);
      assert.equal(json(decimal(38, 0), -value), `"${-value}"`);
    }
  }
  assert.equal(json(decimal(38, 38), -1n), `"-0.${"0".repeat(37)}1"`);
  assert.equal(
    json(decimal(38, 8), 12345678901234567890123456789012345678n),
    `"123456789012345678901234567890.12345678"`,
  );
});

Deno.test("timestamps are ISO 8601 in UTC with milliseconds, or epoch milliseconds on request", () => {
  assert.equal(json(TIMESTAMP, 1767225600000n), `"2026-01-01T00:00:00.000Z"`);
  assert.equal(json(TIMESTAMP, -1n), `"1969-12-31T23:59:59.999Z"`);
  assert.equal(json(TIMESTAMP, 253402300800000n), `"+010000-01-01T00:00:00.000Z"`);
  assert.equal(json(TIMESTAMP, -62198755200000n), `"-000001-01-01T00:00:00.000Z"`);
  assert.equal(json(TIMESTAMP, 1767225600000n, { time: "ms" }), "1767225600000");
  assert.equal(json(TIMESTAMP, 2n ** 63n - 1n), "9223372036854775807");
});

Deno.test("NaN, infinities and NULL are null", () => {
  for (const value of [NaN, Infinity, -Infinity, null]) assert.equal(json(DOUBLE, value), "null");
  assert.equal(json(DOUBLE, -0), "0");
  assert.equal(json(DOUBLE, 1e300), "1e+300");
});

Deno.test("bytes are base64 with padding", () => {
  for (const text of ["", "f", "fo", "foo", "foob"]) {
    assert.equal(json(BYTES, new TextEncoder().encode(text)), JSON.stringify(btoa(text)));
  }
  const long = new Uint8Array(10_000).map((_, i) => i * 7);
  assert.deepEqual(Uint8Array.from(atob(JSON.parse(json(BYTES, long))), (char) => char.charCodeAt(0)), long);
});

Deno.test("column names are escaped and may be anything", () => {
  const columns = [column("__proto__", INT64), column(`q"\\\n`, BOOL), column("ünï", STRING)];
  const view = viewOf({ columns, rows: [[1n, false, "\u{1f600}"]] });
  assert.equal(renderRow(view, columns, 0), `{"__proto__":1,"q\\"\\\\\\n":false,"ünï":"\u{1f600}"}`);
});

Deno.test("strings keep a leading byte order mark", () => {
  const columns = [column("v", STRING)];
  const view = viewOf({ columns, rows: [["\ufeffa"], ["\ufeff"]] });
  assert.deepEqual(JSON.parse(`[${renderRows(view, columns)}]`), [{ v: "\ufeffa" }, { v: "\ufeff" }]);
});

/** A value as JSON.parse gives it back after rendering. */
function expected(value: Value, type: Column["type"]): unknown {
  if (value instanceof Uint8Array) return btoa(String.fromCharCode(...value));
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== "bigint") return value;
  if (type.scale === undefined) return Number(value);
  const digits = String(value < 0n ? -value : value).padStart(type.scale! + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -type.scale!)}.${digits.slice(-type.scale!)}`;
}

Deno.test("rendered rows parse to the values, by the row and by any range", () => {
  fc.assert(
    fc.property(anyTable(40), fc.nat(), fc.nat(), (table, a, b) => {
      const view = viewOf(table), { columns, rows } = table;
      const objects = rows.map((row) => Object.fromEntries(row.map((v, i) => [`c${i}`, expected(v, columns[i].type)])));
      const start = a % (rows.length + 1), count = b % (rows.length - start + 1);
      const renderer = new RowRenderer(columns, { time: "ms" });
      assert.deepEqual(JSON.parse(`[${renderer.rows(view, start, count)}]`), objects.slice(start, start + count));
      rows.forEach((_, row) => assert.deepEqual(JSON.parse(renderer.row(view, row)), objects[row]));
    }),
    { numRuns: 200 },
  );
});

Deno.test("members are put in before the closing brace, also where there are no columns", () => {
  const columns = [column("a", INT64)], view = viewOf({ columns, rows: [[1n]] });
  assert.equal(new RowRenderer(columns).row(view, 0, `,"$open":true`), `{"a":1,"$open":true}`);
  assert.equal(new RowRenderer([]).row(view, 0, `,"$open":true`), `{"$open":true}`);
});

Deno.test("frames of an older version of a widened schema are written as the columns say", () => {
  const old = viewOf({ columns: [column("a", INT64), column("b", DOUBLE)], rows: [[1n, NaN], [null, 2.5]] });
  const now = [column("a", STRING), column("b", STRING), column("c", INT64)];
  assert.equal(renderRows(old, now), `{"a":"1","b":null,"c":null},{"a":null,"b":"2.5","c":null}`);
});
