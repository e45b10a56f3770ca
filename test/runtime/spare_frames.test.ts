import assert from "node:assert/strict";
import { isShared, toTransfer } from "../../src/core/frame_memory.ts";
import { SPARE_FRAME_LEAST_BYTES, SPARE_FRAMES_BYTES_MAX } from "../../src/core/limits.ts";
import { SpareFrames, SpareShelf } from "../../src/runtime/spare_frames.ts";

Deno.test("a buffer that was given back is taken for frames that are about as long, once", () => {
  const spare = new SpareFrames(), first = spare.take(100_000);
  assert.ok(first.byteLength >= 100_000 && first.byteLength <= 112_500);
  spare.give([first]);
  assert.notEqual(spare.take(20_000), first);
  assert.equal(spare.take(first.byteLength - 1), first);
  assert.notEqual(spare.take(first.byteLength - 1), first);
  spare.give([first]);
  spare.clear();
  assert.notEqual(spare.take(first.byteLength), first);
});

Deno.test("a small frame has a buffer that is as long as it is", () => {
  assert.equal(new SpareFrames().take(SPARE_FRAME_LEAST_BYTES - 1).byteLength, SPARE_FRAME_LEAST_BYTES - 1);
});

Deno.test("threads share the memory of frames, which no message transfers, up to what may be lost of it", () => {
  const spare = new SpareFrames(), bytes = 1 << 20, most = SPARE_FRAMES_BYTES_MAX / bytes;
  const frames = Array.from({ length: most + 2 }, () => spare.take(bytes));
  assert.deepEqual(frames.map(isShared), frames.map((_, i) => i < most));
  assert.deepEqual(toTransfer(frames), frames.slice(most));
  spare.give(frames.slice(0, 1));
  assert.equal(spare.take(bytes), frames[0]);
  assert.ok(!isShared(spare.take(bytes)));
  spare.clear();
  assert.ok(isShared(spare.take(bytes)));
  assert.ok(!isShared(spare.take(SPARE_FRAME_LEAST_BYTES - 1)), "a small one is not used again");
});

Deno.test("what is on the shelf goes to the tasks, each of which has its part of it, once", () => {
  const shelf = new SpareShelf(), spare = new SpareFrames(), own = new SpareFrames();
  const frames = Array.from({ length: 101 }, () => spare.take(1 << 20));
  // Nobody would ask for buffers of such lengths
  shelf.put([...frames, new ArrayBuffer(100), new ArrayBuffer(70_001)]);
  const messages: ArrayBuffer[][] = [];
  for (let message = shelf.take(2); message.length > 0; message = shelf.take(2)) messages.push(message);
  assert.deepEqual(new Set(messages.flat()), new Set(frames));
  assert.equal(messages.flat().length, frames.length);
  const few = frames.slice(0, 8);
  shelf.put(few);
  assert.equal(shelf.take(4).length, 2, "each of the tasks has its part of what there is");
  own.give(few);
  assert.deepEqual(new Set(own.takeAll()), new Set(few));
  assert.deepEqual(own.takeAll(), []);
});

Deno.test("the shelf keeps no more than its bound", () => {
  const shelf = new SpareShelf(), bytes = 32 << 20, frame = new ArrayBuffer(bytes);
  const count = () => {
    let taken = 0;
    for (let message = shelf.take(1); message.length > 0; message = shelf.take(1)) taken += message.length;
    return taken;
  };
  const most = SPARE_FRAMES_BYTES_MAX / bytes;
  shelf.put(Array.from({ length: most + 3 }, () => frame));
  assert.equal(count(), most);
  shelf.put([frame]);
  shelf.clear();
  assert.equal(count(), 0);
});
