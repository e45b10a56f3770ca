import type { Batch } from "../../core/batch.ts";
import { FIRE_ROWS_MAX } from "../../core/limits.ts";
import { BatchGather, OWN_ROWS } from "../../kernel/gather.ts";
import type { BatchTimes, Operator, Pulled } from "../../operator.ts";
import type { TaskOutput } from "../protocol.ts";
import { MADE_BY_WATERMARK } from "./clocks.ts";
import type { Delivery, DeliveryOrder } from "./deliveries.ts";
import { handsRowsOn, judgesByWatermark, type LateTrace, type Trace } from "./ordered_late.ts";
import type { Meets } from "./meets.ts";
import type { ModeParts } from "./parallel.ts";

/** Rows that no row of a source made. */
const NO_SOURCE = -1;

/**
 * Runs the operators of a plan depth first: what an operator makes of a batch has gone on, to the sinks, before it gets the next. The
 * arena is given back behind every batch, so that one row may lead to many without filling the memory.
 */
export class Drain {
  readonly #parts: ModeParts;
  readonly #meets: ReadonlyMap<string, Meets | null>;
  readonly #order: DeliveryOrder;
  readonly #gather: BatchGather;
  /** By operator, what rows of the source at hand meet: the clocks stand still meanwhile. */
  readonly #around: (Omit<BatchTimes, "running"> | undefined)[] = [];
  #aroundOf = NO_SOURCE;
  #outputs: TaskOutput[] = [];

  /** `asks`: by position, what to do when rows have come to an operator that is a source for what is behind it. */
  constructor(
    parts: ModeParts,
    meets: ReadonlyMap<string, Meets | null>,
    order: DeliveryOrder,
    readonly asks: ReadonlyMap<number, (outputs: TaskOutput[]) => void>,
    readonly late: LateTrace,
  ) {
    this.#parts = parts;
    this.#meets = meets;
    this.#order = order;
    this.#gather = new BatchGather(parts.kernel);
  }

  /** Results go to `outputs`; the clocks may have moved. */
  begin(outputs: TaskOutput[]): void {
    this.#outputs = outputs;
    this.#aroundOf = NO_SOURCE;
  }

  /**
   * Takes rows that come of `source`, or NO_SOURCE, and lets everything happen that they lead to. `trace`: which of the source's rows
   * they are, where it is to be noted which of them are late.
   */
  take({ operator, input, batch, running }: Delivery, source: number, trace: Trace): void {
    const { kernel, flow, outputs } = this.#parts, mark = kernel.mark();
    if (operator < 0) outputs.add(input, batch, this.#outputs);
    else {
      const runs = flow.operators[operator]!, times = this.#timesAt(operator, running, source);
      const list = this.late.listFor(operator, batch, trace);
      flow.ran = operator;
      const out = this.late.into(operator, list, () => runs.push(batch, times, input));
      if (out) this.#send(runs.id, out, running, source, trace);
      const release = this.asks.get(operator);
      if (release) release(this.#outputs);
      else this.#pull(operator, running, source, trace, list);
      this.late.note(operator, batch, list, trace, (row) => this.#metAt(operator, times, row));
    }
    kernel.release(mark);
  }

  /** Does something to an operator, and lets everything happen that it leads to. */
  after(index: number, act: (operator: Operator) => void): void {
    const { kernel, flow } = this.#parts, operator = flow.operators[index]!, mark = kernel.mark();
    flow.ran = index;
    act(operator);
    this.#pull(index, 0, NO_SOURCE, null, 0);
    kernel.release(mark);
  }

  #pull(index: number, running: number, source: number, trace: Trace, list: number): void {
    const { kernel, flow } = this.#parts, operator = flow.operators[index]!;
    for (;;) {
      flow.ran = index;
      const mark = kernel.mark(), pulled = this.late.into(index, list, () => operator.pull(FIRE_ROWS_MAX));
      if (pulled) {
        const { causes = 0, ...batch } = pulled, caused = causes !== 0 && running !== 0;
        const times = caused ? this.#gather.times(running, causes, batch.rows) : 0;
        this.#send(operator.id, batch, times, caused ? source : NO_SOURCE, this.#traceBehind(index, pulled, trace));
      }
      kernel.release(mark);
      if (!pulled) return;
    }
  }

  /** What other operators make of rows are rows of their own. */
  #traceBehind(index: number, { causes = 0 }: Pulled, trace: Trace): Trace {
    if (trace === null || causes === 0 || !handsRowsOn(this.#parts.plan.operators[index])) return null;
    return this.late.behind(trace, causes);
  }

  /** The watermark that a row met at an operator. */
  #metAt(index: number, { running, before, delayMs, others }: BatchTimes, row: number): number {
    const { kernel, plan, clocks } = this.#parts, operator = plan.operators[index], told = clocks.watermarkOf(operator);
    if (running === 0 || judgesByWatermark(operator)) return told;
    const greatest = Math.max(before, Number(kernel.data.getBigInt64(running + row * 8, true)));
    return Math.max(told, Math.min(others, greatest - delayMs));
  }

  #send(id: string, batch: Batch, running: number, source: number, trace: Trace): void {
    const { flow } = this.#parts, deliveries: Delivery[] = [], facts = { running, origins: OWN_ROWS };
    flow.send(id, batch, flow.stateless, {
      sink: (input, batch, way) => deliveries.push({ operator: -1, input, batch, way, ...facts }),
      operator: (operator, input, batch, way) => {
        deliveries.push({ operator, input, way, batch: flow.pick(operator, input, batch, 0), ...facts });
      },
    });
    for (const delivery of this.#order.order(deliveries, this.#meets.get(id)!)) {
      this.take(delivery, source, this.late.of(trace, delivery));
    }
  }

  #timesAt(index: number, running: number, source: number): BatchTimes {
    if (running === 0) return MADE_BY_WATERMARK;
    if (this.#aroundOf !== source) {
      this.#aroundOf = source;
      this.#around.length = 0;
    }
    const { plan, clocks } = this.#parts;
    const around = this.#around[index] ??= clocks.timesAt(plan.operators[index], source);
    return { ...around, running };
  }
}
