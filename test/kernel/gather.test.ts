import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { Batch } from "../../src/core/batch.ts";
import { ROW_KINDS } from "../../src/core/batch.ts";
import { INT64 } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { BatchGather, OWN_ROWS } from "../../src/kernel/gather.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { anyTable, anyValue, type Table } from "./rows.ts";
import { selectionOf, valueAt, vectorOf } from "./vectors.ts";

/** Rows of one batch: a value for each column, then the kind. */
interface Part {
  /** Where the rows come from; null: from those of their own numbers. */
  readonly origins: readonly number[] | null;
  readonly rows: readonly (readonly Value[])[];
  readonly kinds: readonly number[] | null;
  readonly selected: readonly number[] | null;
}

function batchOf(kernel: Kernel, { columns }: Table, { rows, kinds, selected }: Part): Batch {
  let kindsAt = 0;
  if (kinds) {
    kindsAt = kernel.arena(Math.max(1, kinds.length));
    kernel.copyIn(Uint8Array.from(kinds), kindsAt);
  }
  return {
    rows: rows.length,
    columns: columns.map(({ type }, i) => vectorOf(kernel, type, rows.map((row) => row[i]))),
    selection: selected ? selectionOf(kernel, selected) : 0,
    selected: selected?.length ?? rows.length,
    kinds: kindsAt,
  };
}

function readAll(kernel: Kernel, { rows, columns, kinds }: Batch): Value[][] {
  return Array.from({ length: rows }, (_, row) => [
    ...columns.map((column) => valueAt(kernel, column, row)),
    BigInt(kinds === 0 ? 0 : kernel.bytes[kinds + row]),
  ]);
}

/** Several batches with the columns and as many rows as a table has. */
const anyParts = anyTable(70).chain((table) => {
  const count = table.rows.length,
    rows = fc.tuple(...table.columns.map(({ type }) => fc.option(anyValue(type), { nil: null })));
  const each = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: count, maxLength: count, size: "max" });
  const part: fc.Arbitrary<Part> = fc.record({
    rows: each(rows),
    kinds: fc.option(each(fc.nat(ROW_KINDS.length - 1)), { nil: null }),
    selected: fc.option(fc.subarray([...table.rows.keys()]), { nil: null }),
    origins: fc.option(each(fc.nat(40)).map((all) => all.sort((a, b) => a - b)), { nil: null }),
  });
  return fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => ({ table, parts }));
});

Deno.test("batches merge by the rows that theirs come from, and of one such row in their order", () => {
  const kernels = VARIANTS.map((variant) => loadKernel(variant));
  fc.assert(
    fc.property(anyParts, fc.constantFrom(4, 8), ({ table, parts }, stride) => {
      const order = parts.flatMap(({ selected, rows, origins }, set) =>
        [...selected ?? rows.keys()].map((row) => ({ set, row, origin: origins?.[row] ?? row }))
      );
      order.sort((a, b) => a.origin - b.origin || a.set - b.set || a.row - b.row);
      const expected = order.map(({ set, row }) => [...parts[set].rows[row], BigInt(parts[set].kinds?.[row] ?? 0)]);
      for (const kernel of kernels) {
        kernel.reset();
        const traced = parts.map((part) => {
          const batch = batchOf(kernel, table, part);
          return { batch, origins: part.origins ? { at: numbersAt(kernel, part.origins, stride), stride } : OWN_ROWS };
        });
        const { batch, origins } = new BatchGather(kernel).merge(traced);
        assert.deepEqual(readAll(kernel, batch), expected);
        const numbers = order.map((_, i) => kernel.data.getUint32(origins.at + i * origins.stride, true));
        assert.deepEqual(numbers, order.map(({ origin }) => origin));
      }
    }),
    { numRuns: 300 },
  );
});

function numbersAt(kernel: Kernel, numbers: readonly number[], stride: number): number {
  const at = kernel.arena(Math.max(1, numbers.length) * stride);
  numbers.forEach((number, i) => kernel.data.setUint32(at + i * stride, number, true));
  return at;
}

Deno.test("rows are taken by number, as often as they are named, with the times of the rows that caused them", () => {
  const kernel = loadKernel();
  fc.assert(
    fc.property(anyParts, fc.array(fc.nat(1000), { maxLength: 200 }), ({ table, parts: [part] }, picks) => {
      kernel.reset();
      const rows = part.rows.length === 0 ? [] : picks.map((pick) => pick % part.rows.length);
      const gather = new BatchGather(kernel), at = selectionOf(kernel, rows);
      const taken = gather.take(batchOf(kernel, table, part), at, rows.length);
      assert.deepEqual(readAll(kernel, taken), rows.map((row) => [...part.rows[row], BigInt(part.kinds?.[row] ?? 0)]));
      const times = vectorOf(kernel, INT64, part.rows.map((_, row) => BigInt(row) * 3n - 7n));
      const out = gather.times(times.data, at, rows.length);
      const got = rows.map((_, i) => kernel.data.getBigInt64(out + i * 8, true));
      assert.deepEqual(got, rows.map((row) => BigInt(row) * 3n - 7n));
      const numbers = gather.numbers(part.rows.length);
      assert.deepEqual(
        part.rows.map((_, row) => valueAt(kernel, numbers, row)),
        part.rows.map((_, row) => BigInt(row)),
      );
    }),
    { numRuns: 200 },
  );
});

Deno.test("more batches than a byte can tell apart are refused", () => {
  const kernel = loadKernel(), batch: Batch = { rows: 0, columns: [], selection: 0, selected: 0, kinds: 0 };
  assert.throws(
    () => new BatchGather(kernel).merge(Array.from({ length: 257 }, () => ({ batch, origins: OWN_ROWS }))),
    RangeError,
  );
});
