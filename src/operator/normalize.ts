import type { Batch } from "../core/batch.ts";
import type { ColdFacts } from "../core/cold_file.ts";
import type { Column } from "../core/schema.ts";
import type { Kernel } from "../kernel/module.ts";
import { StateTables, valueColumns } from "../kernel/state_tables.ts";
import { Normalizer } from "../kernel/normalize.ts";
import { withRoom } from "./full.ts";
import {
  type Exchange,
  type Operator,
  type OperatorCounts,
  type OperatorState,
  type Pulled,
  StateFull,
} from "../operator.ts";

/** A normalization as a plan describes it. */
export interface NormalizePlan {
  readonly id: string;
  readonly columns: readonly Column[];
  /** Input columns. */
  readonly keys: readonly number[];
}

const NONE: OperatorCounts = { late: 0, nullTime: 0 };

/** Rows that replace each other by key become a changelog that says what was there before. */
export class NormalizeOperator implements Operator {
  readonly id: string;
  readonly columns: readonly Column[];
  readonly exchanges: readonly [Exchange];
  readonly combiner = null;
  readonly windowEnd = -1;
  readonly counts = NONE;
  readonly state: OperatorState;
  readonly #rows: Normalizer;
  #handedOn = false;

  /** With `previous`, an operator with the same state table, its rows go on here, and it is used no more. */
  constructor(kernel: Kernel, { id, columns, keys }: NormalizePlan, previous: NormalizeOperator | null = null) {
    const all = columns.map((_, i) => i), layout = [...keys, ...all.filter((i) => !keys.includes(i))];
    this.id = id;
    this.columns = columns;
    this.exchanges = [{ columns: layout, keys: keys.length }];
    const types = layout.map((column) => columns[column].type), picks = all.map((i) => layout.indexOf(i));
    this.#rows = previous?.handOn() ?? new Normalizer(kernel, types, keys.length, picks);
    const stored = valueColumns(layout.map((column) => columns[column]));
    this.state = new StateTables(this.#rows.tables("rows", stored), () => this.#rows.restored());
  }

  private handOn(): Normalizer {
    this.#handedOn = true;
    return this.#rows;
  }

  push(batch: Batch): null {
    withRoom(() => this.#rows.push(batch));
    return null;
  }

  advance(): void {}

  /** The watermark makes nothing. */
  due(): number {
    return Infinity;
  }

  pull(): Pulled | null {
    const { stateRows, stateBytes } = this.#rows;
    const reason = `Node ${this.id} has no room for more keys: ${stateRows} of them take ${stateBytes} bytes`;
    return withRoom(() => this.#rows.pull(() => new StateFull(reason)));
  }

  peek(): null {
    return null;
  }

  get stateRows(): number {
    return this.#rows.stateRows;
  }

  get cold(): ColdFacts {
    return this.#rows.cold;
  }

  get stateBytes(): number {
    return this.#rows.stateBytes;
  }

  close(): void {
    if (!this.#handedOn) this.#rows.close();
  }
}
