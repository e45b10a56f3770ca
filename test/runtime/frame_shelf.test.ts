import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { SHARED_FRAMES_BYTES_MAX } from "../../src/core/limits.ts";
import { FrameShelf, ShelvedFrames } from "../../src/runtime/frame_shelf.ts";
import type { ChunkMessage } from "../../src/runtime/protocol.ts";

/** Big enough that a few of them reach the bound. */
const BYTES = SHARED_FRAMES_BYTES_MAX / 4;
const FRAMES = Array.from({ length: 8 }, (_, i) => new Uint8Array(BYTES).fill(i, 0, 1).buffer);
const chunk = (number: number, frames: readonly number[], shared: boolean): ChunkMessage => ({
  ...{ kind: "chunk", pipeline: 1, number, source: 0, range: null, late: false },
  frames: frames.map((i) => ({ frame: FRAMES[i], arrivalMs: i })),
  ...(shared ? { shared } : {}),
});
const firstBytes = ({ frames }: ChunkMessage) => frames.map(({ frame }) => new Uint8Array(frame)[0]);

class Told {
  readonly here = new Set<ArrayBuffer>();

  add(frame: ArrayBuffer): void {
    this.here.add(frame);
  }

  drop(frame: ArrayBuffer): void {
    assert.ok(this.here.delete(frame), "what is dropped was there");
  }
}

Deno.test("whatever is sent arrives as it was, in its order, and what stays there is bounded", () => {
  const anyChunk = fc.tuple(fc.array(fc.nat(FRAMES.length - 1), { maxLength: 3 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(fc.option(anyChunk, { nil: "clear" as const, freq: 9 }), { maxLength: 30 }), (steps) => {
      const shelf = new FrameShelf(), told = new Told(), there = new ShelvedFrames(told);
      steps.forEach((step, number) => {
        const sent = step === "clear" ? null : chunk(number, ...step);
        const wire = sent ? shelf.pack(sent) : shelf.clear();
        const arrived = wire ? there.unpack([wire]) : [];
        assert.deepEqual(arrived, sent ? [sent] : []);
        if (sent) assert.deepEqual(firstBytes(arrived[0] as ChunkMessage), firstBytes(sent));
        assert.ok(told.here.size * BYTES <= SHARED_FRAMES_BYTES_MAX);
        for (const frame of FRAMES) assert.equal(told.here.has(frame), shelf.has(frame));
      });
    }),
  );
});

Deno.test("a frame that others read too is sent once, and again when it was let go", () => {
  const shelf = new FrameShelf();
  const sent = (...frames: number[]) => {
    const wire = shelf.pack(chunk(0, frames, true));
    return wire.kind === "shelved" ? wire.frames.filter(({ frame }) => frame).length : -1;
  };
  assert.deepEqual([sent(0, 1), sent(0, 1, 2), sent(2)], [2, 1, 0]);
  shelf.clear();
  assert.equal(sent(2), 1);
  assert.equal(shelf.pack(chunk(0, [3], false)).kind, "chunk", "nobody else reads it");
});
