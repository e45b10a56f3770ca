import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { type Batch, ROW_KINDS } from "../../src/core/batch.ts";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { RowBuffer } from "../../src/kernel/row_buffer.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { anyTable, anyValue } from "./rows.ts";
import { selectionOf, valueAt, vectorOf } from "./vectors.ts";

function readAll(kernel: Kernel, { rows, columns, kinds }: Batch): Value[][] {
  return Array.from({ length: rows }, (_, row) => [
    ...columns.map((column) => valueAt(kernel, column, row)),
    BigInt(kinds === 0 ? 0 : kernel.bytes[kinds + row]),
  ]);
}

const anyBatches = anyTable(5).chain(({ columns }) => {
  const row = fc.tuple(
    fc.tuple(...columns.map(({ type }) => fc.option(anyValue(type), { nil: null }))),
    fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(ROW_KINDS.length - 1)),
    fc.boolean(),
  );
  const batch = fc.record({ rows: fc.array(row, { maxLength: 30 }), whole: fc.boolean(), take: fc.nat(4) });
  return fc.array(batch, { maxLength: 25, size: "max" }).map((batches) => ({ columns, batches }));
});

Deno.test("rows of small batches come out as they were added, also when the memory that they came from is used again", () => {
  const kernels = VARIANTS.map((variant) => loadKernel(variant));
  fc.assert(
    fc.property(anyBatches, ({ columns, batches }) => {
      for (const kernel of kernels) {
        const buffer = new RowBuffer(kernel);
        let expected: Value[][] = [];
        for (const { rows, whole, take } of batches) {
          const vectors = columns.map(({ type }, i) => vectorOf(kernel, type, rows.map(([cells]) => cells[i])));
          const kinds = kernel.arena(Math.max(1, rows.length));
          kernel.copyIn(Uint8Array.from(rows, ([, kind]) => kind), kinds);
          const chosen = rows.flatMap(([, , selected], row) => whole || selected ? [row] : []);
          const selection = whole ? 0 : selectionOf(kernel, chosen);
          const added = { rows: rows.length, columns: vectors, selection, selected: chosen.length, kinds };
          assert.equal(buffer.add(added), true);
          expected.push(...chosen.map((row) => [...rows[row][0], BigInt(rows[row][1])]));
          kernel.reset();
          const used = kernel.arena(100_000);
          kernel.bytes.fill(0x5a, used, used + 100_000);
          kernel.reset();
          if (take > 0) continue;
          if (expected.length > 0) assert.deepEqual(readAll(kernel, buffer.batch), expected);
          buffer.clear();
          expected = [];
        }
        assert.equal(buffer.rows, expected.length);
        if (expected.length > 0) assert.deepEqual(readAll(kernel, buffer.batch), expected);
        buffer.close();
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("a buffer takes as many rows as a batch may have, and its memory is used again", () => {
  const kernel = loadKernel();
  const round = () => {
    const buffer = new RowBuffer(kernel), long = "x".repeat(1000);
    for (let at = 0; at < BATCH_ROWS_MAX; at += 64) {
      const columns = [
        vectorOf(kernel, INT64, Array.from({ length: 64 }, (_, i) => BigInt(at + i))),
        vectorOf(kernel, STRING, Array.from({ length: 64 }, () => long)),
      ];
      assert.equal(buffer.add({ rows: 64, columns, selection: 0, selected: 64, kinds: 0 }), true);
      kernel.reset();
    }
    const columns = [vectorOf(kernel, INT64, [1n]), vectorOf(kernel, STRING, [""])];
    assert.equal(buffer.add({ rows: 1, columns, selection: 0, selected: 1, kinds: 0 }), false);
    assert.equal(buffer.batch.kinds, 0);
    assert.equal(valueAt(kernel, buffer.batch.columns[0], BATCH_ROWS_MAX - 1), BigInt(BATCH_ROWS_MAX - 1));
    buffer.clear();
    assert.equal(buffer.add({ rows: 1, columns, selection: 0, selected: 1, kinds: 0 }), true);
    buffer.close();
    kernel.reset();
  };
  round();
  const { memoryBytes } = kernel;
  for (let i = 0; i < 5; i++) round();
  assert.equal(kernel.memoryBytes, memoryBytes);
});
