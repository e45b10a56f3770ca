import assert from "node:assert/strict";
import { type Batch, ROW_KINDS, type RowKind } from "../../src/core/batch.ts";
import type { DataType } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { Join, type JoinBatch, type JoinSpec } from "../../src/kernel/join.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import type { Random } from "./random.ts";
import {
  type Condition,
  type JoinOutput,
  type JoinReference,
  type JoinRow,
  RegularReference,
  textOf,
} from "./reference/join.ts";
import { IntervalReference, TemporalReference, WindowReference } from "./reference/join_time.ts";
import { selectionOf, valueAt, vectorOf } from "./vectors.ts";

/** Rows of one input that are one number of the log. */
export interface JoinChunk {
  readonly input: number;
  readonly rows: readonly JoinRow[];
}

/** A join with what feeds it: columns of event time by which sources tell their watermarks, and their delays. */
export interface JoinCase {
  readonly spec: JoinSpec;
  readonly condition: Condition;
  readonly chunks: readonly JoinChunk[];
  readonly times: readonly [number, number];
  readonly delays: readonly [number, number];
}

export interface JoinResult {
  readonly out: readonly JoinOutput[];
  readonly late: number;
  readonly nullTime: number;
  /** Rows that are left in state. */
  readonly kept: number;
  /** Rows that had left memory and came back. */
  readonly reads: number;
}

const TIME_NONE = -(2n ** 62n);

function timeOf(value: Value): number {
  return typeof value === "bigint" && value <= 8_640_000_000_000_000n && value >= -8_640_000_000_000_000n
    ? Number(value)
    : -Infinity;
}

/** What sources know of time: the greatest one of each, chunk by chunk. */
class Clock {
  readonly #greatest: [number, number] = [-Infinity, -Infinity];

  constructor(readonly test: JoinCase) {}

  watermarkOf(input: number): number {
    return this.#greatest[input] - this.test.delays[input];
  }

  get watermark(): number {
    return Math.min(this.watermarkOf(0), this.watermarkOf(1));
  }

  /** For each row of a chunk the greatest time of the rows before it in the chunk. */
  running({ input, rows }: JoinChunk): number[] {
    let greatest = -Infinity;
    return rows.map(({ values }) => {
      const before = greatest;
      greatest = Math.max(greatest, timeOf(values[this.test.times[input]]));
      return before;
    });
  }

  before(input: number): number {
    return this.#greatest[input];
  }

  pass({ input, rows }: JoinChunk): void {
    for (const { values } of rows) {
      this.#greatest[input] = Math.max(this.#greatest[input], timeOf(values[this.test.times[input]]));
    }
  }
}

function referenceOf(spec: JoinSpec, condition: Condition): JoinReference {
  switch (spec.mode.mode) {
    case "regular":
      return new RegularReference(spec, condition);
    case "window":
      return new WindowReference(spec, condition);
    case "interval":
      return new IntervalReference(spec, condition);
    default:
      return new TemporalReference(spec, condition);
  }
}

/** What the reference makes of the log, row by row. */
export function expected(test: JoinCase): JoinResult {
  const reference = referenceOf(test.spec, test.condition), clock = new Clock(test);
  let at = 0, advanced = -Infinity;
  for (const chunk of test.chunks) {
    const running = clock.running(chunk), { input } = chunk;
    for (const [i, row] of chunk.rows.entries()) {
      const own = Math.max(clock.before(input), running[i]) - test.delays[input];
      reference.take(row, at++, Math.max(advanced, Math.min(own, clock.watermarkOf(1 - input))));
    }
    clock.pass(chunk);
    advanced = Math.max(advanced, clock.watermark);
    reference.advance(clock.watermark);
  }
  reference.advance(Infinity);
  return { out: reference.out, late: reference.late, nullTime: reference.nullTime, kept: reference.kept, reads: 0 };
}

/** A batch of rows, between rows that are not selected. */
function batchOf(kernel: Kernel, types: readonly DataType[], rows: readonly JoinRow[], random: Random) {
  const all: JoinRow[] = [], selected: number[] = [];
  for (const row of rows) {
    if (random.chance(0.2)) all.push({ ...row, kind: "-D", values: row.values.map(() => null) });
    selected.push(all.push(row) - 1);
  }
  const columns = types.map((type, i) =>
    vectorOf(kernel, type, all.map(({ values }) => values[i]), random.chance(0.2))
  );
  const some = all.some(({ kind }) => kind !== "+I"), kinds = some ? kernel.arena(all.length) : 0;
  if (some) all.forEach(({ kind }, i) => kernel.bytes[kinds + i] = ROW_KINDS.indexOf(kind));
  const dense = all.length === rows.length, selection = dense ? 0 : selectionOf(kernel, selected);
  const batch: Batch = { rows: all.length, columns, selection, selected: rows.length, kinds };
  return { batch, selected };
}

function read(kernel: Kernel, batch: JoinBatch, causeOf: (row: number) => number): JoinOutput[] {
  return Array.from({ length: batch.rows }, (_, row) => ({
    kind: (batch.kinds === 0 ? "+I" : ROW_KINDS[kernel.bytes[batch.kinds + row]]) as RowKind,
    values: batch.columns.map((column) => valueAt(kernel, column, row)),
    cause: batch.causes === undefined ? -1 : causeOf(kernel.data.getUint32(batch.causes + row * 4, true)),
  }));
}

/** Runs a log through a join of the kernel, in batches and pulls of random sizes. */
export function run(kernel: Kernel, test: JoinCase, random: Random): JoinResult {
  const join = new Join(kernel, test.spec), out: JoinOutput[] = [], clock = new Clock(test);
  const drain = (causeOf: (row: number) => number) => {
    for (let batch = join.pull(1 + random.below(40)); batch; batch = join.pull(1 + random.below(40))) {
      assert.ok(batch.rows > 0);
      out.push(...read(kernel, batch, causeOf));
    }
  };
  let at = 0, watermark = -Infinity;
  for (const chunk of test.chunks) {
    const running = clock.running(chunk), { input } = chunk;
    for (let from = 0; from < chunk.rows.length;) {
      const to = Math.min(chunk.rows.length, from + 1 + random.below(60)), first = at + from;
      const { batch, selected } = batchOf(
        kernel,
        input === 0 ? test.spec.left : test.spec.right,
        chunk.rows.slice(from, to),
        random,
      );
      const times = kernel.arena(batch.rows * 8 + 8);
      selected.forEach((row, i) => {
        const time = running[from + i];
        kernel.data.setBigInt64(times + row * 8, time === -Infinity ? TIME_NONE : BigInt(time), true);
      });
      const around = { before: clock.before(input), delayMs: test.delays[input], others: clock.watermarkOf(1 - input) };
      assert.ok(join.push(batch, input, { ...around, running: times }));
      drain((row) => first + selected.indexOf(row));
      kernel.reset();
      from = to;
    }
    at += chunk.rows.length;
    clock.pass(chunk);
    const due = join.due(watermark), before = out.length;
    join.advance(clock.watermark);
    drain(() => -1);
    assert.ok(out.length === before || clock.watermark >= due, `results at ${clock.watermark} were due at ${due}`);
    watermark = clock.watermark;
    kernel.reset();
  }
  join.advance(Infinity);
  drain(() => -1);
  const { late, nullTime, stateRows: kept, cold: { reads } } = join;
  join.close();
  kernel.reset();
  return { out, late, nullTime, kept, reads };
}

/** A row as one line: values of the same text are the same, long ones are told apart by their start and their length. */
function lineOf({ kind, values, cause }: JoinOutput): string {
  const text = (value: Value) => Object.is(value, -0) ? "double -0" : textOf(value);
  const short = (text: string) => text.length < 40 ? text : `${text.slice(0, 30)}… ${text.length}`;
  return `${kind} ${values.map((value) => short(text(value))).join(", ")} by ${cause}`;
}

/** Fails with the first row that differs: whole outputs are too long to be shown side by side. */
export function assertSame(actual: JoinResult, wanted: JoinResult): void {
  const [a, b] = [actual.out.map(lineOf), wanted.out.map(lineOf)];
  const at = b.findIndex((line, i) => line !== a[i]), first = at < 0 ? b.length : at;
  assert.deepEqual(a.slice(first, first + 3), b.slice(first, first + 3), `output differs from row ${first} on`);
  const counts = ({ late, nullTime, kept }: JoinResult) => ({ late, nullTime, kept });
  assert.deepEqual(counts(actual), counts(wanted));
}
