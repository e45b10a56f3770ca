import assert from "node:assert/strict";
import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { writeColumns } from "../../src/kernel/column.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { type RowAddress, RowIndex, RowStore, writeWords } from "../../src/kernel/rows.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { ALL_TYPES, type Random, seeded } from "./random.ts";
import { valueAt, vectorOf } from "./vectors.ts";

const stateBytes = (kernel: Kernel) => kernel.fn("state_bytes")() >>> 0;
const kernels = VARIANTS.map((variant) => ({ variant, kernel: loadKernel(variant) }));

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
    const hashes = index.hash(columns, keys, selected, selection.length);
    for (const [i, row] of selection.entries()) {
      const hash = kernel.data.getUint32(hashes + i * 4, true);
      const address = store.encode(columns, row, hash, i % 128, this.arrival++);
      assert.notEqual(address, 0);
      assert.ok(index.add(address));
      const kept = { address, values: rows[row] }, key = this.keyOf(rows[row]);
      if (key === null) this.loose.push(kept);
      else if (this.model.has(key)) this.model.get(key)!.push(kept);
      else this.model.set(key, [kept]);
    }
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
