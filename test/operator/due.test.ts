import assert from "node:assert/strict";
import { nextEnd } from "../../src/operator/due.ts";

Deno.test("the next due watermark is the first above it that is a window's last millisecond", () => {
  for (const ends of [{ stepMs: 10, offsetMs: 0 }, { stepMs: 7, offsetMs: 3 }, { stepMs: 5, offsetMs: 4 }]) {
    for (let watermark = -40; watermark < 40; watermark++) {
      let expected = watermark + 1;
      while ((expected + 1 - ends.offsetMs) % ends.stepMs !== 0) expected++;
      assert.equal(nextEnd(watermark, ends), expected);
    }
  }
  assert.equal(nextEnd(5, null), 6);
  assert.equal(nextEnd(Infinity, { stepMs: 10, offsetMs: 0 }), Infinity);
});
