import assert from "node:assert/strict";
import { BATCH_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64, TIMESTAMP } from "../../src/core/schema.ts";
import { type AggregateSpec, skipSelected, WindowAggregate } from "../../src/kernel/aggregate.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { xorshift } from "./aggregate_dense.ts";
import { loadKernel, VARIANTS } from "./load.ts";

/** Slices so large that their direct index is made piece by piece, and followed by larger ones: identifiers that ascend, and others. */
const SIZE_MS = 1000;
const SPEC: AggregateSpec = {
  keys: [INT64],
  aggregates: [{ fn: "count", type: null }, { fn: "sum", type: INT64 }],
  sizeMs: SIZE_MS,
  slideMs: SIZE_MS,
  offsetMs: 0,
  groupFrom: 0,
  groupTo: 128,
};

type KeyOf = (row: number, random: number) => number;

const SHAPES: Readonly<Record<string, { readonly rows: number; readonly keyOf: KeyOf }>> = {
  "that ascend": { rows: 700_000, keyOf: (row) => row },
  "that ascend, with rows of older ones in between": {
    rows: 600_000,
    keyOf: (row, random) => random % 7 === 0 ? random % (row + 1) : row,
  },
  "that descend": { rows: 400_000, keyOf: (row) => -row },
  "that lie in a wide range": { rows: 600_000, keyOf: (_, random) => random % 3_000_000 },
  "that lie in a wide range, of which half is there at first": {
    rows: 800_000,
    keyOf: (row, random) => (random % 1_600_000) + (row < 500_000 ? 1_600_000 : random % 2 * 1_600_000),
  },
};

/** Columns of a batch: keys, values and times of its rows. */
class Columns {
  readonly #kernel: Kernel;
  readonly #at: readonly number[];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#at = [0, 1, 2].map(() => kernel.alloc(BATCH_ROWS_MAX * 8) >>> 0);
  }

  /** Pushes rows; with `room` the state's bound is met again and again, and each time moved by it. Returns how often it was. */
  push(
    windows: WindowAggregate,
    keys: readonly number[],
    values: readonly number[],
    timeMs: number,
    room: number,
  ): number {
    const kernel = this.#kernel, words = new BigInt64Array(kernel.bytes.buffer), rows = keys.length;
    keys.forEach((key, i) => words[this.#at[0] / 8 + i] = BigInt(key));
    values.forEach((value, i) => words[this.#at[1] / 8 + i] = BigInt(value));
    words.fill(BigInt(timeMs), this.#at[2] / 8, this.#at[2] / 8 + rows);
    const [key, value, time] = this.#at.map((data, i) => ({ type: i === 2 ? TIMESTAMP : INT64, data, validity: 0 }));
    const batch = { rows, columns: [], selection: 0, selected: rows, kinds: 0 };
    const times = { time, running: 0, before: timeMs - 1, delayMs: 1, others: Infinity };
    let stops = 0;
    for (let taken = 0; taken < rows;) {
      const rest = skipSelected(kernel, batch, taken), { consumed } = windows.push(rest, [key], [null, value], times);
      taken += consumed;
      if (consumed === rest.selected) break;
      stops++;
      kernel.fn("state_limit")((kernel.fn("state_bytes")() >>> 0) + room * 2 ** Math.min(12, stops));
    }
    kernel.reset();
    return stops;
  }
}

/** Hands out what has fired, by key. */
function pull(kernel: Kernel, windows: WindowAggregate, into: Map<number, readonly [number, number]>): void {
  for (let batch = windows.pull(BATCH_ROWS_MAX); batch; batch = windows.pull(BATCH_ROWS_MAX)) {
    const words = new BigInt64Array(kernel.bytes.buffer),
      [key, count, sum] = batch.columns.slice(2).map(({ data }) => data / 8);
    for (let i = 0; i < batch.rows; i++) {
      assert.ok(!into.has(Number(words[key + i])), "a key came out twice");
      into.set(Number(words[key + i]), [Number(words[count + i]), Number(words[sum + i])]);
    }
    kernel.reset();
  }
  kernel.reset();
}

/** Two windows of the same shape, the second one of fewer rows; returns how often the state's bound was met. */
function check(kernel: Kernel, { rows, keyOf }: { rows: number; keyOf: KeyOf }, seed: number, room = 0): number {
  const windows = new WindowAggregate(kernel, SPEC), columns = new Columns(kernel), random = xorshift(seed);
  let stops = 0;
  if (room) kernel.fn("state_limit")(room);
  for (const [window, length] of [rows, rows / 4].entries()) {
    const expected = new Map<number, readonly [number, number]>(), found = new Map<number, readonly [number, number]>();
    for (let at = 0; at < length; at += BATCH_ROWS_MAX) {
      const size = Math.min(BATCH_ROWS_MAX, length - at), numbers = Array.from({ length: size }, (_, i) => at + i);
      const keys = numbers.map((row) => keyOf(row, random())), values = numbers.map(() => random() % 1000);
      keys.forEach((key, i) => {
        const [count, sum] = expected.get(key) ?? [0, 0];
        expected.set(key, [count + 1, sum + values[i]]);
      });
      stops += columns.push(windows, keys, values, window * SIZE_MS, room);
    }
    windows.advance((window + 1) * SIZE_MS);
    pull(kernel, windows, found);
    assert.equal(found.size, expected.size);
    for (const [key, [count, sum]] of expected) {
      const [foundCount, foundSum] = found.get(key) ?? [0, 0];
      if (foundCount !== count || foundSum !== sum) {
        assert.fail(`key ${key}: ${foundCount}, ${foundSum}, not ${count}, ${sum}`);
      }
    }
  }
  windows.close();
  kernel.fn("state_limit")(-1);
  assert.equal(kernel.fn("state_bytes")(), 0);
  return stops;
}

for (const [name, shape] of Object.entries(SHAPES)) {
  Deno.test(`large windows of identifiers ${name} count every row once`, () => {
    const seed = Math.floor(Math.random() * 2 ** 31) | 1;
    for (const variant of VARIANTS) {
      try {
        check(loadKernel(variant), shape, seed);
      } catch (error) {
        throw new Error(`seed ${seed}, ${variant}`, { cause: error });
      }
    }
  });
}

Deno.test("a large window of identifiers that ascend goes on where the state's bound stopped it", () => {
  assert.ok(check(loadKernel("simd"), SHAPES["that ascend"], 7, 1 << 12) > 5);
});
