import assert from "node:assert/strict";
import { INT64 } from "../../src/core/schema.ts";
import { type AggregateSpec, skipSelected, WindowAggregate } from "../../src/kernel/aggregate.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { SIZE_MS, xorshift } from "./aggregate_dense.ts";
import { batchOf, peekAll, pullAll, rowsOf } from "./aggregate_run.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { keyText, type LogRow } from "./reference/aggregate.ts";

/** Slices so large that their rows move into slabs, and out of them, over many pushes. */
const COUNT = { fn: "count", type: null } as const, SUM = { fn: "sum", type: INT64 } as const;
const PUSH_ROWS = 8192, DENSE = 150_000;

function specOf(min: boolean): AggregateSpec {
  const aggregates = min ? [COUNT, SUM, { fn: "min", type: INT64 } as const] : [COUNT, SUM];
  return { keys: [INT64], aggregates, sizeMs: SIZE_MS, slideMs: SIZE_MS, offsetMs: 0, groupFrom: 0, groupTo: 128 };
}

/** What a key has: count, sum, least. */
type Cells = [bigint, bigint, bigint];

/** A window that takes rows, and what they come to, plainly. */
class Run {
  readonly kernel: Kernel;
  readonly windows: WindowAggregate;
  readonly expected = new Map<bigint | null, Cells>();
  readonly #spec: AggregateSpec;
  readonly #random: () => number;
  /** How often the state's bound was met. */
  stops = 0;

  constructor(variant: (typeof VARIANTS)[number], seed: number, min: boolean) {
    this.kernel = loadKernel(variant);
    this.#spec = specOf(min);
    this.windows = new WindowAggregate(this.kernel, this.#spec);
    this.#random = xorshift(seed);
  }

  /** Pushes rows of dense keys, of one in `far` (0: none) far away, and of NULL; with `room` the state's bound is met again and again. */
  push(rows: number, first: number, far: number, room = 0): void {
    const { kernel, windows } = this, log: LogRow[] = [], random = this.#random;
    for (let i = 0; i < rows; i++) {
      const isFar = far > 0 && random() % far === 0, near = first + random() % DENSE;
      const key = random() % 5000 === 0 ? null : BigInt(isFar ? near * 1009 + 2 ** 30 : near);
      const value = BigInt(random() % 1000), cells = this.expected.get(key) ?? [0n, 0n, 1000n];
      this.expected.set(key, [cells[0] + 1n, cells[1] + value, value < cells[2] ? value : cells[2]]);
      const args = this.#spec.aggregates.map(({ type }) => type && value);
      log.push({ time: 5n, keys: [key], args });
    }
    const { batch, keys, args, time } = batchOf(kernel, this.#spec, log);
    const times = { time, running: 0, before: -Infinity, delayMs: 1, others: Infinity };
    const limit = (more: number) => kernel.fn("state_limit")((kernel.fn("state_bytes")() >>> 0) + more);
    if (room) limit(room);
    for (let taken = 0, stops = 0; taken < rows;) {
      const rest = skipSelected(kernel, batch, taken), { consumed } = windows.push(rest, keys, args, times);
      taken += consumed;
      if (consumed === rest.selected) break;
      this.stops++;
      limit(room * 2 ** Math.min(++stops, 14));
    }
    kernel.fn("state_limit")(-1);
    kernel.reset();
  }

  /** The rows by key, behind window start and end: none comes twice, none is missing. */
  check(rows: readonly (readonly unknown[])[]): void {
    assert.equal(rows.length, this.expected.size);
    const found = new Set<unknown>();
    for (const [, , key, ...cells] of rows) {
      const wanted = typeof key === "bigint" || key === null ? this.expected.get(key) : undefined;
      if (!cells.every((cell, i) => cell === wanted?.[i])) assert.fail(`key ${key}: ${cells}, and not ${wanted}`);
      found.add(key);
    }
    assert.equal(found.size, rows.length);
  }

  /** Fires the window and looks at what comes. */
  end(): void {
    this.windows.advance(Infinity);
    this.check(pullAll(this.kernel, this.windows, 8192));
    assert.equal(this.windows.stateRows, 0);
    this.windows.close();
    assert.equal(this.kernel.fn("state_bytes")(), 0);
  }
}

/** Rows of a change listing by slice, key group and number. */
function changes({ kernel, windows }: Run, since: number): Map<string, string> {
  const found = new Map<string, string>();
  windows.changes(since);
  for (let batch = windows.nextChanges(4096); batch; batch = windows.nextChanges(4096)) {
    for (const values of rowsOf(kernel, batch)) {
      const place = keyText(values.slice(0, 3));
      assert.ok(!found.has(place), "a row is listed once");
      found.set(place, keyText(values));
    }
    kernel.reset();
  }
  return found;
}

/** A slice with keys far away gets no slab: they come when it is on its way. */
const farFrom = (push: number) => push < 3 ? 0 : 200;

function check(name: string, steps: (run: Run) => void, min = true, variants = VARIANTS.slice(0, 1)): void {
  Deno.test(name, () => {
    const seed = Math.floor(Math.random() * 2 ** 31) | 1;
    for (const variant of variants) {
      try {
        const run = new Run(variant, seed, min);
        steps(run);
        run.end();
      } catch (error) {
        throw new Error(`seed ${seed}, ${variant}`, { cause: error });
      }
    }
  });
}

for (const min of [false, true]) {
  const calls = min ? "count, sum and least" : "count and sum";
  check(
    `rows that move into a slab while others come keep their place and their ${calls}`,
    (run) => {
      for (let i = 0; i < 8; i++) run.push(PUSH_ROWS, 0, farFrom(i));
      run.check(peekAll(run.kernel, run.windows, 8192));
      for (let i = 0; i < 6; i++) run.push(PUSH_ROWS, 0, 200);
    },
    min,
    [...VARIANTS],
  );

  check(`rows that move out of a slab whose keys are left keep their ${calls}`, (run) => {
    for (let i = 0; i < 13; i++) run.push(PUSH_ROWS, 0, 0);
    for (let i = 0; i < 8; i++) run.push(PUSH_ROWS, i % 3 === 1 ? 0 : 700_000, 0);
    run.push(PUSH_ROWS, 350_000, 100);
  }, min);
}

check("rows that move meet the state's bound and go on where they stopped", (run) => {
  for (let i = 0; i < 13; i++) run.push(PUSH_ROWS, 0, farFrom(i), i > 3 ? 3000 : 0);
  for (let i = 0; i < 5; i++) run.push(PUSH_ROWS, 700_000, 0, 3000);
  assert.ok(run.stops > 10, `the bound was met ${run.stops} times`);
});

check("deltas of a slice whose rows move add up to the whole, each row at the place that it had", (run) => {
  const all = new Map<string, string>();
  for (let i = 0; i < 20; i++) {
    run.push(PUSH_ROWS, i < 14 ? 0 : 700_000, farFrom(i));
    if (i % 2 > 0) continue;
    for (const [place, row] of changes(run, i / 2)) all.set(place, row);
    run.windows.mark(i / 2 + 2);
  }
  for (const [place, row] of changes(run, 10)) all.set(place, row);
  const whole = changes(run, 0);
  assert.equal(all.size, whole.size);
  for (const [place, row] of whole) assert.equal(all.get(place), row);
});
