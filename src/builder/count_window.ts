import { type AggregatedColumns, type AggregatesOf, callsOf } from "./aggregate.ts";
import type { Draft, DraftNode } from "./draft.ts";
import type { GroupedRow, MakeStage } from "./keyed.ts";
import type { Row } from "./row.ts";
import type { Stage } from "./stage.ts";

/** Rows of each key in windows of so many of them, as they come. */
export class CountWindowed<R extends Row, K extends keyof R & string> {
  constructor(
    private readonly draft: Draft,
    private readonly input: DraftNode,
    private readonly names: readonly string[],
    private readonly keys: readonly K[],
    private readonly window: { readonly rows: number; readonly slide: number },
    private readonly make: MakeStage,
  ) {}

  /** What each window comes to, with its last row; windows that are not full give nothing. */
  aggregate<A extends AggregatedColumns>(aggregates: AggregatesOf<R, A>): Stage<GroupedRow<R, K, A>> {
    const { rows, slide } = this.window, aggs = callsOf(aggregates, this.names), names = aggs.map(({ as }) => as);
    let number = "$row";
    while (this.names.includes(number) || names.includes(number)) number = `$${number}`;
    const counted = this.#over([{ fn: "count", as: number }], null, this.input);
    const behind = aggs.length === 0 ? counted : this.#over(aggs, rows - 1, counted);
    const row = { column: number }, call = (fn: string, ...args: unknown[]) => ({ call: fn, args });
    const past = slide === rows ? row : call("sub", row, { literal: rows });
    const ends = call("eq", call("mod", past, { literal: slide }), { literal: 0 });
    const where = slide === rows ? ends : call("and", call("ge", row, { literal: rows }), ends);
    const last = this.draft.add("filter", [behind], { where });
    const columns = [...this.keys, ...names].map((name) => ({ as: name, expr: { column: name } }));
    const node = this.draft.add("project", [last], { columns, keep: false });
    return this.make(node, [...this.keys, ...names], false);
  }

  #over(aggs: readonly unknown[], preceding: number | null, input: DraftNode): DraftNode {
    return this.draft.add("over", [input], { keys: this.keys, frame: { kind: "rows", preceding }, aggs });
  }
}
