import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { Crc32c, joinSums } from "../../../src/kernel/crc.ts";
import { loadKernel, VARIANTS } from "../load.ts";

/** One bit after another, as RFC 3720 defines it. */
function reference(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  return ~crc >>> 0;
}

/** RFC 3720, appendix B.4, and the check value of the catalogue of CRCs. */
const PUBLISHED: readonly (readonly [Uint8Array, number])[] = [
  [new Uint8Array(32), 0x8a9136aa],
  [new Uint8Array(32).fill(255), 0x62a8ab43],
  [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  [Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  [
    // deno-fmt-ignore
    Uint8Array.of(
      0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
      0x28, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
    ),
    0xd9963a56,
  ],
  [new TextEncoder().encode("123456789"), 0xe3069283],
  [new Uint8Array(), 0],
];

for (const variant of VARIANTS) {
  const crc = new Crc32c(loadKernel(variant));

  Deno.test(`CRC-32C gives the published values (${variant})`, () => {
    for (const [bytes, expected] of PUBLISHED) assert.equal(crc.of(bytes), expected);
  });

  Deno.test(`CRC-32C is that of the definition, at once and in pieces, of any length (${variant})`, () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
      const first = bytes.subarray(0, cut), rest = bytes.subarray(cut);
      assert.equal(crc.of(bytes), reference(bytes));
      assert.equal(crc.of(rest, crc.of(first)), reference(bytes));
    }));
    fc.assert(fc.property(fc.integer({ min: 300, max: 9000 }), fc.nat(0xffffffff), (length, before) => {
      const bytes = Uint8Array.from({ length }, (_, i) => Math.imul(i + before, 0x9e3779b1) >>> 24);
      assert.equal(crc.of(bytes, before), reference(bytes, before));
    }));
    // Long ones are folded first, in steps of 1,024 words of 16 bytes up to the last 209.
    for (const words of [384, 1024 + 208, 1024 + 209, 1024 + 210, 2 * 1024 + 209, 3 * 1024 + 500]) {
      for (const more of [0, 1, 15]) {
        const bytes = Uint8Array.from({ length: words * 16 + more }, (_, i) => Math.imul(i + words, 0x9e3779b1) >>> 23);
        assert.equal(crc.of(bytes, words), reference(bytes, words), `${bytes.length} bytes`);
      }
    }
    const long = Uint8Array.from({ length: 200_003 }, (_, i) => i * 31 + (i >> 8));
    assert.equal(crc.of(long), reference(long));
  });
}

Deno.test("the sums of two pieces give the sum of both without their bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(0xffffffff), (bytes, cut, before) => {
    const first = bytes.subarray(0, cut), rest = bytes.subarray(cut);
    assert.equal(joinSums(reference(first, before), reference(rest), rest.length), reference(bytes, before));
  }));
  const long = Uint8Array.from({ length: 70_001 }, (_, i) => i * 31 + (i >> 8));
  assert.equal(joinSums(7, reference(long), long.length), reference(long, 7));
});
