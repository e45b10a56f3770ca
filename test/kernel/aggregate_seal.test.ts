import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { INT64 } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { type AggregateSpec, RunningTimes, skipSelected, WindowAggregate } from "../../src/kernel/aggregate.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { anyCase, type Case, COUNT, logOf, SIZE_MS, xorshift } from "./aggregate_dense.ts";
import { batchOf, cut, greatestTime, peekAll, pullAll, rowsOf } from "./aggregate_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { aggregateReference, keyText, type LogRow, type ResultRow } from "./reference/aggregate.ts";

/** Hopping slices whose keys lie close together have a slab until a window of theirs fires: logs of many rows a slice. */
interface HopCase {
  readonly shape: Case;
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly delayMs: number;
  /** Rows in 1000 that come behind the others, by up to a window's length. */
  readonly behind: number;
  /** Open windows are listed after every n-th batch; 0 = never. */
  readonly listEvery: number;
  /** Windows are pulled after every n-th batch. */
  readonly pullEvery: number;
}

function anyHop(): fc.Arbitrary<HopCase> {
  return fc.record({
    shape: anyCase(),
    sizes: fc.constantFrom([2000, 1000], [4000, 1000], [2500, 1000], [4000, 2000]),
    delayMs: fc.constantFrom(1, 1, 300, 1500),
    behind: fc.constantFrom(0, 0, 3, 100),
    listEvery: fc.constantFrom(0, 0, 1, 3),
    pullEvery: fc.constantFrom(1, 1, 4),
  }).map(({ sizes: [sizeMs, slideMs], ...hop }) => ({ sizeMs, slideMs, ...hop }));
}

function specOf({ shape, sizeMs, slideMs }: HopCase): AggregateSpec {
  return { keys: [INT64], aggregates: shape.calls, sizeMs, slideMs, offsetMs: 0, groupFrom: 0, groupTo: 128 };
}

/** Rows in the order of time, save those that are early or behind. */
function hopLog({ shape, sizeMs, behind }: HopCase): LogRow[] {
  const random = xorshift(shape.seed ^ 0x5bd1e995), log: LogRow[] = logOf(shape);
  const quarter = ({ time }: LogRow) => Math.floor(Number(time) / (SIZE_MS / 4));
  log.sort((a, b) => quarter(a) - quarter(b));
  return log.map((row) =>
    random() % 1000 < behind ? { ...row, time: BigInt(Number(row.time) - random() % sizeMs) } : row
  );
}

/** Pushes a batch with its running times; `room` bounds the state until it is met, and then makes ever more room. Returns how often it was. */
function push(
  kernel: Kernel,
  windows: WindowAggregate,
  spec: AggregateSpec,
  rows: readonly LogRow[],
  { before, delayMs, room }: { before: number; delayMs: number; room: number },
): number {
  const running = new RunningTimes(kernel), { batch, keys, args, time } = batchOf(kernel, spec, rows);
  running.begin();
  const times = { time, running: running.add(time, rows.length).running, before, delayMs, others: Infinity };
  if (room) kernel.fn("state_limit")((kernel.fn("state_bytes")() >>> 0) + room);
  let stops = 0;
  for (let taken = 0; taken < rows.length;) {
    const rest = skipSelected(kernel, batch, taken), { consumed } = windows.push(rest, keys, args, times);
    taken += consumed;
    if (consumed === rest.selected) break;
    stops++;
    kernel.fn("state_limit")((kernel.fn("state_bytes")() >>> 0) + room * 2 ** Math.min(stops, 12));
  }
  kernel.fn("state_limit")(-1);
  running.close();
  kernel.reset();
  return stops;
}

const textOf = ({ start, end, values }: ResultRow) => keyText([BigInt(start), BigInt(end), ...values]);

/** Runs a case and holds what it gives against the reference. Returns how often a push met the state's bound. */
function check(kernel: Kernel, hop: HopCase, room = 0): number {
  const spec = specOf(hop), log = hopLog(hop), windows = new WindowAggregate(kernel, spec), rows: Value[][] = [];
  const free = kernel.fn("state_bytes")() >>> 0, { delayMs, listEvery, pullEvery, shape } = hop;
  let before = -Infinity, stops = 0;
  cut(log, Array(Math.floor(log.length / shape.batchRows)).fill(shape.batchRows)).forEach((piece, i) => {
    stops += push(kernel, windows, spec, piece, { before, delayMs, room });
    before = greatestTime(piece, before);
    windows.advance(before - delayMs);
    if ((i + 1) % pullEvery === 0) rows.push(...pullAll(kernel, windows, 777));
    if (listEvery === 0 || i % listEvery !== 0) return;
    const listed = peekAll(kernel, windows, 1000).map(keyText);
    assert.equal(new Set(listed).size, listed.length);
  });
  const open = peekAll(kernel, windows, 8192).map(keyText);
  windows.advance(Infinity);
  const last = pullAll(kernel, windows, 8192);
  rows.push(...last);
  const expected = aggregateReference(spec, log, delayMs).rows.map(textOf);
  assert.deepEqual(rows.map(keyText), expected);
  if (pullEvery === 1) assert.deepEqual(open, last.map(keyText));
  assert.equal(windows.stateRows, 0);
  windows.close();
  assert.equal(kernel.fn("state_bytes")() >>> 0, free, "all state is freed at the end");
  return stops;
}

for (const variant of VARIANTS) {
  Deno.test(`hops over dense, sparse, stray and NULL keys equal the reference, with rows behind, lagging pulls and listings (${variant})`, () => {
    const kernel = loadKernel(variant);
    fc.assert(fc.property(anyHop(), (hop) => void check(kernel, hop)), { numRuns: 40 });
  });
}

Deno.test("a full state takes a prefix of the rows of a dense hop, also in the midst of rows behind, and the rest once there is room", () => {
  const kernel = loadKernel("simd");
  let stopped = 0;
  fc.assert(
    fc.property(anyHop(), fc.constantFrom(200, 1000, 8000), (hop, room) => {
      stopped += check(kernel, hop, room);
    }),
    { numRuns: 40 },
  );
  assert.ok(stopped > 30, `only ${stopped} pushes met a full state`);
});

/** A count and a sum of a dense key, in order. */
const EVEN: Omit<HopCase, "sizeMs"> = {
  shape: { seed: 1, calls: [COUNT, { fn: "sum", type: INT64 }], windows: [], nulls: false, early: 0, batchRows: 8192 },
  slideMs: 1000,
  delayMs: 1,
  behind: 0,
  listEvery: 0,
  pullEvery: 1,
};

Deno.test("rows that are new in a slab are taken back when a version of a row in front of them finds no memory", () => {
  for (const kernel of VARIANTS.map((variant) => loadKernel(variant))) {
    const hop: HopCase = { ...EVEN, sizeMs: 3000 }, spec = specOf(hop), windows = new WindowAggregate(kernel, spec);
    const row = (time: number, key: number): LogRow => ({ time: BigInt(time), keys: [BigInt(key)], args: [null, 1n] });
    const evens = Array.from({ length: 2000 }, (_, i) => i * 2), rows: Value[][] = [], log: LogRow[] = [];
    let before = -Infinity, stops = 0;
    const take = (piece: readonly LogRow[], room: number) => {
      stops += push(kernel, windows, spec, piece, { before, delayMs: 1, room });
      before = greatestTime(piece, before);
      windows.advance(before - 1);
      log.push(...piece);
    };
    for (const slice of [0, 1, 2]) {
      take(evens.map((key) => row(slice * SIZE_MS, key)), 0);
      rows.push(...pullAll(kernel, windows, 8192));
    }
    take(evens.map((key) => row(3 * SIZE_MS, key)), 0);
    assert.equal(stops, 0);
    // The window that ends with slice 2 has fired, and has not been pulled: its rows get versions
    take([
      ...evens.slice(0, 3).map((key) => row(2 * SIZE_MS, key)),
      ...evens.slice(0, 700).map((key) => row(3 * SIZE_MS, key + 1)),
    ], 8);
    assert.ok(stops > 0);
    take(evens.map((key) => row(4 * SIZE_MS, key)), 0);
    windows.advance(Infinity);
    rows.push(...pullAll(kernel, windows, 8192));
    assert.deepEqual(rows.map(keyText), aggregateReference(spec, log, 1).rows.map(textOf));
    windows.close();
  }
});

/** Rows of a change listing as text, by slice, key group and row number. */
function changesOf(kernel: Kernel, windows: WindowAggregate, since: number): Map<string, string> {
  const found = new Map<string, string>();
  windows.changes(since);
  for (let batch = windows.nextChanges(777); batch; batch = windows.nextChanges(777)) {
    for (const values of rowsOf(kernel, batch)) found.set(keyText(values.slice(0, 3)), keyText(values));
    kernel.reset();
  }
  return found;
}

Deno.test("deltas of a dense hop add up to its whole state, whether its slices have a slab or have been written out", () => {
  const kernel = loadKernel("simd");
  fc.assert(
    fc.property(anyHop(), (hop) => {
      const wide = { ...hop, sizeMs: hop.slideMs * 100 }, spec = specOf(wide), log = hopLog(hop);
      const windows = new WindowAggregate(kernel, spec), all = new Map<string, string>();
      let before = -Infinity;
      cut(log, Array(8).fill(Math.ceil(log.length / 8))).forEach((piece, i) => {
        push(kernel, windows, spec, piece, { before, delayMs: hop.delayMs, room: 0 });
        for (const [place, row] of changesOf(kernel, windows, i)) all.set(place, row);
        windows.mark(i + 2);
        before = greatestTime(piece, before);
        windows.advance(before - hop.delayMs);
        if (i % 2) pullAll(kernel, windows, 8192);
      });
      assert.deepEqual([...all].sort(), [...changesOf(kernel, windows, 0)].sort());
      windows.close();
    }),
    { numRuns: 20 },
  );
});

Deno.test("a hop of a dense key keeps its rows side by side: a count and a sum with their links take 48 bytes, and little more", () => {
  const kernel = loadKernel("simd"), hop: HopCase = { ...EVEN, sizeMs: 100_000 };
  const spec = specOf(hop), windows = new WindowAggregate(kernel, spec), keys = 10_000, slices = 20;
  let before = -Infinity;
  for (let slice = 0; slice < slices; slice++) {
    const piece = Array.from({ length: keys }, (_, i): LogRow => ({
      time: BigInt(slice * SIZE_MS),
      keys: [BigInt(i)],
      args: [null, 1n],
    }));
    push(kernel, windows, spec, piece, { before, delayMs: 1, room: 0 });
    before = slice * SIZE_MS;
    windows.advance(before - 1);
  }
  assert.equal(windows.stateRows, keys * slices);
  const bytesARow = windows.stateBytes / (keys * slices);
  assert.ok(bytesARow < 66, `${bytesARow} bytes a row`);
  windows.close();
});
