import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { type DataType, INT64, STRING, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import {
  type AggregateSpec,
  PartialAggregate,
  RunningTimes,
  skipSelected,
  WindowAggregate,
} from "../../src/kernel/aggregate.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { anyLog, anySpec } from "./aggregate_arbitrary.ts";
import { batchOf, pullAll, rowsOf, runTasks } from "./aggregate_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { aggregateReference, keyText, type LogRow } from "./reference/aggregate.ts";
import { type PartialRow, partialsReference, type RunningKind } from "./reference/partials.ts";
import { selectionOf, vectorOf } from "./vectors.ts";

const kernels = VARIANTS.map((variant) => loadKernel(variant));
const stateBytes = (kernel: Kernel) => kernel.fn("state_bytes")() >>> 0;

const COUNT_AND_SUM = [{ fn: "count", type: null }, { fn: "sum", type: INT64 }] as const;
const SPEC: AggregateSpec = {
  keys: [INT64],
  aggregates: COUNT_AND_SUM,
  sizeMs: 1000,
  slideMs: 1000,
  offsetMs: 0,
  groupFrom: 0,
  groupTo: 128,
};
const KEYS: readonly (readonly DataType[])[] = [[], [INT64], [STRING], [INT64, STRING]];

/** What a chunk looks like; its rows follow from it alone. */
interface ChunkShape {
  readonly seed: number;
  readonly rows: number;
  /** Keys are numbers from `first` on. */
  readonly first: number;
  readonly distinct: number;
  readonly nullKeys: boolean;
  readonly nullArgs: boolean;
  /** Values of which two do not fit an int64 together. */
  readonly wide: boolean;
  /** Milliseconds from row to row, and how far back a row may lie. */
  readonly stepMs: number;
  readonly backMs: number;
  /** Rows without a time, or with one that is none. */
  readonly untimed: boolean;
  readonly filtered: boolean;
}

const anyChunk = (rowsMax: number): fc.Arbitrary<ChunkShape> =>
  fc.record({
    seed: fc.nat(),
    rows: fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, {
      weight: 6,
      arbitrary: fc.integer({ max: rowsMax, min: 1 }),
    }),
    first: fc.constantFrom(0, -50, 100_000),
    distinct: fc.constantFrom(1, 9, 700),
    nullKeys: fc.boolean(),
    nullArgs: fc.boolean(),
    wide: fc.boolean(),
    stepMs: fc.constantFrom(0, 0.005, 0.2, 3),
    backMs: fc.constantFrom(0, 0, 4, 70),
    untimed: fc.boolean(),
    filtered: fc.boolean(),
  });

/** Numbers from 0 to n − 1 (Steele et al., SplitMix; 32 bits). */
function random(seed: number): (n: number) => number {
  return (n) => {
    seed = (seed + 0x9e3779b9) | 0;
    let z = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) % n;
  };
}

/** The rows of a chunk, in which `selected` are not filtered out. */
function chunkRows(shape: ChunkShape, keys: readonly DataType[]): PartialRow[] {
  const below = random(shape.seed);
  return Array.from({ length: shape.rows }, (_, i) => {
    const time = Math.floor(i * shape.stepMs) + 1000 - (shape.backMs > 0 ? below(shape.backMs) : 0);
    const key = (type: DataType): Value => {
      if (shape.nullKeys && below(5) === 0) return null;
      const value = shape.first + below(shape.distinct);
      return type === INT64 ? BigInt(value) : `key ${value}`;
    };
    const value = () => shape.wide ? (2n ** 63n - 1n) * BigInt(below(2) * 2 - 1) : BigInt(below(100) - 50);
    const odd = shape.untimed && below(10) === 0 ? (below(2) ? null : 2n ** 63n - 1n) : undefined;
    return {
      time: odd === undefined ? BigInt(time) : odd,
      keys: keys.map(key),
      args: [null, shape.nullArgs && below(6) === 0 ? null : value()],
      selected: !shape.filtered || below(4) > 0,
    };
  });
}

/** Pushes the rows of one chunk, in batches. */
function pushChunk(
  kernel: Kernel,
  partial: PartialAggregate,
  spec: AggregateSpec,
  rows: readonly PartialRow[],
  { kind, delayMs, batchRows }: { kind: RunningKind; delayMs: number; batchRows: number },
): void {
  const running = new RunningTimes(kernel);
  for (let at = 0; at < rows.length; at += batchRows) {
    const piece = rows.slice(at, at + batchRows), { batch, keys, args, time } = batchOf(kernel, spec, piece);
    const selected = piece.map((_, i) => i).filter((i) => piece[i].selected);
    const selection = selected.length < piece.length ? selectionOf(kernel, selected) : 0;
    const before = running.add(vectorOf(kernel, TIMESTAMP, piece.map(({ time }) => time)), piece.length).running;
    const result = partial.push({ ...batch, selection, selected: selected.length }, keys, args, {
      time,
      running: kind === "none" ? 0 : kind === "own" ? time.data : before,
      delayMs,
    });
    assert.equal(result.consumed, selected.length);
    const untimed = piece.filter(({ time, selected }) => selected && (time === null || time > 2n ** 60n)).length;
    assert.deepEqual([result.late, result.nullTime], [0, untimed]);
  }
  running.close();
}

Deno.test("partial aggregates come by epoch, slice and first occurrence, whatever the cut, and a chunk leaves nothing behind", () => {
  const cases = fc.record({
    keys: fc.constantFrom(...KEYS),
    aggregates: fc.constantFrom<AggregateSpec["aggregates"]>(
      COUNT_AND_SUM,
      [{ fn: "count", type: INT64 }, { fn: "sum", type: INT64 }],
      [],
    ),
    window: fc.constantFrom([20, 20, 0], [20, 5, -3], [1, 1, 0], [5000, 5000, 17]),
    chunks: fc.array(anyChunk(2500), { minLength: 1, maxLength: 4 }),
    delayMs: fc.constantFrom(0, 1, 30),
    batchRows: fc.constantFrom(50, 1025, 8192),
    kind: fc.constantFrom<RunningKind>("before", "before", "own", "none"),
  });
  fc.assert(
    fc.property(cases, ({ keys, aggregates, window: [sizeMs, slideMs, offsetMs], chunks, ...way }) => {
      const spec = { ...SPEC, keys, aggregates, sizeMs, slideMs, offsetMs };
      // The own times of rows stand for those before them only where rows are in order.
      const kind = way.kind === "own" && chunks.some(({ backMs }) => backMs > 0) ? "before" : way.kind;
      const partials = kernels.map((kernel) => new PartialAggregate(kernel, spec));
      for (const shape of chunks) {
        const rows = chunkRows(shape, keys), expected = partialsReference(spec, rows, way.delayMs, kind);
        kernels.forEach((kernel, k) => {
          const held = stateBytes(kernel);
          pushChunk(kernel, partials[k], spec, rows, { ...way, kind });
          const batch = partials[k].take();
          assert.deepEqual(batch ? rowsOf(kernel, batch) : [], expected);
          assert.equal(partials[k].take(), null, "a chunk without rows has no partial aggregates");
          assert.equal(stateBytes(kernel), held, "the chunk's state is freed");
          kernel.reset();
        });
      }
      for (const partial of partials) partial.close();
    }),
    { numRuns: 120 },
  );
});

Deno.test("two phases give the bytes of one phase over whole blocks of rows, in order and out of order", () => {
  const cases = fc.record({
    keys: fc.constantFrom(...KEYS),
    aggregates: fc.constantFrom<AggregateSpec["aggregates"]>(
      COUNT_AND_SUM,
      [{ fn: "avg", type: INT64 }, { fn: "sum", type: INT64 }],
      [{ fn: "sum", type: INT64 }, { fn: "count", type: INT64 }],
      [{ fn: "last", type: INT64 }, { fn: "min", type: INT64 }],
    ),
    window: fc.constantFrom([50, 50, 0], [50, 10, 7], [5000, 5000, 0]),
    shape: anyChunk(6000),
    delayMs: fc.constantFrom(0, 1, 30),
    splits: fc.constantFrom([], [64]),
  });
  fc.assert(
    fc.property(cases, ({ keys, aggregates, window: [sizeMs, slideMs, offsetMs], shape, delayMs, splits }) => {
      const spec = { ...SPEC, keys, aggregates, sizeMs, slideMs, offsetMs };
      const log: LogRow[] = chunkRows({ ...shape, filtered: false }, keys)
        .map(({ time, keys, args }) => ({ time, keys, args: [args[1], args[1]] }));
      const way = { delayMs, chunks: [1, 2500, 1200], batchRows: 8192, unselected: 0, pullRows: 8192, pullEvery: 1 };
      const tasks = kernels.map((kernel) =>
        [false, true].map((twoPhase) => runTasks([kernel], spec, log, { ...way, twoPhase }, splits))
      );
      for (const [one, two] of tasks) assert.deepEqual(two, one);
      assert.deepEqual(tasks[1], tasks[0]);
    }),
    { numRuns: 60 },
  );
});

/** Doubles that are added cannot be split into partial sums without a change of the last bits. */
const addsDoubles = ({ aggregates }: AggregateSpec) =>
  aggregates.some(({ fn, type }) => (fn === "sum" || fn === "avg") && type?.kind === "double");

Deno.test("a full phase one takes a prefix of the rows, and the rest once its partial aggregates are merged", () => {
  const cases = anySpec().filter((spec) => !addsDoubles(spec)).chain((spec) =>
    fc.record({
      spec: fc.constant(spec),
      log: anyLog(spec, 400),
      room: fc.integer({ min: 500, max: 40_000 }),
      delayMs: fc.constantFrom(0, 1, 20),
    })
  );
  let full = 0;
  fc.assert(
    fc.property(cases, ({ spec, log, room, delayMs }) => {
      const kernel = loadKernel("simd"), running = new RunningTimes(kernel);
      const windows = new WindowAggregate(kernel, spec), partial = new PartialAggregate(kernel, spec);
      const expected = aggregateReference(spec, log, delayMs), limit = kernel.fn("state_limit");
      const { batch, keys, args, time } = batchOf(kernel, spec, log);
      const times = { time, running: running.add(time, log.length).running, delayMs };
      const merged = { late: 0, nullTime: 0 };
      const merge = () => {
        const partials = partial.take();
        if (!partials) return false;
        const result = windows.merge(partials, { before: -Infinity, delayMs, others: Infinity });
        assert.equal(result.consumed, partials.selected);
        merged.late += result.late;
        return true;
      };
      for (let taken = 0; taken < log.length;) {
        limit(stateBytes(kernel) + room);
        const rest = skipSelected(kernel, batch, taken), result = partial.push(rest, keys, args, times);
        limit(-1);
        merged.nullTime += result.nullTime;
        taken += result.consumed;
        if (result.consumed === rest.selected) break;
        full++;
        if (!merge() && result.consumed === 0) room *= 2;
      }
      merge();
      assert.deepEqual(merged, { late: expected.late.length, nullTime: expected.nullTime.length });
      windows.advance(Infinity);
      assert.deepEqual(
        pullAll(kernel, windows, 8192).map(keyText),
        expected.rows.map(({ start, end, values }) => keyText([BigInt(start), BigInt(end), ...values])),
      );
      for (const part of [windows, partial, running]) part.close();
      assert.equal(stateBytes(kernel), 0);
    }),
    { numRuns: 150 },
  );
  assert.ok(full > 20, `only ${full} pushes met a full state`);
});

Deno.test("a slice for which there is no room stops phase one in front of its row", () => {
  const spec = { ...SPEC, sizeMs: 20, slideMs: 20 };
  for (const kernel of kernels) {
    const partial = new PartialAggregate(kernel, spec), limit = kernel.fn("state_limit");
    const row = (time: bigint): LogRow => ({ time, keys: [7n], args: [null, 2n] });
    const { batch, keys, args, time } = batchOf(kernel, spec, [row(1n), row(21n)]);
    const times = { time, running: 0, delayMs: 1 };
    partial.push({ ...batch, selected: 1 }, keys, args, times);
    limit(stateBytes(kernel));
    const rest = skipSelected(kernel, batch, 1);
    assert.equal(partial.push(rest, keys, args, times).consumed, 0);
    limit(-1);
    assert.equal(partial.push(rest, keys, args, times).consumed, 1);
    const starts = rowsOf(kernel, partial.take()!).map((values) => values[1]);
    assert.deepEqual(starts, [0n, 20n]);
    partial.close();
    kernel.reset();
  }
});
