import assert from "node:assert/strict";
import type { Kernel } from "../../../src/kernel/module.ts";
import { hashSeed } from "../../../src/kernel/rows.ts";
import { loadKernel, VARIANTS } from "../load.ts";

const KEYS = 300_000, BUCKETS = 1024;

/** Buckets that tables put keys in, from the first bits and from the last. */
function bucketsOf(kernel: Kernel, keys: readonly number[], [low, high]: Uint32Array): [number, number][] {
  const at = kernel.arena(8), out = kernel.arena(8), hash = kernel.fn("hash_int64");
  return keys.map((key) => {
    kernel.data.setBigInt64(at, BigInt(key), true);
    hash(at, low, high, out);
    return [kernel.data.getUint32(out, true) % BUCKETS, kernel.data.getUint32(out + 4, true) >>> 22];
  });
}

for (const variant of VARIANTS) {
  Deno.test(`keys that are chosen to share a bucket under the published hash without a seed are spread in tables (${variant})`, () => {
    const kernel = loadKernel(variant), keys = Array.from({ length: KEYS }, (_, key) => key);
    const seeds = Array.from({ length: 4 }, hashSeed);
    assert.equal(new Set(seeds.map(String)).size, seeds.length, "two tables have the same seed");
    const published = bucketsOf(kernel, keys, Uint32Array.of(0, 0));
    for (const end of [0, 1]) {
      const chosen = keys.filter((key) => published[key][end] === 7);
      assert.ok(chosen.length > 150 && chosen.length < 600, `${chosen.length}`);
      for (const seed of seeds) {
        assert.ok(seed.some((word) => word !== 0));
        const buckets = new Set(bucketsOf(kernel, chosen, seed).map((both) => both[end]));
        assert.ok(buckets.size > chosen.length / 2, `seed ${seed}: ${buckets.size} of ${chosen.length}`);
      }
    }
  });
}
