import assert from "node:assert/strict";
import { quantile, slopeEachMinute } from "./slope.ts";

Deno.test("the slope of a figure is its change a minute as a share of it, whatever a few outliers say", () => {
  const samples = Array.from({ length: 30 }, (_, i) => ({ atSeconds: i * 10, value: 100 + i }));
  const slope = slopeEachMinute(samples);
  assert.ok(Math.abs(slope - 6 / 114) < 1e-9, String(slope));
  const disturbed = samples.map((sample, i) => i % 10 === 3 ? { ...sample, value: 5000 } : sample);
  assert.ok(Math.abs(slopeEachMinute(disturbed) - slope) < 0.02);
  assert.equal(slopeEachMinute(samples.map((sample) => ({ ...sample, value: 7 }))), 0);
});

Deno.test("a quantile is a value that is there", () => {
  assert.deepEqual([0, 0.5, 0.99, 1].map((share) => quantile([4, 1, 3, 2], share)), [1, 2, 4, 4]);
});
