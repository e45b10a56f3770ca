import type { Batch } from "../core/batch.ts";
import type { ColdFacts } from "../core/cold_file.ts";
import type { Column } from "../core/schema.ts";
import type { GroupCallSpec } from "../kernel/group.ts";
import type { Kernel } from "../kernel/module.ts";
import { OverAggregate } from "../kernel/over.ts";
import { withRoom } from "./full.ts";
import { StateTables, valueColumns } from "../kernel/state_tables.ts";
import {
  type BatchTimes,
  type Exchange,
  type Operator,
  type OperatorCounts,
  type OperatorState,
  type Pulled,
  StateFull,
} from "../operator.ts";

/** Aggregates over frames as a plan describes them. */
export interface OverPlan {
  readonly id: string;
  /** Those of the input, then the aggregates. */
  readonly columns: readonly Column[];
  /** Input columns. */
  readonly keys: readonly number[];
  /** Input column of the event time; −1 = rows go in the order of the log. */
  readonly time: number;
  /** `preceding`: milliseconds or rows in front of the current one; −1 = all. */
  readonly frame: { readonly kind: "range" | "rows"; readonly preceding: number };
  readonly calls: readonly GroupCallSpec[];
}

/** Each row with the aggregates of the rows in front of it. */
export class OverOperator implements Operator {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly exchanges: readonly [Exchange];
  readonly combiner = null;
  readonly state: OperatorState;
  readonly windowEnd = -1;
  readonly #over: OverAggregate;
  readonly #timed: boolean;
  #handedOn = false;

  /** With `previous`, an operator with the same state table, its frames go on here, and it is used no more. */
  constructor(kernel: Kernel, plan: OverPlan, previous: OverOperator | null = null) {
    const inputs = plan.columns.slice(0, plan.columns.length - plan.calls.length);
    const others = inputs.map((_, i) => i).filter((i) => !plan.keys.includes(i)), columns = [...plan.keys, ...others];
    const place = (column: number) => columns.indexOf(column);
    this.id = plan.id;
    this.columns = plan.columns;
    this.#timed = plan.time >= 0;
    this.exchanges = [{ columns, keys: plan.keys.length }];
    this.#over = previous?.handOn() ?? new OverAggregate(kernel, {
      types: columns.map((column) => inputs[column].type),
      keys: plan.keys.length,
      time: place(plan.time),
      frame: plan.frame.kind,
      preceding: plan.frame.preceding,
      calls: plan.calls.map((call) => ({ ...call, args: call.args.map(place), filter: place(call.filter) })),
    }, inputs.map((_, i) => place(i)));
    const results = plan.columns.slice(inputs.length).map(({ name }) => name);
    const parts = this.#over.tables(valueColumns(columns.map((column) => inputs[column])), results);
    this.state = new StateTables(parts, () => this.#over.restored());
  }

  private handOn(): OverAggregate {
    this.#handedOn = true;
    return this.#over;
  }

  push(batch: Batch, times: BatchTimes): null {
    withRoom(() => this.#over.push(batch, times));
    return null;
  }

  advance(watermark: number): void {
    this.#over.advance(watermark);
  }

  /** A row may be of any time; in the order of the log the watermark makes nothing. */
  due(watermark: number): number {
    return this.#timed ? watermark + 1 : Infinity;
  }

  pull(): Pulled | null {
    return withRoom(() => this.#over.pull(() => new StateFull(this.#fullReason())));
  }

  peek(): null {
    return null;
  }

  get counts(): OperatorCounts {
    return { late: this.#over.lateRows, nullTime: this.#over.nullTimeRows };
  }

  get stateRows(): number {
    return this.#over.stateRows;
  }

  get cold(): ColdFacts {
    return this.#over.cold;
  }

  get stateBytes(): number {
    return this.#over.stateBytes;
  }

  close(): void {
    if (!this.#handedOn) this.#over.close();
  }

  #fullReason(): string {
    const { stateRows, stateBytes } = this.#over;
    return `Node ${this.id} has no room for more rows: ${stateRows} of frames that are open take ${stateBytes} bytes; use ` +
      "a shorter frame, a smaller delay, or fewer columns";
  }
}
