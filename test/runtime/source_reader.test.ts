import assert from "node:assert/strict";
import type { Batch } from "../../src/core/batch.ts";
import { BOOL, type Column, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { SourceReader } from "../../src/runtime/task/source_reader.ts";
import { loadKernel } from "../kernel/load.ts";
import { valueAt } from "../kernel/vectors.ts";
import { frameOfRows } from "./rows.ts";

const column = (name: string, type: Column["type"]): Column => ({ name, type, nullable: true });
const kernel = loadKernel();

function rowsOf(batch: Batch): Value[][] {
  return Array.from({ length: batch.rows }, (_, row) => batch.columns.map((one) => valueAt(kernel, one, row)));
}

/** Reads a frame that was written with `written`, for a plan that reads `read` of the stream's columns `now`. */
function readAs(
  written: readonly Column[],
  rows: readonly (readonly Value[])[],
  now: readonly Column[],
  read: readonly string[],
) {
  const positions = read.map((name) => now.findIndex((one) => one.name === name));
  const reader = new SourceReader(kernel, positions.map((position) => now[position]), positions);
  const batch = reader.read(frameOfRows(written, rows));
  const values = rowsOf(batch);
  assert.deepEqual(batch.columns.map(({ type }) => type.kind), positions.map((position) => now[position].type.kind));
  reader.close();
  kernel.reset();
  return values;
}

const A = column("a", INT64), B = column("b", STRING), C = column("c", DOUBLE);

Deno.test("the columns that a plan reads come in its order, whatever their place in the frame", () => {
  assert.deepEqual(readAs([A, B, C], [[1n, "x", 0.5], [null, null, null]], [A, B, C], ["c", "a"]), [[0.5, 1n], [
    null,
    null,
  ]]);
});

Deno.test("columns that an older frame lacks are NULL in every row and of every type", () => {
  const more = [INT64, DOUBLE, STRING, BOOL, TIMESTAMP, decimal(10, 2)].map((type, i) => column(`m${i}`, type));
  const rows = Array.from({ length: 130 }, (_, i) => [BigInt(i)]);
  const read = readAs([A], rows, [A, ...more], ["a", ...more.map(({ name }) => name)]);
  assert.deepEqual(read, rows.map(([a]) => [a, null, null, null, null, null, null]));
});

Deno.test("a frame that lacks every column that is read still has its rows", () => {
  assert.deepEqual(readAs([A], [[1n], [2n]], [A, B], ["b"]), [[null], [null]]);
});

Deno.test("columns that a newer frame has besides are left out", () => {
  assert.deepEqual(readAs([A, B, C], [[7n, "x", 1]], [A], ["a"]), [[7n]]);
});

Deno.test("values of an older, narrower type are cast to the wider one", () => {
  const written = [A, column("t", TIMESTAMP), column("n", INT64), column("d", DOUBLE)];
  const now = [column("a", DOUBLE), column("t", STRING), column("n", STRING), column("d", STRING)];
  const rows = [[1n << 40n, 0n, -5n, 2.5], [null, null, null, null]];
  assert.deepEqual(readAs(written, rows, now, ["a", "t", "n", "d"]), [
    [2 ** 40, "1970-01-01T00:00:00.000Z", "-5", "2.5"],
    [null, null, null, null],
  ]);
});

Deno.test("frames of several versions follow each other", () => {
  const reader = new SourceReader(kernel, [column("a", DOUBLE), B], [0, 1]), read: Value[][] = [];
  for (
    const [columns, row] of [[[A], [1n]], [[column("a", DOUBLE), B], [1.5, "x"]], [[A, B], [2n, "y"]], [[A], [
      3n,
    ]]] as const
  ) {
    read.push(...rowsOf(reader.read(frameOfRows(columns, [row]))));
    kernel.reset();
  }
  assert.deepEqual(read, [[1, null], [1.5, "x"], [2, "y"], [3, null]]);
});

Deno.test("a damaged frame is refused", () => {
  const reader = new SourceReader(kernel, [A], [0]);
  for (const bytes of [0, 10, 64, 100]) assert.throws(() => reader.read(new ArrayBuffer(bytes)), { code: "invalid" });
});
