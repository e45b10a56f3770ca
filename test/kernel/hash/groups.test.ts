import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { BOOL, BYTES, type DataType, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../../src/core/schema.ts";
import type { Value } from "../../../src/core/value.ts";
import { writeColumns } from "../../../src/kernel/column.ts";
import { KeyGroups } from "../../../src/kernel/hash.ts";
import type { Kernel } from "../../../src/kernel/module.ts";
import { loadKernel, VARIANTS } from "../load.ts";
import { groupOf } from "../reference/groups.ts";
import { anyTable } from "../rows.ts";
import { selectionOf, vectorOf } from "../vectors.ts";

/** Groups of the selected rows, by the column kernel. */
function groupsOf(kernel: Kernel, types: readonly DataType[], rows: readonly (readonly Value[])[], picked?: number[]) {
  kernel.reset();
  const keys = types.map((type, i) => vectorOf(kernel, type, rows.map((row) => row[i])));
  const selection = picked ? selectionOf(kernel, picked) : 0, selected = picked?.length ?? rows.length;
  const batch = { rows: rows.length, columns: keys, selection, selected, kinds: 0 };
  const address = new KeyGroups(kernel).of(batch, keys);
  const scalar = kernel.fn("hash_group_of_row"), columns = writeColumns(kernel, keys);
  const groups = Array.from(kernel.bytes.subarray(address, address + selected));
  const each = (picked ?? [...rows.keys()]).map((row) => scalar(columns, keys.length, row));
  assert.deepEqual(groups, each, "one row at a time gives the same groups");
  return groups;
}

for (const variant of VARIANTS) {
  Deno.test(`key groups are those of the definition, for any key columns and selection (${variant})`, () => {
    const kernel = loadKernel(variant);
    const given = anyTable(300).chain((table) =>
      fc.tuple(fc.constant(table), fc.option(fc.subarray([...table.rows.keys()]), { nil: undefined }))
    );
    fc.assert(
      fc.property(given, ([{ columns, rows }, picked]) => {
        const types = columns.map((column) => column.type);
        const expected = (picked ?? [...rows.keys()]).map((row) => groupOf(types, rows[row]));
        assert.deepEqual(groupsOf(kernel, types, rows, picked), expected);
      }),
      { numRuns: 200 },
    );
  });

  // These numbers are a format: when one changes, stored state and the order of results do too.
  Deno.test(`key groups of known keys never change (${variant})`, () => {
    const kernel = loadKernel(variant);
    const column = (type: DataType, values: Value[]) => groupsOf(kernel, [type], values.map((value) => [value]));
    const whole = [0n, 1n, 2n, 5n, -1n, 1_700_000_000_000n, 2n ** 63n - 1n, null];
    for (const type of [INT64, TIMESTAMP, decimal(18, 2)]) assert.deepEqual(column(type, whole), GOLDEN.whole);
    assert.deepEqual(column(DOUBLE, [0, -0, 1, 0.1, NaN, -Infinity, null]), GOLDEN.double);
    assert.deepEqual(column(BOOL, [false, true, null]), GOLDEN.bool);
    const texts = ["", "a", "user-1", "12345678", "123456789", "Zürich", "\0", null];
    assert.deepEqual(column(STRING, texts), GOLDEN.text);
    const bytes = texts.map((text) => text === null ? null : new TextEncoder().encode(text));
    assert.deepEqual(column(BYTES, bytes), GOLDEN.text);
    const pairs: Value[][] = [[1n, "a"], [null, "a"], [1n, null], [null, null]];
    assert.deepEqual(groupsOf(kernel, [INT64, STRING], pairs), GOLDEN.pairs);
  });
}

const GOLDEN = {
  whole: [0, 11, 100, 44, 15, 110, 54, 35],
  double: [0, 0, 72, 56, 71, 91, 35],
  bool: [0, 11, 35],
  text: [0, 95, 4, 48, 113, 55, 38, 35],
  pairs: [119, 111, 7, 38],
};

Deno.test("keys of common shapes spread evenly over groups", () => {
  const kernel = loadKernel();
  const shapes: Record<string, (i: number) => [DataType, Value]> = {
    counters: (i) => [INT64, BigInt(i)],
    "multiples of 1024": (i) => [INT64, BigInt(i) * 1024n],
    "multiples of 2^40": (i) => [INT64, BigInt(i) << 40n],
    minutes: (i) => [TIMESTAMP, 1_700_000_000_000n + BigInt(i) * 60_000n],
    "whole doubles": (i) => [DOUBLE, i],
    "numbered names": (i) => [STRING, `user-${i}`],
    "long names": (i) => [STRING, `https://example.org/items/${i}/page`],
  };
  const count = 12_800;
  for (const [name, shape] of Object.entries(shapes)) {
    const sizes = new Array(128).fill(0);
    const values = Array.from({ length: count }, (_, i) => [shape(i)[1]]);
    for (const group of groupsOf(kernel, [shape(0)[0]], values)) sizes[group]++;
    const expected = count / 128;
    const chiSquare = sizes.reduce((sum, size) => sum + (size - expected) ** 2 / expected, 0);
    // 127 degrees of freedom: random groups stay below 190 in all but two of ten thousand cases
    assert.ok(chiSquare < 190, `${name}: ${chiSquare}`);
  }
});
