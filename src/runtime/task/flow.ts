import type { Batch, Vector } from "../../core/batch.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { Operator } from "../../operator.ts";
import type { PhysicalOperator, PhysicalPlan } from "../../plan/physical.ts";
import { isStateless } from "../plan_shape.ts";
import type { NodeRefused } from "../protocol.ts";
import { planEdges } from "../plan_edges.ts";
import { MADE_BY_WATERMARK } from "./clocks.ts";
import { type HotKeys, hotKeysOf } from "./hot_keys.ts";
import { constantTime } from "./source_reader.ts";
import type { Way } from "./turn_order.ts";

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

const NO_WAY: Way = [];

/** Where rows leave the stateless part of a flow. */
export interface FlowExits {
  /** Rows for a sink. */
  sink(sink: number, batch: Batch, way: Way): void;
  /** Rows in front of an operator that the flow does not go through, at one of its inputs. */
  operator(index: number, input: number, batch: Batch, way: Way): void;
}

/** What is made in a task. */
export interface FlowPlace {
  /** Key groups of its operators. */
  readonly task: number;
  readonly tasks: number;
  /** By position among the plan's operators: it runs here. */
  readonly here: readonly boolean[];
}

interface Next {
  readonly operators: readonly { readonly index: number; readonly input: number }[];
  readonly sinks: readonly number[];
}

/**
 * The operators of a plan in one task, and which feeds which. Rows go through stateless ones by calls, depth first, and are counted by the
 * edge that they take, a batch at a time.
 */
export class Flow {
  /** The operator, by its position, that ran last; −1: none did since whoever asks has set it so. */
  ran = -1;
  /** Null where an operator runs in another task. */
  readonly operators: readonly (Operator | null)[];
  /** Rows that took each edge of the plan in this task, as `planEdges` orders them. */
  readonly rows: Float64Array<ArrayBuffer>;
  /** By position among the operators: rows go through in their places. */
  readonly stateless: readonly boolean[];
  /** By position among the operators and by input: the keys that get most rows; none for those without keys. */
  readonly hot: readonly (readonly HotKeys[])[];
  readonly #kernel: Kernel;
  readonly #after = new Map<string, Next>();
  /** The edges of each operator begin here, then those of the sinks. */
  readonly #edges: readonly number[];
  readonly #sinkEdges: number;

  constructor(
    kernel: Kernel,
    plan: PhysicalPlan,
    create: OperatorFactory,
    { here, ...place }: FlowPlace,
    previous: Flow | null,
  ) {
    this.#kernel = kernel;
    this.rows = new Float64Array(planEdges(plan).length);
    this.stateless = plan.operators.map(isStateless);
    this.hot = plan.operators.map((operator) => hotKeysOf(kernel, operator));
    let edges = 0;
    this.#edges = plan.operators.map(({ inputs }) => (edges += inputs.length) - inputs.length);
    this.#sinkEdges = edges;
    this.operators = plan.operators.map((operator, i) => {
      if (!here[i]) return null;
      const before = isStateless(operator) ? null : previous?.operators.find((one) => one?.id === operator.id);
      return create(kernel, operator, place, before ?? null);
    });
    const ids = [...plan.sources.map((source) => source.id), ...plan.operators.map((operator) => operator.id)];
    for (const id of ids) {
      this.#after.set(id, {
        operators: plan.operators.flatMap(({ inputs }, index) =>
          inputs.flatMap((from, input) => from === id ? [{ index, input }] : [])
        ),
        sinks: plan.sinks.flatMap((sink, i) => sink.input === id ? [i] : []),
      });
    }
  }

  /**
   * Sends a batch of the node `id` through the operators among `through` to all that reads it. What comes out has the row numbers of
   * the batch.
   */
  send(id: string, batch: Batch, through: readonly boolean[], exits: FlowExits, way = NO_WAY): void {
    if (batch.selected === 0) return;
    const next = this.#after.get(id)!;
    for (const sink of next.sinks) {
      this.rows[this.#sinkEdges + sink] += batch.selected;
      exits.sink(sink, batch, way);
    }
    for (const { index, input } of next.operators) {
      this.rows[this.#edges[index] + input] += batch.selected;
      if (through[index]) this.pass(index, input, batch, through, exits, way);
      else exits.operator(index, input, batch, way);
    }
  }

  /** The same for a batch that is in front of a stateless operator already. */
  pass(
    index: number,
    input: number,
    batch: Batch,
    through: readonly boolean[],
    exits: FlowExits,
    way: Way,
  ): void {
    this.ran = index;
    const operator = this.operators[index]!, out = operator.push(batch, MADE_BY_WATERMARK, input);
    const behind = operator.exchanges.length > 1 ? [input, ...way] : way;
    if (out) this.send(operator.id, out, through, exits, behind);
  }

  /** The batch as the operator takes it: in exchange layout, where it has one. */
  pick(index: number, input: number, batch: Batch, arrivalMs: number): Batch {
    const exchange = this.operators[index]!.exchanges[input], hot = this.hot[index][input];
    if (!exchange) return batch;
    const picked = exchange.columns.map((column): Vector =>
      column >= 0 ? batch.columns[column] : constantTime(this.#kernel, batch.rows, arrivalMs)
    );
    const taken = { ...batch, columns: picked };
    if (hot && hot.keys > 0 && hot.keys === exchange.keys) hot.note(this.#kernel, taken);
    return taken;
  }

  /** What operators have refused since they were asked last. */
  refused(): NodeRefused[] {
    return this.operators.flatMap((operator, i): NodeRefused[] => {
      const lost = operator?.refused?.() ?? [];
      return lost.length === 0 ? [] : [{ operator: i, lost }];
    });
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
    for (const operator of this.operators) operator?.close();
  }
}
