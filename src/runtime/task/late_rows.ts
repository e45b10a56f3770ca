import type { Batch, Vector } from "../../core/batch.ts";
import { BATCH_ROWS_MAX, COLUMNS_MAX } from "../../core/limits.ts";
import { STRING, TIMESTAMP } from "../../core/schema.ts";
import { FrameReader, FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import { BatchGather } from "../../kernel/gather.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { BatchTimes } from "../../operator.ts";
import type { PhysicalAggregate, PhysicalPlan } from "../../plan/physical.ts";
import { LATE_OWN_COLUMNS } from "../late_columns.ts";

/** Times beyond this are no times (ECMAScript's limit of dates): their rows belong to no window. */
const TIME_MS_MAX = 8.64e15;
/** Of an i64 the upper half counts so much: as a number it is exact for all times. */
const HALF = 2 ** 32;

/** Rows of one frame as they came before one keyed operator. */
interface Met {
  readonly frame: number;
  readonly operator: PhysicalAggregate;
  readonly rows: Uint32Array;
  /** For each row the watermark at which its last window fires, and the greatest event time before it in the chunk. */
  readonly lastFire: Float64Array;
  readonly running: Float64Array;
}

/** A row of a frame, a watermark that it met, and the operators for which it was late then. */
export interface LateRow {
  readonly row: number;
  readonly watermark: number;
  readonly nodes: readonly string[];
}

/** Late rows of a frame, as they are found. */
export class LateFound {
  readonly #rows = new Map<number, Map<number, string[]>>();

  add(row: number, watermark: number, node: string): void {
    const known = this.#rows.get(row), all = known ?? new Map<number, string[]>(), nodes = all.get(watermark);
    if (!known) this.#rows.set(row, all);
    if (nodes) nodes.push(node);
    else all.set(watermark, [node]);
  }

  /** In the order of the rows, each once for each watermark that it met. */
  rows(): LateRow[] {
    return [...this.#rows].sort(([a], [b]) => a - b)
      .flatMap(([row, all]) => [...all].map(([watermark, nodes]) => ({ row, watermark, nodes })));
  }
}

/**
 * Notes of a chunk's rows in front of keyed operators what decides whether they are late: the end of their last window, and the
 * event time before them in the chunk. What came before the chunk is known only when its number's turn has come; then these
 * are the very rows that the operators, wherever their keys are owned, find to be late.
 */
export class LateNotes {
  readonly #kernel: Kernel;
  readonly #plan: PhysicalPlan;
  readonly #met: Met[] = [];

  constructor(kernel: Kernel, plan: PhysicalPlan) {
    this.#kernel = kernel;
    this.#plan = plan;
  }

  /** Notes the rows of a batch in exchange layout, whose last column is the event time; rows have the numbers of their frame. */
  add(frame: number, operator: PhysicalAggregate, batch: Batch, { running }: BatchTimes): void {
    const { buffer } = this.#kernel.bytes, low = new Uint32Array(buffer), high = new Int32Array(buffer);
    const time = batch.columns[batch.columns.length - 1], { selection, selected } = batch;
    const times = time.data >> 2, maxima = running >> 2;
    const rows = new Uint32Array(selected), lastFire = new Float64Array(selected), before = new Float64Array(selected);
    const { sizeMs, slideMs, offsetMs } = operator;
    let count = 0, last = NaN;
    for (let i = 0; i < selected; i++) {
      const row = selection === 0 ? i : low[(selection >> 2) + i], cell = times + row * 2, maximum = maxima + row * 2;
      const at = high[cell + 1] * HALF + low[cell];
      if (!(Math.abs(at) <= TIME_MS_MAX && isValid(this.#kernel, time, row))) continue;
      // The last window of most rows is that of the row before
      if (!(at >= last && at < last + slideMs)) last = Math.floor((at - offsetMs) / slideMs) * slideMs + offsetMs;
      rows[count] = row;
      lastFire[count] = last + sizeMs - 1;
      before[count++] = high[maximum + 1] * HALF + low[maximum];
    }
    const met = { rows: rows.subarray(0, count), lastFire: lastFire.subarray(0, count) };
    this.#met.push({ frame, operator, ...met, running: before.subarray(0, count) });
  }

  /**
   * The late rows by frame, for a chunk that comes when its source's watermark stands so. `timesAt`: what its rows meet at an
   * operator beside their running times.
   */
  judge(
    timesAt: (operator: PhysicalAggregate) => Omit<BatchTimes, "running">,
    watermark: number,
  ): Map<number, LateRow[]> {
    const late = new Map<number, LateFound>(), { operators } = this.#plan;
    // Rows have come to the operators in the order of the flow; nodes are named in that of the plan.
    const met = this.#met.toSorted((a, b) => operators.indexOf(a.operator) - operators.indexOf(b.operator));
    for (const { frame, operator, rows, lastFire, running } of met) {
      const count = rows.length, { delayMs, others } = timesAt(operator), told = watermark - operator.lagMs;
      for (let i = 0; i < count; i++) {
        const reached = Math.min(others, Math.max(told, running[i] - delayMs));
        if (reached < lastFire[i]) continue;
        let found = late.get(frame);
        if (!found) late.set(frame, found = new LateFound());
        found.add(rows[i], reached, operator.id);
      }
    }
    return new Map([...late].map(([frame, found]) => [frame, found.rows()]));
  }
}

function isValid(kernel: Kernel, { validity }: Vector, row: number): boolean {
  return validity === 0 || (kernel.bytes[validity + (row >> 3)] >> (row & 7) & 1) === 1;
}

const encoder = new TextEncoder();

/** Copies late rows out of the log's frames, whole, with what is known of their being late in front (LATE_OWN_COLUMNS). */
export class LateWriter {
  readonly #kernel: Kernel;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  readonly #gather: BatchGather;
  readonly #pipeline: string;

  constructor(kernel: Kernel, pipeline: string) {
    this.#kernel = kernel;
    this.#reader = new FrameReader(kernel);
    this.#writer = new FrameWriter(kernel);
    this.#gather = new BatchGather(kernel);
    this.#pipeline = pipeline;
  }

  /** The late rows of a frame, in frames of their own. Uses the batch arena, and resets it. */
  write(frame: ArrayBuffer, late: readonly LateRow[]): ArrayBuffer[] {
    const written: ArrayBuffer[] = [];
    for (let from = 0; from < late.length; from += BATCH_ROWS_MAX) {
      written.push(this.#write(frame, late.slice(from, from + BATCH_ROWS_MAX)));
      this.#kernel.reset();
    }
    return written;
  }

  #write(frame: ArrayBuffer, late: readonly LateRow[]): ArrayBuffer {
    const kernel = this.#kernel, read = this.#reader.read(frame), count = late.length;
    const all: Batch = { ...read, columns: read.columns.slice(0, COLUMNS_MAX - LATE_OWN_COLUMNS.length), kinds: 0 };
    const numbers = kernel.arena(count * 4), watermarks = kernel.arena(count * 8), data = kernel.data;
    late.forEach(({ row, watermark }, i) => {
      data.setUint32(numbers + i * 4, row, true);
      data.setBigInt64(watermarks + i * 8, BigInt(watermark), true);
    });
    const rows = this.#gather.take(all, numbers, count);
    const pipeline = this.#text(late.map(() => this.#pipeline)),
      nodes = this.#text(late.map(({ nodes }) => nodes.join(" ")));
    const own = [{ type: TIMESTAMP, data: watermarks, validity: 0 }, pipeline, nodes];
    return this.#writer.write({ ...rows, columns: [...own, ...rows.columns], selection: 0, selected: count }, NO_INFO);
  }

  /** A column of text; equal ones share their bytes. */
  #text(texts: readonly string[]): Vector {
    const kernel = this.#kernel, cells = kernel.arena(texts.length * 8);
    const known = new Map<string, { readonly address: number; readonly length: number }>();
    texts.forEach((text, i) => {
      let at = known.get(text);
      if (!at) {
        const bytes = encoder.encode(text);
        at = { address: kernel.arena(Math.max(1, bytes.length)), length: bytes.length };
        kernel.bytes.set(bytes, at.address);
        known.set(text, at);
      }
      kernel.data.setUint32(cells + i * 8, at.address, true);
      kernel.data.setUint32(cells + i * 8 + 4, at.length, true);
    });
    return { type: STRING, data: cells, validity: 0 };
  }
}
