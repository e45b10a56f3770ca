import assert from "node:assert/strict";
import fc from "../deps/fast_check.ts";
import type { Batch } from "../../src/core/batch.ts";
import { ROW_KINDS } from "../../src/core/batch.ts";
import { FIRE_ROWS_MAX } from "../../src/core/limits.ts";
import { INT64, TIMESTAMP } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { type AssignedWindow, WindowAssigner } from "../../src/kernel/assign.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { loadKernel, VARIANTS } from "./load.ts";
import { anyTable, type Table } from "./rows.ts";
import { selectionOf, valueAt, vectorOf } from "./vectors.ts";

const TIME_MS_MAX = 8_640_000_000_000_000;

/** A row of the result: the number of the row it comes from, its window, and what stands before the windows. */
type Out = readonly [number, number, number, number, ...Value[]];

interface Push {
  readonly table: Table;
  readonly times: readonly (number | null)[];
  readonly kinds: readonly number[];
  readonly selected: readonly number[] | null;
  readonly running: readonly number[] | null;
  readonly before: number;
  readonly delayMs: number;
  readonly others: number;
  /** Told behind the rows. */
  readonly watermark: number;
}

/** Start and end of every window that holds `t`, by trying all starts in reach; ascending. */
function windowsAt(window: AssignedWindow, t: number): [number, number][] {
  const found: [number, number][] = [], { sizeMs, offsetMs } = window;
  const strideMs = window.kind === "hop" ? window.slideMs : sizeMs;
  const nearest = Math.round((t - offsetMs) / strideMs), reach = Math.ceil(sizeMs / strideMs) + 1;
  for (let k = nearest - reach; k <= nearest + reach; k++) {
    const start = offsetMs + k * strideMs;
    if (!(start <= t && t < start + sizeMs)) continue;
    if (window.kind !== "cumulate") found.push([start, start + sizeMs]);
    else {for (let end = start + window.stepMs; end <= start + sizeMs; end += window.stepMs) {
        if (end > t) found.push([start, end]);
      }}
  }
  return found;
}

/** Row by row, window by window. */
class Reference {
  late = 0;
  nullTime = 0;
  #advanced = -Infinity;

  constructor(readonly window: AssignedWindow) {}

  push(push: Push): Out[] {
    const out: Out[] = [];
    for (const row of push.selected ?? push.times.keys()) {
      const t = push.times[row];
      if (t === null || Math.abs(t) > TIME_MS_MAX) {
        this.nullTime++;
        continue;
      }
      const reached = Math.max(push.before, push.running?.[row] ?? -Infinity);
      const watermark = Math.max(this.#advanced, Math.min(push.others, reached - push.delayMs));
      for (const [start, end] of windowsAt(this.window, t)) {
        if (end - 1 <= watermark) this.late++;
        else out.push([row, start, end, push.kinds[row], ...push.table.rows[row]]);
      }
    }
    this.#advanced = Math.max(this.#advanced, push.watermark);
    return out;
  }
}

function batchOf(kernel: Kernel, { table, times, kinds, selected }: Push): Batch {
  const columns = table.columns.map(({ type }, i) => vectorOf(kernel, type, table.rows.map((row) => row[i])));
  columns.push(vectorOf(kernel, TIMESTAMP, times.map((time) => time === null ? null : BigInt(time))));
  let kindsAt = 0;
  if (kinds.some((kind) => kind !== 0)) {
    kindsAt = kernel.arena(Math.max(1, kinds.length));
    kernel.copyIn(Uint8Array.from(kinds), kindsAt);
  }
  const rows = times.length;
  const selection = selected ? selectionOf(kernel, selected) : 0;
  return { rows, columns, selection, selected: selected?.length ?? rows, kinds: kindsAt };
}

/** What the kernel makes of it, pulled in steps of `step` rows, each of which is given back before the next. */
function assigned(kernel: Kernel, assigner: WindowAssigner, push: Push, step: number): Out[] {
  const batch = batchOf(kernel, push), given = batch.columns.slice(0, -1), width = given.length, out: Out[] = [];
  const running = push.running ? vectorOf(kernel, INT64, push.running.map(BigInt)).data : 0;
  const take = (rows: Batch, causeOf: (position: number, row: number) => number) => {
    for (let i = 0; i < rows.selected; i++) {
      const row = rows.selection === 0 ? i : kernel.data.getInt32(rows.selection + i * 4, true);
      const cell = (column: number) => valueAt(kernel, rows.columns[column], row);
      const [start, end, time] = [width, width + 1, width + 2].map((column) => Number(cell(column)));
      assert.equal(time, end - 1);
      const kind = rows.kinds === 0 ? 0 : kernel.bytes[rows.kinds + row];
      out.push([causeOf(i, row), start, end, kind, ...given.map((_, column) => cell(column))]);
    }
  };
  const at = assigner.push(batch, given, batch.columns[width], { ...push, running });
  if (at) take(at, (_, row) => row);
  for (;;) {
    const mark = kernel.mark(), next = assigner.next(step);
    if (!next) break;
    assert.ok(next.rows <= step && next.rows <= FIRE_ROWS_MAX);
    take(next, (i) => kernel.data.getUint32(next.causes + i * 4, true));
    kernel.release(mark);
  }
  assigner.advance(push.watermark);
  kernel.reset();
  return out;
}

const anyWindow: fc.Arbitrary<AssignedWindow> = fc.oneof(
  fc.record({
    kind: fc.constant("tumble" as const),
    sizeMs: fc.integer({ min: 1, max: 50 }),
    offsetMs: fc.integer({ min: -70, max: 70 }),
  }),
  fc.record({
    kind: fc.constant("hop" as const),
    sizeMs: fc.integer({ min: 1, max: 50 }),
    slideMs: fc.integer({ min: 1, max: 60 }),
    offsetMs: fc.integer({ min: -70, max: 70 }),
  }),
  fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: -70, max: 70 })).map(
    ([stepMs, steps, offsetMs]) => ({ kind: "cumulate" as const, stepMs, sizeMs: stepMs * steps, offsetMs }),
  ),
);

const anyTime = fc.oneof(
  { weight: 30, arbitrary: fc.integer({ min: -200, max: 200 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, TIME_MS_MAX + 1, -TIME_MS_MAX - 1, TIME_MS_MAX, -TIME_MS_MAX) },
);
const anyPush: fc.Arbitrary<Push> = anyTable(60).chain((table) => {
  const each = <T>(one: fc.Arbitrary<T>) =>
    fc.array(one, { minLength: table.rows.length, maxLength: table.rows.length });
  const bound = fc.oneof(fc.integer({ min: -200, max: 200 }), fc.constant(-Infinity));
  return fc.record({
    times: each(anyTime),
    kinds: fc.oneof(each(fc.constant(0)), each(fc.nat(ROW_KINDS.length - 1))),
    selected: fc.option(fc.subarray([...table.rows.keys()]), { nil: null }),
    running: fc.option(
      each(fc.integer({ min: -200, max: 200 })).map((times) => times.map((_, i) => Math.max(...times.slice(0, i + 1)))),
      {
        nil: null,
      },
    ),
    before: bound,
    delayMs: fc.nat(30),
    others: fc.oneof(bound, fc.constant(Infinity)),
    watermark: bound,
  }).map((push) => ({ table, ...push }));
});

Deno.test("each row comes once for each of its open windows, as a plain reference has it", () => {
  const kernels = VARIANTS.map((variant) => loadKernel(variant));
  let rows = 0, late = 0;
  fc.assert(
    fc.property(
      anyWindow,
      fc.array(anyPush, { maxLength: 4 }),
      fc.integer({ min: 1, max: 20 }),
      (window, pushes, step) => {
        for (const kernel of kernels) {
          const reference = new Reference(window), assigner = new WindowAssigner(kernel, window);
          for (const push of pushes) {
            const expected = reference.push(push);
            assert.deepEqual(assigned(kernel, assigner, push, step), expected);
            rows += expected.length;
          }
          assert.deepEqual([assigner.late, assigner.nullTime], [reference.late, reference.nullTime]);
          late += reference.late;
          assigner.close();
        }
      },
    ),
    { numRuns: 400 },
  );
  assert.ok(rows > 1000 && late > 1000, `${rows} rows, ${late} late`);
});

Deno.test("a row of thousands of windows comes in steps of bounded size", () => {
  const kernel = loadKernel(), window = { kind: "hop", sizeMs: 30_000, slideMs: 1, offsetMs: 0 } as const;
  const assigner = new WindowAssigner(kernel, window);
  const push: Push = {
    table: { columns: [], rows: [[], []] },
    times: [5, 100_000],
    kinds: [0, 0],
    selected: null,
    running: null,
    before: -Infinity,
    delayMs: 0,
    others: Infinity,
    watermark: Infinity,
  };
  const out = assigned(kernel, assigner, push, Infinity);
  assert.equal(out.length, 60_000);
  assert.deepEqual([out[0], out[29_999], out[30_000]], [[0, -29_994, 6, 0], [0, 5, 30_005, 0], [
    1,
    70_001,
    100_001,
    0,
  ]]);
  assert.deepEqual(assigned(kernel, assigner, push, Infinity), [], "the watermark has closed them all");
  assert.equal(assigner.late, 60_000);
});

Deno.test("impossible windows are refused", () => {
  const kernel = loadKernel();
  for (
    const window of [
      { kind: "tumble", sizeMs: 0, offsetMs: 0 },
      { kind: "hop", sizeMs: 10, slideMs: 0, offsetMs: 0 },
      { kind: "hop", sizeMs: 10, slideMs: 2.5, offsetMs: 0 },
      { kind: "cumulate", sizeMs: 10, stepMs: 4, offsetMs: 0 },
    ] as AssignedWindow[]
  ) {
    assert.throws(() => new WindowAssigner(kernel, window), { code: "invalid_plan" });
  }
});
