import assert from "node:assert/strict";
import { SPARE_FRAME_LEAST_BYTES, SPARE_FRAMES_BYTES_MAX, SPARE_TURN_BYTES } from "../../src/core/limits.ts";
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

Deno.test("what is on the shelf goes to the tasks in messages of a bounded size, once", () => {
  const shelf = new SpareShelf(), spare = new SpareFrames();
  const frames = Array.from({ length: 101 }, () => spare.take(1 << 20));
  // Nobody would ask for buffers of such lengths
  shelf.put([...frames, new ArrayBuffer(100), new ArrayBuffer(70_001)]);
  const [one, other] = shelf.take(2);
  assert.deepEqual(new Set([...one, ...other].flat()), new Set(frames));
  assert.deepEqual([one.flat().length, other.flat().length], [51, 50]);
  for (const message of [...one, ...other]) assert.ok(message.length * (1 << 20) <= SPARE_TURN_BYTES);
  assert.deepEqual(shelf.take(2), [[], []]);
});

Deno.test("the shelf keeps no more than its bound", () => {
  const shelf = new SpareShelf(),
    bytes = 32 << 20,
    frame = new ArrayBuffer(bytes),
    most = SPARE_FRAMES_BYTES_MAX / bytes;
  shelf.put(Array.from({ length: most + 3 }, () => frame));
  assert.equal(shelf.take(1)[0].flat().length, most);
  shelf.put([frame]);
  shelf.clear();
  assert.deepEqual(shelf.take(1), [[]]);
});
