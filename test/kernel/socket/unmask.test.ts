import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { Unmasker } from "../../../src/kernel/unmask.ts";
import { loadKernel, VARIANTS } from "../load.ts";

const MASK = fc.uint8Array({ minLength: 4, maxLength: 4 });
const PIECE = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("\n", "\n\n", "a", '{"n":1}\n', "\t", "\u000b", "x".repeat(17)) },
  { weight: 1, arbitrary: fc.constantFrom("é", "\u008a", "語") },
);
const TEXT = fc.array(PIECE, { maxLength: 60 }).map((pieces) => new TextEncoder().encode(pieces.join("")));
const wordOf = (mask: Uint8Array) => new DataView(mask.buffer, mask.byteOffset).getInt32(0, true);
const masked = (bytes: Uint8Array, mask: Uint8Array) => bytes.map((byte, i) => byte ^ mask[i % 4]);
const linesOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "").length;

for (const variant of VARIANTS) {
  const unmasker = new Unmasker(loadKernel(variant));

  Deno.test(`bytes are what they were before the mask, with their lines, and whether they are ASCII (${variant})`, () => {
    fc.assert(
      fc.property(TEXT, MASK, (bytes, mask) => {
        const found = masked(bytes, mask), { lines, ascii } = unmasker.unmask(found, wordOf(mask));
        assert.deepEqual(found, bytes);
        assert.equal(lines, linesOf(bytes));
        assert.equal(ascii, bytes.every((byte) => byte < 0x80));
      }),
      { numRuns: 500 },
    );
  });

  Deno.test(`what is longer than a piece is seen as one, also where a line ends between two pieces (${variant})`, () => {
    const mask = new Uint8Array([7, 0, 255, 19]);
    for (const shift of [0, 1, 2, 3, 15, 16, 17]) {
      const text = new Uint8Array((64 << 10) * 2 + 100).fill(97);
      const edges = [16 << 10, 32 << 10, 64 << 10];
      for (const at of [0, ...edges.flatMap((edge) => [edge - 2, edge - 1, edge]), 128 << 10]) text[at + shift] = 10;
      text[text.length - 1] = shift % 2 === 0 ? 97 : 0xe9;
      const found = masked(text, mask), { lines, ascii } = unmasker.unmask(found, wordOf(mask));
      assert.deepEqual(found, text);
      assert.deepEqual([lines, ascii], [linesOf(text), shift % 2 === 0]);
    }
  });
}
