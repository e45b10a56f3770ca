import assert from "node:assert/strict";
import vectors from "../../data/xxhash_vectors.json" with { type: "json" };
import type { Kernel } from "../../../src/kernel/module.ts";
import { loadKernel, VARIANTS } from "../load.ts";

const PRIME64 = 11400714785074694797n;

/** The input of the published vectors. */
function sanityBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let generator = 2654435761n;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(generator >> 56n);
    generator = BigInt.asUintN(64, generator * PRIME64);
  }
  return bytes;
}

function hash(kernel: Kernel, bytes: Uint8Array, seed: bigint, offset = 0): bigint {
  kernel.reset();
  const at = kernel.arena(bytes.length + offset) + offset, out = kernel.arena(8);
  kernel.copyIn(bytes, at);
  kernel.fn("hash_xxh3")(at, bytes.length, Number(seed & 0xffffffffn), Number(seed >> 32n), out);
  return kernel.data.getBigUint64(out, true);
}

for (const variant of VARIANTS) {
  Deno.test(`XXH3-64 gives the published results (${variant})`, () => {
    const kernel = loadKernel(variant);
    for (const vector of vectors.vectors) {
      const seed = vector.seed === "PRIME64" ? PRIME64 : 0n;
      assert.equal(hash(kernel, sanityBytes(vector.len), seed), BigInt(vector.hash), `${vector.len} ${vector.seed}`);
    }
  });

  Deno.test(`XXH3-64 does not depend on the alignment or on what lies around the input (${variant})`, () => {
    const kernel = loadKernel(variant);
    for (const length of [0, 1, 2, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 1024, 1025, 3000]) {
      const bytes = sanityBytes(length);
      const expected = hash(kernel, bytes, 7n);
      for (const offset of [1, 3, 8, 13]) assert.equal(hash(kernel, bytes, 7n, offset), expected, `${length}`);
    }
  });

  Deno.test(`the keyed hash of an int64 is XXH3-64 of its 8 bytes (${variant})`, () => {
    const kernel = loadKernel(variant);
    for (const value of [0n, 1n, -1n, 0x0123456789abcdefn]) {
      for (const seed of [0n, 1n, PRIME64]) {
        const bytes = new Uint8Array(new BigInt64Array([value]).buffer);
        const expected = hash(kernel, bytes, seed);
        const at = kernel.arena(8), out = kernel.arena(8);
        kernel.data.setBigInt64(at, value, true);
        kernel.fn("hash_int64")(at, Number(seed & 0xffffffffn), Number(seed >> 32n), out);
        assert.equal(kernel.data.getBigUint64(out, true), expected);
      }
    }
  });
}
