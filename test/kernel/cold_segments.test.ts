import assert from "node:assert/strict";
import type { ColdFile } from "../../src/core/cold_file.ts";
import { COLD_SEGMENT_BYTES } from "../../src/core/limits.ts";
import { ColdSegments, spread, UNIT } from "../../src/kernel/cold_segments.ts";
import { openColdFile } from "../../src/store/cold_file_deno.ts";
import { randomOf } from "./numbers.ts";

const HEADER = 32, BATCH_BYTES = 60_000;

/** A real file that tells how long it is. */
function measured(): ColdFile & { length: number } {
  const real = openColdFile(null);
  const file = {
    ...real,
    length: 0,
    write(at: number, bytes: Uint8Array<ArrayBuffer>) {
      real.write(at, bytes);
      file.length = Math.max(file.length, at + bytes.length);
    },
    truncate(bytes: number) {
      real.truncate(bytes);
      file.length = bytes;
    },
  };
  return file;
}

/** A record of a hash: its content says which. */
function record(hash: number, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size).fill(hash & 255), view = new DataView(bytes.buffer);
  view.setUint32(0, size, true);
  view.setUint32(8, hash, true);
  view.setUint32(12, spread(hash), true);
  return bytes;
}

Deno.test("records stay readable while a working file grows, is tidied, and ends earlier when little of it counts", () => {
  const seed = Math.floor(Math.random() * 2 ** 31), random = randomOf(seed), file = measured();
  const segments = new ColdSegments(file), alive: number[] = [], sizes = new Map<number, number>();
  let next = 1, longest = 0;
  const add = () => {
    const batch = new Uint8Array(BATCH_BYTES);
    let bytes = 0;
    while (bytes < BATCH_BYTES - 4096) {
      const size = HEADER + UNIT * Math.floor(random() * 200), hash = next++;
      batch.set(record(hash, size), bytes);
      alive.push(hash);
      sizes.set(hash, size);
      bytes += size;
    }
    segments.append(batch.subarray(0, bytes));
  };
  const take = () => {
    const at = Math.floor(random() * alive.length), hash = alive[at];
    alive[at] = alive[alive.length - 1];
    alive.pop();
    let found = 0;
    segments.index.take(hash, spread(hash), (place, size) => {
      const bytes = new Uint8Array(size * UNIT);
      segments.read(place * UNIT, bytes);
      assert.deepEqual([size * UNIT, bytes[HEADER - 1], bytes[bytes.length - 1]], [
        sizes.get(hash),
        hash & 255,
        hash & 255,
      ], `seed ${seed}`);
      segments.drop(place, size);
      found++;
    });
    assert.equal(found, 1, `seed ${seed}, ${hash}`);
  };
  for (const [rounds, adds, takes] of [[300, 2, 20], [250, 0, 60], [200, 1, 30], [500, 0, 60]]) {
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < adds; i++) add();
      for (let i = 0; i < takes && alive.length > 0; i++) take();
      segments.tidy(8 * BATCH_BYTES);
    }
    longest = Math.max(longest, file.length);
    assert.ok(
      file.length <= 4 * segments.bytes + 4 * COLD_SEGMENT_BYTES,
      `seed ${seed}: ${file.length} for ${segments.bytes} bytes`,
    );
  }
  while (alive.length > 0) take();
  assert.ok(longest > 5 * COLD_SEGMENT_BYTES);
  assert.ok(file.length <= 2 * COLD_SEGMENT_BYTES, `${file.length} bytes`);
  segments.close();
});
