import type { Kernel } from "../../kernel/module.ts";
import type { PhysicalOperator, PhysicalPlan } from "../../plan/physical.ts";
import { answersWatermarks, clockHeads } from "../plan_shape.ts";
import type { Clocks } from "./clocks.ts";
import type { Delivery } from "./deliveries.ts";
import type { Flow } from "./flow.ts";
import { sessionsApart } from "./meets.ts";

/** Times beyond this (ECMAScript's limit of dates) are no times. */
const TIME_MS_MAX = 8.64e15;

/** The event time that the rows of a batch, used or not, found reached. */
export interface RowTimes {
  /** Address of an i64 a row. */
  readonly running: number;
  readonly rows: number;
}

/** Rows that come before the next results of a watermark. */
export interface Turn {
  readonly deliveries: readonly Delivery[];
  /** Where sessions end by the way: the event time that the last row has found reached; it makes no other results. Null: there is nothing to do. */
  readonly passed: number | null;
  /** The event time that the rows before the next one have reached, when something is due in front of that; else null. */
  readonly reached: number | null;
}

/**
 * Cuts rows of a source where the watermark that the rows before have made makes results: in front of the very row, as if rows came
 * one by one.
 */
export class TurnCutter {
  readonly #kernel: Kernel;
  readonly #plan: PhysicalPlan;
  readonly #flow: Flow;
  readonly #clocks: Clocks;
  /** By source (or lookup), the positions of the operators that its watermark makes results of, in front of the very row. */
  readonly #made: readonly (readonly number[])[];
  readonly #hasApart: boolean;

  constructor(kernel: Kernel, plan: PhysicalPlan, flow: Flow, clocks: Clocks) {
    this.#kernel = kernel;
    this.#plan = plan;
    this.#flow = flow;
    this.#clocks = clocks;
    const apart = sessionsApart(plan),
      isCut = (operator: PhysicalOperator) => answersWatermarks(operator) && !apart.has(operator.id);
    this.#hasApart = apart.size > 0;
    this.#made = clockHeads(plan).map(({ id }) =>
      plan.operators.flatMap((operator, i) => isCut(operator) && operator.sources.includes(id) ? [i] : [])
    );
  }

  /**
   * The turns of what came of one batch, whose rows had these running times, with or without rows on their way. Behind each of
   * them, the clock of the source has to move on to `passed`, and then to `reached`.
   */
  *cut(source: number, times: RowTimes, deliveries: readonly Delivery[]): Generator<Turn> {
    for (let left = deliveries, from = 0;;) {
      const row = this.#firstReaching(times, from, this.#dueAt(source));
      const passed = this.#hasApart && row > 0 ? finite(this.#timeAt(times, row - 1)) : null;
      if (row === times.rows) {
        yield { deliveries: left, passed, reached: null };
        return;
      }
      const first = left.map((delivery) => this.#firstFrom(delivery, row));
      const before = left.map((delivery, i) => this.#part(delivery, 0, first[i])).filter(hasRows);
      left = left.map((delivery, i) => this.#part(delivery, first[i], delivery.batch.selected)).filter(hasRows);
      from = row;
      yield { deliveries: before, passed, reached: this.#timeAt(times, row) };
    }
  }

  /** The least event time of the source at which a result is due. */
  #dueAt(source: number): number {
    const { delayMs } = this.#clocks.sources[source];
    let least = Infinity;
    for (const index of this.#made[source]) {
      const operator = this.#plan.operators[index], { lagMs } = operator, now = this.#clocks.watermarkOf(operator);
      const due = this.#flow.operators[index]!.due?.(now) ?? justAbove(now);
      const { others } = this.#clocks.timesAt(operator, source);
      // While another source holds it back, this one's rows move nothing.
      if (others > -Infinity && others >= due) least = Math.min(least, due + lagMs + delayMs);
    }
    return least;
  }

  /** The first row from `from` on that comes behind this event time; the number of rows for none. */
  #firstReaching(times: RowTimes, from: number, reached: number): number {
    return firstOf(from, times.rows, (row) => {
      const at = this.#timeAt(times, row);
      return at > -Infinity && at >= reached;
    });
  }

  /** What the chunk had reached before a row: −Infinity in front of its first time. */
  #timeAt({ running }: RowTimes, row: number): number {
    const at = Number(this.#kernel.data.getBigInt64(running + row * 8, true));
    return at < -TIME_MS_MAX ? -Infinity : at;
  }

  /** The first position of a delivery whose row comes from `row` or one behind it. */
  #firstFrom({ batch: { selection, selected }, origins }: Delivery, row: number): number {
    const { data } = this.#kernel;
    return firstOf(0, selected, (position) => {
      const own = selection === 0 ? position : data.getUint32(selection + position * 4, true);
      return (origins.at === 0 ? own : data.getUint32(origins.at + own * origins.stride, true)) >= row;
    });
  }

  #part(delivery: Delivery, from: number, to: number): Delivery {
    const { batch } = delivery;
    if (from === 0 && to === batch.selected) return delivery;
    let { selection } = batch;
    if (selection === 0) {
      selection = this.#kernel.arena(Math.max(1, batch.selected) * 4);
      const data = this.#kernel.data;
      for (let row = 0; row < batch.selected; row++) data.setUint32(selection + row * 4, row, true);
    }
    return { ...delivery, batch: { ...batch, selection: selection + from * 4, selected: to - from } };
  }
}

/** The first number of [from, to) for which `is` holds, given that it holds for all behind that one; `to` for none. */
function firstOf(from: number, to: number, is: (at: number) => boolean): number {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (is(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

function finite(time: number): number | null {
  return time === -Infinity ? null : time;
}

function hasRows({ batch }: Delivery): boolean {
  return batch.selected > 0;
}

/** Times are whole milliseconds. */
function justAbove(watermark: number): number {
  return watermark === -Infinity ? -Infinity : watermark + 1;
}
