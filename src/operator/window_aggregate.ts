import type { Batch } from "../core/batch.ts";
import type { ColdFacts } from "../core/cold_file.ts";
import { RdxError } from "../core/errors.ts";
import { OPEN_SLICES_MAX } from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import {
  type AggregateSpec,
  PartialAggregate,
  type PushResult,
  type PushTimes,
  WindowAggregate,
} from "../kernel/aggregate.ts";
import { StateTables } from "../kernel/state_tables.ts";
import type { Kernel } from "../kernel/module.ts";
import {
  type BatchTimes,
  type Combiner,
  type Exchange,
  type Operator,
  type OperatorCounts,
  type OperatorState,
  type Pulled,
  StateFull,
} from "../operator.ts";

/** A window aggregation as a plan describes it. */
export interface WindowAggregatePlan {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly inputColumns: readonly Column[];
  /** Input columns of the keys. */
  readonly keys: readonly number[];
  /** Input column of each argument; −1 = count(*). */
  readonly aggregates: readonly { readonly fn: AggregateSpec["aggregates"][number]["fn"]; readonly arg: number }[];
  /** Input column of the event time; −1 = the source's arrival time. */
  readonly time: number;
  readonly sizeMs: number;
  readonly slideMs: number;
  readonly offsetMs: number;
  readonly twoPhase: boolean;
}

/** Column of the window's end in the output. */
const WINDOW_END = 1;

/** Where things are in exchange layout: keys, then arguments (each once), then the event time. */
interface Layout {
  readonly exchange: Exchange;
  /** Place of each aggregate's argument; −1 = none. */
  readonly args: readonly number[];
  readonly time: number;
}

function layoutOf(plan: WindowAggregatePlan): Layout {
  const columns = [...plan.keys];
  const args = plan.aggregates.map(({ arg }) => {
    if (arg < 0) return -1;
    const at = columns.indexOf(arg, plan.keys.length);
    return at >= 0 ? at : columns.push(arg) - 1;
  });
  columns.push(plan.time);
  return { exchange: { columns, keys: plan.keys.length }, args, time: columns.length - 1 };
}

/** Names of the results, which are the last columns. */
function namesOf({ columns, aggregates }: WindowAggregatePlan): string[] {
  return columns.slice(columns.length - aggregates.length).map(({ name }) => name);
}

/** Tumbling and hopping aggregation by key; a row meets the other rows of its key in the task that owns the key group. */
export class WindowAggregateOperator implements Operator {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly exchanges: readonly [Exchange];
  readonly combiner: Combiner | null;
  readonly windowEnd = WINDOW_END;
  readonly state: OperatorState;
  readonly #plan: WindowAggregatePlan;
  readonly #layout: Layout;
  readonly #windows: WindowAggregate;
  readonly #partial: PartialAggregate | null;
  /** A later deployment goes on with the windows. */
  #handedOn = false;
  #late: number;
  #nullTime: number;

  /**
   * `groups` are the key groups [from, to) that this task owns. With `previous`, an operator with the same state table,
   * its windows and counts go on here, and it is used no more.
   */
  constructor(
    kernel: Kernel,
    plan: WindowAggregatePlan,
    groups: { readonly from: number; readonly to: number },
    previous: WindowAggregateOperator | null = null,
  ) {
    this.id = plan.id;
    this.columns = plan.columns;
    this.#plan = plan;
    this.#layout = layoutOf(plan);
    this.exchanges = [this.#layout.exchange];
    const type = (column: number) => plan.inputColumns[column].type;
    const spec: AggregateSpec = {
      keys: plan.keys.map(type),
      aggregates: plan.aggregates.map(({ fn, arg }) => ({ fn, type: arg < 0 ? null : type(arg) })),
      sizeMs: plan.sizeMs,
      slideMs: plan.slideMs,
      offsetMs: plan.offsetMs,
      groupFrom: groups.from,
      groupTo: groups.to,
    };
    this.#windows = previous ? previous.#windows : new WindowAggregate(kernel, spec);
    if (previous) previous.#handedOn = true;
    this.#late = previous ? previous.#late : 0;
    this.#nullTime = previous ? previous.#nullTime : 0;
    const names = [...plan.keys.map((key) => plan.inputColumns[key].name), ...namesOf(plan)];
    const parts = this.#windows.tables(names, {
      read: () => [this.#late, this.#nullTime],
      write: ([late, nullTime]) => {
        this.#late = late;
        this.#nullTime = nullTime;
      },
    });
    this.state = new StateTables(parts, () => this.#windows.restored());
    this.#partial = plan.twoPhase ? new PartialAggregate(kernel, spec) : null;
    this.combiner = this.#partial === null ? null : {
      push: (batch, times) => this.#took(batch, this.#pushInto(this.#partial!, batch, times)),
      take: () => this.#partial!.take(),
    };
  }

  push(batch: Batch, times: BatchTimes): null {
    this.#took(batch, this.#pushed(batch, times));
    return null;
  }

  #pushed(batch: Batch, times: BatchTimes): PushResult {
    try {
      return this.#partial === null ? this.#pushInto(this.#windows, batch, times) : this.#windows.merge(batch, times);
    } catch (thrown) {
      if (thrown instanceof RdxError && thrown.code === "no_space") throw new StateFull(thrown.message);
      throw thrown;
    }
  }

  #pushInto(target: WindowAggregate | PartialAggregate, batch: Batch, times: BatchTimes): PushResult {
    const { exchange, args, time } = this.#layout;
    const pushTimes: PushTimes = { ...times, time: batch.columns[time] };
    const keys = batch.columns.slice(0, exchange.keys);
    return target.push(batch, keys, args.map((arg) => arg < 0 ? null : batch.columns[arg]), pushTimes);
  }

  #took(batch: Batch, { consumed, late, nullTime }: PushResult): void {
    this.#late += late;
    this.#nullTime += nullTime;
    if (consumed === batch.selected) return;
    throw new StateFull(this.#fullReason());
  }

  #fullReason(): string {
    const { openSlices, stateBytes, stateRows } = this.#windows;
    if (openSlices >= OPEN_SLICES_MAX) {
      return `Node ${this.id} has ${openSlices} slices of event time open, as many as there may be: its rows lie too far apart in ` +
        `time for its windows; use larger windows or a smaller delay, and future_skew_ms against wrong clocks`;
    }
    return `Node ${this.id} has no room for more rows of state: ${stateRows} in ${openSlices} open slices of event time take ` +
      `${stateBytes} bytes; use smaller windows or fewer keys, or more workers`;
  }

  advance(watermark: number): void {
    this.#windows.advance(watermark);
  }

  /** The end of the next window, whether it has rows or not. */
  due(watermark: number): number {
    const { sizeMs, slideMs, offsetMs } = this.#plan, first = offsetMs + sizeMs - 1;
    return first + (Math.floor((watermark - first) / slideMs) + 1) * slideMs;
  }

  pull(rowsMax: number): Pulled | null {
    return this.#windows.pull(rowsMax);
  }

  peek(rowsMax: number, first: boolean): Batch | null {
    return this.#windows.peek(rowsMax, first);
  }

  get counts(): OperatorCounts {
    return { late: this.#late, nullTime: this.#nullTime };
  }

  get stateRows(): number {
    return this.#windows.stateRows;
  }

  get stateBytes(): number {
    return this.#windows.stateBytes;
  }

  get cold(): ColdFacts {
    return this.#windows.cold;
  }

  close(): void {
    if (!this.#handedOn) this.#windows.close();
    this.#partial?.close();
  }
}
