import type { Batch } from "../core/batch.ts";
import type { Column } from "../core/schema.ts";
import { type AssignedWindow, WindowAssigner } from "../kernel/assign.ts";
import { StateTables } from "../kernel/state_tables.ts";
import type { Kernel } from "../kernel/module.ts";
import type { BatchTimes, Exchange, Operator, OperatorCounts, OperatorState, Pulled } from "../operator.ts";

/** A window table function as a plan describes it: the input's columns, then window_start, window_end, window_time. */
export interface AssignPlan {
  readonly id: string;
  readonly columns: readonly Column[];
  /** Input column of the event time; −1 = the source's arrival time. */
  readonly time: number;
  readonly window: AssignedWindow;
  /** Windows that have passed take rows for so long; null: for ever. */
  readonly latenessMs: number | null;
}

/** Behind the input's columns. */
const WINDOW_COLUMNS = 3;

/**
 * Puts rows in windows: each comes once for each of its windows that is open, ascending. Windows that the watermark in front of the
 * row has closed, and rows without a time, are left out and counted: nothing behind could use them.
 */
export class Assign implements Operator {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly windowEnd = -1;
  readonly exchanges: readonly [Exchange | null];
  readonly combiner = null;
  readonly state: OperatorState;
  readonly stateRows = 0;
  readonly stateBytes = 0;
  readonly #windows: WindowAssigner;
  readonly #time: number;
  readonly #before: OperatorCounts;

  /** With `previous`, an operator of the same node, its counts go on here. */
  constructor(kernel: Kernel, { id, columns, time, window, latenessMs }: AssignPlan, previous: Assign | null = null) {
    this.id = id;
    this.columns = columns;
    this.#time = time;
    // The time of arrival is no column: it travels behind those that are.
    const given = Array.from({ length: columns.length - WINDOW_COLUMNS }, (_, column) => column);
    this.exchanges = [time < 0 ? { columns: [...given, time], keys: 0 } : null];
    this.#windows = new WindowAssigner(kernel, window, latenessMs);
    this.state = new StateTables(this.#windows.tables(), () => {});
    this.#before = previous?.counts ?? { late: 0, nullTime: 0 };
  }

  push(batch: Batch, times: BatchTimes): Batch | null {
    const columns = batch.columns.slice(0, this.columns.length - WINDOW_COLUMNS);
    const time = this.#time < 0 ? batch.columns[columns.length] : batch.columns[this.#time];
    const at = this.#windows.push(batch, columns, time, times);
    return at !== null && at.selected > 0 ? at : null;
  }

  advance(watermark: number): void {
    this.#windows.advance(watermark);
  }

  pull(rowsMax: number): Pulled | null {
    return this.#windows.next(rowsMax);
  }

  peek(): Batch | null {
    return null;
  }

  get counts(): OperatorCounts {
    const { late, nullTime } = this.#before;
    return { late: late + this.#windows.late, nullTime: nullTime + this.#windows.nullTime };
  }

  close(): void {
    this.#windows.close();
  }
}
