import type { Batch, Vector } from "../core/batch.ts";
import { type ColdFacts, NOTHING_COLD } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import { FIRE_ROWS_MAX } from "../core/limits.ts";
import type { Column, DataType } from "../core/schema.ts";
import { ColdPieces } from "./cold_pieces.ts";
import { ColdShelf } from "./cold_shelf.ts";
import { coldRestored, ColdTable } from "./cold_table.ts";
import { ColdWaits } from "./cold_waits.ts";
import { writeColumns } from "./column.ts";
import { readBatch } from "./column_read.ts";
import { createJoin, type JoinSpec, resumeJoin } from "./join_spec.ts";
import { COLUMN_SIZE } from "./layout.ts";
import type { Kernel, KernelFunction } from "./module.ts";
import { ProgramRunner } from "./program.ts";
import { joinTables } from "./join_tables.ts";
import { noStateSpace, type TablePart } from "./state_tables.ts";

export type { JoinMode, JoinSpec, JoinType } from "./join_spec.ts";

/** Event time around a batch, as the operator contract has it. */
export interface JoinTimes {
  readonly running: number;
  readonly before: number;
  readonly delayMs: number;
  readonly others: number;
}

/** Rows of output; `causes` is the address of u32 a row: the row of the pushed batch that made it; absent: the watermark did. */
export type JoinBatch = Batch & { readonly causes?: number };

/** Which input a batch is of. */
export const LEFT_INPUT = 0;
export const RIGHT_INPUT = 1;

// PUSH of asm/join/push.ts
const PUSH_BYTES = 48;
const PUSH_FULL = 1;
const PUSH_NO_MEMORY = 2;
const PUSH_BUSY = 3;
const STEP_DONE = 0;

/**
 * A join of two inputs. A batch that is pushed is worked on by `pull`, in steps, and so is what a watermark made ready:
 * each is drained until `pull` returns null before the next comes. Every batch that comes out lies in the batch arena, its
 * strings partly in state or in the batch that was pushed: it is valid until the next pull.
 */
export class Join {
  readonly #kernel: Kernel;
  readonly #spec: JoinSpec;
  readonly #join: number;
  readonly #push: number;
  readonly #where: ProgramRunner | null;
  readonly #step: KernelFunction;
  readonly #decide: KernelFunction;
  readonly #types: readonly DataType[];
  /** Its rows that have left memory; null: they do not. */
  readonly #cold: ColdShelf | null;
  /** What of them comes out at a time; null: the join is a regular one. */
  readonly #waits: ColdWaits | null;
  #tables: readonly ColdTable[] = [];
  readonly #pieces: ColdPieces;
  #input = 0;
  #late = 0;
  #nullTime = 0;
  /** Another join has the rows now. */
  #handedOn = false;

  /**
   * Refuses impossible specs with RdxError("invalid_plan"); "no_space" without memory. With `previous`, a join of the same
   * columns, keys, type and mode, its rows and counts go on here, and it is used no more.
   */
  constructor(kernel: Kernel, spec: JoinSpec, previous: Join | null = null) {
    this.#kernel = kernel;
    this.#spec = spec;
    if (previous === null) {
      this.#join = createJoin(kernel, spec, FIRE_ROWS_MAX);
      this.#waits = spec.mode.mode === "regular" ? null : new ColdWaits();
      this.#cold = this.#shelf();
    } else {
      resumeJoin(kernel, previous.#join, spec);
      this.#join = previous.#join;
      this.#cold = previous.#cold;
      this.#waits = previous.#waits;
      this.#late = previous.late;
      this.#nullTime = previous.nullTime;
      previous.#handedOn = true;
    }
    this.#pieces = new ColdPieces(kernel, this.#cold && ((asked) => this.#cold!.prepare(asked)));
    this.#push = kernel.alloc(PUSH_BYTES);
    this.#where = spec.where === null ? null : new ProgramRunner(kernel, spec.where);
    this.#step = kernel.fn("join_step");
    this.#decide = kernel.fn("join_decide");
    this.#types = isHalf(spec) ? spec.left : [...spec.left, ...spec.right];
  }

  #shelf(): ColdShelf | null {
    const kernel = this.#kernel, spec = this.#spec, join = this.#join, { mode, leftChanges, rightChanges } = spec;
    // Rows of NOT IN meet rows of other keys
    if (!kernel.cold || spec.nullAware) return null;
    const begin = (restoring: boolean) => {
      if (kernel.fn("join_shelf_begin")(join, Number(restoring)) === 0) this.#noMemory();
    };
    const asksNothing = mode.mode === "window" && !leftChanges && !rightChanges, dues = this.#waits?.dues;
    const shelf = kernel.fn("join_shelf")(join) >>> 0;
    return new ColdShelf(kernel, shelf, 2, kernel.cold, {
      begin,
      asksNothing,
      stateBytes: () => this.stateBytes,
      ...(dues ? { dues } : {}),
    });
  }

  /**
   * Takes the selected rows of a batch of one input, in log order. False: the state has no room for them, and nothing has
   * changed. The batch stays as it is until `pull` has returned null. Where rows leave memory, throws RdxError: "no_space" when there is no room
   * for what it asks for, "invalid" when their file is damaged.
   */
  push(batch: Batch, input: number, times: JoinTimes): boolean {
    const kernel = this.#kernel, columns = writeColumns(kernel, batch.columns), at = this.#push, { data } = kernel;
    [input, columns].forEach((word, i) => data.setUint32(at + i * 4, word, true));
    [batch.kinds, times.running].forEach((word, i) => data.setUint32(at + 16 + i * 4, word, true));
    [times.before, times.others, times.delayMs].forEach((ms, i) => data.setFloat64(at + 24 + i * 8, ms, true));
    this.#pieces.begin(batch, columns);
    this.#input = input;
    if (this.#cold) this.#cold.atWork = true;
    return this.#pushNext() !== PUSH_FULL;
  }

  /** Begins with the next piece of the batch; null: there is none. */
  #pushNext(): number | null {
    const piece = this.#pieces.next(this.#input), { data } = this.#kernel, at = this.#push;
    if (piece === null) return null;
    data.setUint32(at + 8, piece.selection, true);
    data.setUint32(at + 12, piece.selected, true);
    const status = this.#pieces.start(() => this.#kernel.fn("join_push")(this.#join, at));
    if (status === PUSH_NO_MEMORY) {
      throw new RdxError("no_space", "Cannot get kernel memory to push a batch into a join");
    }
    if (status === PUSH_BUSY) throw new RdxError("internal", "A batch came to a join whose last one is not drained");
    return status;
  }

  /** The watermark has come to `watermark`; +Infinity at the end of input. */
  advance(watermark: number): void {
    const { mode } = this.#spec, end = mode.mode === "window" ? watermark + 2 : watermark;
    this.#cold?.start();
    if (this.#waits?.holds(end)) this.#kernel.fn("join_hold")(this.#join);
    this.#kernel.fn("join_advance")(this.#join, watermark);
    const ttlMs = mode.mode === "regular" ? mode.ttlMs : 0;
    if (ttlMs > 0) this.#cold?.lapse(watermark - ttlMs, this.#kernel.fn("join_begun")(this.#join));
  }

  /**
   * The least watermark above `watermark` that may make results, whatever rows come until then; rows of an interval join
   * wait at least as long as its bounds are wide.
   */
  due(watermark: number): number {
    const { mode, type } = this.#spec;
    if (mode.mode === "regular") return Infinity;
    if (mode.mode !== "interval") return watermark + 1;
    let due = Math.min(this.#kernel.fn("join_leaves_at")(this.#join), this.#waits?.least ?? Infinity) + 1;
    if (type === "left" || type === "full" || type === "anti") due = Math.min(due, watermark + mode.upperMs + 1);
    if (type === "right" || type === "full") due = Math.min(due, watermark - mode.lowerMs + 1);
    return Math.max(due, watermark + 1);
  }

  /** The next rows of output, about `rowsMax` at most; null when there are none for now. */
  pull(rowsMax: number): JoinBatch | null {
    const most = Math.max(1, Math.min(Math.floor(rowsMax), FIRE_ROWS_MAX));
    while (true) {
      const step = this.#step(this.#join, most);
      if (step < STEP_DONE) throw new RdxError("no_space", "Cannot get kernel memory for the rows of a join");
      const records = this.#kernel.fn("join_records")(this.#join) >>> 0, rows = records === 0 ? 0 : this.#rows();
      if (rows > 0) return this.#emit(rows);
      // A step frees what the one before it named, so that the last one is one that names nothing.
      if (step === STEP_DONE && records === 0 && this.#pushNext() === null && !this.#bringBack()) {
        if (this.#cold) this.#cold.atWork = false;
        return null;
      }
    }
  }

  /** Brings the next rows back of those that the watermark has passed; false: there are none. */
  #bringBack(): boolean {
    if (!this.#cold || !this.#waits) return false;
    const release = this.#kernel.fn("join_release");
    return this.#waits.goOn(this.#cold, (time, group) => release(this.#join, time, group));
  }

  /** Makes rows of output of the records at hand, those that the residual condition lets through; returns how many. */
  #rows(): number {
    if (this.#where === null) return this.#decide(this.#join, 0, 0);
    const mark = this.#kernel.mark(), verdict = this.#where.run(this.#candidates(this.#where));
    const rows = this.#decide(this.#join, verdict.data, verdict.validity);
    this.#kernel.release(mark);
    return rows;
  }

  /** The pairs of the records as a batch, with the columns that the condition reads. */
  #candidates(where: ProgramRunner): Batch {
    const kernel = this.#kernel, { left, right } = this.#spec, rows = kernel.fn("join_records")(this.#join) >>> 0;
    const columns: Vector[] = [...left, ...right].map((type) => ({ type, data: 0, validity: 0 }));
    kernel.fn("join_lists")(this.#join);
    const picks = [...new Set(where.inputs)];
    this.#gather(false, picks.filter((column) => column < left.length), 0, columns);
    this.#gather(true, picks.filter((column) => column >= left.length), left.length, columns);
    return { rows, columns, selection: 0, selected: rows, kinds: 0 };
  }

  #gather(isRight: boolean, picks: readonly number[], first: number, columns: Vector[]): void {
    if (picks.length === 0) return;
    const kernel = this.#kernel, at = kernel.arena(picks.length * 4), out = kernel.arena(picks.length * COLUMN_SIZE);
    picks.forEach((column, i) => kernel.data.setUint32(at + i * 4, column - first, true));
    if (kernel.fn("join_gather")(this.#join, Number(isRight), at, picks.length, out) === 0) this.#noMemory();
    const batch = readBatch(kernel, out, picks.map((column) => columns[column].type), 0);
    picks.forEach((column, i) => columns[column] = batch.columns[i]);
  }

  #emit(rows: number): JoinBatch {
    const kernel = this.#kernel,
      head = kernel.arena(8),
      out = kernel.arena(Math.max(1, this.#types.length) * COLUMN_SIZE);
    if (kernel.fn("join_emit")(this.#join, out, head) === 0) this.#noMemory();
    const kinds = kernel.data.getUint32(head, true), causes = kernel.data.getUint32(head + 4, true);
    const batch = { ...readBatch(kernel, out, this.#types, rows), kinds };
    return causes === 0 ? batch : { ...batch, causes };
  }

  #noMemory(): never {
    throw new RdxError("no_space", "Cannot get kernel memory for the rows of a join");
  }

  /** Rows that came too late for what the watermark has decided. */
  get late(): number {
    return this.#late += this.#number("join_late");
  }

  /** Rows without a usable time. */
  get nullTime(): number {
    return this.#nullTime += this.#number("join_null_time");
  }

  /** The rows of both sides as tables. */
  tables(left: readonly Column[], right: readonly Column[]): TablePart[] {
    const counts = {
      read: () => [this.late, this.nullTime],
      write: (late: number, nullTime: number) => {
        this.#late = late;
        this.#nullTime = nullTime;
      },
    };
    const { mode, leftKeys, rightKeys } = this.#spec, keys = { left: leftKeys, right: rightKeys };
    const cold = this.#cold;
    this.#tables = cold ? [0, 1].map((side) => new ColdTable(cold, side)) : [];
    return joinTables(this.#kernel, this.#join, mode, { left, right }, keys, counts, this.#tables);
  }

  /** All of its tables are there. */
  restored(): void {
    coldRestored(this.#tables);
    if (this.#kernel.fn("join_restored")(this.#join) === 0) throw noStateSpace("left or right");
  }

  get stateRows(): number {
    return this.#number("join_state_rows") + this.cold.rows;
  }

  /** Its rows that have left memory. */
  get cold(): ColdFacts {
    return this.#cold?.facts ?? NOTHING_COLD;
  }

  get stateBytes(): number {
    return this.#number("join_state_bytes");
  }

  #number(name: string): number {
    return this.#kernel.fn(name)(this.#join) >>> 0;
  }

  /** Frees everything but rows that another join has now. */
  close(): void {
    if (!this.#handedOn) {
      this.#cold?.close();
      this.#kernel.freeAll("join_free", this.#join);
    }
    this.#pieces.close();
    this.#kernel.free(this.#push, PUSH_BYTES);
    this.#where?.dispose();
  }
}

function isHalf({ type }: JoinSpec): boolean {
  return type === "semi" || type === "anti";
}
