import assert from "node:assert/strict";
import { seeded } from "../sim/pool.ts";
import { loadKernel, VARIANTS } from "./load.ts";

const BLOCK_BYTES = 1 << 20;

Deno.test("a release gives back what was taken since its mark, and marks nest", () => {
  const kernel = loadKernel(), first = kernel.arena(100);
  const outer = kernel.mark(), second = kernel.arena(100);
  const inner = kernel.mark(), third = kernel.arena(BLOCK_BYTES * 3), fourth = kernel.arena(100);
  kernel.release(inner);
  assert.equal(kernel.mark(), inner);
  assert.equal(kernel.arena(BLOCK_BYTES * 3), third, "the same block serves again");
  assert.equal(kernel.arena(100), fourth);
  kernel.release(outer);
  assert.equal(kernel.arena(100), second);
  kernel.reset();
  assert.equal(kernel.arena(100), first);
});

Deno.test("a mark of an empty arena gives back everything", () => {
  const kernel = loadKernel(), mark = kernel.mark(), first = kernel.arena(10);
  for (let i = 0; i < 5; i++) kernel.arena(BLOCK_BYTES);
  kernel.release(mark);
  assert.equal(kernel.arena(10), first);
});

Deno.test("what was taken before a mark stays untouched by whatever is taken and given back behind it", () => {
  for (const variant of VARIANTS) {
    const kernel = loadKernel(variant), seed = Math.floor(Math.random() * 2 ** 31), random = seeded(seed);
    /** Marks with what was taken between one and the next. */
    const levels: { mark: number; blocks: { at: number; bytes: number; fill: number }[] }[] = [{ mark: 0, blocks: [] }];
    let peakBytes = 0;
    for (let step = 0; step < 4000; step++) {
      const top = levels[levels.length - 1], choice = random(10);
      if (choice < 6) {
        const bytes = 1 + random(random(20) === 0 ? 3 * BLOCK_BYTES : 5000),
          at = kernel.arena(bytes),
          fill = random(256);
        kernel.bytes.fill(fill, at, at + bytes);
        top.blocks.push({ at, bytes, fill });
      } else if (choice < 8) levels.push({ mark: kernel.mark(), blocks: [] });
      else {
        const down = Math.min(levels.length - 1, 1 + random(3));
        if (down === 0) continue;
        const released = levels.splice(levels.length - down);
        kernel.release(released[0].mark);
      }
      if (step % 50 !== 0) continue;
      for (const { at, bytes, fill } of levels.flatMap(({ blocks }) => blocks)) {
        const memory = kernel.bytes;
        for (const offset of [0, bytes >> 1, bytes - 1]) assert.equal(memory[at + offset], fill, `seed ${seed}`);
      }
      peakBytes = Math.max(peakBytes, kernel.memoryBytes);
      if (levels.length > 40) {
        kernel.reset();
        levels.splice(0, levels.length, { mark: 0, blocks: [] });
      }
    }
    assert.ok(peakBytes < 1 << 30, `seed ${seed}`);
  }
});

Deno.test("a thousand rounds between mark and release take no more memory than one", () => {
  const kernel = loadKernel();
  kernel.arena(1000);
  const round = () => {
    const mark = kernel.mark();
    for (let i = 0; i < 3; i++) kernel.arena(700_000);
    kernel.release(mark);
  };
  round();
  const { memoryBytes } = kernel;
  for (let i = 0; i < 1000; i++) round();
  assert.equal(kernel.memoryBytes, memoryBytes);
});
