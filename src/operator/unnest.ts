import type { Batch } from "../core/batch.ts";
import type { Column } from "../core/schema.ts";
import type { Kernel } from "../kernel/module.ts";
import { Unnester } from "../kernel/unnest.ts";
import type { BatchTimes, Operator, OperatorCounts, Pulled } from "../operator.ts";

/** The items of an array as a plan describes them: the input's columns, the item as JSON, its number from 1. */
export interface UnnestPlan {
  readonly id: string;
  readonly columns: readonly Column[];
  /** Input column that holds the array. */
  readonly list: number;
  /** Rows without items come once, without one. */
  readonly outer: boolean;
}

/** Each row comes once for each item of its array, with the kind that it has. */
export class Unnest implements Operator {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly windowEnd = -1;
  readonly exchanges: readonly [null] = [null];
  readonly combiner = null;
  readonly state = "none";
  readonly counts: OperatorCounts = { late: 0, nullTime: 0 };
  readonly stateRows = 0;
  readonly stateBytes = 0;
  readonly #list: number;
  readonly #items: Unnester;

  constructor(kernel: Kernel, { id, columns, list, outer }: UnnestPlan) {
    this.id = id;
    this.columns = columns;
    this.#list = list;
    this.#items = new Unnester(kernel, outer);
  }

  push(batch: Batch, _times: BatchTimes): Batch | null {
    this.#items.push(batch, this.#list);
    return null;
  }

  advance(): void {}

  pull(rowsMax: number): Pulled | null {
    return this.#items.next(rowsMax);
  }

  peek(): Batch | null {
    return null;
  }

  close(): void {
    this.#items.close();
  }
}
