import type { Batch } from "../../core/batch.ts";
import { BATCH_ROWS_MAX } from "../../core/limits.ts";
import { FrameWriter, NO_INFO } from "../../kernel/frame.ts";
import type { Kernel } from "../../kernel/module.ts";
import { RowBuffer } from "../../kernel/row_buffer.ts";
import type { TaskOutput } from "../protocol.ts";
import { type WindowEnds, windowsOf } from "./window_rows.ts";

/** Batches with fewer rows wait for others, to travel in one frame. */
const SMALL_ROWS = 256;

/** Rows on their way out of a task: what a number gives the sinks. */
export class Outputs {
  readonly #kernel: Kernel;
  readonly #writer: FrameWriter;
  /** By sink, rows that wait. */
  readonly #waiting = new Map<number, RowBuffer>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#writer = new FrameWriter(kernel);
  }

  /** Copies rows for a sink out of the kernel. `ends`: the windows' ends of the fired rows, where tasks have to be merged. */
  write(sink: number, batch: Batch, ends: WindowEnds | null): TaskOutput {
    if (batch.selected > BATCH_ROWS_MAX) throw new Error(`A batch of ${batch.selected} rows left an operator`);
    const windows = ends && windowsOf(this.#kernel, batch, ends);
    return { sink, frame: this.#writer.write(batch, NO_INFO), rows: batch.selected, windows };
  }

  /** Adds rows for a sink to `outputs`, now or with the next `flush`, in their order. */
  add(sink: number, batch: Batch, outputs: TaskOutput[]): void {
    let waiting = this.#waiting.get(sink);
    if (batch.selected < SMALL_ROWS) {
      if (!waiting) this.#waiting.set(sink, waiting = new RowBuffer(this.#kernel));
      if (waiting.add(batch)) return;
      this.#take(sink, waiting, outputs);
      waiting.add(batch);
      return;
    }
    if (waiting) this.#take(sink, waiting, outputs);
    outputs.push(this.write(sink, batch, null));
  }

  /** Adds all rows that wait. */
  flush(outputs: TaskOutput[]): void {
    for (const [sink, waiting] of this.#waiting) this.#take(sink, waiting, outputs);
  }

  #take(sink: number, waiting: RowBuffer, outputs: TaskOutput[]): void {
    if (waiting.rows === 0) return;
    const mark = this.#kernel.mark();
    outputs.push(this.write(sink, waiting.batch, null));
    this.#kernel.release(mark);
    waiting.clear();
  }

  close(): void {
    for (const waiting of this.#waiting.values()) waiting.close();
    this.#waiting.clear();
  }
}
