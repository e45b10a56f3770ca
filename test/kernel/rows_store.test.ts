import assert from "node:assert/strict";
import { BOOL, type DataType, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { writeColumns } from "../../src/kernel/column.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { type RowAddress, RowIndex, RowStore, writeWords } from "../../src/kernel/rows.ts";
import { loadOperators, VARIANTS } from "./load.ts";
import { ALL_TYPES, type Random, seeded } from "./random.ts";
import { groupOf } from "./reference/groups.ts";
import { valueAt, vectorOf } from "./vectors.ts";

const stateBytes = (kernel: Kernel) => kernel.fn("state_bytes")() >>> 0;
const kernels = VARIANTS.map((variant) => ({ variant, kernel: loadOperators(variant) }));

/** The text of a value that is equal for keys that are equal: −0 is 0, and every NaN is one. */
function keyText(value: Value): string {
  if (value instanceof Uint8Array) return `x${value}`;
  return typeof value === "number" ? `f${value === 0 ? 0 : value}` : `${typeof value} ${value}`;
}

function rowsAt(kernel: Kernel, store: RowStore, list: readonly RowAddress[], copy: boolean): Value[][] {
  const batch = store.gather(list, { copy });
  return list.map((_, row) => batch.columns.map((column) => valueAt(kernel, column, row)));
}

function columnsOf(kernel: Kernel, types: readonly DataType[], rows: readonly (readonly Value[])[]): number {
  return writeColumns(kernel, types.map((type, i) => vectorOf(kernel, type, rows.map((row) => row[i]))));
}

interface Kept {
  readonly address: RowAddress;
  values: readonly Value[];
}

/** A store with one index beside the plainest model of it: a map from the text of a key to a list of rows. */
class Pair {
  readonly store: RowStore;
  readonly index: RowIndex;
  readonly model = new Map<string, Kept[]>();
  readonly loose: Kept[] = [];
  arrival = 0;

  constructor(
    readonly kernel: Kernel,
    readonly types: readonly DataType[],
    readonly keys: readonly number[],
    readonly nullsEqual: boolean,
    words: number,
  ) {
    this.store = new RowStore(kernel, types, words);
    this.index = new RowIndex(this.store, keys, nullsEqual);
  }

  keyOf(values: readonly Value[]): string | null {
    const key = this.keys.map((column) => values[column]);
    return !this.nullsEqual && key.includes(null) ? null : key.map(keyText).join("|");
  }

  chain(values: readonly Value[]): Kept[] {
    const key = this.keyOf(values);
    return key === null ? [] : this.model.get(key) ?? [];
  }

  /** Adds the rows of a batch, some of them, one by one. */
  add(rows: readonly (readonly Value[])[], selection: readonly number[]): void {
    const { kernel, index, store } = this, columns = columnsOf(kernel, this.types, rows);
    const keys = writeWords(kernel, this.keys), selected = writeWords(kernel, selection);
    const hashes = index.hash(columns, keys, selected, selection.length), groups = kernel.arena(selection.length);
    kernel.fn("rows_groups")(columns, keys, this.keys.length, selected, selection.length, groups);
    for (const [i, row] of selection.entries()) {
      const hash = kernel.data.getUint32(hashes + i * 4, true), group = kernel.bytes[groups + i];
      const address = store.encode(columns, row, hash, group, this.arrival++);
      assert.notEqual(address, 0);
      this.checkKey(address, rows[row], hash, group, keys);
      assert.ok(index.add(address));
      const kept = { address, values: rows[row] }, key = this.keyOf(rows[row]);
      if (key === null) this.loose.push(kept);
      else if (this.model.has(key)) this.model.get(key)!.push(kept);
      else this.model.set(key, [kept]);
    }
  }

  /** The hash and the key group of a stored row are those of the row of the batch; the group is that of the definition. */
  checkKey(address: RowAddress, values: readonly Value[], hash: number, group: number, keys: number): void {
    const { kernel, store, index } = this, count = this.keys.length;
    assert.equal(kernel.fn("rows_hash_stored")(index.address, store.address, address, keys, count) >>> 0, hash);
    assert.equal(hash === 0, this.keyOf(values) === null);
    assert.equal(kernel.fn("rows_group_stored")(store.address, address, keys, count), group);
    assert.equal(group, groupOf(this.keys.map((key) => this.types[key]), this.keys.map((key) => values[key])));
  }

  /** Looks all rows up, together and one by one, and reads their chains. */
  check(rows: readonly (readonly Value[])[], copy: boolean): void {
    const { kernel, index } = this, columns = columnsOf(kernel, this.types, rows), keys = writeWords(kernel, this.keys);
    const hashes = index.hash(columns, keys, 0, rows.length);
    const heads = index.findAll(hashes, columns, keys, 0, rows.length);
    for (const [row, values] of rows.entries()) {
      const found: RowAddress[] = [], first = kernel.data.getUint32(heads + row * 4, true);
      const hash = kernel.data.getUint32(hashes + row * 4, true);
      assert.equal(index.find(hash, columns, keys, row), first);
      for (let at = first; at !== 0; at = index.next(at)) found.push(at);
      assert.deepEqual(found, this.chain(values).map(({ address }) => address));
      assert.deepEqual(rowsAt(kernel, this.store, found, copy), this.chain(values).map((kept) => kept.values));
      if (first !== 0) assert.equal(index.findStored(hash, this.store, first, keys), first);
    }
    assert.equal(index.size, this.model.size);
    assert.equal(this.store.rows, [...this.model.values()].flat().length + this.loose.length);
  }

  remove(random: Random): void {
    const key = random.of([...this.model.keys(), null]), rows = key === null ? this.loose : this.model.get(key)!;
    if (rows.length === 0) return;
    const [{ address }] = rows.splice(random.below(rows.length), 1);
    this.index.remove(address);
    this.store.free(address);
    if (key !== null && rows.length === 0) this.model.delete(key);
  }

  /** Writes other values of the same key over a row, in place where they fit. */
  overwrite(random: Random): void {
    const rows = [...this.model.values()].flat();
    if (rows.length === 0) return;
    const kept = random.of(rows);
    const values = this.types.map((type, i) => this.keys.includes(i) ? kept.values[i] : random.nullable(type));
    if (this.store.overwrite(kept.address, columnsOf(this.kernel, this.types, [values]), 0)) kept.values = values;
  }

  close(): void {
    this.index.close();
    this.store.close();
  }
}

function anyPair(kernel: Kernel, random: Random): Pair {
  const types = Array.from({ length: 1 + random.below(random.chance(0.1) ? 70 : 6) }, () => random.of(ALL_TYPES));
  const keys = [...types.keys()].filter(() => random.chance(0.4)).slice(0, 4);
  return new Pair(kernel, types, keys, random.chance(0.5), random.below(5));
}

for (const { variant, kernel } of kernels) {
  Deno.test(`chains of stored rows are those of a map of lists, for any schema, keys and order of changes (${variant})`, () => {
    seeded(60, (random) => {
      const held = stateBytes(kernel), pair = anyPair(kernel, random), distinct = random.of([2, 12, 200]);
      for (let step = 0; step < 12; step++) {
        const rows = Array.from(
          { length: 1 + random.below(40) },
          () => pair.types.map((type) => random.nullable(type, distinct)),
        );
        pair.add(rows, [...rows.keys()].filter(() => random.chance(0.8)));
        for (let i = random.below(50); i > 0; i--) pair.remove(random);
        for (let i = random.below(5); i > 0; i--) pair.overwrite(random);
        pair.check(rows, random.chance(0.5));
        kernel.reset();
      }
      while (pair.store.rows > 0) pair.remove(random);
      assert.equal(pair.store.bytes, 0, "pages, slots and chains are freed with the last row");
      pair.close();
      assert.equal(stateBytes(kernel), held);
    });
  });
}

Deno.test("an index of hundreds of thousands of keys finds them while it grows and shrinks", () => {
  const kernel = loadOperators(), store = new RowStore(kernel, [INT64]), index = new RowIndex(store, [0], false);
  const block = 8000, blocks = 40, addresses: number[] = [];
  const column = (first: number) =>
    columnsOf(kernel, [INT64], Array.from({ length: block }, (_, i) => [BigInt(first + i) << 20n]));
  for (let b = 0; b < blocks; b++) {
    const at = column(b * block), keys = writeWords(kernel, [0]), hashes = index.hash(at, keys, 0, block);
    for (let row = 0; row < block; row++) {
      const address = store.encode(at, row, kernel.data.getUint32(hashes + row * 4, true), 0, addresses.length);
      assert.ok(index.add(address));
      addresses.push(address);
    }
    kernel.reset();
  }
  assert.equal(index.size, block * blocks);
  const found = (b: number) => {
    const at = column(b * block), keys = writeWords(kernel, [0]), hashes = index.hash(at, keys, 0, block);
    const heads = index.findAll(hashes, at, keys, 0, block);
    const list = Array.from({ length: block }, (_, row) => kernel.data.getUint32(heads + row * 4, true));
    kernel.reset();
    return list;
  };
  for (let b = 0; b < blocks; b++) assert.deepEqual(found(b), addresses.slice(b * block, (b + 1) * block));
  // Every other row goes: what is behind it in its run of slots moves back.
  for (let i = 0; i < addresses.length; i += 2) {
    index.remove(addresses[i]);
    store.free(addresses[i]);
  }
  for (let b = 0; b < blocks; b++) {
    assert.deepEqual(found(b), addresses.slice(b * block, (b + 1) * block).map((address, i) => i % 2 ? address : 0));
  }

  for (let i = 1; i < addresses.length; i += 2) {
    index.remove(addresses[i]);
    store.free(addresses[i]);
  }
  assert.equal(store.bytes, 0);
  index.close();
  store.close();
});

Deno.test("rows get no memory beyond the bound of state, and nothing has changed then", () => {
  const kernel = loadOperators(), store = new RowStore(kernel, [STRING]), index = new RowIndex(store, [0], false);
  kernel.limitState(20_000);
  const columns = columnsOf(kernel, [STRING], Array.from({ length: 400 }, (_, i) => [`${i}`.repeat(20)]));
  const keys = writeWords(kernel, [0]), hashes = index.hash(columns, keys, 0, 400);
  let row = 0, refused = 0;
  for (; row < 400; row++) {
    const address = store.encode(columns, row, kernel.data.getUint32(hashes + row * 4, true), 0, row);
    if (address === 0) break;
    const before = [store.bytes, index.size];
    if (index.add(address)) continue;
    assert.deepEqual([store.bytes, index.size], before);
    store.free(address);
    refused++;
    break;
  }
  assert.ok(row > 20 && row < 400 && refused <= 1, `${row} rows`);
  assert.equal(index.size, row);
  assert.ok(store.bytes <= 20_000);
  for (let i = 0; i < row; i++) {
    assert.notEqual(index.find(kernel.data.getUint32(hashes + i * 4, true), columns, keys, i), 0);
  }
  index.close();
  store.close();
});

for (const { variant, kernel } of kernels) {
  Deno.test(`rows can be put in front of others and in their place, and chains stay whole (${variant})`, () => {
    seeded(30, (random) => {
      const pair = new Pair(kernel, [INT64, STRING], [0], true, 0), { store, index } = pair;
      for (let step = 0; step < 60; step++) {
        const values = [random.nullable(INT64, 4), random.nullable(STRING)], chain = pair.chain(values);
        if (chain.length === 0 || random.chance(0.3)) {
          pair.add([values], [0]);
          continue;
        }
        const columns = columnsOf(kernel, pair.types, [values]),
          hashes = index.hash(columns, writeWords(kernel, [0]), 0, 1);
        const address = store.encode(columns, 0, kernel.data.getUint32(hashes, true), 0, pair.arrival++);
        const at = random.below(chain.length);
        if (random.chance(0.5)) {
          index.addBefore(address, chain[at].address);
          chain.splice(at, 0, { address, values });
        } else {
          index.replace(chain[at].address, address);
          store.free(chain[at].address);
          chain[at] = { address, values };
        }
        if (random.chance(0.3)) pair.remove(random);
      }
      pair.check([null, ...Array.from({ length: 12 }, (_, i) => BigInt(i))].map((key) => [key, null]), true);
      while (store.rows > 0) pair.remove(random);
      pair.close();
      kernel.reset();
    });
  });
}

Deno.test("NULL entries of a list become rows of NULLs, and picked columns come in the order of the picks", () => {
  const kernel = loadOperators(), types = [INT64, BOOL, STRING], store = new RowStore(kernel, types);
  const columns = columnsOf(kernel, types, [[7n, true, "seven"], [null, null, null]]);
  const [a, b] = [store.encode(columns, 0, 1, 0, 0), store.encode(columns, 1, 1, 0, 1)];
  const list = [...Array.from({ length: 70 }, (_, i) => i % 3 === 0 ? 0 : a), b];
  const batch = store.gather(list, { picks: [2, 0, 1, 2] });
  const rows = list.map((_, row) => batch.columns.map((column) => valueAt(kernel, column, row)));
  const nulls = [null, null, null, null];
  assert.deepEqual(rows, list.map((address) => address === a ? ["seven", 7n, true, "seven"] : nulls));
  const whole = store.gather([a, a], {});
  assert.deepEqual(whole.columns.map(({ validity }) => validity), [0, 0, 0], "no bitmap where nothing is NULL");
  store.close();
});
