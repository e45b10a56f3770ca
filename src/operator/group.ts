import type { Batch } from "../core/batch.ts";
import { allCold, type ColdFacts } from "../core/cold_file.ts";
import type { Column, DataType } from "../core/schema.ts";
import { GroupAggregate, type GroupCallSpec } from "../kernel/group.ts";
import type { Kernel } from "../kernel/module.ts";
import { Normalizer } from "../kernel/normalize.ts";
import { OwnArena } from "../kernel/own_arena.ts";
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
  /** When the windows that its keys name may end; absent or null = at any time. */
  readonly ends?: WindowEnds | null;
  /** Nobody needs the row before an update. */
  readonly upsert?: boolean;
  /** Its groups are made of what fills memory already, and stay there. */
  readonly stays?: boolean;
}

/** As ROW_KINDS numbers them. */
const DELETE = 3;

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
  readonly state: OperatorState;
  readonly windowEnd: number;
  readonly #kernel: Kernel;
  readonly #ends: WindowEnds | null | undefined;
  readonly #groups: GroupAggregate;
  /** Of early results: what was told of each group, so that an update can take it back. */
  readonly #told: Normalizer | null;
  /** Rows that `#told` makes a changelog of, and what happens to them then. */
  #telling: "early" | "final" | null = null;
  #rows: Batch | null = null;
  readonly #toldRows: OwnArena;
  #pushed = false;
  #handedOn = false;

  /** With `previous`, an operator with the same state table, its groups go on here, and it is used no more. */
  constructor(kernel: Kernel, plan: GroupPlan, previous: GroupOperator | null = null) {
    this.#kernel = kernel;
    this.#toldRows = new OwnArena(kernel);
    this.#ends = plan.ends;
    const { columns, calls, types } = layoutOf(plan), { emit } = plan;
    this.id = plan.id;
    this.columns = plan.columns;
    this.exchanges = [{ columns, keys: plan.keys.length }];
    const final = emit.mode === "final" || (emit.mode === "every" && emit.end >= 0);
    this.windowEnd = final ? emit.end : -1;
    const outputs = plan.columns.map(({ type }) => type);
    this.#told = emit.mode !== "every" ? null : (previous === null ? null : previous.#told) ??
      new Normalizer(kernel, outputs, plan.keys.length, outputs.map((_, i) => i));
    this.#groups = previous?.handOn() ?? new GroupAggregate(kernel, {
      types,
      keys: plan.keys.map((_, i) => i),
      calls,
      retracts: plan.retracts,
      end: emit.end < 0 ? null : emit.end,
      final,
      ticks: emit.mode === "every",
      latenessMs: emit.mode === "final" ? emit.latenessMs : 0,
      upsert: plan.upsert ?? false,
      ttlMs: emit.mode === "final" ? 0 : emit.ttlMs,
      cold: plan.stays !== true,
    });
    if (previous) this.#groups.setUpsert(plan.upsert ?? false);
    const groups = this.#groups.tables(plan.columns.map(({ name }) => name), "scalars");
    const told = this.#told?.tables("told", valueColumns(plan.columns)) ?? [];
    this.state = new StateTables([...groups, ...told], () => {
      this.#groups.restored();
      this.#told?.restored();
    });
  }

  private handOn(): GroupAggregate {
    this.#handedOn = true;
    return this.#groups;
  }

  push(batch: Batch): null {
    withRoom(() => this.#groups.push(batch));
    this.#pushed = true;
    return null;
  }

  /** At the end of the input no tick comes any more: without windows, what has changed since the last one comes now. */
  advance(watermark: number): void {
    if (watermark === Infinity && this.#told !== null && this.windowEnd < 0) this.#groups.tick();
    else this.#groups.advance(watermark);
  }

  /** What has changed since the last tick comes now. */
  tick(): void {
    this.#groups.tick();
  }

  /** Without windows the watermark makes nothing. */
  due(watermark: number): number {
    return this.windowEnd >= 0 ? nextEnd(watermark, this.#ends) : Infinity;
  }

  pull(): Pulled | null {
    const full = (why?: string) => new StateFull(why ?? this.#fullReason());
    if (this.#pushed) {
      const changes = this.#groups.pull(full);
      if (changes) return changes;
      this.#pushed = false;
    }
    return withRoom(() => this.#told === null ? this.#groups.fire() : this.#pullEarly(this.#told, full));
  }

  /** Early results and those of windows that have passed, as changes of what was told before. */
  #pullEarly(told: Normalizer, full: () => Error): Pulled | null {
    while (true) {
      if (this.#telling !== null) {
        const changes = told.pull(full);
        if (changes) return { ...changes, causes: 0 };
        if (this.#telling === "final") this.#forget(told, full);
        this.#telling = null;
      }
      // They are told in several pulls, while what the batch arena has goes with each
      if (!this.#toldRows.within(() => this.#tell(told))) return null;
    }
  }

  /** Begins to tell the next early results, or those of windows that have passed; false: there are none. */
  #tell(told: Normalizer): boolean {
    const early = this.#groups.ticked(), rows = early ?? this.#groups.fire();
    if (rows === null) return false;
    this.#telling = early ? "early" : "final";
    this.#rows = rows;
    withRoom(() => told.push(rows));
    return true;
  }

  /** Nothing more will be said of windows that have passed. */
  #forget(told: Normalizer, full: () => Error): void {
    const rows = this.#rows!, kinds = this.#kernel.arena(rows.rows);
    this.#kernel.bytes.fill(DELETE, kinds, kinds + rows.rows);
    withRoom(() => told.push({ ...rows, kinds }));
    while (told.pull(full)) { /* gone without a word */ }
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

  get cold(): ColdFacts {
    return this.#told === null ? this.#groups.cold : allCold([this.#groups.cold, this.#told.cold]);
  }

  close(): void {
    this.#toldRows.close();
    if (this.#handedOn) return;
    this.#groups.close();
    this.#told?.close();
  }

  #fullReason(): string {
    const { stateRows, stateBytes, cold } = this.#groups, inMemory = stateRows - cold.rows;
    const what = inMemory === 1
      ? `for a group that alone takes ${stateBytes} bytes`
      : `for more groups: ${inMemory} of them take ${stateBytes} bytes`;
    return `Node ${this.id} has no room ${what}; use fewer keys, ` +
      (this.windowEnd >= 0 ? "smaller windows" : "a time to live (ttl_ms)") + " or fewer distinct aggregates";
  }
}
