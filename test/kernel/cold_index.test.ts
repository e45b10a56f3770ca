import assert from "node:assert/strict";
import { ColdIndex } from "../../src/kernel/cold_index.ts";
import { randomOf } from "./numbers.ts";

Deno.test("every record is found by its hash until it is taken, also of keys with one hash and of hashes side by side", () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), index = new ColdIndex();
  const below = (most: number) => Math.floor(random() * most);
  // Few hashes, which lie together in few tables: chains are long and close up often
  const hash = () => [below(40) === 0 ? 2 ** 32 - 1 - below(4) : below(60), below(2) * 2 ** 31 + below(3)] as const;
  const expected = new Map<string, Map<number, number>>();
  let rows = 0;
  for (let at = 0; at < 30_000; at++) {
    const [low, high] = hash(), key = `${low} ${high}`, there = expected.get(key) ?? new Map<number, number>();
    expected.set(key, there);
    if (random() < 0.55) {
      const size = 1 + below(4096);
      index.add(low, high, at, size);
      there.set(at, size);
      rows++;
    } else if (random() < 0.3 && there.size > 0) {
      const [from] = there.keys(), size = there.get(from)!, to = at + 1_000_000;
      index.move(low, high, from, to);
      there.delete(from);
      there.set(to, size);
    } else {
      const got: [number, number][] = [];
      index.take(low, high, (place, size) => got.push([place, size]));
      assert.deepEqual(got.sort(([a], [b]) => a - b), [...there].sort(([a], [b]) => a - b), `seed ${seed}`);
      rows -= there.size;
      there.clear();
    }
    assert.equal(index.rows, rows, `seed ${seed}`);
    const [some] = there.keys();
    if (some !== undefined) assert.ok(index.has(low, high, some));
    assert.ok(!index.has(low, high, at + 5_000_000));
  }
});
