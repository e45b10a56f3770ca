import type { Batch, Vector } from "../../src/core/batch.ts";
import type { Value } from "../../src/core/value.ts";
import {
  type AggregateSpec,
  PartialAggregate,
  type PushResult,
  RunningTimes,
  WindowAggregate,
} from "../../src/kernel/aggregate.ts";
import { TIMESTAMP } from "../../src/core/schema.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import { groupOf } from "./reference/groups.ts";
import type { LogRow } from "./reference/aggregate.ts";
import { selectionOf, valueAt, vectorOf } from "./vectors.ts";

/** How a log reaches an aggregation. */
export interface Way {
  readonly delayMs: number;
  /** Rows of each chunk; the rest is one more. */
  readonly chunks: readonly number[];
  /** Rows of each batch of a chunk; the rest is one more. */
  readonly batchRows: number;
  /** Rows that are in the batches, but not selected, in front of every n-th row; 0 = none. */
  readonly unselected: number;
  /** Rows that a pull hands out. */
  readonly pullRows: number;
  /** Pull only after every n-th chunk. */
  readonly pullEvery: number;
  readonly twoPhase: boolean;
}

export interface RunResult {
  /** window start, window end, keys, results */
  readonly rows: Value[][];
  readonly late: number;
  readonly nullTime: number;
}

/** Values of the selected rows of a batch. */
export function rowsOf(kernel: Kernel, batch: Batch): Value[][] {
  return Array.from({ length: batch.rows }, (_, row) => batch.columns.map((column) => valueAt(kernel, column, row)));
}

interface Pushable {
  readonly batch: Batch;
  readonly keys: readonly Vector[];
  readonly args: readonly (Vector | null)[];
  readonly time: Vector;
}

/** A batch of the rows; every `unselected`-th selected one has a row in front that is not. */
export function batchOf(kernel: Kernel, spec: AggregateSpec, rows: readonly LogRow[], unselected = 0): Pushable {
  const all: LogRow[] = [], selected: number[] = [];
  rows.forEach((row, i) => {
    if (unselected > 0 && i % unselected === 0) {
      all.push({ ...row, time: rows[0].time, args: row.args.map(() => null) });
    }
    selected.push(all.push(row) - 1);
  });
  const keys = spec.keys.map((type, i) => vectorOf(kernel, type, all.map((row) => row.keys[i])));
  const args = spec.aggregates.map(({ type }, i) =>
    type === null ? null : vectorOf(kernel, type, all.map((row) => row.args[i]))
  );
  const time = vectorOf(kernel, TIMESTAMP, all.map((row) => row.time));
  const selection = unselected > 0 ? selectionOf(kernel, selected) : 0;
  return {
    batch: { rows: all.length, columns: [...keys, time], selection, selected: selected.length, kinds: 0 },
    keys,
    args,
    time,
  };
}

/** Cuts a list into pieces of the given lengths; the last piece is what is left. */
export function cut<T>(list: readonly T[], lengths: readonly number[]): T[][] {
  const pieces: T[][] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(list.slice(at, at + length));
    at += length;
  }
  pieces.push(list.slice(at));
  return pieces.filter((piece) => piece.length > 0);
}

/** Pulls everything that has fired. */
export function pullAll(kernel: Kernel, windows: WindowAggregate, rowsMax: number): Value[][] {
  const rows: Value[][] = [];
  for (let batch = windows.pull(rowsMax); batch; batch = windows.pull(rowsMax)) {
    rows.push(...rowsOf(kernel, batch));
    kernel.reset();
  }
  return rows;
}

/** Everything open, as peek lists it. */
export function peekAll(kernel: Kernel, windows: WindowAggregate, rowsMax: number): Value[][] {
  const rows: Value[][] = [];
  for (let batch = windows.peek(rowsMax, true); batch; batch = windows.peek(rowsMax, false)) {
    rows.push(...rowsOf(kernel, batch));
    kernel.reset();
  }
  return rows;
}

/** One task: owns key groups, sees the rows of the log that belong to it, and the watermarks of all. */
class Task {
  readonly windows: WindowAggregate;
  readonly #partial: PartialAggregate;
  readonly #running: RunningTimes;
  readonly rows: Value[][] = [];
  late = 0;
  nullTime = 0;

  constructor(readonly kernel: Kernel, readonly spec: AggregateSpec, readonly way: Way) {
    this.windows = new WindowAggregate(kernel, spec);
    this.#partial = new PartialAggregate(kernel, spec);
    this.#running = new RunningTimes(kernel);
  }

  /** Takes a chunk, of which it gets the running times of all rows but pushes its own only. */
  chunk(rows: readonly LogRow[], number: number, before: number): void {
    const { delayMs, batchRows, twoPhase } = this.way;
    this.#running.begin();
    for (let at = 0; at < rows.length; at += batchRows) {
      const piece = rows.slice(at, at + batchRows);
      const { running } = this.#running.add(
        vectorOf(this.kernel, TIMESTAMP, piece.map((row) => row.time)),
        piece.length,
      );
      const own = piece.map((_, i) => i).filter((i) => this.#owns(piece[i]));
      this.#push(piece, own, running, before);
      this.kernel.reset();
    }
    if (twoPhase) {
      const partials = this.#partial.take();
      if (partials) this.#count(this.windows.merge(partials, { before, delayMs, others: Infinity }), partials.selected);
      this.kernel.reset();
    }
    const greatest = greatestTime(rows, before);
    this.windows.advance(greatest - delayMs);
    if (number % this.way.pullEvery === 0) this.rows.push(...pullAll(this.kernel, this.windows, this.way.pullRows));
  }

  #owns(row: LogRow): boolean {
    const group = this.spec.keys.length === 0 ? 0 : groupOf(this.spec.keys, row.keys);
    return group >= this.spec.groupFrom && group < this.spec.groupTo;
  }

  #push(piece: readonly LogRow[], own: readonly number[], running: number, before: number): void {
    if (own.length === 0) return;
    const { delayMs, unselected, twoPhase } = this.way;
    const { batch, keys, args, time } = batchOf(this.kernel, this.spec, own.map((i) => piece[i]), unselected);
    // The running times of the rows that are pushed, as an exchange carries them along
    const carried = this.kernel.arena(batch.rows * 8);
    for (let i = 0; i < batch.selected; i++) {
      const row = batch.selection === 0 ? i : this.kernel.data.getInt32(batch.selection + i * 4, true);
      const value = this.kernel.data.getBigInt64(running + own[i] * 8, true);
      this.kernel.data.setBigInt64(carried + row * 8, value, true);
    }
    const times = { time, running: carried, before, delayMs, others: Infinity };
    const result = twoPhase
      ? this.#partial.push(batch, keys, args, times)
      : this.windows.push(batch, keys, args, times);
    this.#count(result, batch.selected);
  }

  #count(result: PushResult, given: number): void {
    if (result.consumed !== given) throw new Error(`Only ${result.consumed} of ${given} rows were taken`);
    this.late += result.late;
    this.nullTime += result.nullTime;
  }

  end(): void {
    this.windows.advance(Infinity);
    this.rows.push(...pullAll(this.kernel, this.windows, this.way.pullRows));
  }

  close(): void {
    this.windows.close();
    this.#partial.close();
    this.#running.close();
  }
}

export function greatestTime(rows: readonly LogRow[], before: number): number {
  return rows.reduce((greatest, { time }) => {
    const usable = time !== null && time <= 8_640_000_000_000_000n && time >= -8_640_000_000_000_000n;
    return usable && Number(time) > greatest ? Number(time) : greatest;
  }, before);
}

/** Runs a log through tasks that divide the key groups at `splits`, and merges their rows by (window end, task). */
export function runTasks(
  kernels: readonly Kernel[],
  spec: AggregateSpec,
  log: readonly LogRow[],
  way: Way,
  splits: readonly number[] = [],
): RunResult {
  const bounds = [0, ...splits, 128];
  const tasks = bounds.slice(1).map((groupTo, i) =>
    new Task(kernels[i % kernels.length], { ...spec, groupFrom: bounds[i], groupTo }, way)
  );
  for (const task of tasks) {
    let before = -Infinity;
    cut(log, way.chunks).forEach((rows, number) => {
      task.chunk(rows, number, before);
      before = greatestTime(rows, before);
    });
    task.end();
    task.close();
  }
  const rows = tasks.flatMap((task, t) => task.rows.map((row, i) => ({ row, t, i })));
  rows.sort((a, b) => Number(a.row[1]) - Number(b.row[1]) || a.t - b.t || a.i - b.i);
  const sum = (of: (task: Task) => number) => tasks.reduce((all, task) => all + of(task), 0);
  return { rows: rows.map(({ row }) => row), late: sum((task) => task.late), nullTime: sum((task) => task.nullTime) };
}
