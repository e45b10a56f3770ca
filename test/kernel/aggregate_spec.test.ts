import assert from "node:assert/strict";
import { RdxError } from "../../src/core/errors.ts";
import { BOOL, BYTES, type DataType, decimal, DOUBLE, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import {
  type AggregateFunction,
  type AggregateSpec,
  resultType,
  RunningTimes,
  WindowAggregate,
} from "../../src/kernel/aggregate.ts";
import { leftOut } from "../../src/kernel/running_times.ts";
import { batchOf, pullAll } from "./aggregate_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { vectorOf } from "./vectors.ts";

const SPEC: AggregateSpec = {
  keys: [],
  aggregates: [],
  sizeMs: 10,
  slideMs: 10,
  offsetMs: 0,
  groupFrom: 0,
  groupTo: 128,
};

Deno.test("result types follow the argument", () => {
  const money = decimal(9, 2);
  const cases: [AggregateFunction, DataType | null, DataType][] = [
    ["count", null, INT64],
    ["count", STRING, INT64],
    ["sum", INT64, INT64],
    ["sum", DOUBLE, DOUBLE],
    ["sum", money, decimal(38, 2)],
    ["avg", INT64, DOUBLE],
    ["avg", money, DOUBLE],
    ["min", BYTES, BYTES],
    ["max", TIMESTAMP, TIMESTAMP],
    ["first", BOOL, BOOL],
    ["last", money, money],
    ["max", decimal(30, 2), decimal(30, 2)],
  ];
  for (const [fn, type, expected] of cases) assert.deepEqual(resultType({ fn, type }), expected);
  for (
    const [fn, type] of [["sum", STRING], ["avg", TIMESTAMP], ["sum", BOOL], ["sum", decimal(19, 2)], [
      "min",
      null,
    ]] as const
  ) {
    assert.throws(() => resultType({ fn, type }), { name: "RdxError", code: "invalid_plan" });
  }
});

Deno.test("an impossible spec is refused with a reason", () => {
  const refused: [Partial<AggregateSpec>, RegExp][] = [
    [{ sizeMs: 0 }, /window size 0/],
    [{ sizeMs: 1.5 }, /window size 1.5/],
    [{ slideMs: -1 }, /window slide -1/],
    [{ slideMs: 11 }, /slide by 11 ms/],
    [{ offsetMs: NaN }, /window offset NaN/],
    [{ sizeMs: 70_000, slideMs: 1 }, /70000 windows: at most 65536/],
    [{ sizeMs: 3_600_000, slideMs: 3_599_999 }, /3600000 slices/],
    [{ keys: Array(17).fill(INT64) }, /17 columns: at most 16/],
    [{ aggregates: Array(33).fill({ fn: "count", type: null }) }, /33 aggregates: at most 32/],
    [{ groupFrom: 5, groupTo: 5 }, /key groups 5 to 5/],
    [{ groupTo: 129 }, /key groups 0 to 129/],
    [{ aggregates: [{ fn: "sum", type: STRING }] }, /sum of string/],
  ];
  const kernel = loadKernel();
  for (const [part, reason] of refused) {
    assert.throws(
      () => new WindowAggregate(kernel, { ...SPEC, ...part }),
      (error) => error instanceof RdxError && error.code === "invalid_plan" && reason.test(error.message),
    );
  }
});

Deno.test("the largest spec works: every key and aggregate column in use", () => {
  const keys = Array(16).fill(STRING), aggregates = Array(32).fill({ fn: "last", type: STRING });
  for (const variant of VARIANTS) {
    const kernel = loadKernel(variant), spec = { ...SPEC, keys, aggregates, slideMs: 5 };
    const windows = new WindowAggregate(kernel, spec);
    const log = ["a", "b"].map((text, i) => ({
      time: BigInt(i),
      keys: keys.map((_, k) => k === 15 ? null : `key ${k}`),
      args: aggregates.map((_, a) => a === 31 && i === 1 ? null : `${text} ${a}`),
    }));
    const { batch, keys: columns, args, time } = batchOf(kernel, spec, log);
    windows.push(batch, columns, args, { time, running: 0, before: -Infinity, delayMs: 1, others: Infinity });
    windows.advance(Infinity);
    const values = aggregates.map((_, a) => a === 31 ? "a 31" : `b ${a}`);
    assert.deepEqual(pullAll(kernel, windows, 10), [
      [-5n, 5n, ...log[0].keys, ...values],
      [0n, 10n, ...log[0].keys, ...values],
    ]);
    windows.close();
  }
});

Deno.test("a row of a key group that the task does not own is an error, not a lost row", () => {
  const kernel = loadKernel(), spec = { ...SPEC, keys: [INT64], groupTo: 1 };
  const windows = new WindowAggregate(kernel, spec);
  const log = Array.from({ length: 50 }, (_, i) => ({ time: 1n, keys: [BigInt(i)], args: [] }));
  const { batch, keys, args, time } = batchOf(kernel, spec, log);
  const times = { time, running: 0, before: -Infinity, delayMs: 0, others: Infinity };
  assert.throws(() => windows.push(batch, keys, args, times), { name: "RdxError", code: "internal" });
  windows.close();
});

Deno.test("sums of integers that pass the range and come back are exact; those that stay outside are NULL and counted", () => {
  const kernel = loadKernel(),
    spec: AggregateSpec = { ...SPEC, keys: [INT64], aggregates: [{ fn: "sum", type: INT64 }] };
  const windows = new WindowAggregate(kernel, spec), max = 2n ** 63n - 1n;
  const log = [[1n, max], [1n, max], [2n, max], [1n, -max], [2n, 1n], [3n, -max], [3n, -1n], [4n, -max], [4n, -2n]]
    .map(([key, value]) => ({ time: 1n, keys: [key], args: [value] }));
  const { batch, keys, args, time } = batchOf(kernel, spec, log);
  windows.push(batch, keys, args, { time, running: 0, before: -Infinity, delayMs: 1, others: Infinity });
  windows.advance(Infinity);
  const rows = pullAll(kernel, windows, 100).map(([, , key, sum]) => [key, sum]);
  rows.sort(([a], [b]) => Number(a) - Number(b));
  assert.deepEqual(rows, [[1n, max], [2n, null], [3n, -(2n ** 63n)], [4n, null]]);
  assert.equal(windows.overflowRows, 2);
  windows.close();
});

Deno.test("running times are those of the rows before, across batches, without NULLs and wild times", () => {
  for (const variant of VARIANTS) {
    const kernel = loadKernel(variant), times = new RunningTimes(kernel), none = -(2n ** 62n);
    const add = (values: (bigint | null)[]) => {
      const { kept, ...found } = times.add(vectorOf(kernel, TIMESTAMP, values), values.length);
      assert.equal(kept, null);
      const at = (i: number) => kernel.data.getBigInt64(found.running + i * 8, true);
      return { ...found, running: values.map((_, i) => at(i)) };
    };
    assert.deepEqual(add([null, 2n ** 63n - 1n]), {
      running: [none, none],
      min: Infinity,
      max: -Infinity,
      sorted: true,
    });
    assert.deepEqual(add([5n, 5n, 9n]), { running: [none, 5n, 5n], min: 5, max: 9, sorted: true });
    assert.deepEqual(add([-3n, 10n]), { running: [9n, 9n], min: -3, max: 10, sorted: false });
    times.begin();
    assert.deepEqual(add([1n]), { running: [none], min: 1, max: 1, sorted: true });
    times.close();
  }
});

Deno.test("rows later than a bound change no running time, and the rows that are left are told", () => {
  for (const variant of VARIANTS) {
    const kernel = loadKernel(variant), times = new RunningTimes(kernel), none = -(2n ** 62n);
    const add = (values: (bigint | null)[], most: number) => {
      const { kept, running, ...rest } = times.add(vectorOf(kernel, TIMESTAMP, values), values.length, most);
      const rows = kept &&
        Array.from({ length: kept.selected }, (_, i) => kernel.data.getInt32(kept.selection + i * 4, true));
      const each = values.map((_, i) => kernel.data.getBigInt64(running + i * 8, true));
      return { ...rest, rows, running: rows ? rows.map((row) => each[row]) : each };
    };
    assert.deepEqual(add([3n, 5n], 5), { rows: null, running: [none, 3n], min: 3, max: 5, sorted: true });
    assert.deepEqual(add([9n, 6n, null, 4n, 2n ** 62n, 7n], 6), {
      rows: [1, 2, 3, 4],
      running: [5n, 6n, 6n, 6n],
      min: 3,
      max: 6,
      sorted: false,
    });
    assert.deepEqual(add([7n, 8n], 6), { rows: [], running: [], min: 3, max: 6, sorted: false });
    assert.equal(times.within(vectorOf(kernel, TIMESTAMP, [-(2n ** 63n), 1n, null, 2n ** 63n - 1n]), 4, 1), null);
    const kept = times.within(vectorOf(kernel, TIMESTAMP, [1n, 2n]), 2, 1)!;
    assert.deepEqual(leftOut(kernel, 2, kept), [1]);
    times.close();
  }
});
