import type { Batch } from "../../core/batch.ts";
import { FIRE_ROWS_MAX } from "../../core/limits.ts";
import { BatchGather, OWN_ROWS } from "../../kernel/gather.ts";
import type { BatchTimes, Operator } from "../../operator.ts";
import type { TaskOutput } from "../protocol.ts";
import { MADE_BY_WATERMARK } from "./clocks.ts";
import type { Delivery, DeliveryOrder } from "./deliveries.ts";
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

  /** Takes rows that come of `source`, or NO_SOURCE, and lets everything happen that they lead to. */
  take({ operator, input, batch, running }: Delivery, source: number): void {
    const { kernel, flow, outputs } = this.#parts, mark = kernel.mark();
    if (operator < 0) outputs.add(input, batch, this.#outputs);
    else {
      const runs = flow.operators[operator]!, out = runs.push(batch, this.#timesAt(operator, running, source), input);
      if (out) this.#send(runs.id, out, running, source);
      const release = this.asks.get(operator);
      if (release) release(this.#outputs);
      else this.#pull(runs, running, source);
    }
    kernel.release(mark);
  }

  /** Does something to an operator, and lets everything happen that it leads to. */
  after(index: number, act: (operator: Operator) => void): void {
    const { kernel, flow } = this.#parts, operator = flow.operators[index]!, mark = kernel.mark();
    act(operator);
    this.#pull(operator, 0, NO_SOURCE);
    kernel.release(mark);
  }

  #pull(operator: Operator, running: number, source: number): void {
    const { kernel } = this.#parts;
    for (;;) {
      const mark = kernel.mark(), pulled = operator.pull(FIRE_ROWS_MAX);
      if (pulled) {
        const { causes = 0, ...batch } = pulled, caused = causes !== 0 && running !== 0;
        const times = caused ? this.#gather.times(running, causes, batch.rows) : 0;
        this.#send(operator.id, batch, times, caused ? source : NO_SOURCE);
      }
      kernel.release(mark);
      if (!pulled) return;
    }
  }

  #send(id: string, batch: Batch, running: number, source: number): void {
    const { flow } = this.#parts, deliveries: Delivery[] = [], facts = { running, origins: OWN_ROWS };
    flow.send(id, batch, flow.stateless, {
      sink: (input, batch, way) => deliveries.push({ operator: -1, input, batch, way, ...facts }),
      operator: (operator, input, batch, way) => {
        deliveries.push({ operator, input, way, batch: flow.pick(operator, input, batch, 0), ...facts });
      },
    });
    for (const delivery of this.#order.order(deliveries, this.#meets.get(id)!)) this.take(delivery, source);
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
