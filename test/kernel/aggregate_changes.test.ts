import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import { INT64, STRING } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { type AggregateSpec, WindowAggregate } from "../../src/kernel/aggregate.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { batchOf, rowsOf } from "./aggregate_run.ts";
import { loadKernel } from "./load.ts";
import { keyText, type LogRow } from "./reference/aggregate.ts";

const SPEC: AggregateSpec = {
  keys: [INT64],
  aggregates: [{ fn: "count", type: null }, { fn: "sum", type: INT64 }],
  sizeMs: 1000,
  slideMs: 1000,
  offsetMs: 0,
  groupFrom: 0,
  groupTo: 128,
};
const KEYS = 20_000;
/** Rows that are in a block of memory with one that has changed, or in one that shares its byte of the map. */
const NEIGHBOURS = 2 * 32;

const row = (time: number, key: Value): LogRow => ({ time: BigInt(time), keys: [key], args: [null, 1n] });

function push(kernel: Kernel, windows: WindowAggregate, spec: AggregateSpec, rows: readonly LogRow[]): void {
  for (let at = 0; at < rows.length; at += 5000) {
    const some = rows.slice(at, at + 5000), { batch, keys, args, time } = batchOf(kernel, spec, some);
    const times = { time, running: 0, before: -Infinity, delayMs: 1, others: Infinity };
    assert.equal(windows.push(batch, keys, args, times).consumed, some.length);
    kernel.reset();
  }
}

/** Adds what a listing for a checkpoint has, up to so many steps, by where a row is; whether that was all. */
function take(
  kernel: Kernel,
  windows: WindowAggregate,
  into: Map<string, string>,
  step: number,
  stepsMax: number,
): boolean {
  for (let i = 0; i < stepsMax; i++) {
    const batch = windows.nextChanges(step);
    if (!batch) return true;
    for (const values of rowsOf(kernel, batch)) into.set(keyText(values.slice(0, 3)), keyText(values.slice(3)));
    kernel.reset();
  }
  return false;
}

/** Everything that there is. */
function whole(kernel: Kernel, windows: WindowAggregate): Map<string, string> {
  const found = new Map<string, string>();
  windows.changes(0);
  take(kernel, windows, found, 8192, Infinity);
  return found;
}

const shapes: readonly (readonly [string, AggregateSpec, (i: number) => Value])[] = [
  ["dense", SPEC, (i) => BigInt(i)],
  ["sparse", SPEC, (i) => BigInt(i) * 1_000_003n * 8_191n],
  ["text", { ...SPEC, keys: [STRING] }, (i) => `user-${i * 7919}`],
  ["hopping", { ...SPEC, sizeMs: 3000 }, (i) => BigInt(i)],
];

for (const [name, spec, keyOf] of shapes) {
  Deno.test(`a listing for a checkpoint looks at what has changed and what is new alone, with ${name} keys`, () => {
    const kernel = loadKernel("simd"), windows = new WindowAggregate(kernel, spec);
    const list = (all: boolean) => {
      const found = new Map<string, string>(), before = windows.changesLooked;
      windows.takeChanges(all, false);
      assert.ok(take(kernel, windows, found, 8192, Infinity));
      return { rows: found.size, looked: windows.changesLooked - before };
    };
    const numbers = (from: number, to: number, by = 1) => {
      return Array.from({ length: Math.ceil((to - from) / by) }, (_, i) => row(5, keyOf(from + i * by)));
    };
    push(kernel, windows, spec, numbers(0, KEYS));
    assert.equal(list(true).rows, KEYS);
    // What comes after the first listing may have moved rows
    push(kernel, windows, spec, numbers(0, KEYS, 2));
    assert.equal(list(false).rows, KEYS / 2);
    assert.deepEqual(list(false), { rows: 0, looked: 0 }, "nothing has changed");

    push(kernel, windows, spec, numbers(0, KEYS, 1000));
    const few = list(false);
    assert.equal(few.rows, KEYS / 1000);
    assert.ok(few.looked <= few.rows * NEIGHBOURS, `${few.looked} rows were looked at for ${few.rows}`);

    push(kernel, windows, spec, [...numbers(KEYS, KEYS + 100), ...numbers(0, KEYS, 2000)]);
    const more = list(false);
    assert.equal(more.rows, 100 + KEYS / 2000);
    assert.ok(more.looked <= more.rows * NEIGHBOURS, `${more.looked} rows were looked at for ${more.rows}`);
    windows.close();
  });
}

for (const [name, spec, keyOf] of shapes.slice(0, 2)) {
  Deno.test(`the steps of a listing for a checkpoint go by what has changed, not by how many rows there are, with ${name} keys`, () => {
    const kernel = loadKernel("simd"), windows = new WindowAggregate(kernel, spec), keys = 400_000, stepRows = 2048;
    const list = (all: boolean) => {
      let rows = 0, steps = 0;
      windows.takeChanges(all, false);
      for (let batch = windows.nextChanges(stepRows); batch; batch = windows.nextChanges(stepRows)) {
        rows += batch.rows;
        steps++;
        kernel.reset();
      }
      return { rows, steps };
    };
    const numbers = (by: number) => Array.from({ length: keys / by }, (_, i) => row(5, keyOf(i * by)));
    push(kernel, windows, spec, numbers(1));
    assert.equal(list(true).rows, keys);
    push(kernel, windows, spec, numbers(2));
    assert.equal(list(false).rows, keys / 2);
    push(kernel, windows, spec, numbers(1000));
    assert.deepEqual(list(false), { rows: keys / 1000, steps: 1 });
    push(kernel, windows, spec, numbers(100));
    const { rows, steps } = list(false);
    assert.equal(rows, keys / 100);
    assert.ok(steps <= Math.ceil(rows / stepRows) + 1, `${steps} steps for ${rows} rows`);
    windows.close();
  });
}

Deno.test("listings for checkpoints, with rows between their steps and some left in the middle, add up to the whole state", () => {
  const act = fc.record({
    window: fc.integer({ min: 0, max: 3 }),
    first: fc.integer({ min: 0, max: 3000 }),
    rows: fc.integer({ min: 1, max: 3000 }),
    by: fc.constantFrom(1, 1, 2, 7, 61),
    step: fc.constantFrom(64, 1000, 8192),
    /** What a listing does after this push. */
    then: fc.constantFrom("nothing", "begin", "step", "leave", "end"),
  });
  fc.assert(
    fc.property(fc.nat(shapes.length - 1), fc.array(act, { minLength: 3, maxLength: 20 }), (shape, acts) => {
      const [, spec, keyOf] = shapes[shape], kernel = loadKernel("simd"), windows = new WindowAggregate(kernel, spec);
      const found = new Map<string, string>();
      let ended = true, listedAll = false;
      const begin = () => {
        // Until everything has been listed once, a listing that was left has to list everything
        windows.takeChanges(!listedAll, !ended);
        ended = false;
      };
      const end = (step: number) => {
        assert.ok(take(kernel, windows, found, step, Infinity));
        ended = listedAll = true;
      };
      for (const { window, first, rows, by, step, then } of acts) {
        push(
          kernel,
          windows,
          spec,
          Array.from({ length: rows }, (_, i) => row(window * 1000 + 5, keyOf((first + i * by) % 6000))),
        );
        if (then === "begin" || then === "leave") begin();
        if (!ended && (then === "step" || then === "leave") && take(kernel, windows, found, step, 2)) {
          ended = listedAll = true;
        }
        if (then === "leave") begin();
        if (then !== "end") continue;
        if (ended) begin();
        end(step);
      }
      // The listing at hand goes on, then the one of a cut
      if (!ended) end(512);
      begin();
      end(512);
      assert.deepEqual([...found].sort(), [...whole(kernel, windows)].sort());
      windows.close();
    }),
    { numRuns: 25 },
  );
});
