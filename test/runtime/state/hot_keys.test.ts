import assert from "node:assert/strict";
import { HOT_KEYS_KEPT_MAX, HOT_SAMPLE_MS, HOT_SAMPLES_MAX } from "../../../src/core/limits.ts";
import { INT64, STRING } from "../../../src/core/schema.ts";
import { HotKeys } from "../../../src/runtime/task/hot_keys.ts";
import { FrameReader } from "../../../src/kernel/frame.ts";
import { loadKernel } from "../../kernel/load.ts";
import { frameOfRows } from "../rows.ts";

const COLUMNS = [{ name: "k", type: STRING, nullable: true }, { name: "n", type: INT64, nullable: true }];

/** A time at which one row of each batch is looked at. */
function everyBatch(): () => number {
  let now = 0;
  return () => now += HOT_SAMPLE_MS;
}

function run(turns: number, keyOf: (row: number) => string, hot: HotKeys, kernel = loadKernel()): void {
  const rows = 4000;
  for (let turn = 0; turn < turns; turn++) {
    const values = Array.from({ length: rows }, (_, i) => [keyOf(turn * rows + i), 2n ** 60n + 1n]);
    hot.note(kernel, new FrameReader(kernel).read(frameOfRows(COLUMNS, values)));
    kernel.reset();
  }
}

Deno.test("the keys that get most rows are found among many others, with their columns as JSON has them", () => {
  const kernel = loadKernel(), hot = new HotKeys(kernel, ["k", "n"], everyBatch()), turns = 150;
  run(turns, (row) => row % 2 === 0 ? "hot" : row % 4 === 1 ? "warm" : `other ${row}`, hot, kernel);
  const [first, second] = hot.found.sort((a, b) => b.samples - a.samples);
  assert.equal(first.key, '{"k":"hot","n":1152921504606846977}');
  assert.equal(second.key, '{"k":"warm","n":1152921504606846977}');
  assert.equal(hot.samples, turns);
  assert.ok(hot.found.length <= HOT_KEYS_KEPT_MAX);
});

Deno.test("a key that gets no rows any more is forgotten", () => {
  const kernel = loadKernel(), hot = new HotKeys(kernel, ["k"], everyBatch()), rows = 4000;
  const batchOf = (key: string) => {
    return new FrameReader(kernel).read(frameOfRows(COLUMNS, Array.from({ length: rows }, () => [key, 1n])));
  };
  const before = batchOf("old"), after = batchOf("new");
  for (let turn = 0; turn < 60; turn++) hot.note(kernel, before);
  assert.equal(hot.found[0].key, '{"k":"old"}');
  for (let turn = 0; turn < 4 * HOT_SAMPLES_MAX; turn++) hot.note(kernel, after);
  const [first] = hot.found.sort((a, b) => b.samples - a.samples);
  assert.equal(first.key, '{"k":"new"}');
  assert.ok(hot.samples < HOT_SAMPLES_MAX);
  assert.ok(hot.found.every(({ key, samples }) => key === first.key || samples < 10));
});

Deno.test("rows are looked at no more often than an interval allows", () => {
  let now = 0;
  const kernel = loadKernel(), hot = new HotKeys(kernel, ["k"], () => now);
  const batch = new FrameReader(kernel).read(frameOfRows(COLUMNS, Array.from({ length: 4000 }, () => ["a", 1n])));
  for (let turn = 0; turn < 100; turn++, now += HOT_SAMPLE_MS / 10) hot.note(kernel, batch);
  assert.ok(hot.samples >= 9 && hot.samples <= 11, `${hot.samples} samples`);
});
