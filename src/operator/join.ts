import type { Batch } from "../core/batch.ts";
import type { ColdFacts } from "../core/cold_file.ts";
import type { Column } from "../core/schema.ts";
import { Join, type JoinBatch, type JoinMode } from "../kernel/join.ts";
import type { JoinRules } from "../kernel/join_spec.ts";
import type { Kernel } from "../kernel/module.ts";
import { StateTables, valueColumns } from "../kernel/state_tables.ts";
import { nextEnd, type WindowEnds } from "./due.ts";
import { withRoom } from "./full.ts";
import {
  type BatchTimes,
  type Exchange,
  type Operator,
  type OperatorCounts,
  type OperatorState,
  StateFull,
} from "../operator.ts";

/** A join as a plan describes it: input 0 is the left. Columns count within their side. */
export interface JoinPlan extends JoinRules {
  readonly id: string;
  /** Left's columns, then right's; of semi and anti joins left's only. */
  readonly columns: readonly Column[];
  readonly leftColumns: readonly Column[];
  readonly rightColumns: readonly Column[];
  /** Of window joins: when windows may end; absent or null = at any time. */
  readonly ends?: WindowEnds | null;
}

/** How one input travels, and where its columns are then. */
interface Side {
  readonly exchange: Exchange;
  /** For each column of the input its place in exchange layout. */
  readonly places: readonly number[];
}

/** All columns of the input travel: the keys in front, the time last. */
function sideOf(columns: readonly Column[], keys: readonly number[], time: number): Side {
  const rest = [...columns.keys()].filter((column) => !keys.includes(column) && column !== time);
  const travel = [...keys, ...rest, ...(time < 0 ? [] : [time])];
  return {
    exchange: { columns: travel, keys: keys.length },
    places: [...columns.keys()].map((column) => travel.indexOf(column)),
  };
}

function timesOf(mode: JoinMode): readonly [number, number] {
  if (mode.mode === "regular") return [-1, -1];
  return mode.mode === "window" ? [mode.leftEnd, mode.rightEnd] : [mode.leftTime, mode.rightTime];
}

/** Joins two inputs by equal keys; rows of one key meet in one task. */
export class JoinOperator implements Operator {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly exchanges: readonly Exchange[];
  readonly combiner = null;
  readonly windowEnd: number;
  readonly #sides: readonly [Side, Side];
  /** Undefined: this is no window join. */
  readonly #ends: WindowEnds | null | undefined;
  readonly state: OperatorState;
  readonly #join: Join;

  /**
   * Refuses what cannot be joined with RdxError("invalid_plan"). With `previous`, an operator with the same state tables, its
   * rows and counts go on here, and it is used no more.
   */
  constructor(kernel: Kernel, plan: JoinPlan, previous: JoinOperator | null = null) {
    this.id = plan.id;
    this.columns = plan.columns;
    this.#ends = plan.mode.mode === "window" ? plan.ends ?? null : undefined;
    const [leftTime, rightTime] = timesOf(plan.mode);
    this.#sides = [
      sideOf(plan.leftColumns, plan.leftKeys, leftTime),
      sideOf(plan.rightColumns, plan.rightKeys, rightTime),
    ];
    this.exchanges = this.#sides.map(({ exchange }) => exchange);
    // Padded rows of the right have no end of the left's.
    this.windowEnd = plan.mode.mode === "window" && plan.type !== "right" && plan.type !== "full" ? leftTime : -1;
    const types = (columns: readonly Column[]) => columns.map(({ type }) => type);
    const spec = { ...plan, left: types(plan.leftColumns), right: types(plan.rightColumns) };
    this.#join = new Join(kernel, spec, previous === null ? null : previous.#join);
    const parts = this.#join.tables(valueColumns(plan.leftColumns), valueColumns(plan.rightColumns));
    this.state = new StateTables(parts, () => this.#join.restored());
  }

  /** Takes a batch in exchange layout; `pull` hands out what it makes, row by row in its order. Throws StateFull. */
  push(batch: Batch, times: BatchTimes & { readonly others: number }, input: number): null {
    const columns = this.#sides[input].places.map((place) => batch.columns[place]);
    if (withRoom(() => this.#join.push({ ...batch, columns }, input, times))) return null;
    throw new StateFull(
      `Node ${this.id} has no room for more rows of state: ${this.stateRows} rows take ${this.stateBytes} bytes; use a time ` +
        `to live, a window or an interval of time, fewer columns, or a larger bound`,
    );
  }

  advance(watermark: number): void {
    this.#join.advance(watermark);
  }

  due(watermark: number): number {
    return this.#ends === undefined ? this.#join.due(watermark) : nextEnd(watermark, this.#ends);
  }

  /** Results of a batch in log order, of a watermark by (time, key group, arrival). */
  pull(rowsMax: number): JoinBatch | null {
    return withRoom(() => this.#join.pull(rowsMax));
  }

  peek(): null {
    return null;
  }

  get counts(): OperatorCounts {
    return { late: this.#join.late, nullTime: this.#join.nullTime };
  }

  get stateRows(): number {
    return this.#join.stateRows;
  }

  get cold(): ColdFacts {
    return this.#join.cold;
  }

  get stateBytes(): number {
    return this.#join.stateBytes;
  }

  close(): void {
    this.#join.close();
  }
}
