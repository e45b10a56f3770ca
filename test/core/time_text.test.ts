import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { formatTime } from "../../src/core/time_text.ts";

Deno.test("times are written as the platform's calendar writes them", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer({ min: -8.64e15, max: 8.64e15 }), fc.integer(), fc.constantFrom(-8.64e15, 8.64e15)),
      (ms) => {
        assert.equal(formatTime(ms), new Date(ms).toISOString());
      },
    ),
  );
});

Deno.test("times that no calendar holds have no text", () => {
  for (const ms of [NaN, Infinity, -Infinity, 8.64e15 + 1, 0.5]) assert.equal(formatTime(ms), null);
});
