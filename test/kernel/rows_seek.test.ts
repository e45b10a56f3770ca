import assert from "node:assert/strict";
import { INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { writeColumns } from "../../src/kernel/column.ts";
import { type RowAddress, RowIndex, RowStore, writeWords } from "../../src/kernel/rows.ts";
import { loadOperators, VARIANTS } from "./load.ts";
import { randomOf } from "./numbers.ts";
import { vectorOf } from "./vectors.ts";

const TYPES = [INT64, STRING], KEYS = [0], KEY_COUNT = 12;

for (const [variant, hashed] of VARIANTS.flatMap((variant) => [[variant, true], [variant, false]] as const)) {
  const name = `${variant}, ${hashed ? "by hashes" : "by keys"}`;
  Deno.test(`a look in steps finds the rows that a key has at its end, whatever comes and goes meanwhile: ${name}`, () => {
    const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), kernel = loadOperators(variant);
    const before = kernel.fn("state_bytes")(), store = new RowStore(kernel, TYPES, 2);
    // It has the seed of the hashes, and no rows
    const index = new RowIndex(store, KEYS, true), alive: { address: RowAddress; key: Value }[] = [];
    const below = (bound: number) => Math.floor(random() * bound), keyAt = (i: number) => i === 0 ? null : BigInt(i);
    const columnsOf = (rows: readonly (readonly Value[])[]) =>
      writeColumns(kernel, TYPES.map((type, i) => vectorOf(kernel, type, rows.map((row) => row[i]))));
    const hashOf = (columns: number) =>
      kernel.data.getUint32(index.hash(columns, writeWords(kernel, KEYS), 0, 1), true);
    let arrival = 0;
    const add = (wanted: Value) => {
      // Keys that nobody looks for may have the hash of the one that somebody does
      const stranger = below(5) === 0, key = stranger ? BigInt(KEY_COUNT + below(3)) : keyAt(below(KEY_COUNT));
      const columns = columnsOf([[key, "x".repeat(below(20) === 0 ? 9000 : below(200))]]);
      const hash = !hashed && below(2) === 0 ? 0 : hashOf(stranger ? columnsOf([[wanted, ""]]) : columns);
      alive.push({ address: store.encode(columns, 0, hash, 0, arrival++), key });
    };
    const free = () => {
      const at = below(alive.length), [{ address }] = alive.splice(at, 1);
      store.free(address);
    };
    let steps = 0, met = 0;
    for (let round = 0; round < 60; round++) {
      const wanted = keyAt(below(KEY_COUNT)), most = 1 + below(round % 3 === 0 ? 20 : 400);
      while (alive.length < 200 + below(600)) add(wanted);
      kernel.reset();
      for (let begins = true, through = false; !through; begins = false) {
        const columns = columnsOf([[wanted, ""]]), words = writeWords(kernel, KEYS);
        if (begins) {
          assert.equal(kernel.fn("rows_seek")(store.address, columns, words, words, 1, Number(hashed), most), 1);
        }
        through = kernel.fn("rows_seek_next")(store.address, columns, words, words, 1, 1 + below(60)) !== 0;
        steps++;
        if (through) break;
        for (let i = below(20); i > 0; i--) add(wanted);
        for (let i = below(20); i > 0 && alive.length > 0; i--) free();
        kernel.reset();
      }
      const list = kernel.arena(most * 4), count = kernel.fn("rows_sought")(store.address, list, most);
      const found = Array.from({ length: count }, (_, i) => kernel.data.getUint32(list + i * 4, true)).sort();
      kernel.reset();
      const own = alive.filter(({ key }) => key === wanted).map(({ address }) => address).sort();
      if (count < most) assert.deepEqual(found, own, `seed ${seed}, round ${round}`);
      else {assert.ok(
          found.every((row, i) => own.includes(row) && row !== found[i - 1]),
          `seed ${seed}, round ${round}`,
        );}
      met += count;
    }
    assert.ok(steps > 120 && met > 60, `${steps} steps, ${met} rows`);
    index.close();
    store.close();
    assert.equal(kernel.fn("state_bytes")(), before);
  });
}
