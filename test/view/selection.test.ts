import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { selectLeast } from "../../src/view/selection.ts";

Deno.test("the least numbers come out in order, as from a full sort", () => {
  fc.assert(fc.property(fc.array(fc.nat(20)), fc.nat(30), (items, count) => {
    const compare = (a: number, b: number) => items[a] - items[b] || a - b;
    const sorted = items.map((_, i) => i).sort(compare);
    assert.deepEqual([...selectLeast(items.length, count, compare)], sorted.slice(0, count));
  }));
});

Deno.test("selecting few of many compares each item about once", () => {
  let calls = 0;
  const key = (i: number) => (i * 7919) % 100_003;
  selectLeast(100_000, 10, (a, b) => {
    calls++;
    return key(a) - key(b);
  });
  assert.ok(calls < 110_000, `${calls} comparisons`);
});
