import assert from "node:assert/strict";
import fc from "../../deps/fast_check.ts";
import { DOOR_BUFFER_BYTES } from "../../../src/core/limits.ts";
import { BodyBuffers } from "../../../src/server/door/body_buffers.ts";
import { ByteReader } from "../../../src/server/door/byte_reader.ts";
import { WIDE_BUFFER_BYTES, WIDE_BUFFERS_MAX, WideBuffers } from "../../../src/server/door/wide_buffers.ts";

/** Gives bytes in pieces of these lengths, over and over. */
function source(bytes: Uint8Array, pieces: readonly number[]) {
  let at = 0, turn = 0;
  return {
    read(into: Uint8Array): Promise<number | null> {
      if (at === bytes.length) return Promise.resolve(null);
      const count = Math.min(pieces[turn++ % pieces.length], into.length, bytes.length - at);
      into.set(bytes.subarray(at, at += count));
      return Promise.resolve(count);
    },
  };
}

Deno.test("bytes come in their order however they are cut, by looking at them and by filling", async () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 });
  const look = fc.tuple(fc.constant(true), fc.integer({ min: 1, max: 8192 }));
  const fill = fc.tuple(fc.constant(false), fc.integer({ min: 1, max: 12_000 }));
  const steps = fc.array(fc.oneof(look, fill), { maxLength: 20 }), wide = new WideBuffers();
  await fc.assert(
    fc.asyncProperty(pieces, steps, fc.boolean(), async (pieces, steps, isWide) => {
      const bytes = Uint8Array.from({ length: 60_000 }, (_, i) => i * 31 + (i >> 8)),
        reader = new ByteReader(source(bytes, pieces));
      if (isWide) reader.widen(wide);
      let at = 0;
      for (const [look, count] of steps) {
        if (at + count > bytes.length) break;
        if (look) {
          while (reader.waiting.length < count) assert.ok(await reader.more());
          assert.deepEqual(reader.waiting.slice(0, count), bytes.slice(at, at + count));
          reader.skip(count);
        } else {
          const target = new Uint8Array(count);
          assert.ok(await reader.fill(target));
          assert.deepEqual(target, bytes.slice(at, at + count));
        }
        at += count;
      }
      assert.equal(await reader.fill(new Uint8Array(bytes.length - at + 1)), false);
      reader.close();
    }),
    { numRuns: 50 },
  );
});

Deno.test("behind something long most of the next comes with one read, and wide memory goes round", async () => {
  const bytes = new Uint8Array(3 * 70_000), wide = new WideBuffers();
  for (let connection = 0; connection < 2 * WIDE_BUFFERS_MAX; connection++) {
    const lengths: number[] = [], { read } = source(bytes, [bytes.length]);
    const counted = {
      read(into: Uint8Array) {
        lengths.push(into.length);
        return read(into);
      },
    };
    const reader = new ByteReader(counted), body = new Uint8Array(70_000 - 10);
    reader.widen(wide);
    for (let i = 0; i < 3; i++) {
      while (reader.waiting.length < 10) assert.ok(await reader.more());
      reader.skip(10);
      assert.ok(await reader.fill(body));
    }
    assert.deepEqual(lengths, [8 << 10, 70_000 - (8 << 10), 128 << 10, 140_000 - (128 << 10)]);
    reader.close();
  }
});

Deno.test("whoever finds no wide memory reads in smaller pieces", async () => {
  const wide = new WideBuffers(),
    readers = Array.from({ length: WIDE_BUFFERS_MAX + 1 }, () => {
      const lengths: number[] = [], { read } = source(new Uint8Array(30_000), [30_000]);
      const reader = new ByteReader({ read: (into) => (lengths.push(into.length), read(into)) });
      reader.widen(wide);
      return { reader, lengths };
    });
  for (const { reader } of readers) {
    assert.ok(await reader.fill(new Uint8Array(10_000)));
    assert.ok(await reader.more());
    assert.equal(reader.full, true);
  }
  const widths = readers.map(({ lengths }) => lengths.at(-1));
  assert.deepEqual(widths, [...Array(WIDE_BUFFERS_MAX).fill(WIDE_BUFFER_BYTES), DOOR_BUFFER_BYTES]);
});

Deno.test("buffers for bodies belong to one at a time, come back, and are kept within a bound", () => {
  const buffers = new BodyBuffers(), first = buffers.take(100_000), second = buffers.take(100_000);
  assert.notEqual(first.buffer, second.buffer);
  assert.equal(first.length, 100_000);
  buffers.give(first);
  const again = buffers.take(70_000);
  assert.equal(again.buffer, first.buffer);
  assert.equal(again.length, 70_000);
  structuredClone(again.buffer, { transfer: [again.buffer] });
  buffers.give(again);
  assert.notEqual(buffers.take(10).byteLength, 0);
  const many = Array.from({ length: 200 }, () => buffers.take(256 << 10)),
    all = new Set(many.map(({ buffer }) => buffer));
  for (const one of many) buffers.give(one);
  const kept = Array.from({ length: 200 }, () => buffers.take(256 << 10)).filter(({ buffer }) => all.has(buffer));
  assert.equal(kept.length, 32);
});
Deno.test("what is short has no more memory than it needs, and takes none from what is long", () => {
  const buffers = new BodyBuffers(), long = buffers.take(100_000);
  buffers.give(long);
  const short = buffers.take(100);
  assert.equal(short.buffer.byteLength, 100);
  buffers.give(short);
  assert.equal(buffers.take(50_000).buffer, long.buffer);
});
