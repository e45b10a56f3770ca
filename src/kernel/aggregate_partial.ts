import type { Batch, Vector } from "../core/batch.ts";
import { RdxError } from "../core/errors.ts";
import { type DataType, INT64, TIMESTAMP } from "../core/schema.ts";
import { PushBlock, type PushResult, type PushTimes } from "./aggregate_push.ts";
import {
  type AggregateCall,
  type AggregateSpec,
  checkSpec,
  createAggregation,
  MODE_PARTIAL,
  stateTypes,
} from "./aggregate_spec.ts";
import { readBatch } from "./column_read.ts";
import type { Kernel } from "./module.ts";

/** The rows that a partial aggregate stands for: a count(*) of the spec, or one more. */
const COUNT_ROWS: AggregateCall = { fn: "count", type: null };

/**
 * Phase one of two: the rows of one chunk, grouped by key, slice and lateness epoch. The epoch is the slice in which the next
 * watermark of the row's place in the log lies, so all rows of a group are late together, or none is. The kernel keeps them as it
 * keeps windows, with a slice for each pair of slice and epoch: what makes one phase fast makes this one fast.
 */
export class PartialAggregate {
  readonly #kernel: Kernel;
  readonly #aggregation: number;
  readonly #block: PushBlock;
  readonly #types: readonly DataType[];
  /** Calls that the kernel has beyond those of the spec. */
  readonly #extra: readonly null[];
  #rowsBefore = 0;

  /** The spec of the WindowAggregate that merges; its key groups do not matter here. */
  constructor(kernel: Kernel, spec: AggregateSpec) {
    checkSpec(spec);
    this.#kernel = kernel;
    const counted = spec.aggregates.some(({ fn, type }) => fn === COUNT_ROWS.fn && type === COUNT_ROWS.type);
    // Behind the others, so that its state, which `take` gives as rows, is a column that is not read.
    const aggregates = counted ? spec.aggregates : [...spec.aggregates, COUNT_ROWS];
    this.#extra = counted ? [] : [null];
    this.#aggregation = createAggregation(kernel, { ...spec, aggregates, groupFrom: 0, groupTo: 1 }, MODE_PARTIAL);
    this.#types = [...spec.keys, TIMESTAMP, INT64, INT64, ...spec.aggregates.flatMap(stateTypes)];
    this.#block = new PushBlock(kernel, spec.keys.length + aggregates.length);
  }

  /** Types of the columns that `take` gives. */
  get types(): readonly DataType[] {
    return this.#types;
  }

  /** Takes the selected rows of a batch of the chunk, in log order. `consumed` is less than given only when state is full. */
  push(
    batch: Batch,
    keys: readonly Vector[],
    args: readonly (Vector | null)[],
    times: Pick<PushTimes, "time" | "running" | "delayMs">,
  ): PushResult {
    const rowsBefore = this.#rowsBefore;
    this.#rowsBefore = batch.rows;
    const all = { ...times, before: -Infinity, others: Infinity };
    const pushed = { batch, keys, args: [...args, ...this.#extra], times: all, merge: null, rowsBefore };
    return this.#block.push(this.#aggregation, pushed);
  }

  /**
   * The partial aggregates of the chunk, and an end to it: keys, slice_start timestamp, epoch int64, rows int64, the state
   * columns of each aggregate, ordered by (epoch, slice, first occurrence). Null when there are none. The batch lies in the batch
   * arena.
   */
  take(): Batch | null {
    const rows = this.#kernel.fn("agg_take")(this.#aggregation);
    if (rows < 0) throw new RdxError("no_space", "Cannot get kernel memory for partial aggregates");
    const out = this.#kernel.fn("agg_out")(this.#aggregation) >>> 0;
    const batch = rows === 0 ? null : readBatch(this.#kernel, out, this.#types, rows);
    this.#kernel.fn("agg_clear")(this.#aggregation);
    this.#rowsBefore = 0;
    return batch;
  }

  /** Frees everything. */
  close(): void {
    this.#kernel.fn("agg_free")(this.#aggregation);
    this.#block.free();
  }
}
