import type { Batch } from "../../src/core/batch.ts";
import { ROW_KINDS, type RowKind } from "../../src/core/batch.ts";
import { type Column, INT64 } from "../../src/core/schema.ts";
import type { Value } from "../../src/core/value.ts";
import type { Kernel } from "../../src/kernel/module.ts";
import type { BatchTimes, Operator, Pulled } from "../../src/operator.ts";
import type { PhysicalGroup } from "../../src/plan/physical.ts";
import { valueAt, vectorOf } from "../kernel/vectors.ts";

export const COUNT_COLUMNS: readonly Column[] = [
  { name: "k", type: INT64, nullable: true },
  { name: "n", type: INT64, nullable: false },
];

interface Change {
  readonly kind: RowKind;
  readonly key: Value;
  readonly n: bigint;
  readonly cause: number;
}

/**
 * Counts rows by their first key, in JavaScript: what tests need of an operator that answers row by row. Each row gives the
 * count before it back and the new one; with ticks, these tell what has changed since the one before.
 */
export class CountChanges implements Operator {
  readonly id: string;
  readonly columns = COUNT_COLUMNS;
  readonly windowEnd = -1;
  readonly exchanges = [null];
  readonly combiner = null;
  readonly state = "none";
  readonly counts = { late: 0, nullTime: 0 };
  readonly stateBytes = 0;
  readonly #kernel: Kernel;
  readonly #plan: PhysicalGroup;
  readonly #counts: Map<Value, bigint>;
  /** What a reader of the ticks has, and the keys that are new to it. */
  readonly #told: Map<Value, bigint>;
  readonly #touched = new Set<Value>();
  readonly #changes: Change[] = [];
  /** Rows of one pull. */
  readonly #step: number;

  constructor(kernel: Kernel, plan: PhysicalGroup, previous: CountChanges | null, step = 3) {
    this.id = plan.id;
    this.#kernel = kernel;
    this.#plan = plan;
    this.#counts = previous ? previous.#counts : new Map();
    this.#told = previous ? previous.#told : new Map();
    this.#step = step;
  }

  push({ selection, selected, columns, kinds }: Batch, _times: BatchTimes): null {
    for (let i = 0; i < selected; i++) {
      const row = selection === 0 ? i : this.#kernel.data.getUint32(selection + i * 4, true);
      const key = valueAt(this.#kernel, columns[this.#plan.keys[0]], row);
      const kind = ROW_KINDS[kinds === 0 ? 0 : this.#kernel.bytes[kinds + row]];
      const before = this.#counts.get(key) ?? 0n, after = before + (kind === "+I" || kind === "+U" ? 1n : -1n);
      this.#counts.set(key, after);
      if (this.#plan.emit.mode === "every") this.#touched.add(key);
      else this.#tell(key, before, after, row);
    }
    return null;
  }

  #tell(key: Value, before: bigint, after: bigint, cause: number): void {
    if (before === after) return;
    if (before !== 0n) this.#changes.push({ kind: after === 0n ? "-D" : "-U", key, n: before, cause });
    if (after !== 0n) this.#changes.push({ kind: before === 0n ? "+I" : "+U", key, n: after, cause });
  }

  advance(): void {}

  tick(): void {
    for (const key of this.#touched) {
      this.#tell(key, this.#told.get(key) ?? 0n, this.#counts.get(key)!, -1);
      this.#told.set(key, this.#counts.get(key)!);
    }
    this.#touched.clear();
  }

  pull(rowsMax: number): Pulled | null {
    const taken = this.#changes.splice(0, Math.min(rowsMax, this.#step)), kernel = this.#kernel, rows = taken.length;
    if (rows === 0) return null;
    const kinds = kernel.arena(rows);
    kernel.copyIn(Uint8Array.from(taken, ({ kind }) => ROW_KINDS.indexOf(kind)), kinds);
    const columns = [
      vectorOf(kernel, INT64, taken.map(({ key }) => key)),
      vectorOf(kernel, INT64, taken.map(({ n }) => n)),
    ];
    const batch = { rows, columns, selection: 0, selected: rows, kinds };
    if (taken[0].cause < 0) return batch;
    const causes = kernel.arena(rows * 4);
    taken.forEach(({ cause }, i) => kernel.data.setUint32(causes + i * 4, cause, true));
    return { ...batch, causes };
  }

  peek(): null {
    return null;
  }

  get stateRows(): number {
    return this.#counts.size;
  }

  close(): void {}
}
