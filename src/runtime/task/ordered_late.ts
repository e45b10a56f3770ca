import type { Batch } from "../../core/batch.ts";
import type { Kernel, KernelFunction } from "../../kernel/module.ts";
import type { PhysicalOperator, PhysicalPlan } from "../../plan/physical.ts";
import { type Delivery, originOf } from "./deliveries.ts";
import { LateFound, type LateRow } from "./late_rows.ts";

/** The number of the source's row that a row of a batch comes of, in its frame. Null: nobody asks, or there is none. */
export type Trace = ((row: number) => number) | null;

/** What became of a source's row at an operator. */
const USED = 1, LEFT_OUT = 2;

/** Rows of one frame at one operator: what became of each, and the watermark that those met which were left out. */
interface Seen {
  readonly became: Uint8Array;
  readonly watermarks: Map<number, number>;
}

/**
 * Notes which rows of a chunk operators leave out since they come too late, wherever the operators stand behind the source, as long as what
 * comes to them are its rows: one that comes several times, in several windows, is left out when it is so each time.
 */
export class LateTrace {
  readonly #kernel: Kernel;
  readonly #plan: PhysicalPlan;
  /** By position among the operators, tells them where to note late rows; null: they leave none out. */
  readonly #lists: readonly (KernelFunction | null)[];
  /** By frame of the chunk, by operator. */
  #frames: Map<number, Seen>[] = [];
  #frame = new Map<number, Seen>();
  #rows = 0;

  constructor(kernel: Kernel, plan: PhysicalPlan) {
    this.#kernel = kernel;
    this.#plan = plan;
    this.#lists = plan.operators.map((one) => leavesLateOut(one) ? kernel.fn(listOf(one)) : null);
  }

  /** What comes next comes of the rows of this frame of the chunk. */
  frame(frame: number, rows: number): void {
    this.#frame = this.#frames[frame] = new Map();
    this.#rows = rows;
  }

  /** How the rows of a delivery are traced, given how those are that they come from. */
  of(trace: Trace, { origins }: Pick<Delivery, "origins">): Trace {
    return trace === null || origins.at === 0 ? trace : this.behind(trace, origins.at, origins.stride);
  }

  /** The same where u32 numbers at the address `at` tell which rows they come from. */
  behind(trace: (row: number) => number, at: number, stride = 4): Trace {
    return (row) => trace(originOf(this.#kernel.data, { at, stride }, row));
  }

  /** Room for the late rows of a batch of an operator, in the batch arena; 0: it is not to be noted which these are. */
  listFor(operator: number, { selected }: Batch, trace: Trace): number {
    if (trace === null || this.#lists[operator] === null) return 0;
    const list = this.#kernel.arena(4 + selected * 4);
    this.#kernel.data.setUint32(list, 0, true);
    return list;
  }

  /** Does something to an operator that may find rows late, for the list. */
  into<T>(operator: number, list: number, act: () => T): T {
    const note = this.#lists[operator];
    if (list === 0 || note === null) return act();
    note(list);
    try {
      return act();
    } finally {
      note(0);
    }
  }

  /** The batch is done with: rows in the list were left out by the operator, the others were not. `metAt`: the watermark that a row met. */
  note(operator: number, batch: Batch, list: number, trace: Trace, metAt: (row: number) => number): void {
    if (list === 0 || trace === null) return;
    const { data } = this.#kernel, late = new Set<number>();
    for (let i = data.getUint32(list, true); i > 0; i--) late.add(data.getUint32(list + i * 4, true));
    let seen = this.#frame.get(operator);
    if (!seen) {
      seen = { became: new Uint8Array(this.#rows), watermarks: new Map() };
      this.#frame.set(operator, seen);
    }
    for (let i = 0; i < batch.selected; i++) {
      const row = batch.selection === 0 ? i : data.getUint32(batch.selection + i * 4, true), origin = trace(row);
      if (!late.has(row)) seen.became[origin] |= USED;
      else if (!seen.watermarks.has(origin)) {
        seen.became[origin] |= LEFT_OUT;
        seen.watermarks.set(origin, metAt(row));
      }
    }
  }

  /** By frame its late rows in their order, once for each watermark that made them late; starts anew. */
  take(): (readonly LateRow[])[] {
    const frames = this.#frames.map((frame) => this.#lateOf(frame));
    this.#frames = [];
    return frames;
  }

  #lateOf(frame: ReadonlyMap<number, Seen>): LateRow[] {
    const found = new LateFound();
    for (const [operator, { became, watermarks }] of [...frame].sort(([a], [b]) => a - b)) {
      for (const [row, watermark] of watermarks) {
        if (became[row] === LEFT_OUT) found.add(row, watermark, this.#plan.operators[operator].id);
      }
    }
    return found.rows();
  }
}

/** Whether an operator leaves rows out that come behind its watermark. */
function leavesLateOut(operator: PhysicalOperator): boolean {
  switch (operator.op) {
    case "aggregate":
    case "session":
      return true;
    case "assign":
      return operator.latenessMs !== null;
    case "group":
      return operator.emit.end >= 0;
    case "over":
      return operator.time >= 0;
    case "rank":
      return operator.mode.mode === "window";
    case "join":
      return operator.mode.mode !== "regular";
    default:
      return false;
  }
}

/** The two modules have a list each. */
function listOf({ op }: PhysicalOperator): string {
  return op === "assign" || op === "aggregate" ? "batch_late" : "operator_late";
}

/** Whether the watermark alone decides, and not the rows of the same batch in front of one. */
export function judgesByWatermark({ op }: PhysicalOperator): boolean {
  return op === "group" || op === "rank";
}

/** Whether what an operator makes of rows are these rows, perhaps several times, with more columns. */
export function handsRowsOn(operator: PhysicalOperator): boolean {
  return operator.op === "assign" || operator.op === "unnest" || (operator.op === "over" && operator.time < 0);
}
