import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { DOUBLE, INT64 } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { type AggregateCall, type AggregateSpec, skipSelected, WindowAggregate } from "../../src/kernel/aggregate.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { anyCase, anyValue, CALLS, COUNT, logOf, SIZE_MS, xorshift } from "./aggregate_dense.ts";
import { batchOf, cut, peekAll, pullAll, rowsOf } from "./aggregate_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { aggregateReference, keyText, type LogRow } from "./reference/aggregate.ts";

function specOf(calls: readonly AggregateCall[]): AggregateSpec {
  return {
    keys: [INT64],
    aggregates: calls,
    sizeMs: SIZE_MS,
    slideMs: SIZE_MS,
    offsetMs: 0,
    groupFrom: 0,
    groupTo: 128,
  };
}

/** What the reference gives; `delayMs` keeps every window open until the end. */
function expectedRows(spec: AggregateSpec, log: readonly LogRow[]): string[] {
  return aggregateReference(spec, log, 1e9).rows
    .map(({ start, end, values }) => keyText([BigInt(start), BigInt(end), ...values]));
}

function push(kernel: Kernel, windows: WindowAggregate, spec: AggregateSpec, rows: readonly LogRow[], room = 0) {
  const { batch, keys, args, time } = batchOf(kernel, spec, rows);
  const times = { time, running: 0, before: -Infinity, delayMs: 1, others: Infinity };
  if (room) kernel.fn("state_limit")((kernel.fn("state_bytes")() >>> 0) + room);
  let stops = 0;
  for (let taken = 0; taken < rows.length;) {
    const rest = skipSelected(kernel, batch, taken), { consumed } = windows.push(rest, keys, args, times);
    taken += consumed;
    if (consumed === rest.selected) break;
    stops++;
    const more = room * 2 ** Math.min(stops, 12);
    kernel.fn("state_limit")((kernel.fn("state_bytes")() >>> 0) + more);
  }
  kernel.fn("state_limit")(-1);
  kernel.reset();
  return stops;
}

for (const variant of VARIANTS) {
  Deno.test(`dense, sparse, stray and NULL keys give the rows of the reference in its order (${variant})`, () => {
    fc.assert(
      fc.property(anyCase(), (shape) => {
        const kernel = loadKernel(variant), spec = specOf(shape.calls), windows = new WindowAggregate(kernel, spec);
        const log = logOf(shape);
        const pieces = cut(log, Array(Math.floor(log.length / shape.batchRows)).fill(shape.batchRows));
        for (const rows of pieces) push(kernel, windows, spec, rows);
        const expected = expectedRows(spec, log);
        assert.equal(windows.stateRows, expected.length);
        assert.deepEqual(peekAll(kernel, windows, 1000).map(keyText), expected);
        windows.advance(Infinity);
        assert.deepEqual(pullAll(kernel, windows, 777).map(keyText), expected);
        assert.equal(windows.stateRows, 0);
        windows.close();
        assert.equal(kernel.fn("state_bytes")(), 0);
      }),
      { numRuns: 40 },
    );
  });
}

Deno.test("windows that fire one after the other take over the slab of the one before, whatever keys come", () => {
  fc.assert(
    fc.property(anyCase(), (shape) => {
      const kernel = loadKernel("simd"), spec = specOf(shape.calls), windows = new WindowAggregate(kernel, spec);
      const log = logOf({ ...shape, early: 0 }), rows: Value[][] = [];
      let at = 0;
      shape.windows.forEach(({ rows: count }, window) => {
        push(kernel, windows, spec, log.slice(at, at += count));
        windows.advance((window + 1) * SIZE_MS - 1);
        rows.push(...pullAll(kernel, windows, 8192));
      });
      assert.deepEqual(rows.map(keyText), expectedRows(spec, log));
      windows.close();
      assert.equal(kernel.fn("state_bytes")(), 0);
    }),
    { numRuns: 40 },
  );
});

Deno.test("a full state takes a prefix of the rows of a dense slice, and the rest once there is room", () => {
  let stopped = 0;
  const cases = fc.tuple(anyCase(), fc.constantFrom(200, 1000, 8000));
  fc.assert(
    fc.property(cases, ([shape, room]) => {
      const kernel = loadKernel("simd"), spec = specOf(shape.calls), windows = new WindowAggregate(kernel, spec);
      const log = logOf(shape);
      // The first half makes slabs; the second meets the bound
      cut(log, [log.length >> 1]).forEach((rows, half) => {
        stopped += push(kernel, windows, spec, rows, half * room);
      });
      windows.advance(Infinity);
      assert.deepEqual(pullAll(kernel, windows, 8192).map(keyText), expectedRows(spec, log));
      windows.close();
      assert.equal(kernel.fn("state_bytes")(), 0);
    }),
    { numRuns: 60 },
  );
  assert.ok(stopped > 30, `only ${stopped} pushes met a full state`);
});

Deno.test("late rows leave the slab of a window that has fired and waits to be pulled as it is", () => {
  for (const kernel of VARIANTS.map((variant) => loadKernel(variant))) {
    const spec = specOf(CALLS[0]), windows = new WindowAggregate(kernel, spec);
    const log = Array.from(
      { length: 4000 },
      (_, i): LogRow => ({ time: 5n, keys: [BigInt(i % 1500)], args: [null, 1n] }),
    );
    cut(log, [2000]).forEach((rows) => push(kernel, windows, spec, rows));
    windows.advance(SIZE_MS);
    push(kernel, windows, spec, log.slice(0, 100));
    assert.deepEqual(pullAll(kernel, windows, 8192).map(keyText), expectedRows(spec, log));
    windows.close();
  }
});

/** Rows of a change listing as text, by slice, key group and row number. */
function listChanges(kernel: Kernel, windows: WindowAggregate, since: number, step: number): Map<string, string> {
  const found = new Map<string, string>();
  windows.changes(since);
  for (let batch = windows.nextChanges(step); batch; batch = windows.nextChanges(step)) {
    for (const values of rowsOf(kernel, batch)) {
      const place = keyText(values.slice(0, 3));
      assert.ok(!found.has(place), "a row is listed once");
      found.set(place, keyText(values));
    }
    kernel.reset();
  }
  return found;
}

Deno.test("deltas of dense slices add up to the whole state, each row at the place that it had", () => {
  const cases = fc.tuple(anyCase(), fc.constantFrom(500, 8192));
  fc.assert(
    fc.property(cases, ([shape, step]) => {
      const kernel = loadKernel("simd"), spec = specOf(shape.calls), windows = new WindowAggregate(kernel, spec);
      const all = new Map<string, string>(), log = logOf(shape);
      cut(log, Array(8).fill(Math.ceil(log.length / 8))).forEach((rows, chunk) => {
        push(kernel, windows, spec, rows);
        for (const [place, row] of listChanges(kernel, windows, chunk, step)) all.set(place, row);
        windows.mark(chunk + 2);
      });
      assert.deepEqual([...all].sort(), [...listChanges(kernel, windows, 0, 8192)].sort());
      windows.close();
    }),
    { numRuns: 30 },
  );
});

/** Keys of a slab that no cache holds: rows are then taken in steps. */
const MANY = 60_000;
const COUNT_SUM = specOf(CALLS[0]);

function manyRows(rows: number, seed: number): LogRow[] {
  const random = xorshift(seed);
  return Array.from({ length: rows }, () => ({
    time: BigInt(random() % SIZE_MS),
    keys: [BigInt(random() % MANY)],
    args: [null, BigInt(random() % 100)],
  }));
}

Deno.test("a change listing of a large dense slice has old and new rows that changed, and no others", () => {
  const kernel = loadKernel("simd"), windows = new WindowAggregate(kernel, COUNT_SUM);
  push(kernel, windows, COUNT_SUM, manyRows(8192, 1));
  windows.mark(2);
  const more = [...manyRows(3000, 2), ...manyRows(3000, 1)];
  push(kernel, windows, COUNT_SUM, more);
  const changed = [...listChanges(kernel, windows, 1, 8192).values()];
  assert.equal(changed.length, new Set(more.map(({ keys }) => keys[0])).size);
  windows.close();
});

Deno.test("a large dense slice that meets the state's bound goes on where it stopped", () => {
  const kernel = loadKernel("simd"), windows = new WindowAggregate(kernel, COUNT_SUM), first = manyRows(8192, 3);
  push(kernel, windows, COUNT_SUM, first);
  const more = manyRows(8192, 4), stops = push(kernel, windows, COUNT_SUM, more, 600);
  assert.ok(stops > 0);
  windows.advance(Infinity);
  assert.deepEqual(pullAll(kernel, windows, 8192).map(keyText), expectedRows(COUNT_SUM, [...first, ...more]));
  windows.close();
});

/** Windows of mostly new keys, with some far away, NULL or early: enough rows for the second one to begin with tables. */
function mostlyNew(call: AggregateCall): LogRow[] {
  const random = xorshift(20_251), shape = [[0, 400_000], [50_000, 420_000], [0, 3000]];
  return shape.flatMap(([first, keys], window) =>
    Array.from({ length: 200_000 }, () => {
      const far = random() % 5000 === 0 ? 2 ** 41 : 0, key = BigInt(first + random() % keys + far);
      const early = random() % 1000 === 0 ? 1 : 0, isNull = random() % 400_000 === 0;
      const time = BigInt((window + early) * SIZE_MS + random() % SIZE_MS);
      return { time, keys: [isNull ? null : key], args: [null, anyValue(call, random())] };
    })
  );
}

for (const type of [INT64, DOUBLE]) {
  Deno.test(`large windows of mostly new keys give the rows of the reference in its order (${type.kind})`, () => {
    const sum: AggregateCall = { fn: "sum", type }, spec = specOf([COUNT, sum]), log = mostlyNew(sum);
    const expected = expectedRows(spec, log);
    for (const variant of VARIANTS) {
      const kernel = loadKernel(variant), windows = new WindowAggregate(kernel, spec), rows: string[] = [];
      const pull = () => {
        for (const row of pullAll(kernel, windows, 8192)) rows.push(keyText(row));
      };
      cut(log, Array(Math.ceil(log.length / 50_000)).fill(50_000)).forEach((piece, i) => {
        push(kernel, windows, spec, piece);
        // The window before the last is complete
        windows.advance((Math.floor((i + 1) / 4) - 1) * SIZE_MS);
        pull();
      });
      windows.advance(Infinity);
      pull();
      assert.deepEqual(rows, expected);
      windows.close();
    }
  });
}
