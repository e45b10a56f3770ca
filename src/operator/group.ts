import type { Batch } from "../core/batch.ts";
import type { Column, DataType } from "../core/schema.ts";
import { GroupAggregate, type GroupCallSpec } from "../kernel/group.ts";
import type { Kernel } from "../kernel/module.ts";
import { type Exchange, type Operator, type OperatorCounts, type Pulled, StateFull } from "../operator.ts";

/** A group aggregation as a plan describes it. */
export interface GroupPlan {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly inputColumns: readonly Column[];
  /** Input columns. */
  readonly keys: readonly number[];
  readonly calls: readonly GroupCallSpec[];
  readonly retracts: boolean;
  readonly emit:
    | { readonly mode: "changes"; readonly ttlMs: number; readonly end: number }
    | { readonly mode: "every"; readonly everyMs: number; readonly ttlMs: number; readonly end: number }
    | { readonly mode: "final"; readonly end: number; readonly latenessMs: number };
  /** Nobody needs the row before an update. */
  readonly upsert?: boolean;
}

/** Which columns travel, and where the calls find theirs among them. */
function layoutOf({ keys, calls, inputColumns }: GroupPlan) {
  const columns = [...keys];
  const place = (column: number) => {
    if (column < 0) return -1;
    const at = columns.indexOf(column, keys.length);
    return at >= 0 ? at : columns.push(column) - 1;
  };
  const placed = calls.map((call): GroupCallSpec => ({
    ...call,
    args: call.args.map(place),
    filter: place(call.filter),
  }));
  // Rows are counted by their columns: one has to travel
  if (columns.length === 0) columns.push(0);
  return { columns, calls: placed, types: columns.map((column): DataType => inputColumns[column].type) };
}

/** Aggregates by key: what each row changes, or what is there when a window has passed. */
export class GroupOperator implements Operator {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly exchanges: readonly [Exchange];
  readonly combiner = null;
  readonly windowEnd: number;
  readonly #groups: GroupAggregate;
  readonly #final: boolean;
  #pushed = false;
  #handedOn = false;

  /** With `previous`, an operator with the same state table, its groups go on here, and it is used no more. */
  constructor(kernel: Kernel, plan: GroupPlan, previous: GroupOperator | null = null) {
    const { columns, calls, types } = layoutOf(plan), { emit } = plan;
    this.id = plan.id;
    this.columns = plan.columns;
    this.exchanges = [{ columns, keys: plan.keys.length }];
    this.#final = emit.mode === "final";
    this.windowEnd = this.#final ? emit.end : -1;
    this.#groups = previous?.handOn() ?? new GroupAggregate(kernel, {
      types,
      keys: plan.keys.map((_, i) => i),
      calls,
      retracts: plan.retracts,
      end: emit.end < 0 ? null : emit.end,
      final: this.#final,
      latenessMs: emit.mode === "final" ? emit.latenessMs : 0,
      upsert: plan.upsert ?? false,
      ttlMs: emit.mode === "final" ? 0 : emit.ttlMs,
    });
  }

  private handOn(): GroupAggregate {
    this.#handedOn = true;
    return this.#groups;
  }

  push(batch: Batch): null {
    this.#groups.push(batch);
    this.#pushed = true;
    return null;
  }

  advance(watermark: number): void {
    this.#groups.advance(watermark);
  }

  pull(): Pulled | null {
    if (this.#pushed) {
      const changes = this.#groups.pull(() => new StateFull(this.#fullReason()));
      if (changes) return changes;
      this.#pushed = false;
    }
    return this.#groups.fire();
  }

  peek(): null {
    return null;
  }

  get counts(): OperatorCounts {
    return { late: this.#groups.lateRows, nullTime: 0 };
  }

  get stateRows(): number {
    return this.#groups.stateRows;
  }

  get stateBytes(): number {
    return this.#groups.stateBytes;
  }

  close(): void {
    if (!this.#handedOn) this.#groups.close();
  }

  #fullReason(): string {
    const { stateRows, stateBytes } = this.#groups;
    return `Node ${this.id} has no room for more groups: ${stateRows} of them take ${stateBytes} bytes; use fewer keys, ` +
      (this.#final ? "smaller windows" : "a time to live (ttl_ms)") + " or fewer distinct aggregates";
  }
}
