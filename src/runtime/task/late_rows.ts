import type { Batch, Vector } from "../../core/batch.ts";
import { COLUMNS_MAX } from "../../core/limits.ts";
import { STRING, TIMESTAMP } from "../../core/schema.ts";
import { FrameReader, FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { BatchTimes } from "../../operator.ts";
import type { PhysicalAggregate } from "../../plan/physical.ts";
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

/** Of one frame: by row the watermark that it met, and the operators for which it was late. */
type LateOfFrame = Map<number, { readonly watermark: number; readonly nodes: string[] }>;

/**
 * Notes of a chunk's rows in front of keyed operators what decides whether they are late: the end of their last window, and the
 * event time before them in the chunk. What came before the chunk is known only when its number's turn has come; then these
 * are the very rows that the operators, wherever their keys are owned, find to be late.
 */
export class LateNotes {
  readonly #kernel: Kernel;
  readonly #met: Met[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
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
  ): Map<number, LateOfFrame> {
    const late = new Map<number, LateOfFrame>();
    for (const { frame, operator, rows, lastFire, running } of this.#met) {
      const count = rows.length, { delayMs, others } = timesAt(operator);
      for (let i = 0; i < count; i++) {
        const reached = Math.min(others, Math.max(watermark, running[i] - delayMs));
        if (reached < lastFire[i]) continue;
        let found = late.get(frame);
        if (!found) late.set(frame, found = new Map());
        const row = found.get(rows[i]);
        if (row) row.nodes.push(operator.id);
        else found.set(rows[i], { watermark: reached, nodes: [operator.id] });
      }
    }
    return late;
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
  readonly #pipeline: string;

  constructor(kernel: Kernel, pipeline: string) {
    this.#kernel = kernel;
    this.#reader = new FrameReader(kernel);
    this.#writer = new FrameWriter(kernel);
    this.#pipeline = pipeline;
  }

  /** Uses the batch arena, and resets it. */
  write(frame: ArrayBuffer, late: LateOfFrame): ArrayBuffer {
    const kernel = this.#kernel, batch = this.#reader.read(frame), rows = [...late.keys()].sort((a, b) => a - b);
    const selection = kernel.arena(rows.length * 4), watermarks = kernel.arena(batch.rows * 8);
    const pipeline = this.#text(batch.rows, rows, () => this.#pipeline);
    const nodes = this.#text(batch.rows, rows, (row) => late.get(row)!.nodes.join(" "));
    const data = kernel.data;
    rows.forEach((row, i) => {
      data.setUint32(selection + i * 4, row, true);
      data.setBigInt64(watermarks + row * 8, BigInt(late.get(row)!.watermark), true);
    });
    const own = [{ type: TIMESTAMP, data: watermarks, validity: 0 }, pipeline, nodes];
    const columns = [...own, ...batch.columns.slice(0, COLUMNS_MAX - LATE_OWN_COLUMNS.length)];
    const written = this.#writer.write({ ...batch, columns, selection, selected: rows.length, kinds: 0 }, NO_INFO);
    kernel.reset();
    return written;
  }

  /** A column of text that has values in some rows; equal ones share their bytes. */
  #text(count: number, rows: readonly number[], textOf: (row: number) => string): Vector {
    const kernel = this.#kernel, cells = kernel.arena(count * 8);
    const known = new Map<string, { readonly address: number; readonly length: number }>();
    for (const row of rows) {
      const text = textOf(row);
      let at = known.get(text);
      if (!at) {
        const bytes = encoder.encode(text);
        at = { address: kernel.arena(Math.max(1, bytes.length)), length: bytes.length };
        kernel.bytes.set(bytes, at.address);
        known.set(text, at);
      }
      kernel.data.setUint32(cells + row * 8, at.address, true);
      kernel.data.setUint32(cells + row * 8 + 4, at.length, true);
    }
    return { type: STRING, data: cells, validity: 0 };
  }
}
