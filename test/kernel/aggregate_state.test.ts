import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { type AggregateSpec, RunningTimes, skipSelected, WindowAggregate } from "../../src/kernel/aggregate.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { anyLog, anySpec } from "./aggregate_arbitrary.ts";
import { batchOf, cut, greatestTime, peekAll, pullAll, rowsOf } from "./aggregate_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { aggregateReference, keyText, type LogRow } from "./reference/aggregate.ts";
import { groupOf } from "./reference/groups.ts";

const SPEC: AggregateSpec = {
  keys: [INT64],
  aggregates: [{ fn: "count", type: null }, { fn: "sum", type: INT64 }],
  sizeMs: 1000,
  slideMs: 1000,
  offsetMs: 0,
  groupFrom: 0,
  groupTo: 128,
};

const stateBytes = (kernel: Kernel) => kernel.fn("state_bytes")() >>> 0;
const row = (time: number, key: Value, ...args: Value[]): LogRow => ({ time: BigInt(time), keys: [key], args });

/** Pushes rows of one chunk that are in order of time; nothing is late. */
function pushInOrder(kernel: Kernel, windows: WindowAggregate, spec: AggregateSpec, rows: readonly LogRow[]) {
  const { batch, keys, args, time } = batchOf(kernel, spec, rows);
  return windows.push(batch, keys, args, { time, running: 0, before: -Infinity, delayMs: 1, others: Infinity });
}

/** A plain computation of what SPEC gives for keys of one window, by key. */
function sums(rows: readonly LogRow[]): Map<string, [bigint, bigint]> {
  const found = new Map<string, [bigint, bigint]>();
  for (const { keys, args } of rows) {
    const [count, sum] = found.get(keyText(keys)) ?? [0n, 0n];
    found.set(keyText(keys), [count + 1n, sum + (args[1] as bigint)]);
  }
  return found;
}

for (const variant of VARIANTS) {
  Deno.test(`tables grow over many pages and indices keep every key, dense, sparse or text (${variant})`, () => {
    const makers: [string, AggregateSpec["keys"], (i: number) => Value][] = [
      ["dense", [INT64], (i) => BigInt(i)],
      ["descending", [INT64], (i) => BigInt(-i)],
      ["dense with outliers", [INT64], (i) => i % 1000 === 999 ? BigInt(i) << 40n : BigInt(i)],
      ["sparse", [INT64], (i) => BigInt(i) * 1_000_003n * 8_191n],
      ["text", [STRING], (i) => `user-${i * 7919}`],
    ];
    for (const [name, keys, keyOf] of makers) {
      const kernel = loadKernel(variant), spec = { ...SPEC, keys }, windows = new WindowAggregate(kernel, spec);
      const distinct = 30_000,
        log = Array.from({ length: 40_000 }, (_, i) => row(5, keyOf(i % distinct), null, BigInt(i)));
      for (const rows of cut(log, Array(9).fill(5000))) {
        assert.equal(pushInOrder(kernel, windows, spec, rows).consumed, rows.length);
        kernel.reset();
      }
      assert.equal(windows.stateRows, distinct, name);
      windows.advance(Infinity);
      const rows = pullAll(kernel, windows, 8192), expected = sums(log);
      assert.equal(rows.length, distinct, name);
      for (const [, , key, count, sum] of rows) assert.deepEqual([count, sum], expected.get(keyText([key])), name);
      const groups = rows.map(([, , key]) => groupOf(keys, [key]));
      assert.deepEqual(groups, groups.toSorted((a, b) => a - b), "rows come by key group");
      assert.equal(windows.stateRows, 0);
      windows.close();
      assert.equal(stateBytes(kernel), 0, name);
    }
  });

  Deno.test(`a second window with other keys than the first starts from its sizes without a trace of it (${variant})`, () => {
    const kernel = loadKernel(variant), windows = new WindowAggregate(kernel, SPEC);
    const all: LogRow[] = [];
    for (const [window, first, count] of [[0, 0, 3000], [1, 100_000, 20], [2, -50, 4000], [3, 1, 1]]) {
      const rows = Array.from({ length: count }, (_, i) => row(window * 1000 + 7, BigInt(first + i), null, 1n));
      pushInOrder(kernel, windows, SPEC, rows);
      kernel.reset();
      all.push(...rows);
    }
    windows.advance(Infinity);
    const expected = aggregateReference(SPEC, all, 1).rows;
    assert.deepEqual(
      pullAll(kernel, windows, 1000),
      expected.map(({ start, end, values }) => [BigInt(start), BigInt(end), ...values]),
    );
    windows.close();
  });
}

Deno.test("a full state takes a prefix of the rows, and the rest once there is room, with the results of one push", () => {
  const cases = anySpec().chain((spec) =>
    fc.record({
      spec: fc.constant(spec),
      log: anyLog(spec, 400),
      room: fc.integer({ min: 3000, max: 60_000 }),
      delayMs: fc.constantFrom(0, 1, 20),
    })
  );
  let full = 0;
  fc.assert(
    fc.property(cases, ({ spec, log, room, delayMs }) => {
      const kernel = loadKernel("simd"), windows = new WindowAggregate(kernel, spec);
      const expected = aggregateReference(spec, log, delayMs), running = new RunningTimes(kernel);
      const { batch, keys, args, time } = batchOf(kernel, spec, log);
      const times = {
        time,
        running: running.add(time, log.length).running,
        before: -Infinity,
        delayMs,
        others: Infinity,
      };
      kernel.fn("state_limit")(room);
      let taken = 0, late = 0, nullTime = 0;
      while (taken < log.length) {
        const rest = skipSelected(kernel, batch, taken), result = windows.push(rest, keys, args, times);
        const lateRows = Array.from(
          { length: result.late },
          (_, i) => kernel.data.getInt32(result.lateSelection + i * 4, true),
        );
        assert.deepEqual(lateRows, expected.late.slice(late, late + result.late));
        taken += result.consumed;
        late += result.late;
        nullTime += result.nullTime;
        if (result.consumed === rest.selected) break;
        full++;
        kernel.fn("state_limit")(-1);
      }
      assert.deepEqual([late, nullTime], [expected.late.length, expected.nullTime.length]);
      windows.advance(Infinity);
      assert.deepEqual(
        pullAll(kernel, windows, 8192).map(keyText),
        expected.rows.map(({ start, end, values }) => keyText([BigInt(start), BigInt(end), ...values])),
      );
      windows.close();
      running.close();
      assert.equal(stateBytes(kernel), 0);
    }),
    { numRuns: 150 },
  );
  assert.ok(full > 20, `only ${full} pushes met a full state`);
});

/** Pushes a log chunk by chunk with its running times, and calls back after each. */
function pushChunks(
  kernel: Kernel,
  windows: WindowAggregate,
  spec: AggregateSpec,
  chunks: readonly LogRow[][],
  delayMs: number,
  after: (chunk: number, watermark: number) => void,
): void {
  const running = new RunningTimes(kernel);
  let before = -Infinity;
  chunks.forEach((rows, chunk) => {
    running.begin();
    const { batch, keys, args, time } = batchOf(kernel, spec, rows);
    const times = { time, running: running.add(time, rows.length).running, before, delayMs, others: Infinity };
    windows.push(batch, keys, args, times);
    kernel.reset();
    before = greatestTime(rows, before);
    windows.advance(before - delayMs);
    after(chunk, before - delayMs);
  });
  running.close();
}

Deno.test("peek lists the open windows as they would fire, in steps of any size, and changes nothing", () => {
  const cases = anySpec().chain((spec) =>
    fc.record({
      spec: fc.constant(spec),
      log: anyLog(spec, 200),
      delayMs: fc.constantFrom(0, 2, 30),
      lengths: fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 4 }),
      step: fc.constantFrom(1, 3, 8192),
    })
  );
  fc.assert(
    fc.property(cases, ({ spec, log, delayMs, lengths, step }) => {
      const kernel = loadKernel("simd"), windows = new WindowAggregate(kernel, spec), chunks = cut(log, lengths);
      const rows: Value[][] = [];
      pushChunks(kernel, windows, spec, chunks, delayMs, (chunk, watermark) => {
        const open = aggregateReference(spec, chunks.slice(0, chunk + 1).flat(), delayMs).rows
          .filter(({ end }) => end - 1 > watermark);
        assert.deepEqual(
          peekAll(kernel, windows, step).map(keyText),
          open.map(({ start, end, values }) => keyText([BigInt(start), BigInt(end), ...values])),
        );
        rows.push(...pullAll(kernel, windows, 8192));
      });
      windows.advance(Infinity);
      rows.push(...pullAll(kernel, windows, 8192));
      assert.deepEqual(
        rows.map(keyText),
        aggregateReference(spec, log, delayMs).rows
          .map(({ start, end, values }) => keyText([BigInt(start), BigInt(end), ...values])),
      );
      windows.close();
    }),
    { numRuns: 120 },
  );
});

/** Rows of a change listing, by (slice start, key group, key). */
function listChanges(kernel: Kernel, windows: WindowAggregate, spec: AggregateSpec, since: number, step: number) {
  const found = new Map<string, { start: number; values: Value[] }>();
  windows.changes(since);
  for (let batch = windows.nextChanges(step); batch; batch = windows.nextChanges(step)) {
    for (const values of rowsOf(kernel, batch)) {
      const key = keyText([values[0], values[1], ...values.slice(3, 3 + spec.keys.length)]);
      assert.ok(!found.has(key), "a row is listed once");
      found.set(key, { start: Number(values[0]), values });
    }
    kernel.reset();
  }
  return found;
}

Deno.test("deltas of changed rows, with dropped slices taken away, add up to the whole state", () => {
  const cases = anySpec().chain((spec) =>
    fc.record({
      spec: fc.constant(spec),
      log: anyLog(spec, 300),
      lengths: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 8 }),
      step: fc.constantFrom(1, 7, 8192),
    })
  );
  fc.assert(
    fc.property(cases, ({ spec, log, lengths, step }) => {
      const kernel = loadKernel("simd"), windows = new WindowAggregate(kernel, spec);
      const table = new Map<string, { start: number; values: Value[] }>();
      pushChunks(kernel, windows, spec, cut(log, lengths), 5, (chunk) => {
        pullAll(kernel, windows, 8192);
        for (const [key, value] of listChanges(kernel, windows, spec, chunk, step)) table.set(key, value);
        for (const [key, { start }] of table) if (start < windows.droppedBefore) table.delete(key);
        const whole = listChanges(kernel, windows, spec, 0, 8192);
        assert.equal(whole.size, windows.stateRows);
        const text = (map: typeof table) => [...map].map(([key, { values }]) => `${key} ${keyText(values)}`).sort();
        assert.deepEqual(text(table), text(whole));
        windows.mark(chunk + 2);
      });
      assert.equal(listChanges(kernel, windows, spec, 1_000_000, step).size, 0, "nothing changed since");
      windows.close();
    }),
    { numRuns: 120 },
  );
});

Deno.test("a change listing has the rows that changed and no others", () => {
  const kernel = loadKernel("simd"), windows = new WindowAggregate(kernel, SPEC);
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => row(1, BigInt(from + i), null, 1n));
  pushInOrder(kernel, windows, SPEC, rows(0, 5000));
  windows.mark(2);
  assert.equal(listChanges(kernel, windows, SPEC, 1, 8192).size, 0);
  pushInOrder(kernel, windows, SPEC, rows(4990, 5003));
  windows.mark(3);
  const changed = listChanges(kernel, windows, SPEC, 1, 8192);
  assert.deepEqual(
    [...changed.values()].map(({ values }) => values[3]).sort(),
    rows(4990, 5003).map(({ keys }) => keys[0]),
  );
  const counts = new Map([...changed.values()].map(({ values }) => [values[3], values[4]]));
  assert.deepEqual([counts.get(4990n), counts.get(5002n)], [2n, 1n]);
  assert.equal(windows.droppedBefore < 0, true);
  windows.advance(999);
  pullAll(kernel, windows, 8192);
  assert.equal(windows.droppedBefore, 1000);
  windows.close();
});
