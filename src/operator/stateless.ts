import type { Batch } from "../core/batch.ts";
import type { Column } from "../core/schema.ts";
import type { BatchTimes, Exchange, Operator, OperatorCounts, Pulled } from "../operator.ts";

const NONE: OperatorCounts = { late: 0, nullTime: 0 };
const NO_EXCHANGES: readonly null[] = [null];

/** What operators without state share: nothing to exchange, to wait for or to drain. */
export abstract class Stateless implements Operator {
  readonly exchanges: readonly (Exchange | null)[] = NO_EXCHANGES;
  readonly combiner = null;
  readonly windowEnd = -1;
  readonly counts = NONE;
  readonly state = "none";
  readonly stateRows = 0;
  readonly stateBytes = 0;

  constructor(readonly id: string, readonly columns: readonly Column[]) {}

  abstract push(batch: Batch, times: BatchTimes, input: number): Batch | null;

  advance(): void {}

  pull(): Pulled | null {
    return null;
  }

  peek(): Batch | null {
    return null;
  }

  close(): void {}
}
