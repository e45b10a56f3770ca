import type { Column } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import { KeyGroups, ownerOf } from "../../src/kernel/hash.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import type { Operator } from "../../src/operator.ts";
import { createOperator } from "../../src/operator/create.ts";
import { changesOf } from "../kernel/group/run.ts";
import { extensionModule, loadOperators } from "../kernel/load.ts";
import { vectorOf } from "../kernel/vectors.ts";
import { type Form, INPUT } from "./forms.ts";

/** A row of an input, and what it does to those that are there. */
export interface InputRow {
  readonly kind: number;
  readonly values: readonly Value[];
}

/** What happens to an operator: rows of an input, the end of an interval, the watermark. */
export interface Step {
  readonly input: number;
  readonly rows: readonly InputRow[];
  readonly tick: boolean;
  readonly watermark: number;
}

/** The operator of a form in a task, with a kernel of its own. */
export class Task {
  readonly kernel: Kernel;
  readonly operator: Operator;
  readonly #groups: KeyGroups;

  /** `prepare` is told of the kernel before there is an operator; `kernel`: that of another one, whose memory it shares. */
  constructor(
    readonly form: Form,
    readonly task: number,
    readonly tasks: number,
    prepare: (kernel: Kernel) => void = () => {},
    kernel = loadOperators(),
  ) {
    this.kernel = kernel;
    prepare(this.kernel);
    this.kernel.extend("functions", extensionModule("functions"));
    this.operator = createOperator(this.kernel, form.plan, { task, tasks }, null);
    this.#groups = new KeyGroups(this.kernel);
  }

  owns(group: number): boolean {
    return ownerOf(group, this.tasks) === this.task;
  }

  /** Takes its own rows of a step; what comes out, as text. `during`: what others do while a batch of it is out. */
  run({ input, rows, tick, watermark }: Step, during = () => {}): string[] {
    const { kernel, operator } = this, got: string[] = [], exchange = operator.exchanges[input]!, begun = kernel.mark();
    const drain = () => {
      for (let more = true; more;) {
        // As in a task, what a pull takes from the batch arena goes with what it gave
        const mark = kernel.mark(), out = operator.pull(8192);
        more = out !== null;
        if (out) {
          during();
          for (const { kind, values } of changesOf(kernel, out)) got.push(textOf(kind, values, operator.columns));
        }
        kernel.release(mark);
      }
      kernel.release(begun);
    };
    const batch = (own: readonly InputRow[]) => {
      const columns = exchange.columns.map((c) => vectorOf(kernel, INPUT[c].type, own.map(({ values }) => values[c])));
      const kinds = kernel.arena(own.length + 64);
      own.forEach(({ kind }, i) => kernel.bytes[kinds + i] = kind);
      return { rows: own.length, columns, selection: 0, selected: own.length, kinds };
    };
    const all = batch(rows), groups = this.#groups.of(all, all.columns.slice(0, exchange.keys));
    const own = rows.filter((_, i) => this.owns(kernel.bytes[groups + i]));
    kernel.release(begun);
    if (own.length > 0) {
      operator.push(batch(own), { running: 0, before: -Infinity, delayMs: 0, others: Infinity }, input);
      drain();
    }
    if (tick && operator.tick) {
      operator.tick(0);
      drain();
    }
    operator.advance(watermark);
    drain();
    return got;
  }

  close(): void {
    this.operator.close();
  }
}

function textOf(kind: number, values: readonly Value[], columns: readonly Column[]): string {
  return `${kind} ${
    values.map((value, i) => `${columns[i].name} ${Object.is(value, -0) ? 0 : String(value)}`).join(" ")
  }`;
}
