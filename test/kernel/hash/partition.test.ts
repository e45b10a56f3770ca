import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import type { Batch } from "../../../src/core/batch.ts";
import { INT64, STRING } from "../../../src/core/schema.ts";
import { ownerOf } from "../../../src/kernel/hash.ts";
import type { Kernel } from "../../../src/kernel/module.ts";
import { type Part, Partitioner } from "../../../src/kernel/partition.ts";
import { loadKernel, VARIANTS } from "../load.ts";
import { groupOf } from "../reference/groups.ts";
import { selectionOf, vectorOf } from "../vectors.ts";

interface Given {
  readonly values: readonly (bigint | null)[];
  readonly picked: readonly number[] | null;
  readonly tasks: number;
}

const anyInt64 = fc.oneof(fc.bigInt(-5n, 5n), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.constant(2n ** 32n));
const anyGiven: fc.Arbitrary<Given> = fc.array(fc.option(anyInt64, { freq: 5 }), { maxLength: 400, size: "max" })
  .chain((values) =>
    fc.record({
      values: fc.constant(values),
      picked: fc.option(fc.subarray([...values.keys()])),
      tasks: fc.integer({ min: 1, max: 128 }),
    })
  );

function batchOf(kernel: Kernel, { values, picked }: Given): Batch {
  kernel.reset();
  return {
    rows: values.length,
    columns: [vectorOf(kernel, INT64, values)],
    selection: picked ? selectionOf(kernel, picked) : 0,
    selected: picked?.length ?? values.length,
    kinds: 0,
  };
}

/** The row numbers of each part. */
function rowsOf(kernel: Kernel, parts: readonly Part[]): number[][] {
  return parts.map(({ selection, selected }) =>
    Array.from({ length: selected }, (_, i) => selection ? kernel.data.getInt32(selection + i * 4, true) : i)
  );
}

/** What a part has to be: the selected rows in order, each with the task that `owner` names. */
function expected({ values, picked, tasks }: Given, owner: (row: number) => number): number[][] {
  const parts: number[][] = Array.from({ length: tasks }, () => []);
  for (const row of picked ?? values.keys()) parts[owner(row)].push(row);
  return parts;
}

for (const variant of VARIANTS) {
  Deno.test(`rows go to the task that owns their key group, in order (${variant})`, () => {
    const kernel = loadKernel(variant);
    fc.assert(fc.property(anyGiven, (given) => {
      const batch = batchOf(kernel, given);
      const parts = new Partitioner(kernel, given.tasks).byKeys(batch, batch.columns);
      const owner = (row: number) => ownerOf(groupOf([INT64], [given.values[row]]), given.tasks);
      assert.deepEqual(rowsOf(kernel, parts), expected(given, owner));
    }));
  });

  Deno.test(`round robin counts rows from the first one given, selected or not (${variant})`, () => {
    const kernel = loadKernel(variant);
    fc.assert(fc.property(anyGiven, fc.nat(Number.MAX_SAFE_INTEGER), (given, first) => {
      const parts = new Partitioner(kernel, given.tasks).roundRobin(batchOf(kernel, given), first);
      const owner = (row: number) => (first % given.tasks + row) % given.tasks;
      assert.deepEqual(rowsOf(kernel, parts), expected(given, owner));
    }));
  });

  Deno.test(`partitioning by a value is its remainder, never negative, and NULL goes to task 0 (${variant})`, () => {
    const kernel = loadKernel(variant);
    fc.assert(fc.property(anyGiven, (given) => {
      const batch = batchOf(kernel, given), n = BigInt(given.tasks);
      const parts = new Partitioner(kernel, given.tasks).byValue(batch, batch.columns[0]);
      const owner = (row: number) => Number((((given.values[row] ?? 0n) % n) + n) % n);
      assert.deepEqual(rowsOf(kernel, parts), expected(given, owner));
    }));
  });
}

Deno.test("equal keys meet in one task whatever batch they came in", () => {
  const kernel = loadKernel(), partitioner = new Partitioner(kernel, 7);
  const taskOf = (keys: string[], key: string) => {
    kernel.reset();
    const columns = [vectorOf(kernel, STRING, keys)];
    const batch = { rows: keys.length, columns, selection: 0, selected: keys.length, kinds: 0 };
    return rowsOf(kernel, partitioner.byKeys(batch, columns)).findIndex((rows) => rows.includes(keys.indexOf(key)));
  };
  for (const key of ["a", "longer than eight", ""]) {
    assert.equal(taskOf([key, "x", "y"], key), taskOf(["p", "q", "r", "s", key], key));
  }
});

Deno.test("tasks own ascending ranges of key groups that differ by at most one group", () => {
  for (let tasks = 1; tasks <= 128; tasks++) {
    const owners = Array.from({ length: 128 }, (_, group) => ownerOf(group, tasks));
    assert.deepEqual(owners, [...owners].sort((a, b) => a - b));
    const sizes = Array.from({ length: tasks }, (_, task) => owners.filter((owner) => owner === task).length);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${tasks}`);
  }
});

Deno.test("a partitioner refuses more tasks than there are key groups", () => {
  const kernel = loadKernel();
  for (const tasks of [0, 129, 1.5, NaN]) assert.throws(() => new Partitioner(kernel, tasks), RangeError);
});
