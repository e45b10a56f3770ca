import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { FIRE_ROWS_MAX } from "../core/limits.ts";
import { type DataType, TIMESTAMP } from "../core/schema.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { COLUMN_SIZE } from "./layout.ts";
import { ScalarTable, type TablePart } from "./state_tables.ts";
import type { Kernel, KernelFunction } from "./module.ts";

/** How windows lie: `[start, start + sizeMs)` with starts at `offsetMs` plus multiples of the slide, of the size for cumulating ones. */
export type AssignedWindow =
  | { readonly kind: "tumble"; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: "hop"; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  /** Ends at every step up to the size, which is a multiple of it. */
  | { readonly kind: "cumulate"; readonly sizeMs: number; readonly stepMs: number; readonly offsetMs: number };

/** What rows meet: as in PushTimes of an aggregation. */
export interface AssignTimes {
  readonly running: number;
  readonly before: number;
  readonly delayMs: number;
  readonly others: number;
}

const KIND_HOP = 0, KIND_CUMULATE = 1;
/** window_start, window_end, window_time */
const WINDOW_COLUMNS = 3;
const NO_MEMORY = -1;

/** Rows with the windows they belong to, each once for each window; every batch lies in the batch arena. */
export class WindowAssigner {
  readonly #kernel: Kernel;
  readonly #at: number;
  /** Every row has one window at most. */
  readonly #single: boolean;
  readonly #push: KernelFunction;
  readonly #next: KernelFunction;
  #types: readonly DataType[] = [];

  /** `latenessMs`: windows that have passed take rows for so long; null: for ever. Refuses impossible windows with RdxError("invalid_plan"); "no_space" without memory. */
  constructor(kernel: Kernel, window: AssignedWindow, latenessMs: number | null = 0) {
    const { sizeMs, offsetMs } = window;
    const stepMs = window.kind === "tumble" ? sizeMs : window.kind === "hop" ? window.slideMs : window.stepMs;
    const whole = [sizeMs, stepMs, offsetMs].every(Number.isSafeInteger);
    if (!whole || sizeMs < 1 || stepMs < 1 || (window.kind === "cumulate" && sizeMs % stepMs !== 0)) {
      throw new RdxError(
        "invalid_plan",
        `Cannot assign windows of ${sizeMs} ms every ${stepMs} ms from ${offsetMs} ms on`,
      );
    }
    this.#kernel = kernel;
    this.#single = window.kind === "cumulate" ? stepMs === sizeMs : stepMs >= sizeMs;
    const kind = window.kind === "cumulate" ? KIND_CUMULATE : KIND_HOP;
    this.#at = kernel.fn("assign_new")(kind, sizeMs, stepMs, offsetMs, latenessMs ?? Infinity) >>> 0;
    if (this.#at === 0) throw new RdxError("no_space", "Cannot get kernel memory to assign windows");
    this.#push = kernel.fn("assign_push");
    this.#next = kernel.fn("assign_next");
  }

  /**
   * Takes the selected rows of a batch. Returns them at once, in their places, where no row has more than one window; else
   * `next` gives them. Rows without a time, and windows that are closed already, are left out and counted.
   */
  push(batch: Batch, columns: readonly Vector[], time: Vector, times: AssignTimes): Batch | null {
    const kernel = this.#kernel, { selection, selected, kinds } = batch, at = writeColumns(kernel, [time, ...columns]);
    this.#types = columns.map(({ type }) => type);
    const { running, before, delayMs, others } = times, first = at + COLUMN_SIZE;
    this.#push(this.#at, first, columns.length, at, selection, selected, kinds, running, before, delayMs, others);
    if (!this.#single) return null;
    const kept = kernel.arena(Math.max(1, selected) * 4), out = kernel.arena(WINDOW_COLUMNS * COLUMN_SIZE);
    const count = kernel.fn("assign_dense")(this.#at, batch.rows, kept, out);
    if (count === NO_MEMORY) throw noSpace();
    const added = readBatch(kernel, out, [TIMESTAMP, TIMESTAMP, TIMESTAMP], batch.rows);
    const all = count === batch.rows;
    return {
      ...batch,
      columns: [...columns, ...added.columns],
      selection: all ? 0 : kept,
      selected: count,
    };
  }

  /** The next rows of what was pushed last, at most `rowsMax`, and where the u32 numbers are of the rows that they come from. */
  next(rowsMax: number): Batch & { readonly causes: number } | null {
    const kernel = this.#kernel, types = [...this.#types, TIMESTAMP, TIMESTAMP, TIMESTAMP];
    const facts = types.length * COLUMN_SIZE, out = kernel.arena(facts + 8);
    const rows = this.#next(this.#at, Math.max(1, Math.min(Math.floor(rowsMax), FIRE_ROWS_MAX)), out);
    if (rows === NO_MEMORY) throw noSpace();
    if (rows === 0) return null;
    const data = kernel.data, kinds = data.getUint32(out + facts, true), causes = data.getUint32(out + facts + 4, true);
    return { ...readBatch(kernel, out, types, rows), kinds, causes };
  }

  /** Nothing is open any more that ends at the watermark + 1 or before. */
  advance(watermark: number): void {
    this.#kernel.fn("assign_advance")(this.#at, watermark);
  }

  /** What it knows, as a table. */
  tables(): TablePart[] {
    const kernel = this.#kernel;
    return [
      new ScalarTable(
        kernel,
        "scalars",
        1,
        ["watermark", "late", "null_time"],
        (to) => kernel.fn("assign_scalars")(this.#at, to),
        (from) => {
          kernel.fn("assign_put_scalars")(this.#at, from);
          return true;
        },
        ["max", "sum", "sum"],
      ),
    ];
  }

  /** Windows of rows that were closed when these came, since the start. */
  get late(): number {
    return this.#kernel.fn("assign_late")(this.#at);
  }

  /** Rows without a time since the start. */
  get nullTime(): number {
    return this.#kernel.fn("assign_null_time")(this.#at);
  }

  close(): void {
    this.#kernel.fn("assign_free")(this.#at);
  }
}

function noSpace(): RdxError {
  return new RdxError("no_space", "Cannot get kernel memory for rows of windows");
}
