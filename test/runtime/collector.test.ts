import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { FrameView } from "../../src/core/frame.ts";
import { INT64 } from "../../src/core/schema.ts";
import { Collector, mergeOutputs, outputOf } from "../../src/runtime/collector.ts";
import type { TaskOutput, WindowRows } from "../../src/runtime/protocol.ts";
import type { RowRange } from "../../src/sink.ts";
import { frameOf } from "../sim/view.ts";
import { done } from "./reports.ts";

const COLUMN = [{ name: "n", type: INT64, nullable: false }];

function output(values: readonly number[], windows: readonly WindowRows[] | null, sink = 0): TaskOutput {
  const { frame, rows } = frameOf(COLUMN, values.map((value) => [BigInt(value)]));
  return { sink, frame, rows, windows };
}

function valuesOf(ranges: readonly RowRange[]): number[] {
  return ranges.flatMap(({ frame, start, rows }) => {
    const view = new FrameView(frame);
    return Array.from({ length: rows }, (_, i) => Number(view.int64(0, start + i)));
  });
}

Deno.test("numbers are finished in order, each when all its tasks have answered, in whatever order they answer", () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(numbers, fc.integer(), (tasks, seed) => {
    const collector = new Collector(6),
      answers = tasks.flatMap((count, i) => {
        collector.expect(7 + i, count);
        return Array.from({ length: count }, (_, task) => done({ number: 7 + i, task }));
      });
    const shuffled = answers.map((answer, i) => ({ answer, at: Math.sin(seed + i * 7919) })).sort((a, b) =>
      a.at - b.at
    );
    const left = [...tasks], finished: number[] = [];
    for (const { answer } of shuffled) {
      left[answer.number - 7]--;
      for (const { number, answers } of collector.take(answer)) {
        finished.push(number);
        assert.equal(answers.length, tasks[number - 7]);
      }
      const open = left.findIndex((count) => count > 0);
      assert.equal(finished.length, open < 0 ? tasks.length : open);
    }
    assert.deepEqual(finished, tasks.map((_, i) => 7 + i));
  }));
});

Deno.test("an answer to a number that is not expected finishes nothing", () => {
  const collector = new Collector(0);
  assert.deepEqual(collector.take(done({})), []);
});

Deno.test("rows without windows keep the order in which their task gave them", () => {
  const outputs = [output([3, 1], null), output([9], null, 1), output([2], null)];
  assert.deepEqual(valuesOf(mergeOutputs([{ task: 0, outputs }], 0)), [3, 1, 2]);
  assert.deepEqual(valuesOf(mergeOutputs([{ task: 0, outputs }], 1)), [9]);
});

Deno.test("fired rows are merged by window end, then by task, then in the task's order", () => {
  const perTask = [
    { task: 1, outputs: [output([110, 111, 120], [{ end: 10, rows: 2 }, { end: 20, rows: 1 }])] },
    {
      task: 0,
      outputs: [output([10], [{ end: 10, rows: 1 }]), output([11, 30], [{ end: 10, rows: 1 }, { end: 30, rows: 1 }])],
    },
    { task: 2, outputs: [output([220], [{ end: 20, rows: 1 }])] },
  ];
  assert.deepEqual(valuesOf(mergeOutputs(perTask, 0)), [10, 11, 110, 111, 120, 220, 30]);
});

Deno.test("rows that lie side by side in one frame are one range", () => {
  const outputs = [output([1, 2, 3], [{ end: 10, rows: 1 }, { end: 20, rows: 2 }])];
  const ranges = mergeOutputs([{ task: 0, outputs }, { task: 1, outputs: [] }], 0);
  assert.deepEqual(ranges.map(({ start, rows }) => [start, rows]), [[0, 3]]);
});

Deno.test("an output counts its rows and carries number and watermark", () => {
  const answers = [done({ number: 4, outputs: [output([1, 2], null)] })];
  const { number, rows, watermark } = outputOf({ number: 4, answers }, 0, 77);
  assert.deepEqual({ number, rows, watermark }, { number: 4, rows: 2, watermark: 77 });
  assert.deepEqual(outputOf({ number: 4, answers }, 1, 77).ranges, []);
});
