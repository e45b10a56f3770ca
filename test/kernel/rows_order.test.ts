import assert from "node:assert/strict";
import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { writeColumns } from "../../src/kernel/column.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { type OrderColumn, type RowAddress, RowStore, writeOrder, writeWords } from "../../src/kernel/rows.ts";
import { INT64 } from "../../src/core/schema.ts";
import { loadOperators, VARIANTS } from "./load.ts";
import { ALL_TYPES, type Random, seeded } from "./random.ts";
import { vectorOf } from "./vectors.ts";

const kernels = VARIANTS.map((variant) => ({ variant, kernel: loadOperators(variant) }));
const stateBytes = (kernel: Kernel) => kernel.fn("state_bytes")() >>> 0;

/** Unsigned bytes, a prefix first. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  if (at < 0) return a.length - b.length;
  return at < b.length ? a[at] - b[at] : 1;
}

/** Values of one type: numbers by size with NaN last, texts by their bytes, false before true. */
function compareValues(a: Value, b: Value): number {
  if (typeof a === "string" || a instanceof Uint8Array) {
    const bytes = (value: Value) => typeof value === "string" ? new TextEncoder().encode(value) : value as Uint8Array;
    return compareBytes(bytes(a), bytes(b));
  }
  if (typeof a === "number" && (Number.isNaN(a) || Number.isNaN(b))) {
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  }
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

function compareRows(a: readonly Value[], b: readonly Value[], order: readonly OrderColumn[]): number {
  for (const { column, desc, nullsLast } of order) {
    const x = a[column], y = b[column];
    if (x === null && y === null) continue;
    if (x === null || y === null) return (x === null) === nullsLast ? 1 : -1;
    const result = compareValues(x, y);
    if (result !== 0) return desc ? -result : result;
  }
  return 0;
}

const equalRows = (a: readonly Value[], b: readonly Value[], columns: readonly number[]) =>
  columns.every((c) => (a[c] === null) === (b[c] === null) && (a[c] === null || compareValues(a[c], b[c]) === 0));

interface Stored {
  readonly store: RowStore;
  readonly columns: number;
  readonly rows: readonly (readonly Value[])[];
  readonly addresses: readonly RowAddress[];
  readonly groups: readonly number[];
}

/** Some random rows, stored, with key groups and arrivals in any order. */
function storeRows(kernel: Kernel, random: Random, types: readonly DataType[], count: number): Stored {
  const rows = Array.from({ length: count }, () => types.map((type) => random.nullable(type)));
  const columns = writeColumns(kernel, types.map((type, i) => vectorOf(kernel, type, rows.map((row) => row[i]))));
  const store = new RowStore(kernel, types), groups = rows.map(() => random.below(5));
  const addresses = rows.map((_, row) => store.encode(columns, row, 1, groups[row], row));
  return { store, columns, rows, addresses, groups };
}

const anyTypes = (random: Random) => Array.from({ length: 1 + random.below(6) }, () => random.of(ALL_TYPES));

const anyOrder = (random: Random, types: readonly DataType[]): OrderColumn[] =>
  Array.from({ length: random.below(4) }, () => ({
    column: random.below(types.length),
    desc: random.chance(0.5),
    nullsLast: random.chance(0.5),
  }));

const listAt = (kernel: Kernel, at: number, count: number) =>
  Array.from({ length: count }, (_, i) => kernel.data.getUint32(at + i * 4, true));

for (const { variant, kernel } of kernels) {
  Deno.test(`stored rows compare with each other and with rows of a batch as SQL orders them (${variant})`, () => {
    seeded(40, (random) => {
      const types = anyTypes(random), { store, columns, rows, addresses } = storeRows(kernel, random, types, 20);
      const order = anyOrder(random, types), at = writeOrder(kernel, order);
      const some = [...types.keys()].filter(() => random.chance(0.5)),
        list = random.chance(0.5) ? 0 : writeWords(kernel, some);
      const compared = list === 0 ? [...types.keys()] : some;
      for (let i = 0; i < rows.length; i++) {
        for (let j = 0; j < rows.length; j++) {
          const expected = Math.sign(compareRows(rows[i], rows[j], order)), [a, b] = [addresses[i], addresses[j]];
          const stored = kernel.fn("rows_compare")(store.address, a, b, at, order.length);
          const batch = kernel.fn("rows_compare_batch")(store.address, a, columns, j, at, order.length);
          assert.deepEqual([Math.sign(stored), Math.sign(batch)], [expected, expected]);
          const equal = Number(equalRows(rows[i], rows[j], compared));
          assert.equal(kernel.fn("rows_equal")(store.address, a, b, list, some.length), equal);
          assert.equal(kernel.fn("rows_equal_batch")(store.address, a, columns, j, list, some.length), equal);
        }
      }
      store.close();
      kernel.reset();
    });
  });

  Deno.test(`lists of rows are sorted by any order, equal rows by arrival (${variant})`, () => {
    seeded(40, (random) => {
      const types = anyTypes(random), count = random.below(random.chance(0.2) ? 3000 : 40);
      const { store, rows, addresses } = storeRows(kernel, random, types, count), order = anyOrder(random, types);
      const numbers = [...rows.keys()].sort(() => random.next() - 0.5);
      const list = writeWords(kernel, numbers.map((row) => addresses[row]));
      const sort = kernel.fn("rows_sort_order");
      assert.equal(sort(store.address, list, count, writeOrder(kernel, order), order.length), 1);
      // Without an order there is nothing to compare by but arrival.
      const expected = [...rows.keys()].sort((a, b) => compareRows(rows[a], rows[b], order) || a - b);
      assert.deepEqual(listAt(kernel, list, count), expected.map((row) => addresses[row]));
      store.close();
      kernel.reset();
    });
  });

  Deno.test(`lists of rows are sorted by (time, key group, arrival), and by (key group, arrival) (${variant})`, () => {
    seeded(20, (random) => {
      const count = random.below(500), { store, rows, addresses, groups } = storeRows(kernel, random, [INT64], count);
      // Header, one word of null bits, then the cell; NULL is 0 there.
      const time = (row: number) => rows[row][0] as bigint | null ?? 0n;
      const byTime = (a: number, b: number) => Number(time(a) > time(b)) - Number(time(a) < time(b));
      for (const at of [32, 0]) {
        const list = writeWords(kernel, [...addresses].sort(() => random.next() - 0.5));
        assert.equal(kernel.fn("rows_sort")(list, count, at), 1);
        const expected = [...rows.keys()].sort((a, b) => (at && byTime(a, b)) || groups[a] - groups[b] || a - b);
        assert.deepEqual(listAt(kernel, list, count), expected.map((row) => addresses[row]));
      }
      store.close();
      kernel.reset();
    });
  });

  Deno.test(`a heap gives rows back by (time, key group, arrival), whatever goes in between (${variant})`, () => {
    seeded(12, (random) => {
      const count = random.chance(0.3) ? 9000 : random.below(300), held = stateBytes(kernel);
      const { store, addresses, groups } = storeRows(kernel, random, [INT64], count), before = store.bytes;
      const heap = kernel.fn("rows_heap_make")(store.address) >>> 0;
      const pop = (until: number) => kernel.fn("rows_heap_pop")(heap, until) >>> 0;
      const waiting: { time: number; row: number }[] = [];
      const takeBelow = (until: number) => {
        waiting.sort((a, b) => a.time - b.time || groups[a.row] - groups[b.row] || a.row - b.row);
        while (waiting.length > 0 && waiting[0].time < until) assert.equal(pop(until), addresses[waiting.shift()!.row]);
        assert.equal(pop(until), 0);
      };
      for (let row = 0; row < count; row++) {
        const time = random.below(count) - count / 2;
        assert.equal(kernel.fn("rows_heap_push")(heap, time, addresses[row]), 1);
        waiting.push({ time, row });
        for (let gone = random.chance(0.3) ? random.below(4) : 0; gone > 0 && waiting.length > 0; gone--) {
          const [{ time, row }] = waiting.splice(random.below(waiting.length), 1);
          kernel.fn("rows_heap_forget")(heap, addresses[row]);
          if (random.chance(0.5)) continue;
          assert.equal(kernel.fn("rows_heap_push")(heap, time, addresses[row]), 1);
          waiting.push({ time, row });
        }
        if (random.chance(0.01)) takeBelow(random.below(count) - count / 2);
      }
      takeBelow(count);
      assert.equal(store.bytes, before, "the heap's memory goes with its last row");
      kernel.fn("rows_heap_free")(heap);
      store.close();
      assert.equal(stateBytes(kernel), held);
      kernel.reset();
    });
  });
}
