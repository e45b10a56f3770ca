import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { bitmapBytes, copyBits, countBits, setBits } from "../../src/core/bitmap.ts";

function bitsOf(bitmap: Uint8Array): boolean[] {
  return Array.from({ length: bitmap.length * 8 }, (_, i) => (bitmap[i >> 3] >> (i & 7) & 1) === 1);
}

Deno.test("bits are copied, set and counted as one by one", () => {
  const source = fc.uint8Array({ minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(source, fc.nat(), fc.nat(), fc.nat(40), (source, a, b, to) => {
      const from = a % (source.length * 8 + 1), count = b % (source.length * 8 - from + 1);
      const copied = new Uint8Array(20), set = new Uint8Array(20);
      copyBits(source, from, copied, to, count);
      setBits(set, to, count);
      const inside = (i: number) => i >= to && i < to + count;
      assert.deepEqual(bitsOf(copied), bitsOf(copied).map((_, i) => inside(i) && bitsOf(source)[from + i - to]));
      assert.deepEqual(bitsOf(set), bitsOf(set).map((_, i) => inside(i)));
      assert.equal(countBits(source, from), bitsOf(source).slice(0, from).filter(Boolean).length);
    }),
    { numRuns: 500 },
  );
});

Deno.test("a bitmap takes a byte for each eight rows begun", () => {
  assert.deepEqual([0, 1, 8, 9].map(bitmapBytes), [0, 1, 1, 2]);
});
