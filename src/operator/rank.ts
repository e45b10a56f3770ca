import type { Batch } from "../core/batch.ts";
import type { ColdFacts } from "../core/cold_file.ts";
import type { Column } from "../core/schema.ts";
import type { Kernel } from "../kernel/module.ts";
import { type OrderColumn, type RankFunction, Ranking } from "../kernel/rank.ts";
import { StateTables, valueColumns } from "../kernel/state_tables.ts";
import { nextEnd, type WindowEnds } from "./due.ts";
import { withRoom } from "./full.ts";
import {
  type Exchange,
  type Operator,
  type OperatorCounts,
  type OperatorState,
  type Pulled,
  StateFull,
} from "../operator.ts";

/** A ranking as a plan describes it. */
export interface RankPlan {
  readonly id: string;
  /** Those of the input, then the rank if it is asked for. */
  readonly columns: readonly Column[];
  /** Input columns. */
  readonly keys: readonly number[];
  readonly order: readonly OrderColumn[];
  /** Ranks from 1, both inclusive. */
  readonly from: number;
  readonly to: number;
  /** Rows that are equal in the order share their rank but for "row_number", which is what is meant without. */
  readonly fn?: RankFunction;
  readonly number: boolean;
  readonly retracts: boolean;
  /** Of rank 1: all rows that equal the first one in the order, but none with a NULL there. */
  readonly ties?: boolean;
  /** When the windows that its keys name may end; absent or null = at any time. */
  readonly ends?: WindowEnds | null;
  /** `end`: input column of the window's end, one of the keys. */
  readonly mode:
    | { readonly mode: "changes"; readonly ttlMs: number }
    | { readonly mode: "window"; readonly end: number };
}

/** The first rows of each key: what each row changes among them, or which they are when a window has passed. */
export class RankOperator implements Operator {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly exchanges: readonly [Exchange];
  readonly combiner = null;
  readonly windowEnd: number;
  readonly state: OperatorState;
  readonly #ranking: Ranking;
  readonly #ends: WindowEnds | null | undefined;
  #handedOn = false;

  /** With `previous`, an operator with the same state table, its rows go on here, and it is used no more. */
  constructor(kernel: Kernel, plan: RankPlan, previous: RankOperator | null = null) {
    const inputs = plan.number ? plan.columns.slice(0, -1) : plan.columns;
    const others = inputs.map((_, i) => i).filter((i) => !plan.keys.includes(i)), columns = [...plan.keys, ...others];
    const place = (column: number) => columns.indexOf(column);
    this.id = plan.id;
    this.columns = plan.columns;
    this.#ends = plan.ends;
    this.exchanges = [{ columns, keys: plan.keys.length }];
    this.windowEnd = plan.mode.mode === "window" ? plan.mode.end : -1;
    this.#ranking = previous?.handOn() ?? new Ranking(kernel, {
      types: columns.map((column) => inputs[column].type),
      keys: plan.keys.length,
      order: plan.order.map((one) => ({ ...one, column: place(one.column) })),
      from: plan.from,
      to: plan.to,
      fn: plan.fn,
      number: plan.number,
      retracts: plan.retracts,
      ties: plan.ties ?? false,
      end: plan.mode.mode === "window" ? place(plan.mode.end) : null,
      ttlMs: plan.mode.mode === "window" ? 0 : plan.mode.ttlMs,
    }, inputs.map((_, i) => place(i)));
    const stored = valueColumns(columns.map((column) => inputs[column]));
    this.state = new StateTables(this.#ranking.tables(stored), () => this.#ranking.restored());
  }

  private handOn(): Ranking {
    this.#handedOn = true;
    return this.#ranking;
  }

  push(batch: Batch): null {
    withRoom(() => this.#ranking.push(batch));
    return null;
  }

  advance(watermark: number): void {
    this.#ranking.advance(watermark);
  }

  /** Without windows the watermark makes nothing. */
  due(watermark: number): number {
    return this.windowEnd >= 0 ? nextEnd(watermark, this.#ends) : Infinity;
  }

  pull(): Pulled | null {
    return withRoom(() => this.#ranking.pull(() => new StateFull(this.#fullReason())));
  }

  peek(): null {
    return null;
  }

  get counts(): OperatorCounts {
    return { late: this.#ranking.lateRows, nullTime: 0 };
  }

  get stateRows(): number {
    return this.#ranking.stateRows;
  }

  get cold(): ColdFacts {
    return this.#ranking.cold;
  }

  get stateBytes(): number {
    return this.#ranking.stateBytes;
  }

  close(): void {
    if (!this.#handedOn) this.#ranking.close();
  }

  #fullReason(): string {
    const { stateRows, stateBytes } = this.#ranking;
    return `Node ${this.id} has no room for more rows: ${stateRows} of them take ${stateBytes} bytes; use fewer keys, ` +
      (this.windowEnd >= 0 ? "smaller windows" : "a time to live (ttl_ms)") + " or lower ranks";
  }
}
