import type { Batch } from "../core/batch.ts";
import type { ColdFacts } from "../core/cold_file.ts";
import { type Column, TIMESTAMP } from "../core/schema.ts";
import type { GroupCallSpec } from "../kernel/group.ts";
import type { Kernel } from "../kernel/module.ts";
import { StateTables, valueColumns } from "../kernel/state_tables.ts";
import { Sessions } from "../kernel/session.ts";
import {
  type BatchTimes,
  type Exchange,
  type Operator,
  type OperatorCounts,
  type OperatorState,
  type Pulled,
  StateFull,
} from "../operator.ts";
import { withRoom } from "./full.ts";
import { GroupOperator } from "./group.ts";

/** Sessions as a plan describes them. */
export interface SessionPlan {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly inputColumns: readonly Column[];
  /** Input columns. */
  readonly keys: readonly number[];
  /** Input column of the event time; −1 = the source's arrival time. */
  readonly time: number;
  readonly gapMs: number;
  /** 0 = without bound. */
  readonly maxMs: number;
  /** Null: the rows themselves leave, with window_start, window_end and window_time behind their columns. */
  readonly calls: readonly GroupCallSpec[] | null;
}

const WINDOW_COLUMNS: readonly Column[] = ["window_start", "window_end", "window_time"].map((name) => ({
  name,
  type: TIMESTAMP,
  nullable: false,
}));

/** The group aggregation of rows that have left their sessions: its keys are the window's bounds, then those of the session. */
function groupOf(kernel: Kernel, { id, columns, inputColumns, keys, calls }: SessionPlan): GroupOperator {
  const start = inputColumns.length, end = 1;
  return new GroupOperator(kernel, {
    id,
    columns,
    inputColumns: [...inputColumns, ...WINDOW_COLUMNS],
    keys: [start, start + 1, ...keys],
    calls: calls!,
    retracts: false,
    emit: { mode: "final", end, latenessMs: 0 },
    stays: true,
  });
}

/**
 * Windows that end when nothing has come for a gap: rows wait until the watermark has passed theirs, and leave as they are or as the
 * aggregates of their session.
 */
export class SessionOperator implements Operator {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly exchanges: readonly [Exchange];
  readonly combiner = null;
  readonly windowEnd: number;
  readonly state: OperatorState;
  readonly #sessions: Sessions;
  readonly #groups: GroupOperator | null;
  /** The groups of sessions that are out are handed out. */
  #firing = false;
  /** Some of them may be of sessions of which rows are still to come out. */
  #waiting = false;
  #handedOn = false;

  /** With `previous`, an operator with the same state table, its sessions go on here, and it is used no more. */
  constructor(kernel: Kernel, plan: SessionPlan, previous: SessionOperator | null = null) {
    const others = plan.inputColumns.map((_, i) => i).filter((i) => !plan.keys.includes(i));
    const columns = [...plan.keys, ...others, ...(plan.time < 0 ? [-1] : [])];
    const place = (column: number) => columns.indexOf(column);
    this.id = plan.id;
    this.columns = plan.columns;
    this.exchanges = [{ columns, keys: plan.keys.length }];
    this.windowEnd = plan.calls ? 1 : plan.inputColumns.length + 1;
    const types = columns.map((column) => column < 0 ? TIMESTAMP : plan.inputColumns[column].type);
    const spec = { types, keys: plan.keys.length, time: place(plan.time), gapMs: plan.gapMs, maxMs: plan.maxMs };
    this.#sessions = previous?.handOn() ?? new Sessions(kernel, spec, plan.inputColumns.map((_, i) => place(i)));
    const arrival: Column = { name: "$time", type: TIMESTAMP, nullable: true };
    const stored = valueColumns(columns.map((column) => column < 0 ? arrival : plan.inputColumns[column]));
    this.state = new StateTables(this.#sessions.tables(stored), () => this.#sessions.restored());
    // Between two numbers no group is open: what has left its session has been aggregated
    this.#groups = plan.calls ? groupOf(kernel, plan) : null;
  }

  private handOn(): Sessions {
    this.#handedOn = true;
    return this.#sessions;
  }

  push(batch: Batch, times: BatchTimes): null {
    withRoom(() => this.#sessions.push(batch, times));
    return null;
  }

  advance(watermark: number): void {
    this.#sessions.advance(watermark);
  }

  pull(): Pulled | null {
    const groups = this.#groups;
    if (groups === null) return this.#pullRows();
    while (true) {
      if (this.#firing) {
        const results = groups.pull();
        if (results) return results;
        this.#firing = false;
      }
      const rows = this.#pullRows();
      if (rows === null && !this.#waiting) return null;
      this.#waiting = rows !== null;
      if (rows) {
        const { columns } = groups.exchanges[0];
        groups.push({ ...rows, columns: columns.map((column) => rows.columns[column]) });
        // Results of windows come with the watermark only: behind these rows, those of sessions of which none is to come
        this.#sessions.beyondBound(() => groups.pull());
      }
      groups.advance(this.#sessions.outUntil);
      this.#firing = true;
    }
  }

  #pullRows(): Batch | null {
    return withRoom(() => {
      const full = () => new StateFull(this.#fullReason());
      let rows = this.#sessions.pull(full);
      while (rows === null && this.#sessions.more()) rows = this.#sessions.pull(full);
      return rows;
    });
  }

  peek(): null {
    return null;
  }

  get counts(): OperatorCounts {
    return { late: this.#sessions.lateRows, nullTime: this.#sessions.nullTimeRows };
  }

  get stateRows(): number {
    return this.#sessions.stateRows;
  }

  get cold(): ColdFacts {
    return this.#sessions.cold;
  }

  get stateBytes(): number {
    return this.#sessions.stateBytes + (this.#groups?.stateBytes ?? 0);
  }

  close(): void {
    this.#groups?.close();
    if (!this.#handedOn) this.#sessions.close();
  }

  #fullReason(): string {
    const { stateRows, stateBytes } = this.#sessions;
    return `Node ${this.id} has no room for more rows: ${stateRows} of open sessions take ${stateBytes} bytes; use a smaller ` +
      "gap, a bound of the session, or fewer columns";
  }
}
