import type { Batch, Vector } from "../core/batch.ts";
import { FrameBuilder } from "../core/frame_builder.ts";
import { FrameView } from "../core/frame.ts";
import { BATCH_ROWS_MAX } from "../core/limits.ts";
import { type Column, INT64 } from "../core/schema.ts";
import type { StateChange, StateTable, TableLook } from "../core/state.ts";
import type { Value } from "../core/value.ts";
import { FrameReader, FrameWriter, NO_INFO } from "../kernel/frame.ts";
import { BatchGather } from "../kernel/gather.ts";
import type { KeyEntry } from "../kernel/lookup.ts";
import type { Kernel } from "../kernel/module.ts";
import { StagedRows } from "../kernel/staged_rows.ts";
import {
  batchOf,
  damaged,
  plainLook,
  type TablePart,
  valueColumns,
  wordColumn,
  words,
} from "../kernel/state_tables.ts";
import { WholeTable } from "../kernel/whole_table.ts";

/** Rows that wait, copied out of the kernel with the watermark that each has met behind the columns. */
export interface WaitingRows {
  readonly frame: ArrayBuffer;
  readonly rows: number;
  /** Tells what waits apart, ascending. */
  readonly pin: number;
  /** The arrival of the first of its rows, which the others follow. */
  readonly arrival: number;
  /** Those before this position have gone on. */
  from: number;
  /** The key that the first of the others waits for, as far as it is known. */
  blockedBy: KeyEntry | null;
  /** A drain has handed them out. */
  told: boolean;
}

/** The watermark that those behind it find. */
export interface WaitingMark {
  readonly pin: number;
  readonly watermark: number;
}

/** A place in the order of what came in. */
export type Waiting = WaitingRows | WaitingMark;

const ROWS = "waiting", MARKS = "watermarks", NAMES = 2;
const OWN = ["$group", "$arrival", "$batch", "$met"].map(wordColumn);

/**
 * What waits in a lookup, as tables: rows by their arrivals, with the number of their batch and the watermark that they have met; and watermarks
 * by their numbers. Rows go in their order, so that those before an arrival are gone.
 */
export class WaitingTables implements TablePart {
  readonly tables: readonly StateTable[];
  readonly #kernel: Kernel;
  readonly #waiting: () => readonly Waiting[];
  readonly #next: () => number;
  readonly #marks: WholeTable;
  readonly #gather: BatchGather;
  #step: "clear" | "expire" | "changed" | "marks" = "marks";
  /** What is to be handed out, and how far its first one is. */
  #left: WaitingRows[] = [];
  #at = 0;
  #staged: StagedRows | null = null;

  /** `next`: the arrival of the next row that comes. */
  constructor(kernel: Kernel, columns: readonly Column[], waiting: () => readonly Waiting[], next: () => number) {
    this.#kernel = kernel;
    this.#waiting = waiting;
    this.#next = next;
    this.#gather = new BatchGather(kernel);
    const marks = { name: MARKS, version: 1, columns: ["$group", "$place", "$watermark"].map(wordColumn), keys: NAMES };
    this.#marks = new WholeTable(kernel, { ...marks, expiry: -1 }, () => this.#markRows());
    const own = { name: ROWS, version: 1, columns: [...OWN, ...valueColumns(columns)], keys: NAMES };
    this.tables = [{ ...own, expiry: NAMES - 1 }, this.#marks.tables[0]];
  }

  *#markRows(): Iterable<bigint[]> {
    for (const one of this.#waiting()) if ("watermark" in one) yield [0n, BigInt(one.pin), timeWord(one.watermark)];
  }

  #rowsOf(): WaitingRows[] {
    return this.#waiting().flatMap((one) => "frame" in one ? [one] : []);
  }

  cut(whole: boolean): void {
    this.#step = whole ? "clear" : "expire";
    this.#left = this.#rowsOf().filter(({ told }) => whole || !told);
    this.#at = this.#left[0]?.from ?? 0;
    this.#marks.touch();
    this.#marks.cut(whole);
  }

  drain(rowsMax: number): StateChange | null {
    if (this.#step === "clear") {
      this.#step = "changed";
      return { kind: "clear", table: ROWS };
    }
    if (this.#step === "expire") {
      this.#step = "changed";
      const [first] = this.#rowsOf(), below = first ? first.arrival + first.from : this.#next();
      return { kind: "expire", table: ROWS, below: BigInt(below) };
    }
    if (this.#step === "changed") {
      const rows = this.#rows(Math.max(1, Math.min(rowsMax, BATCH_ROWS_MAX)));
      if (rows) return { kind: "upsert", table: ROWS, rows };
      this.#step = "marks";
    }
    return this.#marks.drain(rowsMax);
  }

  /** The next rows of the first batch that is left. */
  #rows(most: number): Batch | null {
    const [first] = this.#left;
    if (!first) return null;
    const from = this.#at, count = Math.min(most, first.rows - from), kernel = this.#kernel;
    const all = new FrameReader(kernel).read(first.frame), list = kernel.arena(count * 4);
    for (let i = 0; i < count; i++) kernel.data.setUint32(list + i * 4, from + i, true);
    const { columns } = this.#gather.take(all, list, count);
    const filled = (value: (i: number) => number): Vector => {
      const column = words(kernel, count);
      for (let i = 0; i < count; i++) kernel.data.setBigInt64(column.data + i * 8, BigInt(value(i)), true);
      return column;
    };
    const own = [filled(() => 0), filled((i) => first.arrival + from + i), filled(() => first.pin), columns.at(-1)!];
    this.#at += count;
    if (this.#at === first.rows) {
      first.told = true;
      this.#left.shift();
      this.#at = this.#left[0]?.from ?? 0;
    }
    return batchOf(count, [...own, ...columns.slice(0, -1)]);
  }

  get looks(): readonly TableLook[] {
    return [plainLook(this.tables[0], []), ...this.#marks.looks];
  }

  look(table: string, key: readonly Vector[] | null, rowsMax: number): Batch {
    if (table === MARKS) return this.#marks.look(table, key, rowsMax);
    const builder = new FrameBuilder(this.tables[0].columns);
    for (const row of Iterator.from(this.#rowValues()).take(rowsMax)) builder.append(row);
    return new FrameReader(this.#kernel).read(builder.finish());
  }

  *#rowValues(): Generator<Value[]> {
    for (const { frame, rows, from, arrival, pin } of this.#rowsOf()) {
      const view = new FrameView(frame),
        values = (row: number) => view.types.map((_, column) => view.value(row, column));
      for (let row = from; row < rows; row++) {
        const own = values(row), met = own.pop()!;
        yield [0n, BigInt(arrival + row), BigInt(pin), met, ...own];
      }
    }
  }

  restore(change: StateChange, table: StateTable): void {
    if (table.name === MARKS) return this.#marks.restore(change);
    const [{ name, version, columns }] = this.tables;
    this.#staged ??= new StagedRows(this.#kernel, {
      name,
      version,
      arrival: OWN[1].name,
      columns: columns.slice(NAMES),
      keys: 0,
      expiry: OWN[1].name,
    });
    this.#staged.restore(change);
  }

  /** What waited, in its order; `pins` and `arrivals` have been given so far. */
  restored(pins: number, arrivals: number): Waiting[] {
    const waiting: Waiting[] = this.#marks.take().map(([, place, watermark]) => {
      return { pin: Number(place), watermark: timeOf(watermark as bigint) };
    });
    this.#staged?.replay((rows) => waiting.push(...this.#batches(rows)));
    this.#staged?.close();
    this.#staged = null;
    waiting.sort((a, b) => a.pin - b.pin);
    const rows = waiting.flatMap((one) => "frame" in one ? [one] : []);
    const isNext = (one: WaitingRows, i: number) => i === 0 || one.arrival === rows[i - 1].arrival + rows[i - 1].rows;
    const last = rows.at(-1);
    if (waiting.some(({ pin }) => pin > pins) || !rows.every(isNext) || (last && last.arrival + last.rows > arrivals)) {
      throw damaged(ROWS, "rows are missing, or some did not come yet");
    }
    return waiting;
  }

  /** Rows of one batch after the other, as they wait. */
  #batches({ rows, columns: [, arrivals, batches, met, ...columns] }: Batch): WaitingRows[] {
    const kernel = this.#kernel, word = (at: number, i: number) => Number(kernel.data.getBigInt64(at + i * 8, true));
    const waiting: WaitingRows[] = [], batch = batchOf(rows, [...columns, { ...met, type: INT64 }]);
    for (let from = 0, to = 1; from < rows; from = to++) {
      const pin = word(batches.data, from);
      while (to < rows && word(batches.data, to) === pin) to++;
      const selection = kernel.arena((to - from) * 4);
      for (let i = from; i < to; i++) kernel.data.setUint32(selection + (i - from) * 4, i, true);
      const frame = new FrameWriter(kernel).write({ ...batch, selection, selected: to - from }, NO_INFO);
      const own = { frame, rows: to - from, pin, arrival: word(arrivals.data, from) };
      waiting.push({ ...own, from: 0, blockedBy: null, told: true });
    }
    return waiting;
  }

  close(): void {
    this.#staged?.close();
    this.#staged = null;
  }
}

/** A time that is beyond all others, as kernels have it. */
const TIME_END = 1n << 62n;

/** A watermark or a wall clock as an i64. */
export function timeWord(time: number): bigint {
  return time === Infinity ? TIME_END : time === -Infinity ? -TIME_END : BigInt(Math.trunc(time));
}

/** The other way round. */
export function timeOf(word: bigint): number {
  return word >= TIME_END ? Infinity : word <= -TIME_END ? -Infinity : Number(word);
}
