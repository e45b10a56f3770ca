import type { Batch, Vector } from "../core/batch.ts";
import { type ColdFacts, NOTHING_COLD } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import { FIRE_ROWS_MAX, OPEN_SLICES_MAX } from "../core/limits.ts";
import { type DataType, INT64, TIMESTAMP } from "../core/schema.ts";
import {
  PushBlock,
  type PushedBatch,
  type PushResult,
  type PushTimes,
  skipSelected,
  together,
} from "./aggregate_push.ts";
import {
  type AggregateSpec,
  checkSpec,
  createAggregation,
  MODE_WINDOW,
  resultType,
  stateTypes,
} from "./aggregate_spec.ts";
import { ColdParts } from "./cold_parts.ts";
import { readBatch } from "./column_read.ts";
import { CHANGED, SliceTable } from "./slice_table.ts";
import { ScalarTable, type TablePart } from "./state_tables.ts";
import type { Kernel, KernelFunction } from "./module.ts";

export { type PushResult, type PushTimes, skipSelected };
export { type AggregateCall, type AggregateFunction, type AggregateSpec, resultType } from "./aggregate_spec.ts";
export { PartialAggregate } from "./aggregate_partial.ts";
export { RunningTimes } from "./running_times.ts";

/** What the steps that hand out batches answer instead of a number of rows. */
const NO_MEMORY = -1;
const NO_MORE = -2;
const COLD = -3;
/** A part of a batch for which there is no room is tried with so many times fewer rows. */
const FEWER = 4;
/** Places in the log that a merge takes: more than a chunk has rows. */
const MERGE_ROWS = 2 ** 32;
/** No window has fired for rows of this lateness epoch. */
const FIRST_EPOCH = -(1n << 63n);

/**
 * Tumbling and hopping windows over keyed rows, computed from shared slices. Every batch that comes out lies in the batch
 * arena: it is valid until `kernel.reset()`.
 */
export class WindowAggregate {
  readonly #kernel: Kernel;
  readonly #spec: AggregateSpec;
  readonly #aggregation: number;
  readonly #block: PushBlock;
  readonly #advance: KernelFunction;
  readonly #pull: KernelFunction;
  readonly #resultTypes: readonly DataType[];
  readonly #stateTypes: readonly DataType[];
  /** Rows of the batch that was pushed last: the next one comes behind them in the log. */
  #rowsBefore = 0;
  /** Its parts that are in a working file; null: all is in memory. */
  readonly #cold: ColdParts | null;
  /** Whether the listing of changes is for a checkpoint, and of everything. */
  #taking = { takes: false, whole: true };
  /** Values of a table that is restored. */
  #scalars: readonly bigint[] | null = null;

  /** Refuses impossible specs with RdxError("invalid_plan"); "no_space" without memory. */
  constructor(kernel: Kernel, spec: AggregateSpec) {
    checkSpec(spec);
    this.#kernel = kernel;
    this.#spec = spec;
    this.#aggregation = createAggregation(kernel, spec, MODE_WINDOW);
    this.#resultTypes = [TIMESTAMP, TIMESTAMP, ...spec.keys, ...spec.aggregates.map(resultType)];
    this.#stateTypes = spec.aggregates.flatMap(stateTypes);
    this.#block = new PushBlock(kernel, spec.keys.length + Math.max(this.#stateTypes.length, spec.aggregates.length));
    this.#cold = kernel.cold && new ColdParts(kernel, this.#aggregation, kernel.cold, addsDoubles(spec));
    this.#advance = kernel.fn("agg_advance");
    this.#pull = kernel.fn("agg_pull");
  }

  /** Types of the columns that `pull` and `peek` give. */
  get types(): readonly DataType[] {
    return this.#resultTypes;
  }

  /** Takes the selected rows of a batch, in log order, or as many as there is room for. `args`: null for count(*). */
  push(batch: Batch, keys: readonly Vector[], args: readonly (Vector | null)[], times: PushTimes): PushResult {
    const rowsBefore = this.#rowsBefore;
    this.#rowsBefore = batch.rows;
    return this.#push({ batch, keys, args, times, merge: null, rowsBefore });
  }

  /** A push that makes room where parts can leave, and goes on until all is taken or there is none to be made. */
  #push(pushed: PushedBatch): PushResult {
    const aggregation = this.#aggregation, cold = this.#cold, { batch, merge } = pushed;
    cold?.prepare(batch.selected);
    let result = this.#block.push(aggregation, pushed);
    // Rows that do not fit together may do so one after the other
    for (let most = batch.selected; cold && result.consumed < batch.selected && most > 0;) {
      if (this.openSlices >= OPEN_SLICES_MAX) break;
      const rest = skipSelected(this.#kernel, batch, result.consumed), selected = Math.min(most, rest.selected);
      const back = cold.bringBack(selected);
      if (!back) cold.makeRoom(selected);
      const part = { ...pushed, batch: { ...rest, selected }, rowsBefore: merge ? -1 : 0 };
      const next = this.#block.push(aggregation, part);
      if (next.consumed === 0 && !back) most = Math.floor(selected / FEWER);
      result = together(this.#kernel, result, next);
    }
    return result;
  }

  /**
   * Takes the partial aggregates of one chunk, as PartialAggregate.take gives them: the same results and late rows as if the
   * rows had been pushed. `continued`: the batch is the rest of the last one.
   */
  merge(batch: Batch, times: Omit<PushTimes, "time" | "running"> & { readonly continued?: boolean }): PushResult {
    const keys = this.#spec.keys.length, [start, epoch, count] = batch.columns.slice(keys, keys + 3);
    this.#rowsBefore = MERGE_ROWS;
    return this.#push({
      batch,
      keys: batch.columns.slice(0, keys),
      args: batch.columns.slice(keys + 3),
      times: { ...times, time: start, running: 0 },
      merge: { epochs: epoch.data, counts: count.data },
      rowsBefore: times.continued ? -1 : 0,
    });
  }

  /** Freezes every window whose end − 1 is not after `watermark`; +Infinity at the end of input. */
  advance(watermark: number): void {
    this.#cold?.start();
    this.#advance(this.#aggregation, watermark);
  }

  /**
   * Rows of windows that have fired: window_start, window_end, keys, results, ordered by (window end, key group, first
   * insertion). At most `rowsMax` and FIRE_ROWS_MAX; null when there are no more for now. Slices that are done are freed.
   */
  pull(rowsMax: number): Batch | null {
    const aggregation = this.#aggregation, cold = this.#cold;
    let rows = this.#pull(aggregation, steps(rowsMax));
    for (; rows === COLD; rows = this.#pull(aggregation, steps(rowsMax))) cold?.give(false);
    cold?.drop(this.#kernel.fn("agg_dropped_slices")(aggregation));
    const batch = this.#batch(rows, this.#resultTypes);
    if (cold) cold.atWork = batch !== null;
    return batch;
  }

  /**
   * Rows of windows that have not fired, with the columns and the order of `pull`; `first` starts the listing again. State
   * does not change; a listing is exact as long as nothing is pushed meanwhile.
   */
  peek(rowsMax: number, first: boolean): Batch | null {
    if (first) this.#kernel.fn("agg_peek_reset")(this.#aggregation);
    const peek = () => this.#kernel.fn("agg_peek")(this.#aggregation, steps(rowsMax));
    let rows = peek();
    for (; rows === COLD; rows = peek()) this.#cold?.give(true);
    return this.#batch(rows, this.#resultTypes);
  }

  /** Changes from now on carry the mark `n` (a checkpoint's number, growing, below 2^32); at first 1. */
  mark(n: number): void {
    this.#kernel.fn("agg_mark")(this.#aggregation, n);
  }

  /** Starts a listing of the rows that changed under a mark above `since`; `nextChanges` gives them. */
  changes(since: number): void {
    this.#taking = { takes: false, whole: true };
    this.#kernel.fn("agg_changes")(this.#aggregation, since);
  }

  /**
   * Starts a listing for a checkpoint, of what has changed since it was listed for one, or (`whole`) of everything; rows may be pushed between its steps.
   * `again`: the listing before was left in the middle.
   */
  takeChanges(whole: boolean, again: boolean): void {
    this.#taking = { takes: true, whole };
    const left = this.#kernel.fn("agg_changes_take")(this.#aggregation, Number(whole), Number(again));
    if (left) this.#cold?.leftChanges();
  }

  /**
   * Changed rows, ordered by (slice, key group, row): slice_start timestamp, key_group int64, row int64 (its position in
   * the key group), keys, state columns. A step may find none; null when there are no more. Rows of slices that start before
   * `droppedBefore` are deleted.
   */
  nextChanges(rowsMax: number): Batch | null {
    const next = () => this.#kernel.fn("agg_changes_next")(this.#aggregation, steps(rowsMax));
    let rows = next();
    for (; rows === COLD; rows = next()) this.#cold?.giveChanges(this.#taking.takes, this.#taking.whole);
    const types = [TIMESTAMP, INT64, INT64, ...this.#spec.keys, ...this.#stateTypes];
    if (rows === 0) return readBatch(this.#kernel, this.#out(), [], 0);
    return this.#batch(rows === NO_MORE ? 0 : rows, types);
  }

  /** How many rows listings for checkpoints have looked at so far. */
  get changesLooked(): number {
    return this.#kernel.fn("agg_changes_looked")(this.#aggregation);
  }

  /** Every slice that starts before this time (ms) has been dropped; far below any time before the first. */
  get droppedBefore(): number {
    return this.#kernel.fn("agg_dropped_before")(this.#aggregation);
  }

  /**
   * Its slices and what it knows as tables. `names` are those of the keys, then of the calls; `counts` are the caller's, which are kept
   * with the rest.
   */
  tables(names: readonly string[], counts: { read(): number[]; write(values: number[]): void }): TablePart[] {
    const kernel = this.#kernel, aggregation = this.#aggregation;
    this.#scalars = null;
    const scalars = new ScalarTable(
      kernel,
      "scalars",
      1,
      ["ordinal", "watermark", "overflows", "late", "null_time"],
      (to) => {
        kernel.fn("agg_scalars")(aggregation, to);
        const data = kernel.data, ordinal = data.getBigInt64(to, true) + BigInt(this.#rowsBefore);
        data.setBigInt64(to, ordinal, true);
        counts.read().forEach((count, i) => data.setBigInt64(to + 24 + i * 8, BigInt(count), true));
      },
      (from) => {
        const values = [0, 8, 16, 24, 32].map((at) => kernel.data.getBigInt64(from + at, true));
        counts.write(values.slice(3).map(Number));
        this.#scalars = values;
        return true;
      },
      // Rows that come have to be behind all that any task has met
      ["max", "max", "sum", "sum", "sum"],
    );
    return [scalars, new SliceTable(kernel, this, aggregation, this.#spec, names)];
  }

  /** All of its tables are there. The watermark comes last: it would make rows late. */
  restored(): void {
    const kernel = this.#kernel, mark = kernel.mark(), from = kernel.arena(24);
    kernel.fn("agg_restoring")(this.#aggregation, 0);
    this.#cold?.restored();
    const scalars = this.#scalars;
    if (scalars === null) throw new RdxError("invalid", "Cannot restore table scalars: it is not there");
    scalars.slice(0, 3).forEach((value, i) => kernel.data.setBigInt64(from + i * 8, value, true));
    const taken = kernel.fn("agg_restored")(this.#aggregation, from) !== 0;
    kernel.release(mark);
    if (!taken) throw new RdxError("invalid", "Cannot restore table scalars: it has a value that cannot be");
    this.#rowsBefore = 0;
    // Also where no row was restored: what comes now is not stored
    this.mark(CHANGED);
  }

  /** Takes rows of slices as a change listing gives them, each in place of the one of its key. */
  restore(rows: Batch, starts: Vector): PushResult {
    const kernel = this.#kernel, keys = this.#spec.keys.length, mark = kernel.mark();
    const epochs = kernel.arena(Math.max(1, rows.rows) * 8);
    for (let i = 0; i < rows.rows; i++) kernel.data.setBigInt64(epochs + i * 8, FIRST_EPOCH, true);
    kernel.fn("agg_restoring")(this.#aggregation, 1);
    this.#cold?.restoring();
    const times = { time: starts, running: 0, before: -Infinity, delayMs: 0, others: Infinity };
    const merge = { epochs, counts: epochs }, given = rows.columns;
    const pushed = { batch: rows, keys: given.slice(0, keys), args: given.slice(keys), times, merge, rowsBefore: -1 };
    const result = this.#push(pushed);
    kernel.release(mark);
    return result;
  }

  /** Drops slices that a checkpoint says are gone: those that start before a time, epoch ms, or, null, all. */
  restoreDrop(below: bigint | null): void {
    const kernel = this.#kernel, mark = kernel.mark(), at = kernel.arena(8);
    let before = Infinity;
    if (below === null) kernel.fn("agg_restore_clear")(this.#aggregation);
    else {
      kernel.data.setBigInt64(at, below, true);
      before = kernel.fn("agg_restore_below")(this.#aggregation, at);
    }
    this.#cold?.drop(before);
    kernel.release(mark);
  }

  /**
   * A look at rows of slices, the first ones first: those of a key, by the address of COLUMNs of one row and its key group, or, `key` 0, any. How many
   * there are, for `looked`.
   */
  look(key: number, group: number, rowsMax: number): number {
    const kernel = this.#kernel, aggregation = this.#aggregation, wants = kernel.arena(16);
    let rows = kernel.fn("agg_look")(aggregation, key, group, rowsMax);
    while (rows >= 0 && (rows = kernel.fn("agg_look_next")(aggregation, wants)) === COLD) {
      const [slice, of] = [0, 8].map((at) => kernel.data.getFloat64(wants + at, true));
      rows = 0;
      this.#cold?.look(slice, of, key, (merged) => {
        if (kernel.fn("agg_look_merged")(aggregation, merged) === 0) rows = NO_MEMORY;
      });
    }
    return rows;
  }

  /** Rows in memory, and in the working file: there a key counts as often as its part has left. */
  get stateRows(): number {
    return this.#number("agg_state_rows") + this.cold.rows;
  }

  /** Its rows in the working file. */
  get cold(): ColdFacts {
    return this.#cold?.facts ?? NOTHING_COLD;
  }

  /** Bytes of state memory that this aggregation holds. */
  get stateBytes(): number {
    return this.#number("agg_state_bytes");
  }

  get openSlices(): number {
    return this.#number("agg_open_slices");
  }

  /** Sums that were pulled as NULL since they do not fit their type. */
  get overflowRows(): number {
    return this.#number("agg_overflow_rows");
  }

  /** Version of what state columns mean; checkpoints carry it. */
  get stateVersion(): number {
    return this.#kernel.fn("agg_version")();
  }

  /** Frees everything. */
  close(): void {
    this.#cold?.close();
    this.#kernel.freeAll("agg_free", this.#aggregation);
    this.#block.free();
  }

  #number(name: string): number {
    return this.#kernel.fn(name)(this.#aggregation) >>> 0;
  }

  #out(): number {
    return this.#kernel.fn("agg_out")(this.#aggregation) >>> 0;
  }

  #batch(rows: number, types: readonly DataType[]): Batch | null {
    if (rows === NO_MEMORY) throw new RdxError("no_space", "Cannot get kernel memory for the rows of a window");
    return rows === 0 ? null : readBatch(this.#kernel, this.#out(), types, rows);
  }
}

function steps(rowsMax: number): number {
  return Math.max(1, Math.min(Math.floor(rowsMax), FIRE_ROWS_MAX));
}

/** The last bits of sums of doubles go by the order in which they are added. */
function addsDoubles({ aggregates }: AggregateSpec): boolean {
  return aggregates.some(({ fn, type }) => type?.kind === "double" && (fn === "sum" || fn === "avg"));
}
