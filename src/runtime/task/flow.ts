import type { Batch, Vector } from "../../core/batch.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { BatchTimes, Operator } from "../../operator.ts";
import type { PhysicalOperator, PhysicalPlan } from "../../plan/physical.ts";
import { constantTime } from "./source_reader.ts";

/**
 * Makes the operator of one kind; the composition roots choose it. `task` and `tasks` say which key groups it owns; with
 * `previous`, the operator of the same node in an earlier deployment, it takes over that one's state.
 */
export type OperatorFactory = (
  kernel: Kernel,
  plan: PhysicalOperator,
  place: { readonly task: number; readonly tasks: number },
  previous: Operator | null,
) => Operator;

/** Where rows leave the flow. */
export interface FlowExits {
  /** Rows for a sink. */
  sink(sink: number, batch: Batch): void;
  /** Rows in exchange layout in front of a keyed operator. */
  exchange(operator: number, batch: Batch, times: BatchTimes): void;
}

interface Next {
  readonly operators: readonly number[];
  readonly sinks: readonly number[];
}

/**
 * The operators of a plan in one task, and which feeds which. Rows go through by calls, depth first, and are counted by the edge that they
 * take, a batch at a time.
 */
export class Flow {
  readonly operators: readonly Operator[];
  /** Rows that took each edge of the plan in this task, as `planEdges` orders them. */
  readonly rows: Float64Array<ArrayBuffer>;
  readonly #kernel: Kernel;
  readonly #after = new Map<string, Next>();

  constructor(
    kernel: Kernel,
    plan: PhysicalPlan,
    create: OperatorFactory,
    place: { readonly task: number; readonly tasks: number },
    previous: Flow | null,
  ) {
    this.#kernel = kernel;
    this.rows = new Float64Array(plan.operators.length + plan.sinks.length);
    this.operators = plan.operators.map((operator) => {
      const before = operator.op === "aggregate" ? previous?.operators.find(({ id }) => id === operator.id) : null;
      return create(kernel, operator, place, before ?? null);
    });
    const ids = [...plan.sources.map((source) => source.id), ...plan.operators.map((operator) => operator.id)];
    for (const id of ids) {
      this.#after.set(id, {
        operators: plan.operators.flatMap((operator, i) => operator.inputs.includes(id) ? [i] : []),
        sinks: plan.sinks.flatMap((sink, i) => sink.input === id ? [i] : []),
      });
    }
  }

  /** Sends a batch of the node `id` to all that reads it. */
  send(id: string, batch: Batch, times: BatchTimes, arrivalMs: number, exits: FlowExits): void {
    if (batch.selected === 0) return;
    const next = this.#after.get(id)!;
    for (const sink of next.sinks) {
      this.rows[this.operators.length + sink] += batch.selected;
      exits.sink(sink, batch);
    }
    for (const index of next.operators) {
      this.rows[index] += batch.selected;
      const operator = this.operators[index];
      if (operator.exchange) {
        exits.exchange(index, this.#pick(batch, operator.exchange.columns, arrivalMs), times);
        continue;
      }
      const out = operator.push(batch, times);
      if (out) this.send(operator.id, out, times, arrivalMs, exits);
    }
  }

  /** Does work whose rows only look like some that go through. */
  uncounted(work: () => void): void {
    const rows = this.rows.slice();
    try {
      work();
    } finally {
      this.rows.set(rows);
    }
  }

  /** Frees what operators hold in the kernel; state that a later deployment took over stays. */
  close(): void {
    for (const operator of this.operators) operator.close();
  }

  /** The columns that travel; −1 is the arrival time. */
  #pick(batch: Batch, columns: readonly number[], arrivalMs: number): Batch {
    const picked = columns.map((column): Vector =>
      column >= 0 ? batch.columns[column] : constantTime(this.#kernel, batch.rows, arrivalMs)
    );
    return { ...batch, columns: picked };
  }
}
