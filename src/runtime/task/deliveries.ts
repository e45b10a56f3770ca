import type { Batch } from "../../core/batch.ts";
import { INT64 } from "../../core/schema.ts";
import { BatchGather, type Origins, type TracedBatch } from "../../kernel/gather.ts";
import type { Kernel } from "../../kernel/module.ts";
import type { Meets } from "./meets.ts";
import { compareWays, type Leaf, leafKey, type Way } from "./turn_order.ts";

/** Rows of one batch at the end of one way through stateless operators. */
export interface Delivery extends Leaf, TracedBatch {
  /** Address of the running event time of each row, 0 for rows that a watermark made. */
  readonly running: number;
  readonly way: Way;
}

/** Rows with the facts that stay the same on every way that they take. */
export type Facts = Pick<Delivery, "running" | "origins">;

/** Puts what comes out of one batch in the order of its rows, wherever their ways meet. */
export class DeliveryOrder {
  readonly #kernel: Kernel;
  readonly #gather: BatchGather;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#gather = new BatchGather(kernel);
  }

  /** The deliveries one after the other as they have to be taken; of ways that meet further down, rows in turn. */
  order(deliveries: readonly Delivery[], meets: Meets | null): readonly Delivery[] {
    if (meets === null || deliveries.length < 2) return deliveries;
    const leaves = this.#joinLeaves(deliveries).sort((a, b) => meets.rankOf(a) - meets.rankOf(b));
    const groups = Map.groupBy(leaves, (delivery) => meets.groupOf(delivery));
    return [...groups.values()].flatMap((group) => group.length === 1 ? group : this.#inTurn(group));
  }

  /** One delivery for each leaf. */
  #joinLeaves(deliveries: readonly Delivery[]): Delivery[] {
    const leaves = Map.groupBy(deliveries, leafKey);
    return [...leaves.values()].map((all) => all.length === 1 ? all[0] : this.#join(all));
  }

  #join(unsorted: readonly Delivery[]): Delivery {
    const deliveries = [...unsorted].sort((a, b) => compareWays(a.way, b.way));
    const [{ operator, input, running, way }] = deliveries;
    if (running === 0) return { operator, input, running, way, ...this.#gather.merge(deliveries) };
    // The running times travel as one more column.
    const timed = deliveries.map(({ batch, running, origins }) => ({
      batch: { ...batch, columns: [...batch.columns, { type: INT64, data: running, validity: 0 }] },
      origins,
    }));
    const { batch, origins } = this.#gather.merge(timed), columns = batch.columns.slice(0, -1);
    return { operator, input, way, running: batch.columns.at(-1)!.data, batch: { ...batch, columns }, origins };
  }

  /** Cuts deliveries of several leaves so that row after row has its turn at each. */
  #inTurn(group: readonly Delivery[]): Delivery[] {
    const origins = group.map((delivery) => this.#originsOf(delivery)), at = group.map(() => 0);
    const headOf = (i: number) => origins[i][at[i]] ?? Infinity;
    const runs: { readonly of: number; readonly from: number; readonly to: number }[] = [];
    for (;;) {
      let of = 0;
      for (let i = 1; i < group.length; i++) if (headOf(i) < headOf(of)) of = i;
      if (headOf(of) === Infinity) break;
      let until = Infinity, within = true;
      for (let i = 0; i < group.length; i++) {
        if (i === of || headOf(i) >= until) continue;
        until = headOf(i);
        // Of one row, the first delivery has its turn first.
        within = of < i;
      }
      const from = at[of];
      while (at[of] < origins[of].length && (headOf(of) < until || (within && headOf(of) === until))) at[of]++;
      runs.push({ of, from, to: at[of] });
    }
    const selections = group.map(({ batch }) => this.#selectionOf(batch));
    return runs.map(({ of, from, to }) => {
      const piece = { selection: selections[of] + from * 4, selected: to - from };
      return { ...group[of], batch: { ...group[of].batch, ...piece } };
    });
  }

  /** Where each selected row comes from. */
  #originsOf({ batch, origins }: Delivery): Uint32Array {
    const { data } = this.#kernel, { selection, selected } = batch;
    return Uint32Array.from({ length: selected }, (_, i) => {
      const row = selection === 0 ? i : data.getUint32(selection + i * 4, true);
      return originOf(data, origins, row);
    });
  }

  #selectionOf({ selection, selected }: Batch): number {
    if (selection !== 0) return selection;
    const all = this.#kernel.arena(Math.max(1, selected) * 4), data = this.#kernel.data;
    for (let row = 0; row < selected; row++) data.setUint32(all + row * 4, row, true);
    return all;
  }
}

/** Where a row comes from. */
export function originOf(data: DataView, { at, stride }: Origins, row: number): number {
  return at === 0 ? row : data.getUint32(at + row * stride, true);
}
