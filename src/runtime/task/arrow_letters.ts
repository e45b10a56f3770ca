import type { RowError } from "../../codec.ts";
import type { Batch } from "../../core/batch.ts";
import { FrameBuilder, FrameView } from "../../core/frame.ts";
import { BATCH_ROWS_MAX, DEAD_ROWS_MAX, INGEST_ERRORS_MAX } from "../../core/limits.ts";
import { RowRenderer } from "../../core/render.ts";
import type { Column } from "../../core/schema.ts";
import type { Kernel } from "../../kernel/module.ts";
import { leftOut, RunningTimes, timeAt } from "../../kernel/running_times.ts";
import { addLetter, aheadReason, DEAD_COLUMNS, jsonRow } from "../dead_letters.ts";
import type { DecodeJob } from "../protocol.ts";

/** Dead letters of an Arrow body: rows have no lines in it and are counted instead, and are told as JSON. */
export class ArrowLetters {
  readonly #job: DecodeJob;
  readonly #renderer: RowRenderer;
  readonly #builder = new FrameBuilder(DEAD_COLUMNS);
  readonly #letters: ArrayBuffer[] = [];
  readonly #errors: RowError[] = [];
  #rowsBefore = 0;
  #rejected = 0;

  /** `given`: the columns of the body. */
  constructor(job: DecodeJob, given: readonly Column[]) {
    this.#job = job;
    this.#renderer = new RowRenderer(given);
  }

  /** The batch that a frame of the body became, without the rows whose event time is too late. */
  bounded(kernel: Kernel, batch: Batch, frame: ArrayBuffer): Batch {
    const { bound } = this.#job;
    if (!bound) return batch;
    const time = batch.columns[bound.column], times = new RunningTimes(kernel);
    const kept = times.within(time, batch.rows, bound.arrivalMs + bound.skewMs);
    times.close();
    if (kept) {
      const view = new FrameView(frame);
      for (const row of leftOut(kernel, batch.rows, kept)) this.#reject(view, row, timeAt(kernel, time, row));
    }
    this.#rowsBefore += batch.rows;
    return { ...batch, ...kept };
  }

  #reject(view: FrameView, row: number, timeMs: number): void {
    if (++this.#rejected > DEAD_ROWS_MAX) return;
    const { stream, columns, bound } = this.#job, line = this.#rowsBefore + row + 1;
    const reason = aheadReason(timeMs, bound!.arrivalMs, bound!.skewMs, `stream ${stream}`);
    const field = columns[bound!.column].name, place = { line, column: 1, start: 0, end: 0, mismatch: false };
    if (this.#errors.length < INGEST_ERRORS_MAX) this.#errors.push({ ...place, field, reason });
    const text = jsonRow(this.#renderer.row(view, row));
    addLetter(this.#builder, { offset: 0, line, field, reason, ts: 0, ...text });
    if (this.#builder.rows === BATCH_ROWS_MAX) this.#letters.push(this.#builder.finish());
  }

  finish() {
    if (this.#builder.rows > 0) this.#letters.push(this.#builder.finish());
    const fatal = this.#rejected > DEAD_ROWS_MAX, rejected = Math.min(this.#rejected, DEAD_ROWS_MAX);
    return { rejected, errors: this.#errors, dead: this.#letters, fatal };
  }
}
