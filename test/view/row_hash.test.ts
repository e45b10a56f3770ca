import assert from "node:assert/strict";
import { FrameBuilder, FrameView, type Value } from "../../src/core/frame.ts";
import { BYTES, type Column, INT64 } from "../../src/core/schema.ts";
import { rowHash } from "../../src/view/row_hash.ts";

const SEEDS = [0, 1, -1, 0x12345678, -0x12345678, 0x7fffffff];

function hashesOf(columns: readonly Column[], rows: readonly (readonly Value[])[], seed: number): number[] {
  const builder = new FrameBuilder(columns);
  for (const row of rows) builder.append(row);
  const hash = rowHash(new FrameView(builder.finish()), columns.map((_, i) => i), seed);
  return rows.map((_, row) => hash(row));
}

/** Every choice of a block or its partner: in a hash that multiplies and shifts, what the first half changes the second takes back, whatever the seed is. */
function pairs(blocks: number): Uint8Array[] {
  return Array.from({ length: 2 ** blocks }, (_, choice) => {
    const bytes = new Uint8Array(blocks * 8).fill(65), data = new DataView(bytes.buffer);
    for (let block = 0; block < blocks; block++) {
      if ((choice >> block & 1) === 0) continue;
      data.setUint32(block * 8, data.getUint32(block * 8, true) ^ 0x80000000, true);
      data.setUint32(block * 8 + 4, data.getUint32(block * 8 + 4, true) ^ 0x80010000, true);
    }
    return bytes;
  });
}

Deno.test("keys that are chosen so that they collide in a hash whose steps are known do not collide under any seed", () => {
  const columns = [{ name: "key", type: BYTES, nullable: false }], rows = pairs(10).map((bytes) => [bytes]);
  for (const seed of SEEDS) {
    const hashes = hashesOf(columns, rows, seed);
    // By chance, two of a thousand share a hash of 32 bits once in eight thousand times
    assert.ok(new Set(hashes).size > rows.length - 20, `seed ${seed}: ${new Set(hashes).size} of ${rows.length}`);
    assert.ok(new Set(hashes.map((hash) => hash & 1023)).size > 500, `seed ${seed}`);
  }
});

Deno.test("keys that share a bucket under one seed are spread under another, and numbers in a row under each", () => {
  const columns = [{ name: "key", type: INT64, nullable: false }];
  const rows = Array.from({ length: 200_000 }, (_, key) => [BigInt(key)]);
  const first = hashesOf(columns, rows, SEEDS[3]), chosen = rows.filter((_, row) => (first[row] & 1023) === 7);
  assert.ok(chosen.length > 100 && chosen.length < 400, `${chosen.length}`);
  for (const seed of SEEDS) {
    const buckets = new Set(hashesOf(columns, chosen, seed).map((hash) => hash & 1023));
    if (seed !== SEEDS[3]) {
      assert.ok(buckets.size > chosen.length / 2, `seed ${seed}: ${buckets.size} of ${chosen.length}`);
    }
    const dense = new Set(hashesOf(columns, rows.slice(0, 1024), seed).map((hash) => hash & 1023));
    assert.ok(dense.size > 450, `seed ${seed}: ${dense.size}`);
  }
});
