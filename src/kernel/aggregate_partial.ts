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

/** The rows that a partial aggregate stands for. */
const COUNT_ROWS: AggregateCall = { fn: "count", type: null };

/**
 * Phase one of two: the rows of one chunk, grouped by key, slice and lateness epoch. The epoch is the slice in which the next
 * watermark of the row's place in the log lies, so all rows of a group are late together, or none is.
 */
export class PartialAggregate {
  readonly #kernel: Kernel;
  readonly #aggregation: number;
  readonly #block: PushBlock;
  readonly #types: readonly DataType[];
  #rowsBefore = 0;

  /** The spec of the WindowAggregate that merges; its key groups do not matter here. */
  constructor(kernel: Kernel, spec: AggregateSpec) {
    checkSpec(spec);
    this.#kernel = kernel;
    const keys = [...spec.keys, TIMESTAMP, INT64], aggregates = [COUNT_ROWS, ...spec.aggregates];
    this.#aggregation = createAggregation(
      kernel,
      { ...spec, keys, aggregates, groupFrom: 0, groupTo: 1 },
      MODE_PARTIAL,
    );
    this.#types = [...keys, ...aggregates.flatMap(stateTypes)];
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
    return this.#block.push(this.#aggregation, batch, keys, [null, ...args], all, null, rowsBefore);
  }

  /**
   * The partial aggregates of the chunk, in order of first occurrence, and an end to it: keys, slice_start timestamp, epoch
   * int64, rows int64, the state columns of each aggregate. Null when there are none. The batch lies in the batch arena.
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
