import assert from "node:assert/strict";
import { BOOL, BYTES, type Column, decimal, DOUBLE, INT64, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { WindowView } from "../../src/view/window_view.ts";
import {
  OLDEST,
  output,
  rangeOf,
  rowsOf,
  viewConformance,
  WINDOW_COLUMNS,
  windowRow,
  WINDOWS,
} from "../contract/view.ts";

viewConformance("WindowView", ({ columns, keys, ...bounds }) => new WindowView("v", columns, keys, bounds));

const open = () => new WindowView("v", WINDOWS.columns, WINDOWS.keys, WINDOWS);

Deno.test("the oldest windows leave whole, and of one that is too big its first rows", () => {
  const view = open();
  const fill = (end: number, rows: number) =>
    rangeOf(WINDOW_COLUMNS, Array.from({ length: rows }, (_, i) => windowRow(end, "k", i, i)));
  view.apply(output(1, [fill(10, 90), fill(20, 100)]));
  view.apply(output(2, [fill(20, 5), fill(30, 6)]));
  assert.deepEqual([view.rows, Number(rowsOf(view.query({ ...OLDEST, limit: 1 }).ranges)[0][1])], [111, 20]);
  view.apply(output(3, [fill(40, 300)]));
  assert.equal(view.rows, 200);
  const left = rowsOf(view.query({ ...OLDEST, limit: 1 }).ranges)[0];
  assert.deepEqual([left[1], left[4]], [40n, 100n]);
});

Deno.test("windows that were shown are not taken back", () => {
  const view = open();
  const retraction = rangeOf(WINDOW_COLUMNS, [windowRow(10, "a", 1, 1)], 1, ["-D"]);
  assert.throws(() => view.apply(output(1, [retraction])), { code: "internal" });
  assert.equal(view.rows, 0);
});

/** The rows whose only key column, of a type, is written as a text. */
function found(type: Column["type"], values: Value[], text: string): Value[] {
  const columns = [{ name: "k", type, nullable: true }];
  const view = new WindowView("v", columns, ["k"]);
  view.apply(output(1, [rangeOf(columns, values.map((value) => [value]))]));
  return rowsOf(view.query({ key: [text], limit: 100, order: "asc" }).ranges).map(([value]) => value);
}

Deno.test("keys of every type are found by their JSON text", () => {
  const big = 2n ** 63n - 1n;
  assert.deepEqual(found(INT64, [big, -1n, null], `${big}`), [big]);
  assert.deepEqual(found(INT64, [0n], "-0"), []);
  assert.deepEqual(found(INT64, [-1n], "18446744073709551615"), []);
  assert.deepEqual(found(DOUBLE, [0.5, NaN, null], "0.5"), [0.5]);
  assert.deepEqual(found(DOUBLE, [0.5, NaN, null], "null"), [NaN, null]);
  assert.deepEqual(found(DOUBLE, [-0, 0], "0"), [-0, 0]);
  assert.deepEqual(found(decimal(18, 2), [150n, 15n], "1.50"), [150n]);
  assert.deepEqual(found(decimal(18, 2), [150n, 15n], "1.5"), []);
  assert.deepEqual(found(BOOL, [true, false, null], "false"), [false]);
  assert.deepEqual(found(TIMESTAMP, [1767225600000n, 1n], "2026-01-01T00:00:00.000Z"), [1767225600000n]);
  assert.deepEqual(found(TIMESTAMP, [1767225600000n, 1n], "1767225600000"), [1767225600000n]);
  assert.deepEqual(found(TIMESTAMP, [1767225600000n, 1n], "2026-01-01"), []);
  assert.deepEqual(found(BYTES, [Uint8Array.of(1), Uint8Array.of(1, 2)], "AQ=="), [Uint8Array.of(1)]);
  assert.deepEqual(found(BYTES, [Uint8Array.of(1)], "AQ"), []);
});

Deno.test("numbers, bits and bytes order rows of a window", () => {
  const columns: Column[] = [{ name: "window_end", type: TIMESTAMP, nullable: false }];
  const sorted = (type: Column["type"], values: Value[]) => {
    const all = [...columns, { name: "k", type, nullable: true }], view = new WindowView("v", all, ["k"]);
    view.apply(output(1, [rangeOf(all, values.map((value) => [1n, value]))]));
    return rowsOf(view.query({ limit: 100, order: "desc" }).ranges).map(([, value]) => value);
  };
  assert.deepEqual(sorted(DOUBLE, [NaN, 1, null, -Infinity, 0.5]), [null, -Infinity, 0.5, 1, NaN]);
  assert.deepEqual(sorted(BOOL, [true, null, false]), [null, false, true]);
  assert.deepEqual(sorted(INT64, [1n, -1n, 2n ** 40n, -(2n ** 40n), 2n ** 31n]), [
    -(2n ** 40n),
    -1n,
    1n,
    2n ** 31n,
    2n ** 40n,
  ]);
  const bytes = [Uint8Array.of(2), Uint8Array.of(1, 1), Uint8Array.of(), Uint8Array.of(1)];
  assert.deepEqual(sorted(BYTES, bytes), [bytes[2], bytes[3], bytes[1], bytes[0]]);
});
