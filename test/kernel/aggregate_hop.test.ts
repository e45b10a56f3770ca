import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { DOUBLE, INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import {
  type AggregateCall,
  type AggregateSpec,
  PartialAggregate,
  RunningTimes,
  WindowAggregate,
} from "../../src/kernel/aggregate.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { batchOf, cut, greatestTime, peekAll, pullAll, rowsOf } from "./aggregate_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { aggregateReference, keyText, type LogRow, type ResultRow } from "./reference/aggregate.ts";

const EXACT: readonly AggregateCall[] = [
  { fn: "count", type: null },
  { fn: "sum", type: INT64 },
  { fn: "avg", type: INT64 },
  { fn: "count", type: INT64 },
];
const FOLDED: readonly AggregateCall[] = [
  { fn: "sum", type: DOUBLE },
  { fn: "min", type: DOUBLE },
  { fn: "max", type: STRING },
  { fn: "first", type: STRING },
  { fn: "last", type: INT64 },
  { fn: "sum", type: INT64 },
];
const kernels = VARIANTS.map((variant) => loadKernel(variant));
const stateBytes = (kernel: Kernel) => kernel.fn("state_bytes")() >>> 0;
const textOf = ({ start, end, values }: ResultRow) => keyText([BigInt(start), BigInt(end), ...values]);

/** Hops with 20 to 400 slices a window. */
function anyLongSpec(): fc.Arbitrary<AggregateSpec> {
  return fc.record({
    keys: fc.constantFrom([INT64], [STRING], [INT64, STRING], []),
    aggregates: fc.constantFrom(EXACT, FOLDED, [...EXACT, ...FOLDED], EXACT.slice(0, 2), FOLDED.slice(0, 1)),
    sizes: fc.constantFrom([100, 1], [400, 1], [400, 20], [250, 3], [90, 4]),
    offsetMs: fc.integer({ min: -500, max: 500 }),
  }).map(({ sizes: [sizeMs, slideMs], ...spec }) => ({ ...spec, sizeMs, slideMs, groupFrom: 0, groupTo: 128 }));
}

function anyValue(type: AggregateCall["type"]): fc.Arbitrary<Value> {
  if (type === null) return fc.constant(null);
  const values: fc.Arbitrary<Value> = type.kind === "double"
    ? fc.constantFrom<Value>(0.1, 0.2, 0.3, 1e16, -1e16, 3.7, -0)
    : type.kind === "string"
    ? fc.constantFrom<Value>("", "a", "bcd", "x".repeat(40))
    : fc.oneof(fc.bigInt(-9n, 9n), fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n)));
  return fc.option(values, { nil: null, freq: 5 });
}

/** Rows of many keys; one in four comes far behind the others, into slices that windows have gone over. */
function anyLateLog(spec: AggregateSpec): fc.Arbitrary<LogRow[]> {
  const row = fc.record({
    step: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 2 }) },
      { weight: 3, arbitrary: fc.integer({ min: -spec.sizeMs, max: 0 }) },
      { weight: 1, arbitrary: fc.integer({ min: 3, max: spec.sizeMs >> 2 }) },
    ),
    key: fc.option(fc.integer({ min: 0, max: 40 }), { nil: null, freq: 20 }),
    args: fc.tuple(...spec.aggregates.map(({ type }) => anyValue(type))),
  });
  return fc.array(row, { minLength: 100, maxLength: 250, size: "max" }).map((rows) => {
    let now = 0;
    return rows.map(({ step, key, args }): LogRow => {
      const time = BigInt(now + step), text = key === null ? null : `key ${key}`;
      now += Math.max(0, step);
      return {
        time,
        keys: spec.keys.map(({ kind }) => kind === "string" ? text : key === null ? null : BigInt(key)),
        args,
      };
    });
  });
}

/** Doubles that are added cannot be split into partial sums without a change of the last bits. */
const addsDoubles = ({ aggregates }: AggregateSpec) =>
  aggregates.some(({ fn, type }) => fn === "sum" && type?.kind === "double");

/** Pushes a chunk with its running times, by way of partial aggregates if there are any, and lets the watermark pass it. */
function pushChunk(
  kernel: Kernel,
  windows: WindowAggregate,
  spec: AggregateSpec,
  rows: readonly LogRow[],
  before: number,
  delayMs: number,
  partial: PartialAggregate | null = null,
): number {
  const running = new RunningTimes(kernel), { batch, keys, args, time } = batchOf(kernel, spec, rows);
  running.begin();
  const times = { time, running: running.add(time, rows.length).running, before, delayMs, others: Infinity };
  assert.equal((partial ?? windows).push(batch, keys, args, times).consumed, rows.length);
  const partials = partial?.take();
  if (partials) {
    assert.equal(windows.merge(partials, { before, delayMs, others: Infinity }).consumed, partials.selected);
  }
  running.close();
  kernel.reset();
  const greatest = greatestTime(rows, before);
  windows.advance(greatest - delayMs);
  return greatest;
}

Deno.test("long hops equal the row-by-row reference, with rows behind the watermark, pulls that lag and listings in between", () => {
  const cases = anyLongSpec().chain((spec) =>
    fc.record({
      spec: fc.constant(spec),
      log: anyLateLog(spec),
      lengths: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 2, maxLength: 12 }),
      delayMs: fc.constantFrom(0, 1, 25),
      pullRows: fc.constantFrom(3, 100, 8192),
      /** Of the pull steps that a chunk makes room for, so many are taken; then the listing takes its own. */
      steps: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 12, maxLength: 12 }),
      listed: fc.constantFrom("never", "once", "always"),
      phases: fc.constantFrom(1, addsDoubles(spec) ? 1 : 2),
    })
  );
  fc.assert(
    fc.property(cases, ({ spec, log, lengths, delayMs, pullRows, steps, listed, phases }) => {
      const expected = aggregateReference(spec, log, delayMs).rows.map(textOf);
      for (const kernel of kernels) {
        const free = stateBytes(kernel), windows = new WindowAggregate(kernel, spec), rows: Value[][] = [];
        const partial = phases === 2 ? new PartialAggregate(kernel, spec) : null;
        let before = -Infinity;
        cut(log, lengths).forEach((chunk, number) => {
          before = pushChunk(kernel, windows, spec, chunk, before, delayMs, partial);
          for (let step = 0; step < steps[number % steps.length]; step++) {
            const batch = windows.pull(pullRows);
            if (batch) rows.push(...rowsOf(kernel, batch));
            kernel.reset();
          }
          if (listed === "never" || (listed === "once" && number !== 1)) return;
          windows.peek(5, true);
          kernel.reset();
        });
        windows.advance(Infinity);
        rows.push(...pullAll(kernel, windows, pullRows));
        assert.deepEqual(rows.map(keyText), expected);
        assert.equal(windows.stateRows, 0);
        windows.close();
        partial?.close();
        assert.equal(stateBytes(kernel), free, "all state is freed at the end");
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("a listing of a long hop's open windows is what they would give, and leaves no state behind", () => {
  const cases = anyLongSpec().chain((spec) =>
    fc.record({ spec: fc.constant(spec), log: anyLateLog(spec), step: fc.constantFrom(4, 8192) })
  );
  fc.assert(
    fc.property(cases, ({ spec, log, step }) => {
      const kernel = kernels[0], free = stateBytes(kernel), windows = new WindowAggregate(kernel, spec), delayMs = 1;
      const first = log.slice(0, 60), second = log.slice(60, 90);
      let before = pushChunk(kernel, windows, spec, first, -Infinity, delayMs);
      pullAll(kernel, windows, 8192);
      before = pushChunk(kernel, windows, spec, second, before, delayMs);
      pullAll(kernel, windows, 8192);
      const open = aggregateReference(spec, [...first, ...second], delayMs).rows
        .filter(({ end }) => end - 1 > before - delayMs).map(textOf);
      assert.deepEqual(peekAll(kernel, windows, step).map(keyText), open);
      const held = windows.stateBytes;
      assert.deepEqual(peekAll(kernel, windows, step).map(keyText), open);
      assert.equal(windows.stateBytes, held);
      windows.advance(Infinity);
      assert.deepEqual(pullAll(kernel, windows, step).map(keyText), open);
      windows.close();
      assert.equal(stateBytes(kernel), free);
    }),
    { numRuns: 25 },
  );
});

Deno.test("a sum that does not fit is NULL as long as the window has what makes it so, and comes back", () => {
  const spec: AggregateSpec = {
    keys: [INT64],
    aggregates: [{ fn: "sum", type: INT64 }, { fn: "avg", type: INT64 }],
    sizeMs: 50,
    slideMs: 1,
    offsetMs: 0,
    groupFrom: 0,
    groupTo: 128,
  };
  const most = 2n ** 63n - 1n;
  const log = Array.from({ length: 300 }, (_, i): LogRow => {
    const value = i >= 100 && i < 110 ? most : i === 200 ? null : BigInt(i);
    return { time: BigInt(i), keys: [7n], args: [value, value] };
  });
  for (const kernel of kernels) {
    const windows = new WindowAggregate(kernel, spec), rows: Value[][] = [];
    let before = -Infinity;
    for (const chunk of cut(log, Array(29).fill(10))) {
      before = pushChunk(kernel, windows, spec, chunk, before, 1);
      rows.push(...pullAll(kernel, windows, 8192));
    }
    windows.advance(Infinity);
    rows.push(...pullAll(kernel, windows, 8192));
    assert.deepEqual(rows.map(keyText), aggregateReference(spec, log, 1).rows.map(textOf));
    assert.ok(rows.some(([, , , sum]) => sum === null) && rows.at(-1)![3] === 299n);
    windows.close();
  }
});

Deno.test("a sum that passes the widest range inside one slice is NULL in its windows, and of no harm to those behind", () => {
  const spec: AggregateSpec = {
    keys: [INT64],
    aggregates: [{ fn: "count", type: null }, { fn: "sum", type: INT64 }],
    sizeMs: 3,
    slideMs: 1,
    offsetMs: 0,
    groupFrom: 0,
    groupTo: 128,
  };
  // Wraps of a row of state end at 2^15, which takes 2^16 of the greatest values
  const row = (time: number, value: bigint): LogRow => ({ time: BigInt(time), keys: [7n], args: [null, value] });
  const log = [row(0, 1n), ...Array.from({ length: 70_000 }, () => row(1, 2n ** 63n - 1n)), row(2, 5n), row(4, 6n)];
  for (const kernel of kernels) {
    const windows = new WindowAggregate(kernel, spec), rows: Value[][] = [];
    let before = -Infinity;
    for (const chunk of cut(log, Array(8).fill(8192))) {
      before = pushChunk(kernel, windows, spec, chunk, before, 1);
      rows.push(...pullAll(kernel, windows, 8192));
    }
    windows.advance(Infinity);
    rows.push(...pullAll(kernel, windows, 8192));
    assert.deepEqual(rows.map((values) => values[4]), [1n, null, null, null, 11n, 6n, 6n]);
    windows.close();
  }
});

Deno.test("a hop of many keys hands them out by key group and first row, in steps of any size", () => {
  const spec: AggregateSpec = {
    keys: [INT64],
    aggregates: [{ fn: "count", type: null }, { fn: "max", type: INT64 }],
    sizeMs: 40,
    slideMs: 4,
    offsetMs: 0,
    groupFrom: 0,
    groupTo: 128,
  };
  // Ever changing orders, many keys in each group, so that orders are merged: each key in one slice of four, in most, in all
  for (const keys of [6007, 1999, 997]) {
    const log = Array.from({ length: 24_000 }, (_, i): LogRow => ({
      time: BigInt(Math.floor(i / 400)),
      keys: [BigInt(i * 7919 % keys)],
      args: [null, BigInt(i * 31 % 1009)],
    }));
    const expected = aggregateReference(spec, log, 1).rows.map(textOf);
    for (const kernel of kernels) {
      const free = stateBytes(kernel), windows = new WindowAggregate(kernel, spec), rows: Value[][] = [];
      let before = -Infinity;
      for (const chunk of cut(log, Array(5).fill(5000))) {
        before = pushChunk(kernel, windows, spec, chunk, before, 1);
        rows.push(...pullAll(kernel, windows, 777));
      }
      windows.advance(Infinity);
      rows.push(...pullAll(kernel, windows, 777));
      assert.deepEqual(rows.map(keyText), expected);
      windows.close();
      assert.equal(stateBytes(kernel), free);
    }
  }
});
